package forecast

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// task is what one phone needs: a login, a logout, or a logout and the login it makes
// room for.
type task struct {
	plan.Login
	in, out bool
	outFrom time.Time // the logout goes out no earlier
	due     time.Time // of the login, or of a logout alone
	known   time.Time // rounds plan it from then on
	wait    time.Time // after refusals the login goes out no earlier, …
	why     string    // … and why
	held    string    // why it was held until it was known; empty where it was not
	fixed   bool      // its release is the start, whatever the lead
}

// demand plays the edges of bookings on what the phones show.
type demand struct {
	Input
	now     time.Time
	byDesk  map[string][]reservations.Reservation
	places  map[string]int              // of desks, by device
	shown   map[string]plan.Observation // by device, where it is not Seen any more
	devices map[string][]string         // that have shown a person, by [reservations.PersonKey]
	tasks   []*task
	times   []time.Time         // the edges to come, in their order …
	desks   map[time.Time][]int // … and the desks that have them
	planned map[place]time.Time // logins that wait for their release: since when
	held    map[place]Held
	waits   map[string][]int // desks with such a booking, by its person
	ready   map[place]bool   // the person is on the phone without a login to come
}

// place is a booking at a phone.
type place struct{ device, reservation string }

// demandOf is what all bookings ask for whose login, or its end, is planned before until.
func demandOf(in Input, until, now time.Time) *demand {
	in.Policy.Pace, in.Facts.Hypothetical = plan.Pace{}, true
	d := &demand{
		Input: in, now: now, byDesk: in.World.Calendar.ByDesk(), places: make(map[string]int, len(in.World.Desks)),
		desks: make(map[time.Time][]int), planned: make(map[place]time.Time), shown: make(map[string]plan.Observation), devices: make(map[string][]string),
		held: make(map[place]Held), waits: make(map[string][]int), ready: make(map[place]bool),
	}
	for i, desk := range in.World.Desks {
		d.places[desk.Device] = i
		d.noteOn(in.Seen[desk.Device])
	}
	d.take(in.Steps, now)
	d.edges(until)
	for len(d.times) > 0 {
		at := d.times[0]
		d.times = d.times[1:]
		d.decide(d.desks[at], at)
	}
	return d
}

// edges finds the instants after now, and before until, at which rounds find something new.
func (d *demand) edges(until time.Time) {
	add := func(at time.Time, desk int) {
		at = at.UTC()
		if here := d.desks[at]; at.After(d.now) && at.Before(until) && (len(here) == 0 || here[len(here)-1] != desk) {
			d.desks[at] = append(here, desk)
		}
	}
	for i, desk := range d.World.Desks {
		for _, r := range d.byDesk[desk.ID] {
			add(r.Start.Add(-d.Policy.Lead), i)
			add(r.Start, i)
			add(r.End, i)
			add(r.End.Add(d.Policy.Grace), i)
		}
	}
	d.times = slices.SortedFunc(maps.Keys(d.desks), time.Time.Compare)
}

// wait has a login planned again at its release: who is where may be otherwise then.
func (d *demand) wait(s plan.Step, at time.Time) {
	if _, known := d.planned[place{s.Device, s.Reservation}]; !known {
		d.planned[place{s.Device, s.Reservation}] = at
	}
	release := s.Release.UTC()
	if i, known := slices.BinarySearchFunc(d.times, release, time.Time.Compare); !known {
		d.times = slices.Insert(d.times, i, release)
	}
	d.desks[release] = append(d.desks[release], d.places[s.Device])
}

// at is what a phone will show.
func (d *demand) at(device string) plan.Observation {
	if h, ok := d.shown[device]; ok {
		return h
	}
	return d.Seen[device]
}

func (d *demand) noteOn(h plan.Observation) {
	if h.Person != "" {
		key := reservations.PersonKey(h.Person)
		d.devices[key] = append(d.devices[key], h.Device)
	}
}

// decide plans for the desks that have an edge, and does it.
func (d *demand) decide(desks []int, at time.Time) {
	concerned := make(map[int]bool, len(desks)) // false: a person of theirs is there
	for _, i := range desks {
		if people, any := d.asks(i, at); any {
			concerned[i] = true
			d.neighbours(people, concerned)
		}
		d.heldUp(d.at(d.World.Desks[i].Device).Person, concerned)
	}
	if len(concerned) == 0 {
		return
	}
	w, in := d.World, plan.Input{History: d.History, Facts: d.Facts, Away: d.Away, Service: d.Service}
	w.Desks = nil
	for _, i := range slices.Sorted(maps.Keys(concerned)) {
		desk := d.World.Desks[i]
		w.Desks = append(w.Desks, desk)
		h := d.at(desk.Device)
		h.Desk, h.Device = desk.ID, desk.Device
		in.Observed = append(in.Observed, h)
	}
	in.Want = d.Wanted(w, at)
	steps := plan.Plan(in, d.Policy, at)
	steps = plan.Subtract(steps, d.Blocks(steps))
	d.take(slices.DeleteFunc(steps, func(s plan.Step) bool { return !concerned[d.places[s.Device]] }), at)
}

// asks reports whether there may be anything to do on a desk: not where its phone shows
// who has it, and not where it shows nobody and nobody is to come. People are those to come.
func (d *demand) asks(desk int, at time.Time) (people []string, any bool) {
	here := d.World.Desks[desk]
	h := d.at(here.Device)
	any = h.Person != ""
	for _, r := range d.byDesk[here.ID] {
		switch {
		case r.Start.After(at.Add(d.Policy.Lead)):
			return people, any
		case !r.End.After(at):
		case r.Contains(at) && h.Known && r.Person != "" && reservations.SamePerson(h.Person, r.Person):
			d.ready[place{here.Device, r.ID}] = true
			return nil, false
		default:
			people, any = append(people, r.Person), true
		}
	}
	return people, any
}

// neighbours adds the desks on which people were seen.
func (d *demand) neighbours(people []string, concerned map[int]bool) {
	for _, person := range people {
		for _, device := range d.devices[reservations.PersonKey(person)] {
			if i, desk := d.places[device]; desk && !concerned[i] {
				concerned[i] = false
			}
		}
	}
}

// heldUp adds the desks of bookings that are held, and whose person may be leaving another.
func (d *demand) heldUp(person string, concerned map[int]bool) {
	if person == "" {
		return
	}
	for _, i := range d.waits[reservations.PersonKey(person)] {
		concerned[i] = true
	}
}

// take takes in a plan of the instant at, as if its steps were done at once. A logout that
// waits alone is planned again at its time.
func (d *demand) take(steps []plan.Step, at time.Time) {
	outs := make(map[string]plan.Step)
	for _, s := range steps {
		out, after := outs[s.Device]
		switch {
		case s.Op == plan.OpHold:
			d.hold(s.Login, s.Why)
		case s.Held != "" && s.Op == plan.OpLogin:
			d.hold(s.Login, s.Held)
		case s.Held != "":
		case s.Op == plan.OpLogout:
			outs[s.Device] = s
		case s.Release.After(at):
			d.wait(s, at)
		default:
			delete(outs, s.Device)
			d.login(s, out, after, at)
		}
	}
	for _, device := range slices.Sorted(maps.Keys(outs)) {
		if s := outs[device]; !s.NotBefore.After(at) {
			d.tasks = append(d.tasks, &task{Login: s.Login, out: true, outFrom: s.NotBefore, due: s.Due, known: at})
			d.show(plan.Observation{Desk: s.Desk, Device: device, Known: true, Exists: true, Since: at, At: at.Add(plan.LookAfter)})
		}
	}
}

// hold notes that a booking is not served.
func (d *demand) hold(l plan.Login, why string) {
	if l.Reservation != "" {
		d.held[place{l.Device, l.Reservation}] = Held{bookingOf(l), why}
		delete(d.planned, place{l.Device, l.Reservation})
		if i, desk := d.places[l.Device]; desk && !slices.Contains(d.waits[l.PersonKey()], i) {
			d.waits[l.PersonKey()] = append(d.waits[l.PersonKey()], i)
		}
	}
}

// login takes in a login, after a logout there or not.
func (d *demand) login(s, out plan.Step, after bool, at time.Time) {
	was := d.held[place{s.Device, s.Reservation}]
	delete(d.held, place{s.Device, s.Reservation})
	t := &task{
		Login: s.Login, in: true, out: after, outFrom: out.NotBefore, due: s.Due, known: at, held: was.Why,
		fixed: after && out.Cause == plan.CauseStranger,
	}
	if since, early := d.planned[place{s.Device, s.Reservation}]; early {
		t.known = since
	}
	t.wait, t.why = d.History.Wait(s)
	d.tasks = append(d.tasks, t)
	d.show(plan.Observation{
		Desk: s.Desk, Device: s.Device, Person: s.Person, Known: true, Exists: true, Ours: true,
		Reservation: s.Reservation, Since: at, At: at.Add(plan.LookAfter),
	})
}

func (d *demand) show(h plan.Observation) {
	d.shown[h.Device] = h
	d.noteOn(h)
}

// inOrder returns the tasks as they come to be known to rounds, and for each its place
// among those that are due.
func (d *demand) inOrder() (tasks []*task, rank []int) {
	tasks = slices.Clone(d.tasks)
	slices.SortStableFunc(tasks, func(a, b *task) int {
		return cmp.Or(a.known.Compare(b.known), cmp.Compare(a.Device, b.Device))
	})
	order := make([]int, len(tasks))
	for i := range order {
		order[i] = i
	}
	class := func(t *task) int { // as in a plan: logins first
		if t.in {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := tasks[i], tasks[j]
		return cmp.Or(cmp.Compare(class(a), class(b)), a.due.Compare(b.due), cmp.Compare(a.Device, b.Device))
	})
	rank = make([]int, len(tasks))
	for k, i := range order {
		rank[i] = k
	}
	return tasks, rank
}
