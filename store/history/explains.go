package history

import (
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
)

// The newest row of the audit about a thing says who has changed it last, unless
// another program has changed the thing without one: by another id, or with a clock or
// functions of its own, by which the triggers go. So a row of deskd's counts only if it
// accounts for what the thing is now; else what has changed it is another program.

// account is the row that accounts for what w, which has cut the session of e short, is
// now; another program's when deskd has written none.
func (f *fates) account(tx *gorm.DB, w changed, e plan.EarlyLogout) (audit.Row, error) {
	newest := f.newest[w]
	if newest.ID == 0 {
		return newest, nil
	}
	if row, found := f.counting(newest, w, e); found {
		return row, nil
	}
	var before []audit.Row
	err := tx.Where("kind = ? AND item = ? AND id < ?", w.kind, w.item, newest.ID).Order("id DESC").Find(&before).Error
	for _, r := range before {
		if row, found := f.counting(r, w, e); found {
			return row, err
		}
	}
	return orForeign(newest, false), err
}

// counting is what r says of who has made w what it is, found when it says anything: a
// row of deskd's may be about something else, a note say.
func (f *fates) counting(r audit.Row, w changed, e plan.EarlyLogout) (row audit.Row, found bool) {
	var what saying
	if json.Unmarshal([]byte(r.What), &what) != nil {
		return orForeign(r, false), true
	}
	if w.kind != "reservation" && what.ofName() {
		return r, false
	}
	if !f.sign.Wrote(r) {
		return r, true
	}
	says, so := what.accounts(f.present(w, e))
	return orForeign(r, so), says
}

// orForeign is r if it counts, and the row that another program owes if not.
func orForeign(r audit.Row, counts bool) audit.Row {
	if !counts {
		r.Actor, r.At, r.Proof = audit.SQLActor, "", ""
	}
	return r
}

// saying is what a row of the audit says.
type saying struct{ Was, Is map[string]any }

// ofName reports whether the row is about an address or another name of a desk or
// person, which neither makes nor removes them.
func (t saying) ofName() bool {
	for _, columns := range []map[string]any{t.Was, t.Is} {
		for column := range columns {
			if column != "mail" && column != "alias" {
				return false
			}
		}
	}
	return true
}

// accounts reports whether the row says anything about what is, nil when that is gone,
// and whether that is so.
func (t saying) accounts(is map[string]any) (says, so bool) {
	switch status, there := t.Is["status"]; {
	case is == nil && t.Is == nil: // it is gone, and said to be
		return true, true
	case is == nil:
		return there || t.Was == nil, there && status != string(reservations.Confirmed) // what was made is there
	case t.Is == nil:
		return true, false
	}
	so = true
	for column, value := range is {
		if said, there := t.Is[column]; there {
			says, so = true, so && said == value
		}
	}
	return says, says && so
}

// present is what w is now, as the audit has it, of what cut the session of e short;
// nil when w is not there.
func (f *fates) present(w changed, e plan.EarlyLogout) map[string]any {
	a, is := f.attempts[e.Session], make(map[string]any)
	switch w.kind {
	case "desk":
		d, there := f.desks[w.item]
		if !there {
			return nil
		}
		differs(is, "device", d.Device, a.Device)
		differs(is, "cluster", d.Cluster, a.Cluster)
	case "person":
		is["protected"] = float64(1)
	default:
		r, there := f.rows[w.item]
		if !there {
			return nil
		}
		differs(is, "desk", r.Desk, a.Desk)
		if !reservations.SamePerson(r.Person, a.Person) {
			is["person"] = r.Person
		}
		differs(is, "status", string(r.Status), string(reservations.Confirmed))
		if r.StartsAt.After(f.begun(e)) {
			is["starts_at"] = r.StartsAt.UTC().Format(time.RFC3339)
		}
		if !r.EndsAt.After(f.now) {
			is["ends_at"] = r.EndsAt.UTC().Format(time.RFC3339)
		}
	}
	return is
}

func differs(is map[string]any, column, value, was string) {
	if value != was {
		is[column] = value
	}
}
