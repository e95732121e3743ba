package store

import (
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/scheduler"
)

// The newest row of the audit about a thing says who has changed it last, unless
// another program has changed the thing without one: by another id, or with a clock or
// functions of its own, by which the triggers go. So a row of deskd's counts only if it
// accounts for what the thing is now; else what has changed it is another program.

// account is the row that accounts for what w, which has cut the session of e short, is
// now; the zero row when deskd has written none.
func (f *fates) account(tx *gorm.DB, w changed, e scheduler.EarlyEnd) (auditRow, error) {
	row := f.newest[w]
	if row.ID == 0 || !f.sign.own(row) {
		return row, nil
	}
	if says, so := f.accounts(row, w, e); says {
		return orForeign(row, so), nil
	}
	var before []auditRow // it is about something else, a note say
	err := tx.Where("kind = ? AND item = ? AND id < ?", w.kind, w.item, row.ID).Order("id DESC").Find(&before).Error
	for _, r := range before {
		if !f.sign.own(r) {
			return r, err
		}
		if says, so := f.accounts(r, w, e); says {
			return orForeign(r, so), err
		}
	}
	return orForeign(row, false), err
}

// orForeign is r if it counts, and the row that another program owes if not.
func orForeign(r auditRow, counts bool) auditRow {
	if !counts {
		r.Actor, r.At, r.Proof = sqlActor, "", ""
	}
	return r
}

// accounts reports whether r says anything about what cut the session short, and
// whether that is what w is now.
func (f *fates) accounts(r auditRow, w changed, e scheduler.EarlyEnd) (says, so bool) {
	var what struct{ Was, Is map[string]any }
	if json.Unmarshal([]byte(r.What), &what) != nil {
		return true, false
	}
	is := f.present(w, e)
	switch status, told := what.Is["status"]; {
	case is == nil && what.Is == nil: // it is gone, and said to be
		return true, true
	case is == nil:
		return told || what.Was == nil, told && status != string(reservations.Confirmed) // what was made is there
	case what.Is == nil:
		return true, false
	}
	so = true
	for column, value := range is {
		if said, there := what.Is[column]; there {
			says, so = true, so && said == value
		}
	}
	return says, says && so
}

// present is what w is now, as the audit has it, of what cut the session of e short;
// nil when w is not there.
func (f *fates) present(w changed, e scheduler.EarlyEnd) map[string]any {
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
