package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/store"
)

// Run imports what in holds of a kind, one of [Kinds], and reports it. Lines that
// cannot be used cost themselves; a file that cannot be read is a [FileError].
func (i *Importer) Run(ctx context.Context, kind string, in io.Reader) (Report, error) {
	now := i.Clock.Now()
	if kind == PhonesKind {
		return i.runPhones(ctx, in, now)
	}
	var done store.Imported
	var lines func(row int) int
	var err error
	local := func(_ int, err error) error { return err }
	switch kind {
	case "desks":
		done, lines, err = i.runDesks(ctx, in)
	case "people":
		done, lines, err = i.runPeople(ctx, in)
	case CalendarKind:
		kind = "reservations"
		done, lines, local, err = i.runCalendar(ctx, in, now)
	default:
		done, lines, local, err = i.runBookings(ctx, in, now)
	}
	if err != nil {
		return Report{}, err
	}
	for _, n := range done.Notes {
		i.notes = append(i.notes, complaint{lines(n.Row), n.Err})
	}
	for _, refused := range done.Refused {
		err := local(refused.Row, refused.Err)
		if refused.Rival >= 0 {
			err = fmt.Errorf("%w on line %d", err, lines(refused.Rival))
		}
		i.complain(lines(refused.Row), err)
	}
	return i.report(ctx, outcome{done, kind, lines}, now)
}

func (i *Importer) runDesks(ctx context.Context, in io.Reader) (done store.Imported, line func(row int) int, err error) {
	rows, err := rowsOf(i, "desks", in, i.desk)
	if err != nil {
		return done, nil, err
	}
	done, err = i.Store.ImportDeskRows(ctx, storeImport(i, rows))
	return done, linesOf(rows), err
}

func (i *Importer) runPeople(ctx context.Context, in io.Reader) (done store.Imported, line func(row int) int, err error) {
	rows, err := rowsOf(i, "people", in, person)
	if err != nil {
		return done, nil, err
	}
	if done, err = i.Store.ImportPersonRows(ctx, storeImport(i, rows)); err == nil {
		err = errors.Join(i.noteAlike(ctx, rows), i.noteNames(ctx, rows, &done))
	}
	return done, linesOf(rows), err
}

// runBookings besides has errors about a row told in the time of its desk.
func (i *Importer) runBookings(ctx context.Context, in io.Reader, now time.Time) (done store.Imported, line func(row int) int, local func(row int, err error) error, err error) {
	sites, err := i.deskSites(ctx)
	if err != nil {
		return done, nil, nil, err
	}
	rows, err := rowsOf(i, "reservations", in, func(r record) (store.Booking, error) { return i.reservation(r, sites, now) })
	if err != nil {
		return done, nil, nil, err
	}
	return i.importBookings(ctx, rows, sites, now)
}

// importBookings imports rows that were read.
func (i *Importer) importBookings(ctx context.Context, rows []store.Row[store.Booking], sites map[string]string, now time.Time) (done store.Imported, line func(row int) int, local func(row int, err error) error, err error) {
	if done, err = i.Store.ImportReservationRows(ctx, storeImport(i, rows), now); err == nil {
		err = i.noteTwoDesks(ctx, rows, used(done.Refused), now)
	}
	local = func(row int, err error) error {
		return console.LocalError(err, i.View.Zone(sites[rows[row].Is.Desk]), now)
	}
	return done, linesOf(rows), local, err
}
