package emapi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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
