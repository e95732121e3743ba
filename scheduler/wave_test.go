package scheduler_test

import (
	"context"
	"deskd/scheduler"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

// TestWaveKeepsPace lets 150 desks change hands at one instant: the cluster's
// rate is used to nine tenths, and never exceeded, at once or in any minute. A short
// run has fewer desks, whose two waves still need the rate for longer than a minute: else
// nothing could exceed it.
func TestWaveKeepsPace(t *testing.T) {
	const perMinute, concurrent = 120, 2
	houses := 150
	switch {
	case raceDetector:
		houses = 30
	case testing.Short():
		houses = 90
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWave(t, dir, houses, plan.Pace{Concurrent: concurrent, PerMinute: perMinute}, emulator.RealTimes())
		noon := w.start.Add(time.Hour)
		w.book(w.start, noon)
		w.run(noon.Add(10 * time.Minute))
		st, e, start := w.store, w.emulator, w.start

		attempts, err := st.Attempts(t.Context(), time.Time{})
		noError(t, err)
		for i, a := range attempts {
			if a.Outcome != plan.Done {
				t.Errorf("%s %s: %s", a.Op, a.Desk, a.Outcome)
			}
			if i >= perMinute && a.Began.Sub(attempts[i-perMinute].Began) < time.Minute {
				t.Fatalf("more than %d requests in the minute before %v", perMinute, a.Began)
			}
		}
		if len(attempts) != 3*houses {
			t.Fatalf("%d attempts, want a login, a logout and a login per desk: %d", len(attempts), 3*houses)
		}
		if late := attempts[houses-1].Ended.Sub(start); late > 0 {
			t.Errorf("the last login of the first wave was %v late", late)
		}
		ideal := time.Duration(2*houses) * time.Minute / perMinute
		if took := attempts[len(attempts)-1].Ended.Sub(noon); took > ideal*10/9 {
			t.Errorf("the desks changed hands in %v; the rate allows %v", took, ideal)
		}
		if peak := e.Stats().Peak; peak > concurrent {
			t.Errorf("%d requests at once, want at most %d", peak, concurrent)
		}
	})
}

// wave is a house whose desks are all booked for the same instants.
type wave struct {
	t        *testing.T
	desks    int
	start    time.Time // an hour from now
	people   int       // so far
	policy   plan.Policy
	log      slog.Handler
	emulator *emulator.Emulator
	store    *store.Store
}

func newWave(t *testing.T, dir string, desks int, pace plan.Pace, times emulator.Times) *wave {
	w := &wave{t: t, desks: desks, start: time.Now().Add(time.Hour).UTC().Truncate(time.Second), policy: plan.DefaultPolicy(), log: slog.DiscardHandler}
	w.policy.Pace = pace
	w.store = unfurnished.open(t, filepath.Join(dir, "deskd.db"))
	t.Cleanup(func() { noError(t, w.store.Close()) })
	noError(t, w.store.Configure(t.Context(), []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
	w.emulator = emulator.New(emulator.Options{AppID: appID, Password: pass, Times: times})
	w.emulator.Populate(desks, 4*desks)
	var all []reservations.Desk
	for n := 1; n <= desks; n++ {
		all = append(all, reservations.Desk{ID: fmt.Sprintf("D%05d", n), Site: "here", Cluster: "main", Device: emulator.DeviceName(n)})
	}
	_, err := w.store.ImportDesks(t.Context(), all, false)
	noError(t, err)
	return w
}

// book books every desk for an hour from each of some instants, for a person of its own.
func (w *wave) book(instants ...time.Time) {
	var people []reservations.Person
	var booked []reservations.Reservation
	for _, from := range instants {
		for n := 1; n <= w.desks; n++ {
			w.people++
			p := reservations.Person{ID: emulator.UserName(w.people)}
			people = append(people, p)
			booked = append(booked, reservations.Reservation{Desk: fmt.Sprintf("D%05d", n), Person: p.ID, Span: reservations.Span{Start: from, End: from.Add(time.Hour)}})
		}
	}
	_, err := w.store.ImportPeople(w.t.Context(), people, false)
	noError(w.t, err)
	_, err = w.store.ImportReservations(w.t.Context(), booked, false, time.Now())
	noError(w.t, err)
}

// reconciler drives the phones by the wave's policy.
func (w *wave) reconciler() *scheduler.Reconciler {
	client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: w.emulator.Transport()})
	noError(w.t, err)
	return scheduler.NewReconciler(scheduler.Setup{
		Cluster: "main", Book: w.store, Changes: w.store, Journal: w.store, Sightings: w.store, States: w.store, Access: access(phones.EM{Client: client}),
		Limit:  emapi.NewLimit(w.policy.Pace.Concurrent, w.policy.Pace.PerMinute),
		Policy: w.policy, Log: slog.New(w.log), Watch: scheduler.Unwatched{},
	})
}

// run lets a reconciler drive the phones until an instant, and returns how many requests at
// once it sends then.
func (w *wave) run(until time.Time) (limit int) {
	w.drive(func(r *scheduler.Reconciler) {
		time.Sleep(time.Until(until))
		limit = r.Status().Concurrent
	})
	return limit
}

// drive lets a reconciler drive the phones while the caller does something else.
func (w *wave) drive(meanwhile func(r *scheduler.Reconciler)) {
	ctx, stop := context.WithCancel(w.t.Context())
	r, ended := w.reconciler(), make(chan struct{})
	go func() { r.Run(ctx); close(ended) }()
	meanwhile(r)
	stop()
	<-ended
}

// ready counts the logins for an instant that were through in time for their phones to
// restart, and says how late the last one was, negative for early.
func (w *wave) ready(from time.Time) (n int, last time.Duration) {
	attempts, err := w.store.Attempts(w.t.Context(), time.Time{})
	noError(w.t, err)
	last = -time.Hour
	for _, a := range attempts {
		if a.Op != plan.OpLogin || !a.From.Equal(from) || a.Outcome != plan.Done {
			continue
		}
		late := a.Ended.Add(emulator.RealRestarts().Login).Sub(from)
		last = max(last, late)
		if late <= 0 {
			n++
		}
	}
	return n, last
}

// TestWaveIsReady has a wave that is bound by the time of an answer: without a limit per
// minute, five at once. Every phone is ready, and the first login goes out no earlier than
// the answers ask for. A phone system that is slower than was assumed is so at the first wave
// alone: after days of rest and a restart too, the journal tells how slow it is, and after a
// second wave that it takes five at once.
func TestWaveIsReady(t *testing.T) {
	desks := 300
	if raceDetector || testing.Short() {
		desks = 150
	}
	for name, service := range map[string]time.Duration{"a second": time.Second, "four seconds": 4 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := newWave(t, dir, desks, plan.Pace{Concurrent: 5}, emulator.Times{Login: service, Logout: service / 2, Query: 30 * time.Millisecond})
				next := w.start.Add(70 * time.Hour) // longer than the journal is read back at a start
				w.book(w.start, w.start.Add(2*time.Hour), next)
				w.run(w.start.Add(210 * time.Minute))
				first, late := w.ready(w.start)
				if first != desks && service == time.Second {
					t.Errorf("%d of %d phones are ready for the first wave, the last %v after its start", first, desks, late)
				}
				if service > time.Second && first == desks {
					t.Errorf("the first wave was begun early enough by chance: the next one proves nothing")
				}
				time.Sleep(time.Until(next.Add(-time.Hour)))
				w.run(next.Add(30 * time.Minute))
				if n, late := w.ready(next); n != desks {
					t.Errorf("%d of %d phones are ready for the third wave, the last %v after its start", n, desks, late)
				}
				attempts, err := w.store.Attempts(t.Context(), next.Add(-time.Hour))
				noError(t, err)
				ideal := time.Duration(desks) * service / 5
				began := next.Add(-w.policy.Ready).Sub(attempts[0].Began)
				if began > ideal*11/10+service || began < ideal-service {
					t.Errorf("the wave began %v before its logins were due; it takes %v", began, ideal)
				}
				took := attempts[len(attempts)-1].Ended.Sub(attempts[0].Began)
				t.Logf("%d logins of %v, 5 at once: %v, which is %.3f of the least", len(attempts), service, took, float64(took)/float64(ideal))
			})
		})
	}
}
