package store

import (
	"context"
	"database/sql"
	"fmt"
)

// namesBehind asks how far the audit goes, and whether any of its rows behind one may be
// about desks or people. Those of the kinds listed are not.
const namesBehind = `
SELECT max(id) AS upto, coalesce(max(kind NOT IN ('reservation', 'cluster', 'feed', 'request')), FALSE) AS changed FROM audit WHERE id > ?`

// NamesChanged implements [deskd/scheduler/poll.Book], by the audit: it has a row of every
// change of them but that of a desk's floor and zone. The rows are committed in the order of
// their ids, and no id is given twice, however many rows are pruned.
func (s *Store) NamesChanged(ctx context.Context, from int64) (upto int64, changed bool, err error) {
	var newest sql.NullInt64
	if from < 0 {
		changed = true
		err = s.db.Read(ctx).Raw("SELECT max(id) FROM audit").Row().Scan(&newest)
	} else {
		err = s.db.Read(ctx).Raw(namesBehind, from).Row().Scan(&newest, &changed)
	}
	if err != nil {
		return from, true, fmt.Errorf("look whether desks or people were changed: %w", err)
	}
	return max(newest.Int64, from, 0), changed, nil
}
