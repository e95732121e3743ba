package store

import (
	"context"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/bookings"
	"deskd/store/changes"
	"deskd/store/erasure"
	"deskd/store/history"
	"deskd/store/imports"
	"deskd/store/links"
	"deskd/store/notices"
	"deskd/store/phones"
	"deskd/store/requests"
	"deskd/store/tokens"
	"deskd/store/usage"
)

type (
	// Personal is everything the database holds about one person.
	Personal = erasure.Personal
	// Erasure is what is removed of one person: before, what would be.
	Erasure = erasure.Erasure
	// Obstacles are why a person cannot be erased now.
	Obstacles = erasure.Obstacles
	// Anonymised counts the rows that names were removed from.
	Anonymised = erasure.Anonymised
	// Import is what is to be imported, and how.
	Import[T any] = imports.Import[T]
	// Row is one line of an import.
	Row[T any] = imports.Row[T]
	// Booking is what a file says of a reservation.
	Booking = imports.Booking
	// Imported says what an import did, or with a dry run would have done.
	Imported = imports.Imported
	// Refused is a row that an import left out.
	Refused = imports.Refused
	// Request is what a verb asks of the daemon.
	Request = requests.Request
	// ColumnChange is what becomes of a column, as people read it.
	ColumnChange = imports.ColumnChange
)

func (s *Store) eraser() erasure.Eraser { return erasure.New(s.db, s.audit, s.sign) }

// Bookings is what package booking works on.
func (s *Store) Bookings() bookings.Keeper { return bookings.New(s.db, s.audit, s.log) }

// Tokens are those with which people and programs ask over HTTP.
func (s *Store) Tokens() tokens.Keeper { return tokens.New(s.db, s.audit, s.sign) }

// Phones are where phones are, and how they are set up.
func (s *Store) Phones() phones.Keeper { return phones.New(s.db, s.audit) }

// Links are those that phones show and follow.
func (s *Store) Links() links.Keeper { return links.New(s.audit, s.sign) }

// PhoneNotices are what people were told on phones.
func (s *Store) PhoneNotices() notices.Keeper { return notices.New(s.db) }

// NewKey is an idempotency key that nobody has used.
func NewKey() string { return bookings.NewKey() }

// CheckKey returns what is wrong with an idempotency key: see [bookings.CheckKey].
func CheckKey(key string) error { return bookings.CheckKey(key) }

// Reserve books a desk, by no rules: see [bookings.Keeper.Reserve].
func (s *Store) Reserve(ctx context.Context, r reservations.Reservation, now time.Time) (reservations.Reservation, error) {
	return s.Bookings().Reserve(ctx, r, now)
}

// ReserveOnce books with an idempotency key: see [bookings.Keeper.ReserveOnce].
func (s *Store) ReserveOnce(ctx context.Context, key string, r reservations.Reservation, now time.Time) (booked reservations.Reservation, already bool, err error) {
	return s.Bookings().ReserveOnce(ctx, key, r, now)
}

// Cancel takes a reservation back: see [bookings.Keeper.Cancel].
func (s *Store) Cancel(ctx context.Context, id string, now time.Time) (reservations.Reservation, error) {
	return s.Bookings().Cancel(ctx, id, now)
}

// PruneKeys forgets the keys used before that instant and returns how many there
// were. Asked again with one of them, deskd would book again.
func (s *Store) PruneKeys(ctx context.Context, before time.Time) (int, error) {
	return s.prune(ctx, old{"reservation_keys", "key", "used_at < ?"}, before)
}

// KeepHolidays keeps what a calendar of holidays lists: see [bookings.Keeper.KeepHolidays].
func (s *Store) KeepHolidays(ctx context.Context, h reservations.Holidays, now time.Time) (bool, error) {
	return s.Bookings().KeepHolidays(ctx, h, now)
}

// PruneClosures forgets the closures that were over before that instant, and returns how many
// there were.
func (s *Store) PruneClosures(ctx context.Context, before time.Time) (int, error) {
	return s.prune(ctx, old{"closures", "id", "ends_at < ?"}, before)
}

func (s *Store) importer() imports.Importer { return imports.New(s.db, s.audit) }

// Personal returns everything that is held about a person: see [erasure.Eraser.Personal].
func (s *Store) Personal(ctx context.Context, idOrMail string) (erasure.Personal, error) {
	return s.eraser().Personal(ctx, idOrMail)
}

// PlanErase says what [Store.Erase] would remove: see [erasure.Eraser.PlanErase].
func (s *Store) PlanErase(ctx context.Context, idOrMail string, lead time.Duration, now time.Time) (erasure.Erasure, error) {
	return s.eraser().PlanErase(ctx, idOrMail, lead, now)
}

// Erase removes all that is held about a person: see [erasure.Eraser.Erase].
func (s *Store) Erase(ctx context.Context, idOrMail string, lead time.Duration, now time.Time) (erasure.Erasure, error) {
	return s.eraser().Erase(ctx, idOrMail, lead, now)
}

// Anonymise removes the names from what has been over since before that instant: see
// [erasure.Eraser.Anonymise].
func (s *Store) Anonymise(ctx context.Context, before, now time.Time) (erasure.Anonymised, error) {
	return s.eraser().Anonymise(ctx, before, now)
}

// ImportDesks is [Store.ImportDeskRows] for desks that are told whole, without
// the list of changes.
func (s *Store) ImportDesks(ctx context.Context, desks []reservations.Desk, dryRun bool) (imports.Imported, error) {
	return s.importer().ImportDesks(ctx, desks, dryRun)
}

// ImportDeskRows adds and updates desks: see [imports.Importer.ImportDeskRows].
func (s *Store) ImportDeskRows(ctx context.Context, in imports.Import[reservations.Desk]) (imports.Imported, error) {
	return s.importer().ImportDeskRows(ctx, in)
}

// ImportPeople is [Store.ImportPersonRows] for people that are told whole, without
// the list of changes.
func (s *Store) ImportPeople(ctx context.Context, people []reservations.Person, dryRun bool) (imports.Imported, error) {
	return s.importer().ImportPeople(ctx, people, dryRun)
}

// ImportPersonRows adds and updates people: see [imports.Importer.ImportPersonRows].
func (s *Store) ImportPersonRows(ctx context.Context, in imports.Import[reservations.Person]) (imports.Imported, error) {
	return s.importer().ImportPersonRows(ctx, in)
}

// ImportReservations is [Store.ImportReservationRows] for reservations that are
// told whole, without the list of changes.
func (s *Store) ImportReservations(ctx context.Context, rs []reservations.Reservation, dryRun bool, now time.Time) (imports.Imported, error) {
	return s.importer().ImportReservations(ctx, rs, dryRun, now)
}

// ImportReservationRows adds and updates imported reservations: see
// [imports.Importer.ImportReservationRows].
func (s *Store) ImportReservationRows(ctx context.Context, in imports.Import[imports.Booking], now time.Time) (imports.Imported, error) {
	return s.importer().ImportReservationRows(ctx, in, now)
}

// Retire removes reservations that were over before that instant, and keeps their counts:
// see [usage.Keeper.Retire].
func (s *Store) Retire(ctx context.Context, before time.Time) (int, error) {
	return usage.New(s.db, s.audit).Retire(ctx, before)
}

// Usage counts what was booked: see [usage.Keeper.Counts].
func (s *Store) Usage(ctx context.Context, now time.Time) (usage.Counts, error) {
	return usage.New(s.db, s.audit).Counts(ctx, now)
}

// Statistics counts what is booked from day to day: see [usage.Keeper.Between].
func (s *Store) Statistics(ctx context.Context, r usage.Range) ([]reservations.Statistic, error) {
	return usage.New(s.db, s.audit).Between(ctx, r)
}

// Reports add up how desks were used: see [usage.Keeper.Report].
func (s *Store) Reports() usage.Keeper { return usage.New(s.db, s.audit) }

// Changes tells what is changed, to those who follow it.
func (s *Store) Changes() changes.Reader { return changes.New(s.db) }

// Requests are what verbs ask of the daemon.
func (s *Store) Requests() requests.Box { return requests.New(s.db, s.audit) }

// Shrink gives space back that is not used any more: see [dialect.Upkeep].
func (s *Store) Shrink(ctx context.Context) (int64, error) { return s.db.Shrink(ctx) }

// DeskAsOf returns the desk d as it was at an instant before now: see
// [history.Reader.DeskAsOf].
func (s *Store) DeskAsOf(ctx context.Context, d reservations.Desk, at time.Time, around reservations.Span) (reservations.DeskThen, error) {
	return history.New(s.db, s.sign).DeskAsOf(ctx, d, at, around)
}

// Fates implements [deskd/scheduler.Book]: see [history.Reader.Fates].
func (s *Store) Fates(ctx context.Context, ends []plan.EarlyLogout, now time.Time) ([]plan.Fate, error) {
	return history.New(s.db, s.sign).Fates(ctx, ends, now)
}
