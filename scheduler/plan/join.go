package plan

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
)

// line is the chain of a phone in one plan.
type line struct {
	chain
	waits  []wait // of its steps; none for those that other phones have made another chain of
	phone  *phone
	in     int   // who is logged in, 0 for nobody
	out    int   // who is logged out by the first step, likewise
	placed bool  // the logout has its place in the plan
	next   *line // that logs the same person out
}

// lines are the chains of all phones, copied: nobody is in the way of another yet.
func (p *Planner) lines(now time.Time) []line {
	chains, steps := 0, 0
	for i := range p.phones {
		if n := len(p.phones[i].chain); n > 0 {
			chains, steps = chains+1, steps+n
		}
	}
	if chains == 0 {
		return nil
	}
	lines, copies := make([]line, 0, chains), make([]Step, 0, steps)
	for i := range p.phones {
		ph := &p.phones[i]
		if len(ph.chain) == 0 {
			continue
		}
		from := len(copies)
		copies = append(copies, ph.chain...)
		l := line{chain: copies[from:len(copies):len(copies)], phone: ph, waits: ph.waits[:len(ph.chain)]}
		l.chain.atOnce(now)
		l.name(p)
		lines = append(lines, l)
	}
	return lines
}

// name notes who is logged in and out.
func (l *line) name(p *Planner) {
	l.in, l.out = 0, 0
	if s := l.last(); s.Op == OpLogin {
		l.in = p.person(s.Person)
	}
	if l.chain[0].Op == OpLogout {
		l.out = p.person(l.chain[0].Person)
	}
}

// becomes gives a line another chain, which waits for no earlier refusal unless it is a
// part of the one before.
func (l *line) becomes(c chain) {
	switch {
	case &c[0] == &l.chain[0]:
		l.waits = l.waits[:len(c)]
	default:
		l.waits = nil
	}
	l.chain = c
	if l.last().Op != OpLogin {
		l.in = 0
	}
	if c[0].Op != OpLogout {
		l.out = 0
	}
}

// join lets the steps of different phones meet, and returns them in their order.
func (p *Planner) join(r Round) []Step {
	lines := p.lines(r.Now)
	if len(lines) == 0 {
		return nil
	}
	two := p.serving(lines)
	for i := range lines {
		l := &lines[i]
		two.first(l, r.Now)
		two.unattested(l, p.phones)
	}
	two.attestedFirst(lines, r.Now)
	two.goesOn(lines, r.Now)
	spread(lines, r)
	two.oneByOne(lines)
	cutGrace(lines)
	for _, l := range lines {
		delay(l.chain, l.waits)
	}
	return p.move(inOrder(lines), r)
}

// cutGrace lets the logouts of people who are to be logged in on another desk
// go out in time for that login. It comes before the waits that refusals ask for.
func cutGrace(lines []line) {
	arrives := make(map[int]time.Time, len(lines)) // person → when their first login may go out
	for i := range lines {
		l := &lines[i]
		if l.in == 0 {
			continue
		}
		if at, ok := arrives[l.in]; !ok || l.last().NotBefore.Before(at) {
			arrives[l.in] = l.last().NotBefore
		}
	}
	for i := range lines {
		l := &lines[i]
		if at, ok := arrives[l.out]; ok {
			l.chain[0].NotBefore = reservations.Earliest(l.chain[0].NotBefore, at)
		}
	}
}

// inOrder joins the chains: those with a login by its due instant, then
// logouts, then holds. A logout of a person who is to be logged in on another
// desk makes room too: it goes right before that login.
func inOrder(lines []line) []Step {
	steps := 0
	order := make([]*line, len(lines))
	for i := range lines {
		order[i] = &lines[i]
		steps += len(lines[i].chain)
	}
	slices.SortStableFunc(order, func(a, b *line) int {
		return cmp.Or(cmp.Compare(a.class(), b.class()), a.last().Due.Compare(b.last().Due), cmp.Compare(a.chain[0].Device, b.chain[0].Device))
	})
	o := ordered{steps: make([]Step, 0, steps), leaving: make(map[int]*line, len(lines))}
	for _, l := range slices.Backward(order) {
		if l.out != 0 {
			l.next, o.leaving[l.out] = o.leaving[l.out], l
		}
	}
	for _, l := range order {
		o.place(l)
	}
	return o.steps
}

// ordered are the steps of a plan that have their place.
type ordered struct {
	steps   []Step
	leaving map[int]*line // person → the first chain that logs them out; see line.next
}

// place places the steps of l that have none yet.
func (o *ordered) place(l *line) {
	if len(l.chain) > 1 {
		o.out(l)
	}
	switch {
	case l.in != 0:
		for from := o.leaving[l.in]; from != nil; from = from.next {
			o.out(from)
		}
		o.steps = append(o.steps, *l.last())
	case l.out != 0:
		o.out(l)
	default:
		o.steps = append(o.steps, *l.last())
	}
}

// out places the logout that l begins with.
func (o *ordered) out(l *line) {
	if !l.placed {
		l.placed = true
		o.steps = append(o.steps, l.chain[0])
	}
}
