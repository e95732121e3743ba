package imports

import (
	"context"
	"errors"
	"fmt"
	"io"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store"
)

// Run imports what in holds of a kind, one of [Kinds], and reports it. Lines that
// cannot be used cost themselves; a file that cannot be read is a [FileError].
func (i *Importer) Run(ctx context.Context, kind string, in io.Reader) (Report, error) {
	records, err := i.read(kind, in)
	if err != nil {
		return Report{}, err
	}
	now := i.Clock.Now()
	var done store.Imported
	var lines func(row int) int
	local := func(_ int, err error) error { return err }
	switch kind {
	case "desks":
		rows := collect(i, records, i.desk)
		lines = linesOf(rows)
		done, err = i.Store.ImportDeskRows(ctx, storeImport(i, rows))
	case "people":
		rows := collect(i, records, person)
		lines = linesOf(rows)
		if done, err = i.Store.ImportPersonRows(ctx, storeImport(i, rows)); err == nil {
			err = errors.Join(i.noteAlike(ctx, rows), i.noteNames(ctx, rows, &done))
		}
	default:
		sites, problem := i.deskSites(ctx)
		if problem != nil {
			return Report{}, problem
		}
		rows := collect(i, records, func(r record) (reservations.Reservation, error) { return i.reservation(r, sites, now) })
		lines = linesOf(rows)
		local = func(row int, err error) error {
			return console.LocalError(err, i.View.Zone(sites[rows[row].Is.Desk]), now)
		}
		if done, err = i.Store.ImportReservationRows(ctx, storeImport(i, rows), now); err == nil {
			err = i.noteTwoDesks(ctx, used(rows, done.Refused), now)
		}
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
