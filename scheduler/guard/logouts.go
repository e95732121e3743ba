package guard

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Logouts is the brake on early logouts. A program that deletes, cancels, shortens or
// moves many bookings at once, a DELETE whose INSERT is still to come, logs nobody out:
// when more of a cluster's sessions would end early than [plan.Policy.Brake] lets
// through, all of them wait for a person, or for the end each booking had. What
// deskd itself has changed does not count.
//
// A hold is kept in the database, so that it outlives a restart, and it does not
// dissolve when fewer are left: it is over when none is, or when a person has
// released those that were held. Others that come then count again.
//
// In a round: [Logouts.Look] at the plan, [Logouts.Learn] what became of the bookings it
// returns, [Logouts.Withhold], and write down what [Logouts.Changes] says. Make one with
// [NewLogouts].
type Logouts struct {
	Stored  plan.HeldLogouts // as they were last read or written
	cluster string
	brake   reservations.Brake
	log     *slog.Logger
	early   []plan.EarlyLogout  // of the last plan
	held    []plan.EarlyLogout  // those of them that wait for a person
	fates   map[int64]plan.Fate // by session; asked once for each reading of the bookings
}

// NewLogouts returns the brake of a cluster.
func NewLogouts(cluster string, brake reservations.Brake, log *slog.Logger) *Logouts {
	return &Logouts{cluster: cluster, brake: brake, log: log, fates: make(map[int64]plan.Fate)}
}

// Scene is what a round knows when it looks for early logouts.
type Scene struct {
	Seen    map[string]plan.Observation // by device
	History plan.History
	Busy    func(device string) bool // a step is under way there
	Own     int                      // phones that show a session of deskd's
	Now     time.Time
	Trusted time.Time // now, by the clock that is trusted
}

// earlier is the earlier of now and the same instant by the clock that is trusted: an
// end that is still to come by one of them is early, so that no wrong clock lets go
// whom the brake holds.
func (s Scene) earlier() time.Time { return reservations.Earliest(s.Now, s.Trusted) }

// Read takes in which early logouts are held, and which of them are released, and
// forgets what became of their bookings: that is read with the bookings.
func (l *Logouts) Read(kept plan.HeldLogouts) {
	released, by := 0, ""
	for _, was := range l.Stored {
		if k, ok := kept.Of(was.Session); ok && was.Released.IsZero() && !k.Released.IsZero() {
			released, by = released+1, k.By
		}
	}
	if released > 0 {
		l.log.Info("held logouts are released", "count", released, "by", by)
	}
	l.Stored, l.fates = kept, make(map[int64]plan.Fate)
}

// counted are the early ends of the plan that count, and those that were carried out
// lately. A walk-up who has waited for a day may go; that they did is known as long as
// they are there, lest another day begin.
func (l *Logouts) counted(s Scene) (early, lately []plan.EarlyLogout) {
	early = slices.DeleteFunc(slices.Clone(l.early), func(e plan.EarlyLogout) bool { return e.Session < 0 && !e.Until.After(s.earlier()) })
	return early, s.History.EndedEarly(s.Now.Add(-plan.EarlyWithin))
}

// Look finds the early logouts of a plan, and returns the ends of which it is not known
// yet what became of their bookings.
func (l *Logouts) Look(planned []plan.Step, s Scene) []plan.EarlyLogout {
	l.early, l.held = plan.EarlyLogouts(planned, plan.Sessions{Seen: s.Seen, History: s.History, Held: l.Stored, Ahead: s.Now.Sub(s.earlier())}, s.Now), nil
	if len(l.early) == 0 {
		return nil
	}
	early, lately := l.counted(s)
	return slices.DeleteFunc(append(lately, early...), func(e plan.EarlyLogout) bool {
		_, known := l.fates[e.Session]
		return known
	})
}

// Learn takes in what became of the bookings of ends, in their order.
func (l *Logouts) Learn(ends []plan.EarlyLogout, fates []plan.Fate) {
	for i, e := range ends {
		l.fates[e.Session] = fates[i]
	}
}

// Withhold holds back the early logouts of the plan that was looked at, if there are too
// many of them to be what their people did, or others are held already.
func (l *Logouts) Withhold(planned []plan.Step, s Scene) []plan.Step {
	if len(l.early) == 0 {
		return planned
	}
	early, lately := l.counted(s)
	pending, _ := l.unexplained(early)
	_, changed := l.unexplained(append(lately, early...))
	of := s.Own + len(changed) - len(pending)
	for _, e := range pending {
		if e.Session < 0 { // the others are among deskd's own already
			of++
		}
	}
	if len(pending) == 0 || len(l.Stored.Waiting(s.earlier())) == 0 && !l.brake.Holds(plan.Together(changed), of) {
		return planned
	}
	l.held = pending
	var back []plan.EarlyLogout
	for _, e := range pending {
		if !s.Busy(e.Device) { // on its way, and not to be called back
			back = append(back, e)
		}
	}
	return plan.Withhold(planned, back, fmt.Sprintf("many bookings were cut short at once, and a person has to look: deskd logouts show %s", l.cluster))
}

// unexplained are the ends that neither deskd's own deeds nor a person's answer
// account for, with the instants at which their bookings were changed.
func (l *Logouts) unexplained(ends []plan.EarlyLogout) (left []plan.EarlyLogout, changed []time.Time) {
	for _, e := range ends {
		k, _ := l.Stored.Of(e.Session)
		if fate := l.fates[e.Session]; !fate.Attested() && k.Released.IsZero() {
			left, changed = append(left, e), append(changed, fate.At)
		}
	}
	return left, changed
}

// Changes are what is to be written down: what the last plan holds back, and the sessions
// whose hold is over. One that was released is kept for as long as its end counts, to be
// told from others.
func (l *Logouts) Changes(s Scene) (further plan.HeldLogouts, over []int64) {
	for _, e := range l.held {
		if _, known := l.Stored.Of(e.Session); !known {
			further = append(further, plan.HeldLogout{EarlyLogout: e, Since: s.Now})
		}
	}
	pending, counted := sessions(l.early), sessions(s.History.EndedEarly(s.Now.Add(-plan.EarlyWithin)))
	for _, k := range l.Stored {
		needed := pending[k.Session] || counted[k.Session] && !k.Released.IsZero()
		if !needed && isOver(k, s) {
			over = append(over, k.Session)
		}
	}
	return further, over
}

// isOver reports whether k, which no plan would end early, needs neither hold nor
// answer any more: its session is to go on, or is over. Of a phone that has not
// answered nothing is known.
func isOver(k plan.HeldLogout, s Scene) bool {
	h, managed := s.Seen[k.Device]
	return !managed || h.Known || !k.Until.After(s.earlier())
}

func sessions(ends []plan.EarlyLogout) map[int64]bool {
	all := make(map[int64]bool, len(ends))
	for _, e := range ends {
		all[e.Session] = true
	}
	return all
}

// A session of deskd's ends because its booking has ended, or because of what has
// become of the booking, its desk or its person. A plan knows only that nobody is
// wanted there any more; what happened is in the rows and the audit, which are
// asked for anyway when a session would end early.

// Explain says of the logouts among the steps what has become of the bookings their
// sessions were begun for.
func (l *Logouts) Explain(planned []plan.Step, history plan.History, now time.Time) []plan.Step {
	early := make(map[string]plan.EarlyLogout, len(l.early)) // by device
	for _, e := range l.early {
		early[e.Device] = e
	}
	for i, s := range planned {
		if s.Op != plan.OpLogout || s.Cause != plan.CauseEnd && s.Cause != plan.CauseHandover {
			continue
		}
		ended := fmt.Sprintf("%s's booking has ended", s.Person)
		rest, ok := strings.CutPrefix(s.Why, ended)
		if !ok {
			continue
		}
		if e, cut := early[s.Device]; cut {
			ended = l.fates[e.Session].Because(e, now)
		} else if _, known := history.Session(s.Login); !known {
			ended = fmt.Sprintf("%s has no booking of this phone now", s.Person) // of which booking the session was is not known
		}
		planned[i].Why = ended + rest
	}
	return planned
}

// Next is when the first of those that are held comes to its own end after now, the zero
// time when there is none.
func (l *Logouts) Next(now time.Time) time.Time {
	var next time.Time
	for _, k := range l.Stored {
		if k.Until.After(now) && (next.IsZero() || k.Until.Before(next)) {
			next = k.Until
		}
	}
	return next
}

// Blocks says which logouts wait for a person. The plan has them as holds already.
func (l *Logouts) Blocks(now, trusted time.Time) []plan.Block {
	var blocks []plan.Block
	for _, k := range l.Stored.Waiting(reservations.Earliest(now, trusted)) {
		blocks = append(blocks, plan.Block{
			Scope: plan.Scope{Desk: k.Desk, Device: k.Device}, Kind: plan.KindHeldLogouts, Since: k.Since, Until: k.Until,
			Text: k.Person + " stays logged in until a person releases the logout, or to the end the booking had",
		})
	}
	return blocks
}
