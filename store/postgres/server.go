package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// oldest is the first version of the server that deskd knows, as server_version_num.
const oldest = 140000

// facts are what a server tells of itself and of the database.
type facts struct {
	version        int // server_version_num
	text, encoding string
	folds          bool
	// aside is the schema of citext that unqualified names are not looked for in, and own the
	// one that deskd's tables are made in.
	aside, own string
}

// written makes an option of a DSN of one of a query, in which + is a blank.
var written = strings.NewReplacer("+", "%20", "%2C", ",")

// checkServer refuses a server on which deskd would not be right.
func checkServer(ctx context.Context, db *sql.DB) (facts, error) {
	f, err := askServer(ctx, db)
	if err == nil {
		err = f.check()
	}
	return f, err
}

func askServer(ctx context.Context, db *sql.DB) (f facts, err error) {
	err = db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'),
		lower('I') = 'i',
		coalesce((SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
			WHERE extname = 'citext' AND nspname <> ALL (current_schemas(true))), ''),
		coalesce(quote_ident(current_schema()), '')`).Scan(&f.version, &f.text, &f.encoding, &f.folds, &f.aside, &f.own)
	return f, err
}

func (f facts) check() error {
	switch {
	case f.version < oldest:
		return advised{fmt.Errorf("the server is PostgreSQL %s", f.text), "use 14 or newer", codeSetup}
	case f.encoding != "UTF8":
		return advised{fmt.Errorf("the database is encoded in %s", f.encoding), "create it with createdb --encoding=UTF8 --template=template0", codeSetup}
	case !f.folds: // Turkish: user ids would not be found
		return advised{errors.New("the database's locale makes another letter of I than i"), "create it with createdb --locale=C.UTF-8 --template=template0", codeSetup}
	}
	return nil
}

// hidden refuses a connection that does not look into the schema of citext: user ids would be
// compared as bytes.
func (f facts) hidden() error {
	return advised{fmt.Errorf("the extension citext is in the schema %s, where database.dsn does not look", f.aside),
		"name it behind deskd's own schema: ?search_path=" + written.Replace(url.QueryEscape(f.own+","+f.aside)), codeSetup}
}
