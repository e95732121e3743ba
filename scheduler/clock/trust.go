package clock

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Trust is how far the wall clock is trusted: the guard that keeps people on their
// phones while the time is in doubt. Make one with [NewTrust]; [Trust.Trusted] may be
// called from any goroutine, everything else from that of the rounds.
type Trust struct {
	Clocks
	clock          Clock
	log            *slog.Logger
	drift          Drift
	until          time.Time               // what is due only by the last jump waits; zero when it does no more
	formerBookings []reservations.Calendar // the bookings around the instant by each former clock
	unsaved        bool                    // Clocks have changed and are not written yet
	examined       bool                    // the phone system's clock was looked at since the start
	unnoticed      time.Duration           // by so much the clock has moved in steps too small to be noticed

	mu    sync.Mutex
	shown shown
}

// shown is how far the wall clock was ahead of the trusted one at a look.
type shown struct {
	Drift
	by time.Duration
}

// NewTrust returns the trust in a clock of which nothing is known. What happens to the
// clock is said in log, which names the cluster.
func NewTrust(c Clock, log *slog.Logger) *Trust { return &Trust{clock: c, log: log} }

// Now is the instant by the wall clock alone: instants that are kept in memory
// compare with those of the database and of bookings.
func (t *Trust) Now() time.Time { return t.clock.Now().Round(0) }

// Looked is the instant of the last look by the wall clock: what a round plans for. By
// one that is asked again it could have jumped since, unnoticed.
func (t *Trust) Looked() time.Time { return t.drift.wall.UTC() }

// Newest is the end of what deskd has written.
type Newest struct {
	At      time.Time // a phone or a feed was last asked; zero when none ever was
	Attempt int64     // the newest attempt, 0 for none
}

// Resume takes in what is remembered of the clock, and compares it, at a start, with the
// newest instant at which deskd has seen a phone or a feed. A clock before that is
// wrong, or was then; one much later may be, or deskd was off. Since then nobody has
// seen what happened. A preview beside a daemon compares nothing: it believes the clock
// as far as the daemon does.
func (t *Trust) Resume(known Clocks, newest Newest, beside bool) {
	t.drift.Look(t.clock)
	now := t.Looked()
	t.Clocks = known
	defer t.publish()
	t.resumeWait(now)
	if newest.At.IsZero() || beside {
		return
	}
	t.addStep(Step{After: newest.Attempt, At: now, Seen: newest.At})
	t.unsaved = true
	by := now.Sub(newest.At)
	if by < Doubted && by > -Noticed {
		return
	}
	f := FormerClock{By: by, At: now, After: newest.Attempt, Start: true, Mild: by > 0 && by <= plausible, Disproved: by < 0}
	if f.Mild { // the time may just have passed, by whichever clock
		t.Former = append(t.Former, f)
		t.unsaved = true
		return
	}
	n := len(t.Former)
	t.leap(f, now)
	if len(t.Former) > n {
		t.log.Warn("clock is not where deskd last saw it: who is on a phone stays until both times agree, or for a day",
			"by", by.Round(time.Second), "seen", newest.At)
	}
}

// resumeWait goes on with the wait after a jump that was noticed a moment ago, by
// the process before or by the one beside this.
func (t *Trust) resumeWait(now time.Time) {
	if n := len(t.Former); n > 0 {
		last := t.Former[n-1]
		if until := last.At.Add(doubtedIn); !last.Start && !now.Before(last.At) && now.Before(until) {
			t.until = until
		}
	}
}

// Look looks whether the clock has jumped since the last look: by is the jump, to the
// second; leapt is what counts as one, with the smaller jumps before it, where noticed
// says that it is large enough. All has to be asked again then. Newest is the newest
// attempt.
func (t *Trust) Look(newest int64) (by, leapt time.Duration, noticed bool) {
	by = t.drift.Look(t.clock)
	now := t.Looked()
	t.unnoticed += by
	if by.Abs() < Noticed && t.unnoticed.Abs() < Noticed {
		t.settle(now)
		return by, 0, false
	}
	leapt, t.unnoticed = t.unnoticed, 0
	t.leap(FormerClock{By: leapt, At: now, After: newest}, now)
	return by, leapt, true
}

// HasJumped reports whether the clock has jumped since the last look.
func (t *Trust) HasJumped() bool {
	d := t.drift
	return d.Look(t.clock).Abs() >= Noticed
}

// Include counts an attempt whose answer has come as one by the clock before the
// last jump, if it was under way meanwhile: no answer takes so long.
func (t *Trust) Include(a plan.Attempt, now time.Time) {
	if n := len(t.Former); n > 0 && now.Sub(a.Began).Abs() >= Doubted && a.ID > t.Former[n-1].After {
		t.Former[n-1].After, t.unsaved = a.ID, true
	}
}

// leap takes in that the wall clock is ahead of f since a moment ago. It may be
// that of before an earlier jump again: what was done since by clocks in between
// has no date then.
func (t *Trust) leap(f FormerClock, now time.Time) {
	by := f.By
	for i := range t.Former {
		t.Former[i].By += f.By
		t.Former[i].At = t.Former[i].At.Add(f.By)
	}
	if !f.Start {
		f, t.unsaved = t.step(f), true
	}
	switch back := t.returnsTo(f); {
	case back >= 0:
		if after := t.Former[back].After; f.After > after {
			t.Misdated = fewer(append(t.Misdated, plan.Misdated{After: after, Through: f.After}))
		}
		t.believeSteps(t.Former[back].By)
		t.Former, t.until, t.unsaved = t.Former[:back], time.Time{}, true
		t.log.Info("clock is back where it was")
	case f.By.Abs() >= Doubted && !t.until.IsZero(): // the one in between was never trusted
		t.until, t.unsaved = now.Add(doubtedIn), true
		t.sayJump(f)
	case f.By.Abs() >= Doubted:
		t.remember(f)
		t.unsaved = true
		if f.Start {
			return // Resume says it
		}
		t.until = now.Add(doubtedIn)
		t.sayJump(f)
	case !t.until.IsZero():
		t.until = t.until.Add(by)
	}
	t.publish()
}

func (t *Trust) sayJump(f FormerClock) {
	t.log.Error("clock has jumped: what is due only by that waits", "by", f.By.Round(time.Second), "until", t.until)
}

// settle believes a clock that has stayed for long enough.
func (t *Trust) settle(now time.Time) {
	if t.dropSteps(now) {
		t.unsaved = true
	}
	if len(t.Former) == 0 {
		return
	}
	if !t.until.IsZero() && !now.Before(t.until) {
		t.until = time.Time{}
		t.log.Info("clock has stayed where it jumped to, and counts", "by", t.Former[len(t.Former)-1].By.Round(time.Second))
	}
	n := len(t.Former)
	t.Former = slices.DeleteFunc(t.Former, func(f FormerClock) bool {
		over := now.Sub(f.At) >= believed || f.Mild && now.Sub(f.At) >= mildFor
		if over && (!f.Start || f.Witness) {
			t.Apart += f.By
		}
		return over
	})
	if len(t.Former) < n {
		t.unsaved = true
		t.publish()
	}
}

// publish lets others ask for the trusted clock; see [Trust.Trusted].
func (t *Trust) publish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = shown{Drift: t.drift}
	for _, f := range t.Former {
		if !f.Mild {
			t.shown.by = f.By
			return
		}
	}
}

// Trusted is the instant by the clock that was trusted last, which is that of now
// unless the wall clock has jumped and is not believed yet. It may be called from
// any goroutine, and is up to date also while a round is under way.
func (t *Trust) Trusted(now time.Time) time.Time {
	t.mu.Lock()
	s := t.shown
	t.mu.Unlock()
	by := s.by + s.Look(t.clock)
	if by.Abs() < Doubted {
		return now
	}
	return now.Add(-by)
}

// Unsaved reports whether the Clocks have changed since they were last written down.
func (t *Trust) Unsaved() bool { return t.unsaved }

// MarkSaved says that the Clocks are written down.
func (t *Trust) MarkSaved() { t.unsaved = false }

// FormerTimes are the instants by the clocks that were trusted before.
func (t *Trust) FormerTimes(now time.Time) []time.Time {
	var thens []time.Time
	for _, f := range t.Former {
		thens = append(thens, f.then(now))
	}
	return thens
}

// SetFormerBookings takes in the bookings around each of [Trust.FormerTimes].
func (t *Trust) SetFormerBookings(around []reservations.Calendar) { t.formerBookings = around }
