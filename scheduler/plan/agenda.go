package plan

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
)

// Agenda is what a [World] asks for, kept from instant to instant: a desk is looked at
// again when one of its bookings begins or ends to count, and only then. Make one with
// [NewAgenda]; [Agenda.At] says the same as [Wanted].
type Agenda struct {
	world  World
	policy Policy
	check  func(Login) string
	desks  []agendaDesk // by device
	all    []Login      // of all desks, in their order
	sorted []Login      // the same by device and start; another one where two desks share a device
}

// agendaDesk is what one desk asks for from one instant to another.
type agendaDesk struct {
	reservations.Desk
	booked      []reservations.Reservation
	from, until time.Time
	wanted      []Login
}

// NewAgenda returns the agenda of a world, which has to hold what the policy's Window says
// of every instant it is asked about. Check may say of a login why it cannot be sent; nil
// stands for one that has no objection.
func NewAgenda(w World, p Policy, check func(Login) string) *Agenda {
	a := &Agenda{world: w, policy: p, check: check, desks: make([]agendaDesk, len(w.Desks))}
	byDesk := w.Calendar.ByDesk()
	for i, d := range w.Desks {
		a.desks[i] = agendaDesk{Desk: d, booked: byDesk[d.ID]}
	}
	byDevice := func(a, b agendaDesk) int { return cmp.Compare(a.Device, b.Device) }
	if !slices.IsSortedFunc(a.desks, byDevice) {
		slices.SortStableFunc(a.desks, byDevice)
	}
	return a
}

// Rebook takes in a world of the same desks and people in which those of some desks have
// other bookings, or their people others elsewhere.
func (a *Agenda) Rebook(w World, desks map[string]bool) {
	a.world = w
	byDesk := w.Calendar.ByDesk()
	for i := range a.desks {
		if d := &a.desks[i]; desks[d.ID] {
			d.booked, d.until = byDesk[d.ID], time.Time{}
		}
	}
}

// At returns, by device and start, the logins the bookings ask for around now. The caller
// must not change them; as long as nothing else is asked for, it is the same slice.
func (a *Agenda) At(now time.Time) []Login {
	changed := a.all == nil
	var fresh []Login // of the desks that are looked at
	for i := range a.desks {
		d := &a.desks[i]
		if !now.Before(d.from) && now.Before(d.until) {
			continue
		}
		before := len(fresh)
		fresh = a.look(d, fresh, now)
		wanted := fresh[before:len(fresh):len(fresh)]
		if !slices.Equal(wanted, d.wanted) {
			d.wanted, changed = wanted, true
		}
	}
	if changed {
		a.gather()
	}
	return a.sorted
}

// look appends what a desk asks for at now, and sets from when until when that holds.
func (a *Agenda) look(d *agendaDesk, logins []Login, now time.Time) []Login {
	next := soonest{now, now.Add(a.policy.Lead + horizon)}
	running := false
	for i, r := range d.booked {
		begins := r.Start.Add(-a.policy.Lead)
		next.consider(begins, r.Start, r.End, r.End.Add(a.policy.Grace))
		if begins.After(now) {
			break
		}
		// Over, or the loser of an overlap; reported by Calendar.Conflicts.
		if !r.End.After(now.Add(-a.policy.Grace)) || running && r.Contains(now) {
			continue
		}
		running = running || r.Contains(now)
		logins = append(logins, a.login(d, i))
	}
	d.from, d.until = now, next.at
	return logins
}

// login is the login of a desk's booking.
func (a *Agenda) login(d *agendaDesk, i int) Login {
	r := d.booked[i]
	l := loginFor(d.Desk, d.booked[i:], a.world, a.policy)
	l.Release = release(r, d.booked[:i], a.world.Calendar.ByPerson()[reservations.PersonKey(r.Person)], a.policy)
	if a.check != nil && l.Person != "" && l.Doubt == "" {
		l.Doubt = a.check(l)
	}
	return l
}

// gather joins what the desks ask for.
func (a *Agenda) gather() {
	n := 0
	for i := range a.desks {
		n += len(a.desks[i].wanted)
	}
	a.all = make([]Login, 0, n)
	for i := range a.desks {
		d := &a.desks[i]
		from := len(a.all)
		a.all = append(a.all, d.wanted...)
		d.wanted = a.all[from:len(a.all):len(a.all)]
	}
	a.sorted = a.all
	inOrder := func(a, b Login) int { return cmp.Or(cmp.Compare(a.Device, b.Device), a.From.Compare(b.From)) }
	if !slices.IsSortedFunc(a.sorted, inOrder) {
		a.sorted = slices.Clone(a.all)
		slices.SortStableFunc(a.sorted, inOrder)
	}
}
