package tables

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// mostTouched is how many changes are told one by one.
const mostTouched = dialect.MostParameters

// Decisions are the kinds of the audit's rows that are about neither reservations nor
// desks nor people.
var Decisions = []string{"cluster", "feed", "request"}

// changed is what a row of the audit says was changed.
type changed struct {
	ID               int64
	Kind, Item, What string
}

// formerly is the id that a reservation had before it was given another one, empty for all
// other changes: the row is about the new one.
func (c changed) formerly() string {
	if !strings.Contains(c.What, `"id"`) {
		return ""
	}
	var told struct{ Was struct{ ID string } }
	if json.Unmarshal([]byte(c.What), &told) != nil {
		return ""
	}
	return told.Was.ID
}

// Touched reads what the audit says was changed behind one of its rows. Behind a negative
// one, and of very many, it says only how far the audit goes.
func Touched(q *gorm.DB, from int64) (reservations.Touched, error) {
	var rows []changed
	if from >= 0 {
		err := q.Table("audit").Select("id, kind, item, what").Where("id > ?", from).Order("id").Limit(mostTouched + 1).Find(&rows).Error
		if err != nil {
			return reservations.Touched{}, err
		}
	}
	t := reservations.Touched{Upto: from, More: from < 0 || len(rows) > mostTouched}
	if t.More {
		var newest sql.NullInt64
		err := q.Raw("SELECT max(id) FROM audit").Scan(&newest).Error
		t.Upto = newest.Int64
		return t, err
	}
	for _, r := range rows {
		t.Upto, t.Any = r.ID, true
		switch {
		case r.Kind == "reservation" && r.Item != "":
			t.Reservations = append(t.Reservations, r.Item)
			if was := r.formerly(); was != "" {
				t.Reservations = append(t.Reservations, was)
			}
		case slices.Contains(Decisions, r.Kind):
			t.Decided = true
		default:
			t.More = true
		}
	}
	return t, nil
}
