package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"deskd/migrations"
	"deskd/store/dialect"
)

// foreignError is a [dialect.ErrForeign] in the words of a server.
type foreignError string

func (f foreignError) Error() string { return string(f) }

// Is makes it one.
func (f foreignError) Is(target error) bool { return target == dialect.ErrForeign }

// where asks for the schema in which tables are made, whether deskd's are in it, for the first one
// that has them of those that are looked into, and whether that one has a name of deskd's.
const where = `SELECT coalesce(current_schema()::text, ''),
	EXISTS (SELECT 1 FROM pg_class WHERE relname = 'self' AND relnamespace = here.oid),
	coalesce((SELECT nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = to_regclass('self')), ''),
	EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = here.oid AND relname = ANY(string_to_array($1, ' ')))
	FROM (SELECT (SELECT oid FROM pg_namespace WHERE nspname = current_schema())) AS here`

// recognise returns the version of the database's schema. It refuses a database that is not
// deskd's or is newer than this program, by reading alone. One without deskd's tables
// passes: it is about to become ours. So does one whose tables are in another schema, if the
// configuration has named this one.
func (s *DB) recognise(ctx context.Context, db *sql.DB, named bool) (at int64, err error) {
	var here, first string
	var self, others bool
	if err := db.QueryRowContext(ctx, where, strings.Join(ownNames(), " ")).Scan(&here, &self, &first, &others); err != nil {
		return 0, err
	}
	if here == "" {
		return 0, advised{fmt.Errorf("none of the schemas is there that are looked into"), "create one, or name another with ?search_path= in database.dsn", codeSetup}
	}
	if s.schema, err = migrations.NewPostgres(db); err != nil {
		return 0, err
	}
	if at, err = s.schema.Version(ctx); err != nil {
		return 0, err
	}
	switch {
	case self != (at > 0), at == 0 && others:
		return 0, foreignError(fmt.Sprintf("the schema %q has tables of another program: name another database, or another schema with ?search_path=", here))
	case at == 0 && first != "" && !named:
		return 0, foreignError(fmt.Sprintf("the schema %q is looked into before %q, which has deskd's tables: drop the former, if it is empty, or name the latter with ?search_path= in database.dsn", here, first))
	case at > s.schema.Newest():
		return at, fmt.Errorf("%w: it has version %d, this deskd knows versions up to %d; run the newer deskd", dialect.ErrNewerSchema, at, s.schema.Newest())
	}
	return at, nil
}

// missing is why there is nothing to read: a [dialect.ErrNoDatabase], unless a deskd works with the
// database, whose tables were here.
func (s *DB) missing(ctx context.Context) error {
	var held bool
	if err := s.Read(ctx).Raw("SELECT EXISTS (" + actors + ")").Row().Scan(&held); err != nil {
		return err
	}
	if held {
		return foreignError("a deskd works with this database, and its tables are not in the schema that is looked into: name theirs with ?search_path= in database.dsn, or look whether it was renamed")
	}
	return dialect.ErrNoDatabase
}
