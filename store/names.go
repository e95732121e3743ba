package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"deskd/store/tables"
)

// namesBehind asks how far the audit goes, and whether any of its rows behind one is of
// another kind than these, and so may be about desks or people.
const namesBehind = `SELECT max(id), coalesce(max(CASE WHEN kind NOT IN ? THEN 1 ELSE 0 END), 0) = 1 FROM audit WHERE id > ?`

// NamesChanged implements [deskd/scheduler/poll.Book], by the audit. Its rows are committed
// in the order of their ids, and no id is given twice, however many rows are pruned.
func (s *Store) NamesChanged(ctx context.Context, from int64) (upto int64, changed bool, err error) {
	var newest sql.NullInt64
	if from < 0 {
		changed = true
		err = s.db.Read(ctx).Raw("SELECT max(id) FROM audit").Row().Scan(&newest)
	} else {
		err = s.db.Read(ctx).Raw(namesBehind, slices.Concat(tables.Decisions, []string{"reservation"}), from).Row().Scan(&newest, &changed)
	}
	if err != nil {
		return from, true, fmt.Errorf("look whether desks or people were changed: %w", err)
	}
	return max(newest.Int64, from, 0), changed, nil
}

// Self is the database's id, which no two databases share but a database and its copies.
func (s *Store) Self(ctx context.Context) (id string, err error) {
	if err = s.db.Read(ctx).Raw("SELECT id FROM self").Row().Scan(&id); err != nil {
		return "", fmt.Errorf("read the database's id: %w", err)
	}
	return id, nil
}
