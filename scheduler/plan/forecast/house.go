package forecast

import (
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/wave"
)

// house is a demand with what decides how fast it is met.
type house struct {
	*demand
	span    reservations.Span
	pace    plan.Pace
	setting Setting

	login, logout time.Duration // what they take
}

// headStart is how long before a span its cluster is watched: a wave before it may still
// be under way.
const headStart = time.Hour

func houseOf(in Input, span reservations.Span, now time.Time) house {
	pace := in.Policy.Pace
	h := house{
		demand: demandOf(in, span.End, now), span: span, pace: pace, setting: Setting{PerMinute: pace.PerMinute, Concurrent: pace.Concurrent, Allowed: max(in.Allowed, pace.Concurrent), Lead: in.Policy.Lead},
		login: in.Service.Of(1, 0), logout: in.Service.Of(0, 1),
	}
	from := span.Start.Add(-in.Policy.Lead - headStart)
	h.tasks = slices.DeleteFunc(h.tasks, func(t *task) bool { return t.known.Before(from) && !t.known.Equal(now) })
	return h
}

// counts reports whether a task is asked for: of bookings that have begun, one whose person has not
// been on the phone yet.
func (h house) counts(t *task) bool {
	served, _ := h.History.Served(t.Login)
	begun := t.From.Before(h.span.Start) && !h.span.Start.After(h.now) && t.known.Equal(h.now) && !served
	return t.in && t.From.Before(h.span.End) && (begun || !t.From.Before(h.span.Start))
}

// readyIn is how many of the bookings that w asks for need no login.
func (h house) readyIn(w Wave) int {
	needs := make(map[place]bool, len(w.Phones)+len(w.Held))
	for _, p := range w.Phones {
		needs[place{p.Device, p.Reservation}] = true
	}
	for _, b := range w.Held {
		needs[place{b.Device, b.Reservation}] = true
	}
	n := 0
	for _, desk := range h.World.Desks {
		for _, r := range h.byDesk[desk.ID] {
			at := place{desk.Device, r.ID}
			if !r.Start.Before(w.From) && r.Start.Before(w.Until) && h.ready[at] && !needs[at] {
				n++
			}
		}
	}
	return n
}

// served is a demand met under a setting.
type served struct {
	tasks []*task
	times []times
	slow  int // phones that are late for the pace of the cluster alone
}

// serve lets the requests out under a setting.
func (h house) serve(s Setting) served {
	c := h.cluster(s)
	got := served{tasks: c.tasks, times: c.run()}
	for i, t := range c.tasks {
		if h.counts(t) && h.isSlow(t, got.times[i]) {
			got.slow++
		}
	}
	return got
}

// suffices reports whether no phone is late for the pace of the cluster under a setting.
func (h house) suffices(s Setting) bool {
	c := h.cluster(s)
	c.spoilt = func(i int) bool { return h.counts(c.tasks[i]) && h.isSlow(c.tasks[i], c.answered[i]) }
	c.run()
	return !c.ended
}

// cluster is the cluster under a setting.
func (h house) cluster(s Setting) *cluster {
	pace := h.pace
	pace.PerMinute, pace.Concurrent = s.PerMinute, s.Concurrent
	d := *h.demand
	if s.Lead != h.setting.Lead {
		d.tasks = h.earlier(s.Lead)
	}
	c := &cluster{pace: pace, service: h.Service, minLeft: h.Policy.MinLeft}
	c.tasks, c.rank = d.inOrder()
	return c
}

// earlier is the demand under a longer lead.
func (h house) earlier(lead time.Duration) []*task {
	tasks := slices.Clone(h.tasks)
	for i, was := range tasks {
		if !was.in || was.fixed || was.out {
			continue
		}
		now := *was
		t, p := &now, h.Policy
		tasks[i], p.Lead = t, lead
		t.Release = h.World.Release(t.Login, p)
		t.known = reservations.Earliest(t.known, reservations.Latest(t.Release, h.now))
	}
	return tasks
}

// alone is when a phone would be ready if its requests were the cluster's only ones, from
// an instant on.
func (h house) alone(t *task, from time.Time) time.Time {
	took := h.login
	if t.out {
		took += h.logout
	}
	return reservations.Latest(from, reservations.Latest(t.Release, t.Known)).Add(took + h.Policy.Restart())
}

// deadline is when a phone has to be ready: at the start of its booking; or, where it
// cannot be because the desk changes hands then, or because the booking was entered
// late, as soon as a desk counts as starting no longer.
func (h house) deadline(t *task) time.Time {
	first := h.alone(t, time.Time{})
	if first.After(t.From.Add(wave.Slack)) {
		return reservations.Latest(first, t.From.Add(plan.StartingFor))
	}
	return t.From
}

// isLate reports whether a phone that is ready at an instant is late.
func (h house) isLate(t *task, ready time.Time) bool {
	return ready.After(h.deadline(t).Add(wave.Slack))
}

// isSlow reports whether a phone is late for the pace of the cluster: alone it would be
// in time.
func (h house) isSlow(t *task, at times) bool {
	return (at.never || h.isLate(t, h.readyAt(at))) && !h.isLate(t, h.alone(t, reservations.Latest(reservations.Latest(t.wait, t.known), h.now)))
}

func (h house) readyAt(at times) time.Time { return at.answered.Add(h.Policy.Restart()) }

// phone is what becomes of a task.
func (h house) phone(got served, i int) Phone {
	t, at := got.tasks[i], got.times[i]
	p := Phone{Booking: bookingOf(t.Login), Logout: at.out, Never: at.never}
	if p.Never {
		p.Cause, p.Why = h.because(t, at)
		p.Why += fmt.Sprintf("; nobody is logged in then, because less than %s of the booking is left (min_left)", h.Policy.MinLeft)
		return p
	}
	p.Login, p.Ready = at.in, h.readyAt(at)
	if !h.isLate(t, p.Ready) {
		return p
	}
	p.Late = p.Ready.Sub(t.From)
	p.LateSeconds = p.Late.Seconds()
	p.Cause, p.Why = h.because(t, at)
	return p
}

// because is why a phone is late.
func (h house) because(t *task, at times) (Cause, string) {
	switch {
	case h.isSlow(t, at):
		cause, why := h.slowness()
		if t.Release.Equal(t.From) {
			why += "; the desk changes hands at its start"
		}
		return cause, why
	case t.held != "":
		return CauseHeld, "held until then: " + t.held
	case t.wait.After(h.now):
		return CauseRefused, t.why
	case at.never, at.in.Sub(reservations.Latest(t.Release, h.now)) > wave.Slack: // others are before it
		_, why := h.slowness()
		return CauseOverdue, "its login should have gone out before now, and " + why
	default:
		return CauseOverdue, "its login should have gone out before now"
	}
}

// guesses reports whether what bounds the cluster's pace is not known yet: how long an answer
// takes, or how many requests at once.
func (h house) guesses() bool {
	login, _ := h.Service.Measured()
	cause, _ := h.slowness()
	return cause == CauseService && (login == 0 || h.Untried)
}

// slowness is what bounds the cluster's pace.
func (h house) slowness() (Cause, string) {
	byRate := wave.Pace{PerMinute: h.setting.PerMinute}.Gap()
	if byRate > 0 && byRate >= h.pace.Wave(h.Service, 0, 0).Gap() {
		return CauseRate, fmt.Sprintf("more is due than %d logins and logouts a minute let through (max_per_minute)", h.setting.PerMinute)
	}
	bound, takes := "max_concurrent", "a login takes"
	if login, _ := h.Service.Measured(); login == 0 {
		takes = "nothing was measured yet, a login is taken to last"
	}
	switch {
	case h.setting.Concurrent < h.setting.Allowed && h.Untried:
		bound = fmt.Sprintf("so far: more are tried as these are answered; max_concurrent is %d", h.setting.Allowed)
	case h.setting.Concurrent < h.setting.Allowed:
		bound = fmt.Sprintf("more would leave no room for people's keys; max_concurrent is %d", h.setting.Allowed)
	}
	return CauseService, fmt.Sprintf("more is due than is answered: %s %s, and %d go out at once (%s)", takes, h.login.Round(100*time.Millisecond), h.setting.Concurrent, bound)
}
