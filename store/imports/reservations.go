package imports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// ImportReservations is [Importer.ImportReservationRows] for reservations that are
// told whole, without the list of changes.
func (s Importer) ImportReservations(ctx context.Context, rs []reservations.Reservation, dryRun bool, now time.Time) (Imported, error) {
	rows := make([]Row[Booking], len(rs))
	for i, r := range rs {
		rows[i] = Row[Booking]{Is: Booking{Desk: r.Desk, Person: r.Person, Note: r.Note, Span: r.Span}}
	}
	return s.ImportReservationRows(ctx, Import[Booking]{Rows: rows, DryRun: dryRun}, now)
}

// Booking is what a file says of a reservation, which takes a third of the memory of one.
type Booking struct {
	Desk, Person, Note string
	reservations.Span
}

// reservation is what b stands for.
func (b Booking) reservation() reservations.Reservation {
	return reservations.Reservation{Desk: b.Desk, Person: b.Person, Note: b.Note, Span: b.Span,
		Status: reservations.Confirmed, Source: reservations.SourceImport}
}

// ImportReservationRows adds reservations of source [reservations.SourceImport]
// and updates those it has for the same desk and start. A row that is not a usable
// reservation, names an unknown desk or person, stands there twice, is new and
// lacks a column, or overlaps other reservations is refused, with all of those, and
// the rest goes on; so is one that was cancelled, which stays so. No reservation is
// ever removed. With a dry run the answer is the same and nothing changes. See
// [Importer.ImportDeskRows] for what holds while it writes.
//
// The rows belong to it from then on: they are in the end as they are stored.
func (s Importer) ImportReservationRows(ctx context.Context, in Import[Booking], now time.Time) (im Imported, err error) {
	var todo []booking
	err = s.db.Snapshot(ctx, func(tx *gorm.DB) (err error) {
		todo, err = checkReservations(tx, in, &im)
		return err
	})
	if err != nil || in.DryRun {
		return im.ended("reservations", err)
	}
	var ids tables.Serial
	parts := slices.Collect(slices.Chunk(todo, importBatch))
	lengths := make([]int, len(parts))
	for i, p := range parts {
		lengths[i] = len(p)
	}
	err = s.inBatches(ctx, lengths, in.Progress, func(i int) error {
		var left []Refused
		err := s.audit.Change(ctx, "import", func(tx *gorm.DB) (err error) {
			left, err = writeBookings(tx, parts[i], &ids, now)
			return err
		})
		for _, r := range left {
			if !errors.Is(r.Err, ErrChanged) {
				r.Err = fmt.Errorf("%w (%w)", r.Err, ErrChanged)
			}
			im.refuse(r.Row, r.Err)
			im.uncount(parts[i][slices.IndexFunc(parts[i], func(b booking) bool { return b.row == r.Row })].old == nil)
		}
		return err
	})
	if err == nil {
		err = s.settleInParts(ctx, now)
	}
	return im.ended("reservations", err)
}

// booking is a row of an import that changes something: it is written over old.
type booking struct {
	row int
	old *tables.Reservation // nil when it is new
	is  *Booking            // the row
}

// checkReservations decides about every row, a desk at a time, and returns what
// is to be written in an order in which every step fits.
func checkReservations(tx *gorm.DB, in Import[Booking], im *Imported) ([]booking, error) {
	rows := in.Rows
	known, err := tables.ReadDirectory(tx)
	if err != nil {
		return nil, err
	}
	byDesk := make(map[string][]int)
	var desks []string
	for i := range rows {
		if err := asImported(known, &rows[i].Is); err != nil {
			im.refuse(i, err)
			continue
		}
		desk := rows[i].Is.Desk
		if byDesk[desk] == nil {
			desks = append(desks, desk)
		}
		byDesk[desk] = append(byDesk[desk], i)
	}
	var moved []booking // of desks where something may have to make room first
	todo := make([]booking, 0, len(rows))
	for _, desk := range desks {
		d := deskPlan{rows: rows, im: im, list: in.List}
		if err := d.read(tx, desk, byDesk[desk]); err != nil {
			return nil, err
		}
		fits := d.fit()
		if slices.ContainsFunc(fits, func(b booking) bool { return b.old != nil }) {
			moved = append(moved, fits...)
		} else {
			todo = append(todo, fits...)
		}
	}
	// Where all is new nothing waits for anything. By their beginnings, rows that are written
	// together change the same pages of most indexes.
	slices.SortStableFunc(todo, func(a, b booking) int { return a.is.Start.Compare(b.is.Start) })
	return append(todo, moved...), nil
}

// asImported makes of r what would be stored, or says why it cannot be.
func asImported(d tables.Directory, r *Booking) error {
	r.Span = r.Span.UTC()
	r.Start, r.End = r.Start.Truncate(time.Second), r.End.Truncate(time.Second)
	if r.Desk != "" {
		i, ok := slices.BinarySearch(d.Desks, r.Desk)
		if !ok {
			return d.UnknownDesk(r.Desk)
		}
		r.Desk = d.Desks[i] // the same letters; those of the file need not stay in memory
	}
	if r.Person == "" {
		return nil
	}
	i, ok := slices.BinarySearchFunc(d.People, r.Person, tables.ByKey)
	if !ok {
		return d.UnknownPerson(r.Person)
	}
	r.Person = d.People[i]
	return nil
}

// deskPlan is what becomes of one desk.
type deskPlan struct {
	rows []Row[Booking]
	im   *Imported
	list bool      // the changes
	todo []booking // not decided yet
	// taken are the spans in which the desk is booked, in order; none overlaps
	// another.
	taken []takenSpan
}

// takenSpan is a span in which a desk is booked, by a stored reservation or by a
// row of the import, whose id is then empty.
type takenSpan struct {
	reservations.Span
	id, person string
	row        int
}

// read finds what the rows of one desk change, and what else it is booked for.
func (d *deskPlan) read(tx *gorm.DB, desk string, rows []int) error {
	byStart := func(a, b int) int { return d.rows[a].Is.Start.Compare(d.rows[b].Is.Start) }
	first, last := d.rows[slices.MinFunc(rows, byStart)].Is.Start, d.rows[slices.MaxFunc(rows, byStart)].Is.Start
	var found []tables.Reservation
	// Asked for the source as well, SQLite would go through all that was ever imported, for
	// each desk. With each status named, the index of the desk has the rows.
	err := tx.Where("desk = ? AND status IN ('confirmed', 'cancelled', 'withdrawn', 'conflict') AND starts_at BETWEEN ? AND ?",
		desk, dialect.Second{Time: first}, dialect.Second{Time: last}).
		Order("status = 'confirmed', id").Find(&found).Error // of several, a confirmed one is the last and counts
	if err != nil {
		return err
	}
	stored := make(map[int64]*tables.Reservation, len(found))
	for i := range found {
		if found[i].Source == reservations.SourceImport {
			stored[found[i].StartsAt.Unix()] = &found[i]
		}
	}
	listed := make(map[int64]int)
	end := last
	for _, row := range rows {
		b, err := d.booking(row, stored, listed)
		switch {
		case err != nil:
			d.im.Refused = append(d.im.Refused, *err)
		case b != nil:
			d.todo = append(d.todo, *b)
			if b.is.End.After(end) {
				end = b.is.End
			}
		}
	}
	if len(d.todo) == 0 {
		return nil
	}
	var booked []tables.Reservation
	err = tx.Where("desk = ? AND status = 'confirmed' AND starts_at < ? AND ends_at > ?", desk, dialect.Second{Time: end}, dialect.Second{Time: first}).
		Order("starts_at").Find(&booked).Error
	for _, r := range booked {
		d.taken = append(d.taken, takenSpan{r.Span(), r.ID, r.Person, -1})
	}
	return err
}

// booking is what a row changes: nil when nothing.
func (d *deskPlan) booking(row int, stored map[int64]*tables.Reservation, listed map[int64]int) (*booking, *Refused) {
	r := &d.rows[row]
	refused := func(err error) (*booking, *Refused) { return nil, &Refused{row, err, -1} }
	old := stored[r.Is.Start.Unix()]
	var was Booking
	if old != nil {
		was = bookingOf(old)
		r.Is = merge(was, *r, bookingColumns)
	} else if err := lacks(*r, bookingColumns); err != nil {
		return refused(fmt.Errorf("reservation of desk %q at %s: %w", r.Is.Desk, r.Is.Start.Format(time.RFC3339), err))
	}
	if err := r.Is.reservation().Check(); err != nil {
		return refused(err)
	}
	if other, ok := listed[r.Is.Start.Unix()]; ok {
		return nil, &Refused{row, fmt.Errorf("reservation of desk %q at %s is listed twice: it is", r.Is.Desk, r.Is.Start.Format(time.RFC3339)), other}
	}
	listed[r.Is.Start.Unix()] = row
	if old != nil && old.Status == reservations.Cancelled {
		return refused(fmt.Errorf("reservation of desk %q at %s: %w: it was cancelled; use deskd reserve to book it again",
			r.Is.Desk, r.Is.Start.Format(time.RFC3339), reservations.ErrCancelled))
	}
	if old != nil && was.Person == r.Is.Person && was.End.Equal(r.Is.End) && was.Note == r.Is.Note {
		d.im.Unchanged++
		return nil, nil
	}
	return &booking{row, old, &r.Is}, nil
}

// bookingOf is what a file would say of a row.
func bookingOf(r *tables.Reservation) Booking {
	return Booking{Desk: r.Desk, Person: r.Person, Note: r.Note, Span: r.Span()}
}

// fit returns the bookings that fit, in the order in which they do, and refuses
// the others. What is in another's way may fit once that has made room.
func (d *deskPlan) fit() (fits []booking) {
	for before := -1; len(d.todo) != before; {
		before = len(d.todo)
		left := d.todo[:0]
		for _, b := range d.todo {
			if len(d.inTheWay(b)) > 0 {
				left = append(left, b)
				continue
			}
			d.take(b)
			fits = append(fits, b)
		}
		d.todo = left
	}
	for _, b := range d.todo {
		d.im.refuse(b.row, overlapError(*b.is, d.inTheWay(b), func(row int) int { return d.rows[row].Line }))
	}
	return fits
}

// inTheWay are the spans that b overlaps.
func (d *deskPlan) inTheWay(b booking) (others []takenSpan) {
	i, _ := slices.BinarySearchFunc(d.taken, b.is.Start, func(t takenSpan, start time.Time) int {
		if t.End.After(start) {
			return 1
		}
		return -1
	})
	for ; i < len(d.taken) && d.taken[i].Start.Before(b.is.End); i++ {
		if t := d.taken[i]; b.old == nil || t.id != b.old.ID {
			others = append(others, t)
		}
	}
	return others
}

// take gives b its span, and counts it.
func (d *deskPlan) take(b booking) {
	i, there := slices.BinarySearchFunc(d.taken, b.is.Start, func(t takenSpan, start time.Time) int { return t.Start.Compare(start) })
	if span := (takenSpan{b.is.Span, "", b.is.Person, b.row}); there { // only that of b itself begins when b does
		d.taken[i] = span
	} else {
		d.taken = slices.Insert(d.taken, i, span)
	}
	if b.old == nil {
		d.im.Added++
	} else {
		d.im.Updated++
	}
	if !d.list {
		return
	}
	is, was := b.is.reservation(), Booking{}
	if b.old != nil {
		is.ID, was = b.old.ID, bookingOf(b.old)
	}
	d.im.Changes = append(d.im.Changes, Change{Row: b.row, New: is, Added: b.old == nil, Columns: differences(was, *b.is, bookingColumns)})
}

// inTheWayMost is how many overlapped reservations an error names.
const inTheWayMost = 20

// overlapError names the reservations that stand in r's way.
func overlapError(r Booking, others []takenSpan, line func(row int) int) error {
	var texts []string
	for _, o := range others[:min(len(others), inTheWayMost)] {
		who := "it is taken"
		if o.person != "" {
			who = fmt.Sprintf("%q has it", o.person)
		}
		where := "reservation " + o.id
		if o.id == "" {
			where = fmt.Sprintf("line %d", line(o.row))
		}
		texts = append(texts, fmt.Sprintf("%s from %s to %s (%s)", who, o.Start.Format(time.RFC3339), o.End.Format(time.RFC3339), where))
	}
	if more := len(others) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("reservation of desk %q at %s: %w: %s", r.Desk, r.Start.Format(time.RFC3339), reservations.ErrOverlap, strings.Join(texts, "; "))
}
