package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/reservations/feed/fetch"
	"deskd/store"
)

// Calendar says how a calendar file is read, as the configuration does of a feed.
type Calendar struct {
	Site string // whose clock its days and floating times are of
	// Desk or Person is set for the calendar of one; without either each event names both.
	Desk, Person string
	// ByTitle says that the title of an event names its person.
	ByTitle bool
	Window  reservations.Span // what begins and ends outside it is not imported
}

// feed is c as a feed.
func (c Calendar) feed(file string) reservations.Feed {
	f := reservations.Feed{Name: file, Site: c.Site, Kind: reservations.KindSite}
	switch {
	case c.Desk != "":
		f.Kind, f.Tentative, f.Desk = reservations.KindDesk, true, reservations.Rule{From: reservations.FromFixed, Fixed: c.Desk}
	case c.Person != "":
		f.Kind, f.Person = reservations.KindPerson, reservations.Rule{From: reservations.FromFixed, Fixed: c.Person}
	}
	if c.ByTitle {
		f.Person = reservations.Rule{From: reservations.FromSummary, Match: reservations.MatchName}
	}
	return f
}

// largestCalendar is how many bytes of a calendar file are read at most.
const largestCalendar = 64 << 20

// runCalendar reads the events of a calendar as lines of reservations: what is not
// understood, or names nobody, is left out and told. It is not followed: the file is
// imported as it is now.
func (i *Importer) runCalendar(ctx context.Context, in io.Reader, now time.Time) (done store.Imported, line func(row int) int, local func(row int, err error) error, err error) {
	raw, err := io.ReadAll(io.LimitReader(in, largestCalendar+1))
	if err != nil {
		return done, nil, nil, fmt.Errorf("read %s: %w", i.File, err)
	}
	if len(raw) > largestCalendar {
		return done, nil, nil, fileError("%s: it is larger than %d MiB: export fewer months", i.File, largestCalendar>>20)
	}
	read, err := i.readCalendar(ctx, raw)
	if err != nil {
		return done, nil, nil, err
	}
	said := make(map[int]bool)
	for _, p := range slices.Concat(read.Problems, read.Unresolved) {
		said[p.Line] = true
		i.complain(p.Line, calendarProblem(p))
	}
	for _, p := range read.Notes {
		i.notes = append(i.notes, complaint{p.Line, calendarProblem(p)})
	}
	sites, err := i.deskSites(ctx)
	if err != nil {
		return done, nil, nil, err
	}
	rows := make([]store.Row[store.Booking], 0, len(read.Reservations))
	for _, r := range read.Reservations {
		switch {
		case r.Person == "" && !said[r.Line]:
			said[r.Line] = true
			i.complain(r.Line, fmt.Errorf("reservation of desk %q: the event names nobody", r.Desk))
		case r.Person == "":
		default:
			is := store.Booking{Desk: r.Desk, Person: r.Person, Span: r.Span}
			if err := i.tooOld(is, i.View.Zone(sites[r.Desk]), now); err != nil {
				i.complain(r.Line, err)
				continue
			}
			rows = append(rows, store.Row[store.Booking]{Is: is, Columns: []string{"desk", "person", "start", "end"}, Line: r.Line})
		}
	}
	return i.importBookings(ctx, rows, sites, now)
}

// calendarProblem words what an event is not understood for.
func calendarProblem(p reservations.Problem) error {
	text := p.What
	if p.Title != "" {
		text = fmt.Sprintf("%q: %s", p.Title, text)
	}
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	return errors.New(text)
}

// readCalendar reads a calendar with the desks and people of the database.
func (i *Importer) readCalendar(ctx context.Context, raw []byte) (feed.Result, error) {
	desks, err := i.Store.Desks(ctx)
	if err != nil {
		return feed.Result{}, err
	}
	people, err := i.Store.People(ctx)
	if err != nil {
		return feed.Result{}, err
	}
	self, err := i.Store.Self(ctx)
	if err != nil {
		return feed.Result{}, err
	}
	read, err := feed.Read(ctx, fetch.Body{Text: fetch.TextOf(raw)}, feed.Options{
		Window: i.Calendar.Window, Zone: i.View.Zone(i.Calendar.Site), Feed: i.Calendar.feed(i.File), Directory: feed.NewDirectory(desks, people), Self: self,
	})
	if err != nil {
		// The advice behind it is about feeds.
		problem, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), "the feed is", "the file is"), "; ")
		return read, fileError("%s: %s", i.File, problem)
	}
	return read, nil
}
