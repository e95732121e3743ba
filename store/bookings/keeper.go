package bookings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Keeper keeps the bookings of a database.
type Keeper struct {
	db  dialect.Transactions
	log audit.Log
	to  *slog.Logger
}

var _ booking.Store = Keeper{}

// New is the Keeper of db, whose changes are recorded in log.
func New(db dialect.Transactions, log audit.Log, to *slog.Logger) Keeper { return Keeper{db, log, to} }

// errDry undoes a transaction that was a dry run.
var errDry = errors.New("a dry run")

// Change implements [booking.Store].
func (k Keeper) Change(ctx context.Context, d booking.Deed, do func(booking.Book) error) error {
	b := &book{now: d.Now}
	err := k.log.Change(ctx, d.Verb, func(tx *gorm.DB) error {
		b.tx = tx
		if err := do(b); err != nil {
			return err
		}
		if err := tables.Fill(tx, b.freed, d.Now); err != nil || !d.DryRun {
			return err
		}
		return errDry
	})
	if errors.Is(err, errDry) {
		return nil
	}
	if err == nil && b.freed != nil {
		// What is left is whom others wait for now, which the next change tells as well.
		if late := tables.Settle(ctx, k.log, d.Verb, d.Now); late != nil && ctx.Err() == nil {
			k.to.Warn("reservations that wait", "err", late)
		}
	}
	return err
}

// Read implements [booking.Store].
func (k Keeper) Read(ctx context.Context, do func(booking.Reader) error) error {
	return k.db.Snapshot(ctx, func(tx *gorm.DB) error { return do(&book{tx: tx}) })
}

// book is a database within a transaction.
type book struct {
	tx    *gorm.DB
	now   time.Time
	freed []tables.Place
}

// Desk implements [booking.Reader].
func (b *book) Desk(id string) (reservations.Desk, error) { return tables.FindDesk(b.tx, id) }

// Person implements [booking.Reader], without addresses and aliases.
func (b *book) Person(id string) (reservations.Person, error) {
	var row tables.Person
	err := b.tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		if id, err = tables.RequirePerson(b.tx, id); err == nil { // folded further than the database does
			err = b.tx.Where("id = ?", id).Take(&row).Error
		}
	}
	return row.Decode(nil, nil), err
}

// Reservation implements [booking.Reader].
func (b *book) Reservation(id string) (reservations.Reservation, error) {
	row, err := tables.FindReservation(b.tx, id)
	return row.Decode(), err
}

// Own implements [booking.Reader].
func (b *book) Own(person string, since time.Time) ([]reservations.Reservation, error) {
	return tables.ReadReservations(b.tx.Raw("SELECT "+tables.ReservationColumns+" FROM reservations r WHERE r.person = ? AND r.ends_at > ? AND r.status = 'confirmed' ORDER BY "+
		tables.CalendarOrder, person, dialect.Second{Time: since}))
}

// Timeline implements [booking.Reader].
func (b *book) Timeline(desk string, span reservations.Span) ([]reservations.Reservation, error) {
	return tables.ReadReservations(b.tx.Raw(timeline, map[string]any{
		"desk": desk, "start": dialect.Second{Time: span.Start}, "end": dialect.Second{Time: dialect.Ceil(span.End)},
	}))
}

// timeline asks for the bookings of a desk in two parts, as [tables.InSpan] does.
const timeline = `
SELECT ` + tables.ReservationColumns + ` FROM reservations r
WHERE r.desk = @desk AND r.status = 'confirmed' AND r.ends_at > @start AND r.starts_at = (
        SELECT max(o.starts_at) FROM reservations o
        WHERE o.desk = @desk AND o.status = 'confirmed' AND o.starts_at <= @start)
UNION ALL
SELECT ` + tables.ReservationColumns + ` FROM reservations r
WHERE r.desk = @desk AND r.status = 'confirmed' AND r.starts_at > @start AND r.starts_at < @end
ORDER BY starts_at, id`

// Standing implements [booking.Names].
func (b *book) Standing(place booking.Place, from time.Time) ([]booking.Standing, error) {
	desks, err := tables.ReadDesks(within(b.tx, place).Order("id"))
	if err != nil {
		return nil, err
	}
	all := make([]booking.Standing, len(desks))
	away, err := ownersAway(b.tx, desks, from)
	for i, d := range desks {
		all[i] = booking.Standing{Desk: d.Decode(nil), Away: away[reservations.PersonKey(d.Owner)]}
	}
	return all, err
}

// Around implements [booking.Reader]: two seeks for each desk, however much was booked.
func (b *book) Around(place booking.Place, start time.Time) ([]booking.Standing, error) {
	all, err := b.Standing(place, start)
	if err != nil {
		return nil, err
	}
	var rows []tables.Reservation
	args := asked(place)
	args["start"] = dialect.Second{Time: start}
	if err := b.tx.Raw(at(place, neighbours), args).Scan(&rows).Error; err != nil {
		return nil, err
	}
	booking.Gather(all, tables.Reservations(rows))
	return all, nil
}

// within narrows desks to those of a place.
func within(q *gorm.DB, place booking.Place) *gorm.DB {
	for _, column := range placed {
		if value := column.of(place); value != "" {
			q = q.Where(column.name+" = ?", value)
		}
	}
	return q
}

// neighbours asks for the last booking of each desk of a place that begins by an instant, and
// for the first that begins after it. By their ids, both databases seek them for each desk;
// by desk and start, PostgreSQL prefers to go through all bookings.
const neighbours = `
SELECT r.id, r.desk, r.person, r.starts_at, r.ends_at, r.status, r.source, r.updated_at, r.seen_at FROM desks d CROSS JOIN reservations r
WHERE OF_PLACE AND r.id = (
        SELECT o.id FROM reservations o
        WHERE o.desk = d.id AND o.status = 'confirmed' AND o.starts_at <= @start ORDER BY o.starts_at DESC LIMIT 1)
UNION ALL
SELECT r.id, r.desk, r.person, r.starts_at, r.ends_at, r.status, r.source, r.updated_at, r.seen_at FROM desks d CROSS JOIN reservations r
WHERE OF_PLACE AND r.id = (
        SELECT o.id FROM reservations o
        WHERE o.desk = d.id AND o.status = 'confirmed' AND o.starts_at > @start ORDER BY o.starts_at LIMIT 1)
ORDER BY starts_at, desk`

// at is a question about desks d of a place, which it calls OF_PLACE; [asked] are its
// parameters. It names no more than there is to name: by that PostgreSQL sees how few desks
// they are, and SQLite looks at less of each.
func at(place booking.Place, question string) string {
	var all []string
	for _, column := range placed {
		if column.of(place) != "" {
			all = append(all, "d."+column.name+" = @"+column.name)
		}
	}
	if all == nil {
		all = []string{"TRUE"}
	}
	return strings.ReplaceAll(question, "OF_PLACE", strings.Join(all, " AND "))
}

func asked(place booking.Place) map[string]any {
	args := make(map[string]any)
	for _, column := range placed {
		args[column.name] = column.of(place)
	}
	return args
}

// placed are the columns of desks that say where they are.
var placed = []struct {
	name string
	of   func(booking.Place) string
}{
	{"site", func(p booking.Place) string { return p.Site }}, {"floor", func(p booking.Place) string { return p.Floor }},
	{"zone", func(p booking.Place) string { return p.Zone }}, {"id", func(p booking.Place) string { return p.Desk }},
}

// Put implements [booking.Book].
func (b *book) Put(r reservations.Reservation) (reservations.Reservation, error) {
	if r.ID != "" {
		return b.alter(r)
	}
	return place(b.tx, r, b.now)
}

// place books r, whose desk and person are known.
func place(tx *gorm.DB, r reservations.Reservation, now time.Time) (reservations.Reservation, error) {
	row := tables.ReservationOf(r, now)
	if err := tables.Put(tx, row); err != nil {
		return r, err
	}
	row.Updated.Time = row.Updated.UTC().Truncate(time.Millisecond)
	row.Seen = row.Updated
	return row.Decode(), nil
}

// alter changes a booking, and notes what it frees.
func (b *book) alter(r reservations.Reservation) (reservations.Reservation, error) {
	before, err := tables.FindReservation(b.tx, r.ID)
	if err != nil {
		return r, err
	}
	row := before
	row.Desk, row.Status, row.Updated = r.Desk, r.Status, dialect.Milli{Time: b.now.UTC().Truncate(time.Millisecond)}
	row.Why = r.Why
	row.StartsAt, row.EndsAt = dialect.Second{Time: r.Start}, dialect.Second{Time: r.End}
	if err := tables.Put(b.tx, row); err != nil {
		return r, err
	}
	b.freed = append(b.freed, tables.Place{Desk: before.Desk, Span: before.Span()})
	return row.Decode(), nil
}

// Keyed implements [booking.Book].
func (b *book) Keyed(key string, r reservations.Reservation) (reservations.Reservation, error) {
	return bookedWith(b.tx, key, r)
}

// Remember implements [booking.Book].
func (b *book) Remember(key, id string, asked reservations.Reservation) error {
	return remember(b.tx, keyRow{Key: key, Reservation: id, UsedAt: dialect.Milli{Time: b.now}}, asked)
}

// Used implements [booking.Book].
func (b *book) Used(key, asked string) (string, error) { return usedFor(b.tx, key, asked) }

// Use implements [booking.Book].
func (b *book) Use(key, id, asked string) error {
	return b.tx.Create(&keyRow{Key: key, Reservation: id, Fingerprint: fingerprint(key, asked), UsedAt: dialect.Milli{Time: b.now}}).Error
}

// Reserve books r.Desk for r.Person and returns the reservation with its new
// id: confirmed, in UTC and whole seconds, the person spelled as known, and of
// source [reservations.SourceCLI] when r names none. No rule is asked. Other errors than
// those of the database are [reservations.ErrUnknownDesk], [reservations.ErrUnknownPerson]
// (both name what may have been meant), [reservations.ErrOverlap] (names who has
// the desk) and those of [reservations.Reservation.Check].
func (k Keeper) Reserve(ctx context.Context, r reservations.Reservation, now time.Time) (booked reservations.Reservation, err error) {
	if r, err = newReservation(r); err != nil {
		return booked, err
	}
	err = k.log.Change(ctx, "reserve", func(tx *gorm.DB) error {
		booked, err = reserve(tx, r, now)
		return err
	})
	if err != nil {
		return reservations.Reservation{}, fmt.Errorf("reserve desk %q: %w", r.Desk, err)
	}
	return booked, nil
}

// newReservation is r as it is asked for again, or what is wrong with it.
func newReservation(r reservations.Reservation) (reservations.Reservation, error) {
	r.ID, r.Status, r.Span = "", reservations.Confirmed, r.Span.UTC()
	if r.Source == "" {
		r.Source = reservations.SourceCLI
	}
	return r, r.Check()
}

// reserve books r in tx.
func reserve(tx *gorm.DB, r reservations.Reservation, now time.Time) (reservations.Reservation, error) {
	if _, err := tables.FindDesk(tx, r.Desk); err != nil {
		return r, err
	}
	if r.Person != "" {
		var err error
		if r.Person, err = tables.RequirePerson(tx, r.Person); err != nil {
			return r, err
		}
	}
	return place(tx, r, now)
}

// Cancel takes a reservation back, whatever its source, and returns it as it is
// now. Conflicts that become possible by it are confirmed. The error is
// [reservations.ErrNotFound], or [reservations.ErrCancelled] when it was cancelled or
// withdrawn before, with the reservation as it is.
func (k Keeper) Cancel(ctx context.Context, id string, now time.Time) (r reservations.Reservation, err error) {
	err = k.Change(ctx, booking.Deed{Verb: "cancel", Now: now}, func(b booking.Book) error {
		if r, err = b.Reservation(id); err != nil {
			return err
		}
		if gone(r.Status) {
			return fmt.Errorf("%w: it was %s at %s", reservations.ErrCancelled, r.Status, r.Updated.Format(time.RFC3339))
		}
		r.Status = reservations.Cancelled
		r, err = b.Put(r)
		return err
	})
	switch {
	case errors.Is(err, reservations.ErrCancelled):
		return r, fmt.Errorf("cancel reservation %q: %w", id, err)
	case err != nil:
		return reservations.Reservation{}, fmt.Errorf("cancel reservation %q: %w", id, err)
	}
	return r, nil
}

// gone reports whether a reservation of that status does not count any more.
func gone(s reservations.Status) bool {
	return s == reservations.Cancelled || s == reservations.Withdrawn
}
