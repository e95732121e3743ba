package forecast

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/wave"
)

// How rounds hand steps to senders; see deskd/scheduler.
const (
	handedAhead = time.Second     // before its time a login of a wave is handed over
	lookAhead   = handedAhead / 2 // the round before a login's time
	manySent    = 8               // requests in hand are a wave, …
	inWaveEvery = time.Second     // … in which rounds are no closer than this

	// scheduledOften is up to how many logins get new slots in each round where not all are
	// in time, as in a plan; more get theirs less often.
	scheduledOften = 250
)

// times are when the requests of a task begin, and when the last one is answered. The login of
// one that is never does not go out: too little of its booking is left when its turn comes.
type times struct {
	out, in, answered time.Time
	never             bool
}

// cluster is a cluster in a time to come: rounds that hand requests over, and the phone
// system that answers them, each in the time that was measured.
type cluster struct {
	tasks   []*task // in the order they come to be known
	rank    []int   // of each among what is due
	pace    plan.Pace
	service plan.Service
	minLeft time.Duration

	// spoilt reports whether a task that was answered spoils it all: then it ends. Nil: none does.
	spoilt func(task int) bool
	ended  bool

	login, logout time.Duration // as measured
	room          int           // for requests in hand

	open     []int       // tasks that are known and whose login was not handed over
	inFrom   []time.Time // by task: when its login may go out
	outDone  []time.Time // by task: when its logout is answered; zero before it was handed over
	handed   []bool      // by task: its last request was
	due      byRank      // what may go out
	timed    byTime      // logins that wait for their slots
	waiting  byTime      // what waits for anything else
	inHand   instants    // when the requests in hand are answered
	places   instants    // when the places for requests in flight are free again
	began    time.Time   // the newest request
	again    time.Time   // the slots are given anew; zero while nothing asks for it
	rest     time.Time   // not before
	answered []times     // by task
}

// run lets all requests out, and returns when each task's were.
func (c *cluster) run() []times {
	n := len(c.tasks)
	c.login, c.logout, c.room = c.service.Of(1, 0), c.service.Of(0, 1), c.pace.Wave(c.service, 0, 0).Room()
	c.inFrom, c.outDone, c.handed, c.answered = make([]time.Time, n), make([]time.Time, n), make([]bool, n), make([]times, n)
	for range c.pace.Concurrent {
		c.places = append(c.places, time.Time{})
	}
	next := 0
	for now := c.first(); !c.ended && (next < n || c.left() > 0); now = c.next(next, now) {
		arrived := next
		for ; next < n && !c.tasks[next].known.After(now); next++ {
			c.open = append(c.open, next)
		}
		if next > arrived || !c.again.IsZero() && !now.Before(c.again) {
			c.schedule(now)
		}
		c.hand(now)
	}
	return c.answered
}

func (c *cluster) first() time.Time {
	if len(c.tasks) == 0 {
		return time.Time{}
	}
	return c.tasks[0].known
}

// left is how many requests are still to be handed over.
func (c *cluster) left() int { return len(c.due) + len(c.timed) + len(c.waiting) }

// schedule gives the logins their slots, as a plan does.
func (c *cluster) schedule(now time.Time) {
	c.due, c.timed, c.waiting = c.due[:0], c.timed[:0], c.waiting[:0]
	left := c.open[:0]
	var logins []int
	for _, i := range c.open {
		if c.handed[i] {
			continue
		}
		left = append(left, i)
		if c.tasks[i].in {
			logins = append(logins, i)
		}
	}
	c.open = left
	slices.SortFunc(logins, func(i, j int) int { return cmp.Compare(c.tasks[i].Device, c.tasks[j].Device) })
	jobs, logouts, early := make([]wave.Job, len(logins)), 0, c.service.Early()
	for k, i := range logins {
		t := c.tasks[i]
		jobs[k] = wave.Job{Logout: t.out && c.outDone[i].IsZero(), Release: t.Release, Due: t.due.Add(-early)}
		logouts += jobs[k].Slots() - 1
	}
	starts, late := wave.Starts(jobs, c.pace.Wave(c.service, len(jobs), logouts).Gap(), now)
	c.again, c.rest = time.Time{}, now.Add(inWaveEvery*time.Duration(1+len(jobs)/scheduledOften))
	if late { // what goes faster than was reckoned with makes room
		c.again = c.rest
	}
	for k, i := range logins {
		c.inFrom[i] = reservations.Latest(c.tasks[i].Release, starts[k])
	}
	for _, i := range c.open {
		c.put(i)
	}
}

// put puts the next request of a task where it waits.
func (c *cluster) put(i int) {
	t := c.tasks[i]
	r := request{task: i, rank: c.rank[i]}
	switch {
	case t.out && c.outDone[i].IsZero():
		r.at, r.out = t.outFrom, true
		if t.in {
			r.at = reservations.Earliest(r.at, c.inFrom[i])
		}
	default:
		r.at = reservations.Latest(reservations.Latest(c.inFrom[i], t.wait), c.outDone[i])
		if r.at.Equal(c.inFrom[i]) && r.at.After(t.Release) && !r.at.After(t.due) {
			heap.Push(&c.timed, r)
			return
		}
	}
	heap.Push(&c.waiting, r)
}

// hand hands over what may go out, and the logins whose slots are near, as far as there
// is room: in the order of a plan.
func (c *cluster) hand(now time.Time) {
	for len(c.inHand) > 0 && !c.inHand[0].After(now) {
		heap.Pop(&c.inHand)
	}
	for _, q := range []*byTime{&c.timed, &c.waiting} {
		for len(*q) > 0 && !(*q)[0].at.After(now) {
			heap.Push(&c.due, heap.Pop(q))
		}
	}
	for room := c.room - len(c.inHand); room > 0; {
		var r request
		switch {
		case len(c.due) > 0:
			r = heap.Pop(&c.due).(request)
		case len(c.timed) > 0 && !c.timed[0].at.After(now.Add(handedAhead)):
			r = heap.Pop(&c.timed).(request)
		default:
			return
		}
		if !r.out && c.tasks[r.task].Through.Sub(c.begins(r, now)).Round(plan.Rounding) < c.minLeft { // as in a plan
			c.answered[r.task].never, c.handed[r.task] = true, true
			c.ended = c.ended || c.spoilt != nil && c.spoilt(r.task)
			continue
		}
		c.send(r, now)
		room--
	}
}

// begins is when a request goes out that is handed over now: after the one before, when its
// share of the minute and a place are free.
func (c *cluster) begins(r request, now time.Time) time.Time {
	begin := reservations.Latest(now, r.at)
	if !c.began.IsZero() {
		gap := time.Duration(0)
		if c.pace.PerMinute > 0 {
			gap = time.Minute / time.Duration(c.pace.PerMinute)
		}
		begin = reservations.Latest(begin, c.began.Add(gap))
	}
	if c.pace.Concurrent > 0 {
		begin = reservations.Latest(begin, c.places[0])
	}
	return begin
}

// send has a request answered.
func (c *cluster) send(r request, now time.Time) {
	begin := c.begins(r, now)
	c.began = begin
	end := begin.Add(c.login)
	if r.out {
		end = begin.Add(c.logout)
	}
	if c.pace.Concurrent > 0 {
		c.places[0] = begin.Add(c.pace.Held(end.Sub(begin)))
		heap.Fix(&c.places, 0)
	}
	heap.Push(&c.inHand, end)
	t := &c.answered[r.task]
	t.answered = end
	if !r.out {
		t.in, c.handed[r.task] = begin, true
		c.ended = c.ended || c.spoilt != nil && c.spoilt(r.task)
		return
	}
	t.out, c.outDone[r.task] = begin, end
	if c.handed[r.task] = !c.tasks[r.task].in; c.handed[r.task] {
		return
	}
	c.put(r.task)
	if c.again.IsZero() { // one slot of the two is free then
		c.again = reservations.Latest(end, c.rest)
	}
}

// next is when the next round is: when something comes to be known, when a request may go
// out or is answered, and in a wave no sooner than that.
func (c *cluster) next(arrival int, now time.Time) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if arrival < len(c.tasks) {
		consider(c.tasks[arrival].known)
	}
	if len(c.timed) > 0 && c.timed[0].at.After(now.Add(handedAhead)) {
		consider(c.timed[0].at.Add(-lookAhead))
	}
	if len(c.waiting) > 0 {
		consider(c.waiting[0].at)
	}
	if len(c.inHand) > 0 {
		consider(c.inHand[0])
	}
	if !c.again.IsZero() && c.left() > 0 {
		consider(reservations.Latest(c.again, now.Add(time.Millisecond)))
	}
	if len(c.inHand) >= manySent {
		next = reservations.Latest(next, now.Add(inWaveEvery))
	}
	return next
}
