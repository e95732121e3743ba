package history

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Reader reads what was, and what has become of it.
type Reader struct {
	db   dialect.Transactions
	sign audit.Signer
}

// New reads db. What sign does not prove is taken for another program's.
func New(db dialect.Transactions, sign audit.Signer) Reader { return Reader{db, sign} }

// deskThen takes back, change by change, what the audit says has become of a desk.
type deskThen struct{ reservations.DeskThen }

// DeskAsOf returns the desk d as it was at an instant before now, with the
// reservations that shared an instant with around.
func (s Reader) DeskAsOf(ctx context.Context, d reservations.Desk, at time.Time, around reservations.Span) (reservations.DeskThen, error) {
	then := deskThen{reservations.DeskThen{Desk: d, Since: make(map[string]string)}}
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) error {
		if err := then.reach(tx, at); err != nil {
			return err
		}
		if err := then.undoDesk(tx, at); err != nil {
			return err
		}
		return then.undoReservations(tx, at, around)
	})
	if err != nil {
		return then.DeskThen, fmt.Errorf("read desk %q as of %s: %w", d.ID, at.UTC().Format(time.RFC3339), err)
	}
	return then.DeskThen, nil
}

// reach notes when the audit does not go back so far, and when words of it were
// removed since.
func (t *deskThen) reach(tx *gorm.DB, at time.Time) error {
	var pruned, redacted int64
	if err := tx.Raw("SELECT count(*) FROM self WHERE audit_pruned > 0 AND coalesce((SELECT min(at) FROM audit) > ?, TRUE)", dialect.Milli{Time: at}).Scan(&pruned).Error; err != nil {
		return err
	}
	if pruned > 0 {
		t.NotKnown = append(t.NotKnown, "what was changed between then and the oldest row of the audit (retention.audit): phone and bookings are those of that row's time")
	}
	err := tx.Model(&audit.Row{}).Where("at > ? AND salt = '' AND kind = 'reservation'", dialect.Milli{Time: at}).Count(&redacted).Error
	if redacted > 0 {
		t.NotKnown = append(t.NotKnown, fmt.Sprintf("what %d changes since have said of bookings: their names were removed", redacted))
	}
	if err != nil {
		return err
	}
	return t.retired(tx, at)
}

// retired notes when retention has removed bookings of the desk that began in the month of
// then, by the clock of any site, and so may have run then.
func (t *deskThen) retired(tx *gorm.DB, at time.Time) error {
	const most = 14 * time.Hour // a site's clock is ahead of UTC, or behind
	months := []string{at.UTC().Add(-most).Format("2006-01"), at.UTC().Add(most).Format("2006-01")}
	var n int64
	err := tx.Raw("SELECT coalesce(sum(bookings), 0) FROM desk_usage WHERE desk = ? AND period IN ?", t.Desk.ID, months).Scan(&n).Error
	if n > 0 {
		t.NotKnown = append(t.NotKnown, fmt.Sprintf("who had booked it: of the bookings of that month retention has removed %d (retention.reservations)", n))
	}
	return err
}

// undone are the columns of a row of the audit as they were.
type undone struct {
	Was map[string]any `json:"was"`
}

// wasOf are the columns of r as they were.
func wasOf(r audit.Row) (map[string]any, error) {
	var u undone
	err := json.Unmarshal([]byte(r.What), &u)
	return u.Was, err
}

// restoreText replaces a value by the one it had before, if the audit has one.
func restoreText(was map[string]any, key string, value *string) {
	if v, ok := was[key].(string); ok {
		*value = v
	}
}

// changesAfter are the changes of a thing after an instant, newest first.
func changesAfter(tx *gorm.DB, kind, item string, at time.Time) ([]audit.Row, error) {
	var rows []audit.Row
	err := tx.Where("kind = ? AND item = ? AND at > ? AND salt <> ''", kind, item, dialect.Milli{Time: at}).Order("id DESC").Find(&rows).Error
	return rows, err
}

func (t *deskThen) undoDesk(tx *gorm.DB, at time.Time) error {
	rows, err := changesAfter(tx, "desk", t.Desk.ID, at)
	if err != nil {
		return err
	}
	there := true
	for _, r := range rows {
		was, err := wasOf(r)
		if err != nil {
			return err
		}
		there = was != nil // an insertion has no columns from before
		restoreText(was, "site", &t.Desk.Site)
		restoreText(was, "cluster", &t.Desk.Cluster)
		restoreText(was, "device", &t.Desk.Device)
	}
	if !there {
		t.Desk.Device = ""
		t.NotKnown = append(t.NotKnown, "the desk was not there yet")
	}
	return nil
}

func (t *deskThen) undoReservations(tx *gorm.DB, at time.Time, around reservations.Span) error {
	rows, ids, err := t.candidates(tx, at, around)
	if err != nil {
		return err
	}
	for _, id := range ids {
		row, there := rows[id]
		was, then, err := undoneRow(tx, id, row, at)
		if err != nil {
			return err
		}
		r := was.Decode()
		r.ID = id
		if !then || r.Desk != t.Desk.ID || !r.Overlaps(around) {
			continue
		}
		t.Reservations = append(t.Reservations, r)
		if since := sinceThen(was, row, there); since != "" {
			t.Since[id] = since
		}
	}
	slices.SortFunc(t.Reservations, func(a, b reservations.Reservation) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return nil
}

// undoneRow is a reservation's row as it was at an instant, and whether there was one,
// from the row there is now, the zero row where there is none.
func undoneRow(tx *gorm.DB, id string, row tables.Reservation, at time.Time) (was tables.Reservation, then bool, err error) {
	was, then = row, row.ID != ""
	changes, err := changesAfter(tx, "reservation", id, at)
	if err != nil {
		return was, then, err
	}
	for _, c := range changes {
		old, err := wasOf(c)
		if err != nil {
			return was, then, err
		}
		then = old != nil
		if err := undo(&was, old); err != nil {
			return was, then, err
		}
	}
	return was, then, nil
}

// candidates are the reservations that may have been the desk's: those that are,
// and those that the audit says have been. The rows that there are still are by id.
func (t *deskThen) candidates(tx *gorm.DB, at time.Time, around reservations.Span) (map[string]tables.Reservation, []string, error) {
	var ids []string
	err := tx.Raw(`SELECT id FROM reservations WHERE desk = @desk AND (starts_at < @end AND ends_at > @start OR updated_at > @at)
		UNION SELECT item FROM audit WHERE kind = 'reservation' AND at > @at AND salt <> '' AND `+dialect.Of(tx).Member("what", "was", "desk")+` = @desk`,
		map[string]any{"desk": t.Desk.ID, "end": dialect.Second{Time: dialect.Ceil(around.End)}, "start": dialect.Second{Time: around.Start}, "at": dialect.Milli{Time: at}}).Scan(&ids).Error
	if err != nil {
		return nil, nil, err
	}
	rows := make(map[string]tables.Reservation, len(ids))
	for part := range slices.Chunk(ids, 500) {
		var found []tables.Reservation
		if err := tx.Where("id IN ?", part).Find(&found).Error; err != nil {
			return nil, nil, err
		}
		for _, r := range found {
			rows[r.ID] = r
		}
	}
	return rows, ids, nil
}

// undo gives r the columns it had before a change.
func undo(r *tables.Reservation, was map[string]any) error {
	restoreText(was, "desk", &r.Desk)
	restoreText(was, "person", &r.Person)
	restoreText(was, "source", &r.Source)
	restoreText(was, "note", &r.Note)
	restoreText(was, "status", (*string)(&r.Status))
	for key, column := range map[string]*dialect.Second{"starts_at": &r.StartsAt, "ends_at": &r.EndsAt} {
		if v, ok := was[key]; ok {
			if err := column.Scan(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// sinceThen says in words what has become of a reservation.
func sinceThen(was, is tables.Reservation, there bool) string {
	var parts []string
	switch {
	case !there:
		return "deleted since"
	case is.Status != was.Status:
		parts = append(parts, string(is.Status)+" since")
	}
	if is.Desk != was.Desk {
		parts = append(parts, "moved to desk "+is.Desk+" since")
	}
	if !reservations.SamePerson(is.Person, was.Person) && !is.Anonymised {
		parts = append(parts, "given to "+is.Person+" since")
	}
	if !is.StartsAt.Equal(was.StartsAt.Time) || !is.EndsAt.Equal(was.EndsAt.Time) {
		parts = append(parts, fmt.Sprintf("from %s to %s since", is.StartsAt.Format(time.RFC3339), is.EndsAt.Format(time.RFC3339)))
	}
	return strings.Join(parts, ", ")
}
