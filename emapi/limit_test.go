package emapi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestLimitOfConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimit(3, 0)
		var now, peak atomic.Int32
		var all sync.WaitGroup
		began := time.Now()
		for range 30 {
			all.Go(func() {
				err := l.Do(t.Context(), func(context.Context) error {
					if n := now.Add(1); n > peak.Load() {
						peak.Store(n)
					}
					time.Sleep(time.Second)
					now.Add(-1)
					return CodeBusy
				})
				if !errors.Is(err, CodeBusy) {
					t.Errorf("error is %v, expected that of the request", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); peak.Load() != 3 || took != 10*time.Second {
			t.Errorf("peak %d in %v, expected 3 in 10s", peak.Load(), took)
		}
	})
}

func TestLimitOfRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimit(0, 30)
		var sent []time.Time
		for range 100 {
			if err := l.Do(t.Context(), func(context.Context) error { sent = append(sent, time.Now()); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		for i, first := range sent {
			n := 0
			for _, later := range sent[i:] {
				if later.Before(first.Add(time.Minute)) {
					n++
				}
			}
			if n > 30 {
				t.Fatalf("%d requests in the minute from %v", n, first)
			}
		}
		if took := sent[99].Sub(sent[0]); took > 199*time.Second {
			t.Errorf("100 requests at 30 a minute took %v", took)
		}
	})
}

func TestLimitGivesUpWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func(context.Context) error { t.Error("sent"); return nil }
		l := NewLimit(1, 0)
		release := make(chan struct{})
		go func() { _ = l.Do(t.Context(), func(context.Context) error { <-release; return nil }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Do(ctx, never); !errors.Is(err, ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for a slot: %v", err)
		}
		close(release)
		slow := NewLimit(0, 1)
		if err := slow.Do(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		short, stop := context.WithTimeout(t.Context(), 59*time.Second)
		defer stop()
		if err := slow.Do(short, never); !errors.Is(err, ErrNotSent) {
			t.Errorf("waiting for the pace: %v", err)
		}
	})
}

func TestZeroLimitLetsThrough(t *testing.T) {
	for _, l := range []*Limit{{}, NewLimit(0, 0)} {
		ran := false
		if err := l.Do(t.Context(), func(context.Context) error { ran = true; return nil }); err != nil || !ran {
			t.Errorf("ran %v, error %v", ran, err)
		}
	}
}

// TestLimitResumes makes limits again at random moments, and changes their rate:
// no minute that ends with a request holds more than the rate of its own time,
// to a microsecond, and what was sent before delays nobody by more than a minute.
func TestLimitResumes(t *testing.T) {
	type process struct{ rate, requests, pause int }
	processes := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) process {
		return process{rapid.IntRange(1, 90).Draw(r, "rate"), rapid.IntRange(0, 40).Draw(r, "requests"), rapid.IntRange(0, 90_000).Draw(r, "pause")}
	}), 1, 6)
	rapid.Check(t, func(r *rapid.T) {
		all := processes.Draw(r, "processes")
		var sent []time.Time
		synctest.Test(t, func(*testing.T) {
			for _, p := range all {
				began := time.Now()
				l := NewLimit(0, p.rate)
				l.Resume(sent, nil, began)
				for i := range p.requests {
					_ = l.Do(context.Background(), func(context.Context) error { sent = append(sent, time.Now()); return nil })
					n := 0
					for _, at := range sent {
						if time.Since(at) < time.Minute-time.Microsecond {
							n++
						}
					}
					if n > p.rate {
						r.Errorf("%d requests in a minute, expected at most %d", n, p.rate)
					}
					if late := time.Since(began) - time.Minute*time.Duration(i)/time.Duration(p.rate); late > time.Minute+time.Second {
						r.Errorf("request %d left %v late", i, late)
					}
				}
				time.Sleep(time.Duration(p.pause) * time.Millisecond)
			}
		})
	})
}

// TestLimitResumesExactly shows when the first request leaves after those of
// another process, at two at once and six a minute.
func TestLimitResumesExactly(t *testing.T) {
	second := func(n ...int) (all []int) { return n }
	for _, c := range []struct {
		name        string
		began, ends []int // seconds from now
		want        int
	}{
		{"nothing", nil, nil, 0},
		{"long ago", second(-61, -3600), nil, 0},
		{"one just now", second(0), nil, 10},
		{"one a while ago", second(-7), nil, 3},
		{"in any order", second(-3, -40, -23), nil, 7},
		{"a whole minute's worth at once", second(-5, -5, -5, -5, -5, -5), nil, 55},
		{"more than that", second(-50, -5, -5, -5, -5, -5, -5, -5, -5), nil, 55},
		{"the clock was set back", second(7200, 7300), nil, 20},
		{"one under way", nil, second(9), 0},
		{"two under way", nil, second(9, 4), 4},
		{"more than may be", nil, second(9, 3, 6), 6},
		{"over by now", nil, second(-1, 0), 0},
		{"both", second(-9, -8), second(1, 2), 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				at := func(seconds []int) (all []time.Time) {
					for _, n := range seconds {
						all = append(all, now.Add(time.Duration(n)*time.Second).UTC().Round(0)) // as a database gives it
					}
					return all
				}
				l := NewLimit(2, 6)
				l.Resume(at(c.began), at(c.ends), now)
				if err := l.Do(t.Context(), func(context.Context) error { return nil }); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(now).Round(time.Millisecond); got != time.Duration(c.want)*time.Second {
					t.Errorf("the first request left after %v, expected %ds", got, c.want)
				}
				time.Sleep(time.Minute) // the places are given back
			})
		})
	}
}
