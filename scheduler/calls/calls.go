// Package calls lets a logout at the end of a booking wait while its person is in a call.
//
// It owns for how long, and answers with blocks as the guards of a cluster do. What phones say is
// an argument ([Look]): it asks none. Its invariants: a logout waits only while the phone says that a
// stream is active, and never beyond its bound, which counts from when the logout was due. That is
// in the journal with the hold: a restart makes the look again, and moves no bound.
//
//	logout due ──> asked? ──not yet──> waits for the answer, seconds at most
//	                 │ in a call ──> held until the bound, and looked at again
//	                 └ no call, no answer, no address ──> goes
package calls

import (
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Look is what a phone has said last. The zero Look is that it was not asked yet.
type Look struct {
	At      time.Time
	Active  bool   // a stream is: its person is in a call
	Problem string // why that is not known
}

// FreshFor is how old a look may be for a logout to follow from it.
const FreshFor = 20 * time.Second

// Guard lets logouts of a cluster wait. Make one with the first two fields; a nil Guard lets none.
type Guard struct {
	Wait time.Duration // at most
	// Look is what the phone of a device has said last. It has the phone asked where that is not
	// known, or old, and does not wait for the answer. Of a nil Look, what waits by the journal waits:
	// it is for those who look on.
	Look func(device string, now time.Time) Look

	gone map[string]time.Time // by session: logouts that wait no more, and since when
}

// Hold is the hold of a device that lasts.
type Hold func(device string) (plan.Attempt, bool)

// Blocks are those of the logouts that wait.
func (g *Guard) Blocks(planned []plan.Step, hold Hold, now time.Time) (all []plan.Block) {
	if g == nil {
		return nil
	}
	for key, at := range g.gone {
		if now.Sub(at).Abs() > 2*g.Wait {
			delete(g.gone, key)
		}
	}
	for _, s := range planned {
		if s.Op != plan.OpLogout || s.Cause != plan.CauseEnd && s.Cause != plan.CauseHandover || s.NotBefore.After(now) {
			continue
		}
		if block, waits := g.block(s, hold, now); waits {
			all = append(all, block)
		}
	}
	return all
}

// block is that of a logout that is due, if it waits.
func (g *Guard) block(s plan.Step, hold Hold, now time.Time) (b plan.Block, waits bool) {
	key := s.Device + " " + s.PersonKey() + " " + s.Reservation
	if _, gone := g.gone[key]; gone {
		return b, false
	}
	due, held := dueOf(s, hold, now)
	until := due.Add(g.Wait)
	b = plan.Block{
		Scope: plan.Scope{Device: s.Device, Op: plan.OpLogout}, Effect: plan.Holds, Cause: plan.CauseCall, Since: due, Until: until,
		Text: "its person is in a call; waits until " + until.UTC().Format(time.RFC3339) + " at most",
	}
	if g.Look == nil {
		return b, held && now.Before(until)
	}
	look := g.Look(s.Device, now)
	fresh := !look.At.IsZero() && now.Sub(look.At).Abs() <= FreshFor
	switch {
	case now.Before(until) && fresh && look.Problem == "" && look.Active, now.Before(until) && !fresh && held:
		return b, true
	case now.Before(until) && !fresh:
		b.Effect = plan.Drops // until the phone has answered, or has not
		return b, true
	}
	if g.gone == nil {
		g.gone = make(map[string]time.Time)
	}
	g.gone[key] = now
	return b, false
}

// dueOf is since when a logout is due: while it is held, that is in the journal.
func dueOf(s plan.Step, hold Hold, now time.Time) (due time.Time, held bool) {
	due = s.Due
	if due.IsZero() || due.After(now) {
		due = now
	}
	if h, lasts := hold(s.Device); lasts && h.Cause == plan.CauseCall && h.Reservation == s.Reservation && reservations.SamePerson(h.Person, s.Person) {
		return reservations.Earliest(due, h.Due), true
	}
	return due, false
}
