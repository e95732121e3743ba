package clock

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/plan"
)

// The numbers that docs/faults.md promises hold to the last moment, and no longer.

// newTrust is the trust in the machine's clock.
func newTrust() *Trust { return NewTrust(Clock{}, slog.New(slog.DiscardHandler)) }

// A clock at a start is believed within five minutes of the newest instant in the
// database; up to four hours past it deskd may just have been off.
func TestClockAtAStart(t *testing.T) {
	const ns = time.Nanosecond
	for _, c := range []struct {
		by             time.Duration
		doubtful, mild bool
	}{
		{0, false, false},
		{5*time.Minute - ns, false, false},
		{5 * time.Minute, true, true},
		{4 * time.Hour, true, true},
		{4*time.Hour + ns, true, false},
		{ns - 5*time.Minute, false, false},
		{-5 * time.Minute, true, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newTrust()
			r.Resume(Clocks{}, Newest{At: time.Now().Add(-c.by)}, false)
			switch former := r.Former; {
			case len(former) > 0 != c.doubtful:
				t.Errorf("%v past what deskd last saw: doubtful %v", c.by, !c.doubtful)
			case c.doubtful && former[0].Mild != c.mild:
				t.Errorf("%v past what deskd last saw: mild %v", c.by, !c.mild)
			case c.doubtful && (!former[0].Start || former[0].By != c.by || former[0].Disproved != (c.by < 0)):
				t.Errorf("%v past what deskd last saw: %+v", c.by, former[0])
			}
		})
	}
}

// A clock is doubted within its four hours, too, where a phone shows a session that
// had ended by itself more than two minutes before.
func TestSessionThatOutlastsItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { playOutlasting(t) })
}

func playOutlasting(t *testing.T) {
	for past, want := range map[time.Duration]bool{2 * time.Minute: false, 2*time.Minute + 1: true} {
		end := instant("10:00")
		r := NewTrust(MovedClock(func() time.Duration { return time.Until(end.Add(past)) }), slog.New(slog.DiscardHandler))
		r.Look(0)
		h := plan.Observation{Desk: "D1", Device: "SEP000000000001", Person: "jane", Known: true, Exists: true, Ours: true}
		login := plan.Login{Desk: "D1", Device: h.Device, Person: "jane", From: instant("09:00"), Until: end, Through: end}
		done := plan.Attempt{ID: 1, Step: plan.Step{Op: plan.OpLogin, Login: login}, Outcome: plan.Done, Began: instant("09:00"), Ended: instant("09:00")}
		r.Former = []FormerClock{{By: time.Hour, At: end, After: 1, Start: true, Mild: true}}
		seen := Seen{Phones: map[string]plan.Observation{h.Device: h}, History: plan.NewHistory([]plan.Attempt{done})}
		if mild := r.Disprove(seen, func(plan.Observation) time.Time { return end }); mild != want {
			t.Errorf("a session that ended %v ago: in doubt only now %v", past, mild)
		}
		if got := r.Former[0]; got.Disproved != want || got.Mild == want {
			t.Errorf("a session that ended %v ago: %+v", past, got)
		}
	}
}

// A clock that has jumped waits for two minutes, and is believed after a day; one
// that was off for some hours at most is after ten minutes.
func TestClockIsBelieved(t *testing.T) {
	at := instant("09:00")
	for name, c := range map[string]struct {
		FormerClock
		after time.Duration
	}{
		"jumped":             {FormerClock{By: 10 * time.Hour}, 24 * time.Hour},
		"at a start":         {FormerClock{By: 10 * time.Hour, Start: true}, 24 * time.Hour},
		"off for some hours": {FormerClock{By: 3 * time.Hour, Start: true, Mild: true}, 10 * time.Minute},
	} {
		for age, left := range map[time.Duration]int{c.after - 1: 1, c.after: 0} {
			r := newTrust()
			c.At = at
			r.Former = []FormerClock{c.FormerClock}
			if r.settle(at.Add(age)); len(r.Former) != left {
				t.Errorf("%s, %v ago: %d doubted", name, age, len(r.Former))
			}
		}
	}
	for age, waits := range map[time.Duration]bool{2*time.Minute - 1: true, 2 * time.Minute: false} {
		r := newTrust()
		r.leap(FormerClock{By: 10 * time.Hour, At: at}, at)
		if r.settle(at.Add(age)); r.until.IsZero() == waits {
			t.Errorf("jumped %v ago: waits %v", age, !waits)
		}
		r.until = time.Time{}
		if r.resumeWait(at.Add(age)); r.until.IsZero() == waits {
			t.Errorf("restarted %v after a jump: waits %v", age, !waits)
		}
	}
}

// A jump of five minutes is doubted, one of less only moves what waits.
func TestJumpIsDoubted(t *testing.T) {
	at := instant("09:00")
	for by, want := range map[time.Duration]int{5*time.Minute - 1: 0, 5 * time.Minute: 1, 1 - 5*time.Minute: 0, -5 * time.Minute: 1} {
		r := newTrust()
		if r.leap(FormerClock{By: by, At: at}, at); len(r.Former) != want {
			t.Errorf("a jump by %v: %d doubted", by, len(r.Former))
		}
	}
	r := newTrust()
	for range 5 {
		r.leap(FormerClock{By: time.Hour, At: at}, at)
		r.until = time.Time{} // it has stayed
	}
	if n := len(r.Former); n != 4 {
		t.Errorf("%d former clocks are remembered", n)
	}
}

// A clock that was right by far at a start, and is back where another one was, is
// right where deskd cannot have been off for as long.
func TestBackAtAStart(t *testing.T) {
	const day = 24 * time.Hour
	c := Clocks{Former: []FormerClock{{By: 0}}}
	for off, want := range map[time.Duration]int{90*day - 1: -1, 90 * day: 0, -time.Hour: 0} {
		if got := c.returnsTo(FormerClock{By: off, Start: true}); got != want {
			t.Errorf("%v ahead at a start: %d", off, got)
		}
	}
	start := func(by time.Duration) FormerClock { return FormerClock{By: by, Start: true, Disproved: true} }
	for _, b := range []struct {
		left time.Duration
		by   time.Duration
		want bool
	}{
		{time.Hour - 1, -10 * time.Hour, true},
		{time.Hour, -10 * time.Hour, false},
		{30*time.Minute - 1, -2 * time.Hour, true},
		{30 * time.Minute, -2 * time.Hour, false},
	} {
		if got := start(b.left).isBack(FormerClock{By: b.by}); got != b.want {
			t.Errorf("%v past where it was, after a jump by %v: %v", b.left, b.by, got)
		}
	}
}

// However often a clock is put right, few stretches of attempts are remembered, and
// none that has no date gets one.
func TestMisdatedStayFew(t *testing.T) {
	at := instant("09:00")
	r := newTrust()
	var wrong []int64
	for id := int64(1); id < 100; id += 2 {
		r.leap(FormerClock{By: time.Hour, At: at, After: id}, at)
		r.until = time.Time{} // it has stayed
		wrong = append(wrong, id+1)
		r.leap(FormerClock{By: -time.Hour, At: at, After: id + 1}, at)
	}
	if n := len(r.Misdated); n != 16 {
		t.Errorf("%d are remembered", n)
	}
	for _, id := range wrong {
		if !r.misdates(id) {
			t.Errorf("attempt %d has a date", id)
		}
	}
	if r.misdates(99) || r.misdates(97) {
		t.Error("attempts by the right clock have no date")
	}
}

func TestJumpIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved time.Duration
		r := NewTrust(MovedClock(func() time.Duration { return moved }), slog.New(slog.DiscardHandler))
		r.Look(0)
		for by, want := range map[time.Duration]bool{15*time.Second - 1: false, 15 * time.Second: true, 1 - 15*time.Second: false, -15 * time.Second: true} {
			if moved = by; r.HasJumped() != want {
				t.Errorf("a jump by %v: %v", by, !want)
			}
		}
	})
	for left, want := range map[time.Duration]bool{5*time.Minute - 1: true, 5 * time.Minute: false} {
		if got := (FormerClock{By: left}).isBack(FormerClock{By: -time.Hour}); got != want {
			t.Errorf("back but for %v: %v", left, got)
		}
	}
}

// A login that seemed lost is deskd's own for five minutes.
func TestLoginComesLate(t *testing.T) {
	at := instant("09:00")
	r := Clocks{}
	login := plan.Attempt{ID: 1, Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Through: at.Add(time.Hour)}}, Began: at, Ended: at}
	logout := plan.Attempt{ID: 2, Step: plan.Step{Op: plan.OpLogout}, Began: at, Ended: at}
	for after, want := range map[time.Duration]bool{5*time.Minute - 1: true, 5 * time.Minute: false} {
		if got := r.MayBeLate(login, at.Add(after)); got != want {
			t.Errorf("a login of %v ago: %v", after, got)
		}
		if got := r.AwaitsProof(logout, at.Add(after)); got != want {
			t.Errorf("a logout of %v ago: %v", after, got)
		}
	}
}
