package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"deskd/store/dialect"
)

// oldest is the first version of the server that deskd knows, as server_version_num.
const oldest = 140000

// facts are what a server tells of itself and of the database.
type facts struct {
	version        int // server_version_num
	text, encoding string
	replica, folds bool
}

// checkServer refuses a server on which deskd would not be right.
func checkServer(ctx context.Context, db *sql.DB, readOnly bool) error {
	f, err := askServer(ctx, db)
	if err != nil {
		return err
	}
	return f.check(readOnly)
}

func askServer(ctx context.Context, db *sql.DB) (f facts, err error) {
	err = db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'),
		pg_is_in_recovery(), lower('I') = 'i'`).Scan(&f.version, &f.text, &f.encoding, &f.replica, &f.folds)
	return f, err
}

func (f facts) check(readOnly bool) error {
	switch {
	case f.version < oldest:
		return advised{fmt.Errorf("the server is PostgreSQL %s", f.text), "use 14 or newer", codeSetup}
	case f.encoding != "UTF8":
		return advised{fmt.Errorf("the database is encoded in %s", f.encoding), "create it with createdb --encoding=UTF8 --template=template0", codeSetup}
	case !f.folds: // Turkish: user ids would not be found
		return advised{errors.New("the database's locale makes another letter of I than i"), "create it with createdb --locale=C.UTF-8 --template=template0", codeSetup}
	case f.replica && !readOnly:
		return fmt.Errorf("%w: the server is a replica; name the primary in database.dsn", dialect.ErrReadOnly)
	}
	return nil
}
