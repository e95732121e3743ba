package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Fates implements [deskd/scheduler.Book]. All of them are read at one moment.
func (s Reader) Fates(ctx context.Context, ends []plan.EarlyLogout, now time.Time) ([]plan.Fate, error) {
	f := fates{sign: s.sign, now: now, attempts: make(map[int64]tables.Attempt), rows: make(map[string]tables.Reservation),
		desks: make(map[string]tables.Desk), people: make(map[string]tables.Person), newest: make(map[changed]audit.Row)}
	var all []plan.Fate
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) (err error) {
		if err := f.read(tx, ends); err != nil {
			return err
		}
		all, err = f.tell(tx, ends)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what has become of bookings: %w", err)
	}
	return all, nil
}

// changed is a thing the audit speaks of.
type changed struct{ kind, item string }

// fates is what tells who has cut short the sessions of some bookings.
type fates struct {
	sign     audit.Signer
	now      time.Time
	attempts map[int64]tables.Attempt      // that began the sessions
	rows     map[string]tables.Reservation // the bookings, as they are now
	desks    map[string]tables.Desk
	people   map[string]tables.Person // by key
	newest   map[changed]audit.Row
}

func (f *fates) read(tx *gorm.DB, ends []plan.EarlyLogout) error {
	for part := range slices.Chunk(ends, 500) {
		sessions, ids := make([]int64, len(part)), make([]string, len(part))
		for i, e := range part {
			sessions[i], ids[i] = e.Session, e.Reservation
		}
		var begun []tables.Attempt
		if err := tx.Where("id IN ?", sessions).Find(&begun).Error; err != nil {
			return err
		}
		var booked []tables.Reservation
		if err := tx.Where("id IN ?", ids).Find(&booked).Error; err != nil {
			return err
		}
		for _, r := range booked {
			f.rows[r.ID] = r
		}
		var where, who []string
		for _, a := range begun {
			f.attempts[a.ID] = a
			where, who = append(where, a.Desk), append(who, a.Person)
		}
		if err := f.readAround(tx, where, who); err != nil {
			return err
		}
	}
	return nil
}

// readAround reads the desks and people of sessions.
func (f *fates) readAround(tx *gorm.DB, where, who []string) error {
	var desks []tables.Desk
	if err := tx.Where("id IN ?", where).Find(&desks).Error; err != nil {
		return err
	}
	for _, d := range desks {
		f.desks[d.ID] = d
	}
	var people []tables.Person
	err := tx.Where("id IN ?", who).Find(&people).Error
	for _, p := range people {
		f.people[reservations.PersonKey(p.ID)] = p
	}
	return err
}

// tell puts what was read together with the newest rows of the audit.
func (f *fates) tell(tx *gorm.DB, ends []plan.EarlyLogout) ([]plan.Fate, error) {
	what := make([]changed, len(ends))
	items := make(map[string][]string) // by kind
	for i, e := range ends {
		what[i] = f.what(e)
		items[what[i].kind] = append(items[what[i].kind], what[i].item)
	}
	for kind, ids := range items {
		if err := f.readNewest(tx, kind, ids); err != nil {
			return nil, err
		}
	}
	all := make([]plan.Fate, len(ends))
	for i, e := range ends {
		row, err := f.account(tx, what[i], e)
		if err != nil {
			return nil, err
		}
		all[i] = plan.Fate{Row: f.rows[e.Reservation].Decode(), Kind: what[i].kind}
		if what[i].kind == "desk" {
			desk := f.desks[what[i].item]
			all[i].Device, all[i].Cluster = desk.Device, desk.Cluster
		}
		if row.ID == 0 {
			continue
		}
		newest := f.sign.Entry(row)
		all[i].Actor, all[i].At = newest.Actor, newest.At // zero when it cannot be read: it counts with all others then
	}
	return all, nil
}

// newestOf asks for the newest row of the audit about each of some things, one
// seek for each: of a desk the newest that tells its phone, of a person the newest
// that tells whether they are protected, and not those of what they are called.
func newestOf(d dialect.Statements) string {
	return `id IN (SELECT max(id) FROM audit WHERE kind = ? AND item IN ? AND (kind NOT IN ('desk', 'person')
    OR ` + d.Contains("what", `'"device":'`) + ` OR ` + d.Contains("what", `'"protected":'`) + `) GROUP BY item)`
}

func (f *fates) readNewest(tx *gorm.DB, kind string, items []string) error {
	for part := range slices.Chunk(items, 500) {
		var rows []audit.Row
		if err := tx.Where(newestOf(dialect.Of(tx)), kind, part).Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			f.newest[changed{r.Kind, r.Item}] = r
		}
	}
	return nil
}

// what is the thing whose change has cut the session of e short. It is the
// booking, unless that still says what it said: then it is the desk that has
// another phone, or the person whom no calendar may log in any more. If these are
// as they were, too, the booking is back, and nobody has ended it.
func (f *fates) what(e plan.EarlyLogout) changed {
	a, r := f.attempts[e.Session], f.rows[e.Reservation]
	same := r.Status == reservations.Confirmed && r.Desk == a.Desk && reservations.SamePerson(r.Person, a.Person) &&
		!r.StartsAt.After(f.begun(e)) && r.EndsAt.After(f.now)
	desk := f.desks[a.Desk]
	switch {
	case !same:
		return changed{"reservation", e.Reservation}
	case desk.Device != a.Device || desk.Cluster != a.Cluster:
		return changed{"desk", a.Desk}
	case f.people[reservations.PersonKey(a.Person)].Protected:
		return changed{"person", f.people[reservations.PersonKey(a.Person)].ID}
	}
	return changed{}
}

// begun is when the booking of e has begun, for the session that serves it.
func (f *fates) begun(e plan.EarlyLogout) time.Time {
	from := f.attempts[e.Session].FromAt.Time
	if from.Before(f.now) {
		return f.now
	}
	return from
}
