package plan

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
)

// Planner plans round after round, as [Plan] does each time. What there is to do at one
// phone, if the others are left aside, follows from what it shows, from the logins that
// should be there, and from the history of the device; that is decided again when one of
// these has changed, or when an instant has come at which it may become something else.
// Only how the steps of different phones meet is worked out each time.
//
// Tell it what has changed by [Planner.Manage], [Planner.See], [Planner.Want] and
// [Planner.Recall], and then call [Planner.Plan]. Make one with [NewPlanner].
type Planner struct {
	policy Policy
	past   known
	index  map[string]int // device → its place among phones
	phones []phone        // by device
	want   []Login
	people map[string]int // by reservations.PersonKey, numbered from 1
}

// phone is what there is to do at one device, for as long as nothing changes.
type phone struct {
	scene
	want        []Login
	stale       bool
	from, until time.Time // within which the decision holds
	chain       chain
	waits       [2]wait // of the steps of chain
	on          int     // the person on the phone, 0 for nobody
	serves      bool    // they are on the phone of a desk they have booked
}

// wait is what an earlier refusal asks for.
type wait struct {
	until time.Time
	why   string
}

// NewPlanner returns a planner that knows of no phone.
func NewPlanner(p Policy) *Planner {
	return &Planner{policy: p, people: make(map[string]int)}
}

// Manage takes in all devices that there are, and what they show.
func (p *Planner) Manage(all []Observation) {
	if p.manages(all) {
		for _, h := range all {
			p.See(h)
		}
		return
	}
	clear(p.people)
	p.phones = make([]phone, len(all))
	for i, h := range all {
		p.phones[i] = phone{scene: scene{Observation: h}, stale: true}
	}
	slices.SortStableFunc(p.phones, func(a, b phone) int { return cmp.Compare(a.Device, b.Device) })
	p.number()
	p.deal(p.want)
}

// manages reports whether all are the devices that there were.
func (p *Planner) manages(all []Observation) bool {
	if len(all) != len(p.phones) {
		return false
	}
	for _, h := range all {
		if _, known := p.index[h.Device]; !known {
			return false
		}
	}
	return true
}

// number notes the places of the phones.
func (p *Planner) number() {
	p.index = make(map[string]int, len(p.phones))
	for i := range p.phones {
		p.index[p.phones[i].Device] = i
	}
}

// See takes in what a device shows, if it is one of those of [Planner.Manage].
func (p *Planner) See(h Observation) {
	i, managed := p.index[h.Device]
	if !managed {
		return
	}
	ph := &p.phones[i]
	was := ph.Observation
	was.At = h.At // of which no decision makes use
	ph.Observation, ph.stale = h, ph.stale || was != h
}

// Want takes in the logins that should be, by device and start. The caller must not
// change them: the same slice is taken for the same logins.
func (p *Planner) Want(want []Login) {
	same := len(want) == len(p.want) && (len(want) == 0 || &want[0] == &p.want[0])
	if same {
		return
	}
	byDevice := func(a, b Login) int { return cmp.Compare(a.Device, b.Device) }
	if !slices.IsSortedFunc(want, byDevice) {
		want = slices.Clone(want)
		slices.SortStableFunc(want, byDevice)
	}
	p.deal(want)
}

// deal gives each phone the logins that should be there.
func (p *Planner) deal(want []Login) {
	p.want = want
	var unmanaged []phone // devices that nobody has asked about
	for i := range p.phones {
		ph, n := &p.phones[i], 0
		for len(want) > n && want[n].Device < ph.Device {
			n++
		}
		unmanaged, want = appendUnasked(unmanaged, want[:n]), want[n:]
		for n = 0; len(want) > n && want[n].Device == ph.Device; n++ {
		}
		ph.stale = ph.stale || !slices.Equal(ph.want, want[:n])
		ph.want, want = want[:n:n], want[n:]
	}
	if unmanaged = appendUnasked(unmanaged, want); len(unmanaged) > 0 {
		p.phones = append(p.phones, unmanaged...)
		slices.SortStableFunc(p.phones, func(a, b phone) int { return cmp.Compare(a.Device, b.Device) })
		p.number()
	}
}

// appendUnasked appends the phones of logins at devices that nobody has asked about.
func appendUnasked(phones []phone, want []Login) []phone {
	for from, i := 0, 0; i < len(want); i++ {
		if l := want[i]; i+1 == len(want) || want[i+1].Device != l.Device {
			phones = append(phones, phone{scene: scene{Observation: Observation{Desk: want[from].Desk, Device: l.Device}}, want: want[from : i+1 : i+1], stale: true})
			from = i + 1
		}
	}
	return phones
}

// Recall takes in the history and the facts. Of a history that was taken in before, only
// what was noted since is looked at.
func (p *Planner) Recall(h History, f Facts) {
	devices, all := h.news.take()
	if all || h.news != p.past.news || !f.alike(p.past.Facts) {
		for i := range p.phones {
			p.phones[i].stale = true
		}
	}
	for device := range devices {
		if i, managed := p.index[device]; managed {
			p.phones[i].stale = true
		}
	}
	p.past = known{h, f.clone()}
}

// WithoutPerson counts the desks whose booking has begun a minute ago at least, and whose
// phone shows nobody, or another person. Of one that has not answered nothing is known.
func (p *Planner) WithoutPerson(now time.Time) int {
	n, begun := 0, now.Add(-StartingFor)
	for i := range p.phones {
		ph := &p.phones[i]
		for k := range ph.want {
			l := &ph.want[k]
			if !l.From.After(begun) && l.Until.After(now) && l.Person != "" && ph.Known && ph.Exists && !reservations.SamePerson(ph.Person, l.Person) {
				n++
			}
		}
	}
	return n
}

// Round is what a planner has to know of one plan besides.
type Round struct {
	Now     time.Time
	Pace    Pace // how much the cluster takes, by what was learned of it
	Service Service
	// UnderWay are the devices that a step is sent to.
	UnderWay map[string]bool
	// Away says of people, by [reservations.PersonKey], where they are logged in on
	// whose account a login was refused, or not sent.
	Away map[string]Away
}

// Plan is [Plan] of what was taken in.
func (p *Planner) Plan(r Round) []Step {
	for i := range p.phones {
		if ph := &p.phones[i]; ph.stale || !r.Now.Before(ph.until) || r.Now.Before(ph.from) {
			p.decide(ph, r.Now)
		}
	}
	return p.join(r)
}

// decide decides what there is to do at a phone if the others are left aside.
func (p *Planner) decide(ph *phone, now time.Time) {
	ph.scene = sceneOf(ph.want, ph.Observation, now)
	ph.stale, ph.from, ph.until = false, now, ph.scene.until(ph.want, p.past, p.policy, now)
	ph.on = p.person(ph.Person)
	due := ph.due()
	ph.serves = due != nil && due.Orphan == "" && ph.on != 0 && !ph.Visitor && reservations.SamePerson(ph.Person, due.Person) &&
		(ph.Ours || ph.current != nil)
	ph.chain = ph.once(decide(ph.scene, p.past, p.policy, now), p.past, now)
	for i, s := range ph.chain {
		ph.waits[i].until, ph.waits[i].why = p.past.Wait(s)
	}
}

// until is the first instant after now at which something else may have to be decided,
// though nothing has changed; now itself where that is not known.
func (s scene) until(want []Login, m known, p Policy, now time.Time) time.Time {
	if p.Walkups == WalkupsEnd && s.current == nil && s.Person != "" { // a walk-up's logout carries the instant
		return now
	}
	next := soonest{now, now.Add(horizon)}
	for i := range want {
		next.consider(want[i].From, want[i].Until)
	}
	if l := s.current; l != nil {
		next.consider(l.From.Add(StartingFor), m.givenUp[place{l.Device, l.Reservation}])
		_, expires := m.Served(*l)
		next.consider(expires)
		// What is left of it is rounded to ten seconds: about then, it is looked at each time.
		about := l.Through.Add(-p.MinLeft)
		if next.consider(about.Add(-Rounding)); now.Sub(about).Abs() <= Rounding {
			return now
		}
	}
	if s.Person != "" {
		for _, l := range []*Login{s.ended, s.current, s.next, {Device: s.Device, Person: s.Person}} {
			if l != nil {
				next.consider(m.ahead(*l, now))
			}
		}
	}
	return next.at
}

// Rounding is to what the time that is left of a booking is rounded.
const Rounding = 10 * time.Second

// soonest is the first instant after now of those that were considered.
type soonest struct{ now, at time.Time }

func (s *soonest) consider(instants ...time.Time) {
	for _, at := range instants {
		if at.After(s.now) && at.Before(s.at) {
			s.at = at
		}
	}
}

// person is the number of a person, 0 for nobody.
func (p *Planner) person(id string) int {
	if id == "" {
		return 0
	}
	key := reservations.PersonKey(id)
	n, known := p.people[key]
	if !known {
		n = len(p.people) + 1
		p.people[key] = n
	}
	return n
}
