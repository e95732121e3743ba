package scheduler

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// noted is a journal that knows how far deskd had come, and keeps what is finished.
type noted struct {
	Journal
	newest   Newest
	finished []plan.Attempt
}

func (n *noted) Newest(context.Context) (Newest, error) { return n.newest, nil }
func (n *noted) Finish(_ context.Context, a plan.Attempt, _ ...plan.Have) error {
	n.finished = append(n.finished, a)
	return nil
}

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
			r := NewReconciler(Setup{
				Cluster: "main", Standings: &notebook{}, Log: slog.New(slog.DiscardHandler),
				Journal: &noted{newest: Newest{At: time.Now().Add(-c.by)}},
			})
			if err := r.compareClock(t.Context(), r.now()); err != nil {
				t.Fatal(err)
			}
			switch former := r.jump.Former; {
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
	for past, want := range map[time.Duration]bool{2 * time.Minute: false, 2*time.Minute + 1: true} {
		r := NewReconciler(Setup{Duration: phones.Duration{Unit: time.Minute}, Log: slog.New(slog.DiscardHandler)})
		h := plan.Have{Desk: "D1", Device: "SEP000000000001", Person: "jane", Known: true, Exists: true, Ours: true}
		login := plan.Login{Desk: "D1", Device: h.Device, Person: "jane", From: instant("09:00"), Until: instant("10:00"), Through: instant("10:00")}
		r.history.Note(plan.Attempt{ID: 1, Step: plan.Step{Op: plan.OpLogin, Login: login}, Outcome: plan.Done, Began: instant("09:00"), Ended: instant("09:00")})
		r.seen[h.Device] = h
		end := r.endsItself(h)
		if end.IsZero() {
			t.Fatal("the session has no end")
		}
		r.jump.Former = []FormerClock{{By: time.Hour, At: end, After: 1, Start: true, Mild: true}}
		r.noteOverstay(end.Add(past))
		if got := r.jump.Former[0]; got.Disproved != want || got.Mild == want {
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
			r := NewReconciler(Setup{Log: slog.New(slog.DiscardHandler)})
			c.At = at
			r.jump.Former = []FormerClock{c.FormerClock}
			if r.settle(at.Add(age)); len(r.jump.Former) != left {
				t.Errorf("%s, %v ago: %d doubted", name, age, len(r.jump.Former))
			}
		}
	}
	for age, waits := range map[time.Duration]bool{2*time.Minute - 1: true, 2 * time.Minute: false} {
		r := NewReconciler(Setup{Log: slog.New(slog.DiscardHandler)})
		r.leap(FormerClock{By: 10 * time.Hour, At: at}, at)
		if r.settle(at.Add(age)); r.jump.until.IsZero() == waits {
			t.Errorf("jumped %v ago: waits %v", age, !waits)
		}
		r.jump.until = time.Time{}
		if r.resumeWait(at.Add(age)); r.jump.until.IsZero() == waits {
			t.Errorf("restarted %v after a jump: waits %v", age, !waits)
		}
	}
}

// A jump of five minutes is doubted, one of less only moves what waits.
func TestJumpIsDoubted(t *testing.T) {
	at := instant("09:00")
	for by, want := range map[time.Duration]int{5*time.Minute - 1: 0, 5 * time.Minute: 1, 1 - 5*time.Minute: 0, -5 * time.Minute: 1} {
		r := NewReconciler(Setup{Log: slog.New(slog.DiscardHandler)})
		if r.leap(FormerClock{By: by, At: at}, at); len(r.jump.Former) != want {
			t.Errorf("a jump by %v: %d doubted", by, len(r.jump.Former))
		}
	}
	r := NewReconciler(Setup{Log: slog.New(slog.DiscardHandler)})
	for range 5 {
		r.leap(FormerClock{By: time.Hour, At: at}, at)
		r.jump.until = time.Time{} // it has stayed
	}
	if n := len(r.jump.Former); n != 4 {
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
		if got := start(b.left).isBack(b.by); got != b.want {
			t.Errorf("%v past where it was, after a jump by %v: %v", b.left, b.by, got)
		}
	}
}

// The outcome of an attempt is asked for until a day after its session's time.
func TestAttemptIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := time.Now().Add(time.Hour)
		for _, c := range []struct {
			after     time.Duration
			known     bool
			abandoned int
		}{{24*time.Hour - 1, false, 0}, {24 * time.Hour, false, 1}, {24 * time.Hour, true, 0}} {
			j := &noted{}
			r := NewReconciler(Setup{Journal: j, Log: slog.New(slog.DiscardHandler), Watch: Unwatched{}})
			r.sweep.began, r.sweep.left = time.Now(), []string{}
			r.devices, r.seen["SEP1"] = []string{"SEP1"}, plan.Have{Device: "SEP1", Known: c.known}
			login := plan.Login{Device: "SEP1", Person: "jane", Through: ends.Add(-time.Minute), Stays: ends}
			r.open["SEP1"] = []plan.Attempt{{ID: 7, Began: time.Now(), Step: plan.Step{Op: plan.OpLogin, Login: login}}}
			if err := r.abandon(t.Context(), ends.Add(c.after)); err != nil {
				t.Fatal(err)
			}
			if len(j.finished) != c.abandoned || c.abandoned > 0 && j.finished[0].Outcome != plan.Abandoned || len(r.open) == c.abandoned {
				t.Errorf("%v after its end, known %v: %+v", c.after, c.known, j.finished)
			}
		}
	})
}

// What another program writes is looked for each second, so that what follows from it
// goes out within two.
func TestOthersWritesAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks []time.Duration
		began := time.Now()
		ctx, stop := context.WithCancel(t.Context())
		s := &Scheduler{
			Log: slog.New(slog.DiscardHandler),
			Changed: func(context.Context) (bool, error) {
				looks = append(looks, time.Since(began))
				if len(looks) == 3 {
					stop()
				}
				return false, nil
			},
		}
		s.watch(ctx)
		for i, at := range looks {
			if want := time.Duration(i+1) * time.Second; at != want {
				t.Errorf("look %d after %v, want %v", i+1, at, want)
			}
		}
	})
}

// However often a clock is put right, few stretches of attempts are remembered, and
// none that has no date gets one.
func TestMisdatedStayFew(t *testing.T) {
	at := instant("09:00")
	r := NewReconciler(Setup{Log: slog.New(slog.DiscardHandler)})
	var wrong []int64
	for id := int64(1); id < 100; id += 2 {
		r.newest = id
		r.leap(FormerClock{By: time.Hour, At: at, After: id}, at)
		r.jump.until = time.Time{} // it has stayed
		r.newest, wrong = id+1, append(wrong, id+1)
		r.leap(FormerClock{By: -time.Hour, At: at, After: id + 1}, at)
	}
	if n := len(r.jump.Misdated); n != 16 {
		t.Errorf("%d are remembered", n)
	}
	for _, id := range wrong {
		if !r.jump.misdates(id) {
			t.Errorf("attempt %d has a date", id)
		}
	}
	if r.jump.misdates(99) || r.jump.misdates(97) {
		t.Error("attempts by the right clock have no date")
	}
}
