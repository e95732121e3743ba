package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Those who wait for a sweep read the status next: when the wait is over, what
// followed from the sweep was sent, and the status is that of the round that
// ended it.
func TestSweepEndsWithItsStatus(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC().Truncate(time.Second)
		st := openWorld(t, dir, now)
		defer func() { noError(t, st.Close()) }()
		e := emulator.New(emulator.Options{AppID: appID, Password: pass, Times: emulator.RealTimes()})
		e.AddDevice(device(1))
		e.AddUser("jane")
		r := scheduler.NewReconciler(alone(t, st, e))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		noError(t, r.Sweep(ctx))
		if s := r.Status(); s.Swept.IsZero() || s.Desks != 1 || s.Differ != 0 || s.Waiting != 0 {
			t.Errorf("at the end of a sweep the status is %+v, want a desk that is right", s)
		}
		if got := e.Sessions(); len(got) != 1 || got[0].User != "jane" {
			t.Errorf("the phones show %v", got)
		}
		stop()
		<-ended
	})
}

// asking is a phone system of which is kept in what order it was asked, and what for: a round
// has the one login that is wanted checked.
type asking struct {
	phones.System
	mu    sync.Mutex
	calls []string
}

func (s *asking) tell(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, what)
}

func (s *asking) Logins(ctx context.Context, devices []string) ([]plan.Observation, error) {
	s.tell("ask")
	return s.System.Logins(ctx, devices)
}

func (s *asking) Check(l plan.Login) error {
	s.tell("round")
	return s.System.Check(l)
}

func (s *asking) Login(ctx context.Context, l plan.Login, now time.Time) error {
	s.tell("login")
	return s.System.Login(ctx, l, now)
}

// soFar is how many calls there were.
func (s *asking) soFar() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// first is the place of the first such call after so many, or how many calls there were.
func (s *asking) first(what string, after int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := slices.Index(s.calls[after:], what); n >= 0 {
		return after + n
	}
	return len(s.calls)
}

// count is how often there was a call after the first so many.
func (s *asking) count(what string, after int) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls[after:] {
		if call == what {
			n++
		}
	}
	return n
}

// A sweep of many phones on which nothing has changed takes no round for each of its parts,
// while one that finds a session gone begins it again before it goes on.
func TestSweepGoesOnWithoutRounds(t *testing.T) {
	const desks, parts = 2000, 40
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWave(t, dir, desks, plan.Pace{Concurrent: 2}, emulator.RealTimes())
		w.desks = 1 // that are booked
		w.book(w.start)
		client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: w.emulator.Transport()})
		noError(t, err)
		system := &asking{System: phones.EM{Client: client}}
		r := scheduler.NewReconciler(scheduler.Setup{
			Cluster: "main", Book: w.store, Changes: w.store, Journal: w.store, Sightings: w.store, States: w.store, Access: access(system),
			Limit: emapi.NewLimit(2, 0), Policy: w.policy, Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		time.Sleep(time.Until(w.start.Add(10 * time.Minute)))
		for _, changed := range []bool{false, true} {
			if changed {
				noError(t, w.emulator.PressLogout(emulator.DeviceName(1)))
			}
			before := system.soFar()
			noError(t, r.Sweep(ctx))
			if asked := system.count("ask", before); asked < parts {
				t.Errorf("changed %t: %d questions, want %d at least", changed, asked, parts)
			}
			if rounds := system.count("round", before); !changed && rounds > 2 {
				t.Errorf("%d rounds for a sweep that has found nothing", rounds)
			}
			if changed {
				login := system.first("login", before)
				if after := fmt.Sprint(system.count("login", before), system.count("ask", login) > parts/2); after != "1 true" {
					t.Errorf("a session that was gone: logins, and whether most questions came after: %s", after)
				}
			}
		}
		stop()
		<-ended
	})
}
