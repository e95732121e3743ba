package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/booked"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// worldAge is the age at which it is asked in any case what has changed.
const worldAge = time.Minute

// books are the bookings, desks and people that rounds plan with.
type books struct {
	*Setup
	known  booked.Known
	world  plan.World
	agenda *plan.Agenda // of the world; nil when it is to be made from scratch
	read   time.Time    // when it was last asked what has changed; zero when something may have
	folded time.Time    // when the history was read from the journal
}

// reread lets the world and the journal be read again: what the journal holds may not be
// what was meant to be written.
func (b *books) reread() { b.read, b.folded = time.Time{}, time.Time{} }

// fresh reports whether it was asked lately what has changed.
func (b *books) fresh(now time.Time) bool { return now.Sub(b.read) < worldAge && !now.Before(b.read) }

// load brings the world up to date, and reports whether it has other desks or people.
func (b *books) load(ctx context.Context, now time.Time) (furnished bool, err error) {
	known, err := b.House.Look(ctx, now)
	if err != nil {
		return false, err //nolint:wrapcheck // it says what was read
	}
	if checkedHouse != nil {
		checkedHouse(ctx, b.Setup, known, now)
	}
	desks, told := known.Since(b.known.Version)
	furnished = known.Furnished != b.known.Furnished
	if furnished {
		b.world = plan.NewWorld(b.Cluster, known.Desks, known.People, nil)
		b.world.Feeds = b.Feeds
	}
	b.world.Calendar = known.Calendar
	switch {
	case furnished || !told:
		b.agenda = nil
	case b.agenda != nil && len(desks) > 0:
		b.agenda.Rebook(b.world, desks)
	}
	b.known, b.read = known, now
	return furnished, nil
}

// checkedHouse, in tests, is given all that is known of a house.
var checkedHouse func(ctx context.Context, s *Setup, known booked.Known, now time.Time)

// around reads the bookings around each of some instants.
func (b *books) around(ctx context.Context, instants []time.Time) ([]reservations.Calendar, error) {
	var calendars []reservations.Calendar
	for _, then := range instants {
		booked, err := b.Book.Reservations(ctx, b.Policy.Window(then))
		if err != nil {
			return nil, fmt.Errorf("read reservations: %w", err)
		}
		calendars = append(calendars, reservations.NewCalendar(booked))
	}
	return calendars, nil
}

// wantedOf is [plan.Wanted] as [books.wanted].
func (b *books) wantedOf(w plan.World, at time.Time) []plan.Login { return b.agendaOf(w).At(at) }

// wanted is what the bookings ask for around now.
func (b *books) wanted(now time.Time) []plan.Login {
	if b.agenda == nil {
		b.agenda = b.agendaOf(b.world)
	}
	return b.agenda.At(now)
}

// agendaOf is the agenda of a world, with those logins in doubt that cannot be sent: they
// are held with the reason, and take nothing of the cluster's rate.
func (b *books) agendaOf(w plan.World) *plan.Agenda {
	return plan.NewAgenda(w, b.Policy, func(l plan.Login) string {
		if err := b.Access.Check(l); err != nil {
			return fmt.Sprintf("the login of %q cannot be sent: %v; correct the person, or the booking", l.Person, err)
		}
		return ""
	})
}

// owns tells the attempts of this cluster: those by its name, and those at its desks
// by one that it had before.
func (b *books) owns(ctx context.Context) (func(plan.Attempt) bool, error) {
	byName := func(a plan.Attempt) bool { return a.Cluster == b.Cluster }
	if b.Formerly == nil {
		return byName, nil
	}
	former, err := b.Formerly(ctx)
	if err != nil || len(former) == 0 {
		return byName, err
	}
	desks, err := b.Book.Desks(ctx)
	if err != nil {
		return nil, fmt.Errorf("read desks: %w", err)
	}
	devices := make(map[string]bool)
	for _, d := range desks {
		devices[d.Device] = devices[d.Device] || d.Cluster == b.Cluster
	}
	return func(a plan.Attempt) bool { return byName(a) || devices[a.Device] && slices.Contains(former, a.Cluster) }, nil
}

// refold reads the journal again once a day, so that the history does not grow
// with the bookings of the past, and after it failed to be written: what it
// holds may not be what was meant to be written.
func (p *planner) refold(ctx context.Context, now time.Time) error {
	if now.Sub(p.books.folded) < remembers/2 || len(p.busy.devices) > 0 {
		return nil
	}
	return p.fold(ctx, now)
}

// readWorld brings what is booked, and what people have decided about the cluster, up to
// date, if they may have changed since they were read. Swept says that no sweep is
// under way, which would ask about new desks anyway.
func (p *planner) readWorld(ctx context.Context, swept bool, now time.Time) (err error) {
	defer func() {
		if err != nil { // what was read is not whole
			p.books.read = time.Time{}
		}
	}()
	if p.books.fresh(now) {
		return nil
	}
	if err = p.readDecisions(ctx, now); err != nil {
		return err
	}
	furnished, err := p.books.load(ctx, now)
	if err != nil {
		return err
	}
	if furnished {
		p.phones.Directory = phones.NewDirectory(p.books.known.People)
	}
	p.phones.Manage(p.books.world.Desks, swept, now)
	calendars, err := p.books.around(ctx, p.trust.FormerTimes(now))
	if err != nil {
		return err
	}
	p.trust.SetFormerBookings(calendars)
	return p.refold(ctx, now)
}
