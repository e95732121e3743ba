package permits

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// answer is what became of a login.
func answer(class plan.Class) plan.Attempt {
	a := plan.Attempt{Step: plan.Step{Op: plan.OpLogin}, Outcome: plan.Done, Class: class}
	if class != "" {
		a.Outcome = plan.Refused
	}
	return a
}

// wellFor has requests of a second go well, ten of which wait for permits, and returns the
// most that were under way, and the newest turn.
func wellFor(t *testing.T, p *Permits, requests int) (most int, turned Turn) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	next := make(chan bool, requests)
	for range requests {
		next <- true
	}
	close(next)
	one := func() {
		err := p.Do(t.Context(), func(context.Context) error {
			among := p.Leave()
			mu.Lock()
			most = max(most, among)
			mu.Unlock()
			time.Sleep(time.Second)
			if at := p.Answered(answer(""), among, time.Second); at != (Turn{}) {
				turned = at
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	for range 10 {
		all.Go(func() {
			for range next {
				one()
			}
		})
	}
	all.Wait()
	return most, turned
}

// TestPermits has requests wait for permits: two at first, more as they go well, fewer after a
// refusal, and never more than may be; a turn is told once, and once when it is back.
func TestPermits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(3)
		if most, _ := wellFor(t, p, 2); most != 2 {
			t.Errorf("%d at once at first, want 2", most)
		}
		if most, turned := wellFor(t, p, 200); most != 3 || turned != (Turn{}) {
			t.Errorf("%d at once after a while, want 3; turned %v", most, turned)
		}
		for i, want := range []Turn{{3, 1, 3}, {}} {
			p.Leave()
			if got := p.Answered(answer(plan.ClassBusy), 2, 0); got != want {
				t.Errorf("refusal %d turns %v", i, got)
			}
		}
		if most, turned := wellFor(t, p, 2000); most != 3 || turned != (Turn{2, 3, 3}) {
			t.Errorf("then %d at once, turned %v", most, turned)
		}
	})
}

// TestTurnIsSaid has a line for a fall, one for a recovery, and none for no turn.
func TestTurnIsSaid(t *testing.T) {
	var log bytes.Buffer
	for _, turn := range []Turn{{5, 3, 5}, {}, {4, 5, 5}} {
		turn.Log(slog.New(slog.NewTextHandler(&log, nil)))
	}
	first, second, _ := strings.Cut(log.String(), "\n")
	if !strings.Contains(first, "level=WARN") || !strings.Contains(first, "limit=3 max_concurrent=5 from=5") ||
		!strings.Contains(second, `level=INFO msg="concurrency recovered" limit=5`) || strings.Count(second, "\n") != 1 {
		t.Errorf("the log has\n%s", log.String())
	}
}

// TestRestOfTheUppermost has the uppermost permit of three on trial: it is given again a second
// after a request has left it empty, and the others at once.
func TestRestOfTheUppermost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(3)
		for p.Pace(plan.Pace{}).Concurrent < 3 {
			wellFor(t, p, 2)
		}
		time.Sleep(time.Hour)
		began, gone := time.Now(), make(chan time.Duration, 9)
		for n := range 5 {
			go func() {
				_ = p.Do(t.Context(), func(context.Context) error {
					gone <- time.Since(began)
					time.Sleep(time.Duration(n+1) * 10 * time.Second)
					return nil
				})
			}()
			synctest.Wait()
		}
		for n, want := range []time.Duration{0, 0, 0, 11 * time.Second, 21 * time.Second} {
			if at := <-gone; at != want {
				t.Errorf("request %d goes out after %v, want %v", n, at, want)
			}
		}
		time.Sleep(time.Hour)
	})
}

// TestEndOfWait has a request wait in vain: it is not sent, and what ended its wait is said.
func TestEndOfWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, over := New(1), errors.New("over")
		ctx, end := context.WithCancelCause(t.Context())
		go func() { _ = p.Do(t.Context(), func(context.Context) error { time.Sleep(time.Minute); return nil }) }()
		synctest.Wait()
		time.AfterFunc(time.Second, func() { end(over) })
		if err := p.Do(ctx, func(context.Context) error { t.Error("sent"); return nil }); !errors.Is(err, over) {
			t.Errorf("the wait ended with %v", err)
		}
		time.Sleep(time.Hour)
	})
}

// TestBusyForAQuestion has the phone system refuse a question: deskd's logins are fewer then.
// Any other error says nothing about them.
func TestBusyForAQuestion(t *testing.T) {
	p := New(2)
	for _, err := range []error{nil, errors.New("down"), &phones.Refusal{Code: 3, Class: plan.ClassCredentials}} {
		if p.Refused(err) != (Turn{}) {
			t.Errorf("%v lowers the limit", err)
		}
	}
	if got := p.Refused(&phones.Refusal{Code: 26, Class: plan.ClassBusy}); got != (Turn{2, 1, 2}) {
		t.Errorf("a busy phone system turns the limit %v", got)
	}
}

// TestResume has a process begin where another has ended: with what was learned by then, and
// no more permits than the requests leave that may still be under way.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		var past []plan.Attempt
		for n := range 300 {
			a := answer("")
			a.Began = now.Add(time.Duration(n-400) * 250 * time.Millisecond)
			a.Ended = a.Began.Add(999 * time.Millisecond)
			past = append(past, a)
		}
		open := plan.Attempt{Step: plan.Step{Op: plan.OpLogin}, Outcome: plan.Open, Began: now}
		hold := plan.Attempt{Step: plan.Step{Op: plan.OpHold}, Outcome: plan.Done}
		p := New(4)
		p.Resume(append(past, open, hold), []time.Time{now.Add(time.Second), now.Add(5 * time.Second), now.Add(-time.Second)}, now)
		if pace := p.Pace(plan.Pace{PerMinute: 60}); pace.Concurrent != 4 || pace.PerMinute != 60 {
			t.Errorf("it goes on with %+v", pace)
		}
		for i, want := range []int{2, 3, 4} { // one more at 1 s, one at 5 s
			time.Sleep(time.Until(now.Add(time.Duration(i) * 3 * time.Second)))
			if most, _ := wellFor(t, p, 4); most != want {
				t.Errorf("%d at once after %v, want %d", most, time.Since(now), want)
			}
		}
	})
}

// TestWithoutLimit has nothing configured: every request is sent at once.
func TestWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(0)
		p.Resume([]plan.Attempt{answer(plan.ClassBusy)}, []time.Time{time.Now().Add(time.Hour)}, time.Now())
		if most, _ := wellFor(t, p, 50); most != 10 {
			t.Errorf("%d at once, want all ten", most)
		}
		if p.Refused(&phones.Refusal{Class: plan.ClassBusy}) != (Turn{}) || p.Pace(plan.Pace{}) != (plan.Pace{}) {
			t.Errorf("a limit came out of nothing: %+v", p.Pace(plan.Pace{}))
		}
	})
}
