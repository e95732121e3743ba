package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"deskd/store/dialect"
)

// Contents is what a database file holds.
type Contents = dialect.Contents

// Examine reads the database file at path from end to end and says what it
// holds. The error is [dialect.ErrDamaged], [dialect.ErrForeign] or [dialect.ErrNewerSchema] when it is
// not a sound database of this deskd or an older one. Nothing is changed, and no
// marker is asked.
func Examine(ctx context.Context, path string, o Options) (Contents, error) {
	if o.Schema == nil {
		o.Schema = released
	}
	c, err := examine(ctx, path, o.Schema)
	if err != nil {
		return c, fmt.Errorf("examine %s: %w", path, explain(err))
	}
	return c, nil
}

func examine(ctx context.Context, path string, schema *Schema) (Contents, error) {
	path, err := absolute(path)
	if err != nil {
		return Contents{}, err
	}
	file, err := os.Stat(path)
	switch {
	case err != nil:
		return Contents{}, err
	case file.IsDir():
		return Contents{}, errors.New("it is a folder: name a file in it")
	}
	db, err := sql.Open("sqlite", untouched(path))
	if err != nil {
		return Contents{}, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	at, _, err := recognise(ctx, db, schema)
	switch {
	case err != nil:
		return Contents{}, err
	case at == 0:
		return Contents{}, fmt.Errorf("%w: it is empty", dialect.ErrDamaged)
	}
	if err := quickCheck(ctx, db, everything); err != nil {
		return Contents{}, err
	}
	c, err := contents(ctx, db)
	c.Schema, c.Bytes = at, file.Size()
	return c, err
}

// contents counts in one statement, and so in one state of the database.
func contents(ctx context.Context, db *sql.DB) (Contents, error) {
	var c Contents
	var newest dialect.Lenient
	err := db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM desks), (SELECT count(*) FROM people), (SELECT count(*) FROM reservations),
		(SELECT count(*) FROM attempts), (SELECT count(*) FROM audit),
		max(coalesce((SELECT max(at) FROM audit), ''), coalesce((SELECT max(began_at) FROM attempts), ''),
			coalesce((SELECT max(seen_at) FROM observations WHERE seen_at GLOB `+likeInstant+`), ''),
			coalesce((SELECT max(seen_at) FROM seen_together WHERE seen_at GLOB `+likeInstant+`), ''))`).
		Scan(&c.Desks, &c.People, &c.Reservations, &c.Attempts, &c.Audit, &newest)
	c.Newest = newest.Time
	return c, err
}
