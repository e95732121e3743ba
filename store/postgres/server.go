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

// checkServer refuses a server on which deskd would not be right.
func checkServer(ctx context.Context, db *sql.DB, readOnly bool) error {
	var version int
	var text, encoding string
	var replica, folds bool
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'),
		pg_is_in_recovery(), lower('I') = 'i'`).Scan(&version, &text, &encoding, &replica, &folds)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("the server is PostgreSQL %s: use 14 or newer", text)
	case encoding != "UTF8":
		return fmt.Errorf("the database is encoded in %s: create it with createdb --encoding=UTF8 --template=template0", encoding)
	case !folds: // Turkish: user ids would not be found
		return errors.New("the database's locale makes another letter of I than i: create it with createdb --locale=C.UTF-8 --template=template0")
	case replica && !readOnly:
		return fmt.Errorf("%w: the server is a replica; name the primary in database.dsn", dialect.ErrReadOnly)
	}
	return nil
}
