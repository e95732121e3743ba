package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Reader reads changes.
type Reader struct{ db dialect.Transactions }

// New is the reader of a database.
func New(db dialect.Transactions) Reader { return Reader{db} }

// most is how many changes are told one by one.
const most = 500

type row struct {
	ID               int64
	Kind, Item, What string
}

// After returns what was changed behind a row of the audit, by any program. Behind a negative
// one, and where rows are missing that retention has removed, or are too many, or not there at
// all because the database has gone back, it says only how far the audit goes.
func (r Reader) After(ctx context.Context, from int64) (reservations.Changes, error) {
	var rows []row
	upto := from
	err := r.db.Snapshot(ctx, func(tx *gorm.DB) error {
		rows = nil
		if from >= 0 {
			if err := tx.Table("audit").Select("id, kind, item, what").Where("id > ?", from).Order("id").Limit(most + 1).Find(&rows).Error; err != nil {
				return err
			}
		}
		if len(rows) > 0 && len(rows) <= most {
			upto = rows[len(rows)-1].ID
			return nil
		}
		var end struct{ Newest, Pruned int64 }
		err := tx.Raw("SELECT coalesce((SELECT max(id) FROM audit), 0) AS newest, audit_pruned AS pruned FROM self").Scan(&end).Error
		upto = max(end.Newest, end.Pruned)
		return err
	})
	if err != nil {
		return reservations.Changes{Upto: from}, fmt.Errorf("read what was changed: %w", err)
	}
	c := reservations.Changes{Upto: upto}
	switch {
	case from < 0, len(rows) > most, len(rows) == 0 && upto != from, len(rows) > 0 && rows[0].ID != from+1:
		c.More = true
		return c, nil
	}
	for _, one := range rows {
		c.All = append(c.All, one.change())
	}
	return c, nil
}

// told is what of the columns as they were and are says whom a change concerns.
type told struct{ ID, Desk, Person string }

func (r row) change() reservations.Changed {
	c := reservations.Changed{ID: r.ID, Kind: r.Kind, Item: r.Item}
	var what struct{ Was, Is told }
	if json.Unmarshal([]byte(r.What), &what) != nil {
		return c // it is redacted, or another program's
	}
	for _, t := range []told{what.Was, what.Is} {
		c.Desks, c.People = with(c.Desks, t.Desk), with(c.People, t.Person)
	}
	return c
}

func with(set []string, one string) []string {
	if one == "" || slices.Contains(set, one) {
		return set
	}
	return append(set, one)
}
