package pushes

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"deskd/phone"
	"deskd/phone/push"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/callhistory"
	"deskd/scheduler/plan"
)

// clearing empties the lists of missed, received and placed calls.
var clearing = phone.Execute{Items: []phone.ExecuteItem{{URL: "Init:CallHistory"}}}

// blinding are the kinds of what keeps deskd from asking who is on a phone, or from sending
// anything to it.
var blinding = []plan.Kind{
	plan.KindPaused, plan.KindRefused, plan.KindUnanswered, plan.KindCertificate, plan.KindSilent, plan.KindDatabaseWrite, plan.KindClock,
}

// candidate is a session whose list may be cleared now, as far as is known without asking.
type candidate struct {
	callhistory.Session
	address netip.Addr
	sight   callhistory.Sight
}

// try looks at the phones of sessions whose time has come, and pushes to those on which nobody is.
func (l *Lists) try(ctx context.Context, here *scheduler.Reconciler, due []callhistory.Session) {
	status := here.Status()
	if block := status.First(blinding...); block.Kind != "" {
		for _, s := range due {
			l.tried(s, "deskd does not ask the phone system: "+string(block.Kind))
		}
		return
	}
	might := l.might(ctx, due)
	l.look(ctx, might)
	if ctx.Err() != nil {
		return
	}
	var all sync.WaitGroup
	for _, c := range might {
		all.Go(func() { l.clear(ctx, here, c) })
	}
	all.Wait()
}

// might are the sessions whose phone is known to be somewhere, with no login due there.
func (l *Lists) might(ctx context.Context, due []callhistory.Session) (all []candidate) {
	next, err := l.Booked.nextLogins(ctx, l.Ready, l.Clock.Now())
	for _, s := range due {
		c := candidate{Session: s, sight: callhistory.Sight{Due: next[s.Desk]}}
		problem := ""
		if err != nil {
			problem = "it cannot be read who has booked the desk"
		} else if problem = c.sight.Near(l.Clock.Now()); problem == "" {
			c.address, problem = address(ctx, l.Where, s.Device)
		}
		if problem != "" {
			l.tried(s, problem)
			continue
		}
		all = append(all, c)
	}
	return all
}

// address is where a phone is, or why that is not known.
func address(ctx context.Context, where func(context.Context, string) (netip.Addr, error), device string) (a netip.Addr, problem string) {
	a, err := where(ctx, device)
	switch {
	case err != nil:
		return a, "it cannot be read where the phone is"
	case !a.IsValid():
		return a, "no address of the phone is known"
	}
	return a, ""
}

// look asks who is on the phones. Of one of which nothing is said, nothing is known.
func (l *Lists) look(ctx context.Context, might []candidate) {
	var devices []string
	for _, c := range might {
		devices = append(devices, c.Device)
	}
	if len(devices) == 0 {
		return
	}
	slices.Sort(devices)
	asked := l.Clock.Now()
	seen, _ := l.Logins(ctx, slices.Compact(devices))
	for _, h := range seen {
		for i, c := range might {
			if c.Device == h.Device {
				might[i].sight.Known, might[i].sight.Person, might[i].sight.At = h.Known && h.Exists, h.Person != "" || h.Raw != "", asked
			}
		}
	}
}

// Booked are the confirmed reservations that share an instant with a span.
type Booked func(ctx context.Context, s reservations.Span) ([]reservations.Reservation, error)

// nextLogins are when logins are due that are near, by desk: those of bookings that run, too. Ready
// is how long before the start of a booking its login is due.
func (b Booked) nextLogins(ctx context.Context, ready time.Duration, now time.Time) (map[string]time.Time, error) {
	booked, err := b(ctx, reservations.Span{Start: now, End: now.Add(ready + callhistory.Margin)})
	next := make(map[string]time.Time)
	for _, r := range booked {
		at := r.Start.Add(-ready)
		if was, near := next[r.Desk]; !near || at.Before(was) {
			next[r.Desk] = at
		}
	}
	return next, err
}

// clear pushes once, if nothing speaks against it.
func (l *Lists) clear(ctx context.Context, here *scheduler.Reconciler, c candidate) {
	s := c.Session
	if bar := c.sight.Bars(l.Clock.Now()); bar != "" {
		l.tried(s, bar)
		return
	}
	if !drives(here) {
		return
	}
	flight, land := l.takeOff(ctx, s)
	if flight == nil {
		return // a login has begun: what comes of that is heard
	}
	defer land()
	err := l.Push(flight, push.Phone{Name: s.Device, Address: c.address}, clearing)
	switch outcome := push.OutcomeOf(err); {
	case outcome == push.OK:
		l.end(ctx, s, callhistory.Result{Outcome: callhistory.Cleared})
	case ctx.Err() != nil: // the process ends: the next one tries again
	case flight.Err() != nil:
		l.tried(s, "a login at the phone began meanwhile")
	case outcome == push.Refused && push.Posted(err): // again and again, it would lock the user
		l.end(ctx, s, callhistory.Result{Outcome: callhistory.Refused, Problem: err.Error()})
	default:
		l.tried(s, err.Error())
	}
}

// drives reports whether it is certain that this node drives the cluster of a reconciler.
func drives(here *scheduler.Reconciler) bool {
	return here != nil && (here.Fence == nil || here.Fence() == nil)
}

// takeOff begins a push, unless a login has begun at the phone: nil then. Land ends it.
func (l *Lists) takeOff(ctx context.Context, s callhistory.Session) (flight context.Context, land func()) {
	flight, land = l.air.takeOff(ctx, s.Device)
	if flight == nil {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.book.Free(s.Attempt) { // an intent that was written before the push began
		land()
		return nil, nil
	}
	return flight, land
}
