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
		ctx, stop := context.WithCancel(t.Context())
		start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
		noon := start.Add(time.Hour)
		st := unfurnished.open(t, filepath.Join(dir, "deskd.db"))
		noError(t, st.Configure(ctx, []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
		e := emulator.New(emulator.Options{AppID: appID, Password: pass, Times: emulator.RealTimes()})
		e.Populate(houses, 2*houses)
		var desks []reservations.Desk
		var people []reservations.Person
		var booked []reservations.Reservation
		for n := 1; n <= houses; n++ {
			d := reservations.Desk{ID: fmt.Sprintf("D%03d", n), Site: "here", Cluster: "main", Device: emulator.DeviceName(n)}
			desks = append(desks, d)
			for half, from := range []time.Time{start, noon} {
				p := reservations.Person{ID: emulator.UserName(n + half*houses)}
				people = append(people, p)
				booked = append(booked, reservations.Reservation{Desk: d.ID, Person: p.ID, Span: reservations.Span{Start: from, End: from.Add(time.Hour)}})
			}
		}
		_, err := st.ImportDesks(ctx, desks, false)
		noError(t, err)
		_, err = st.ImportPeople(ctx, people, false)
		noError(t, err)
		_, err = st.ImportReservations(ctx, booked, false, time.Now())
		noError(t, err)
		client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
		noError(t, err)
		p := plan.DefaultPolicy()
		p.Pace = plan.Pace{Concurrent: concurrent, PerMinute: perMinute}
		r := scheduler.NewReconciler(scheduler.Setup{
			Cluster: "main", Book: st, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}), Limit: emapi.NewLimit(concurrent, perMinute),
			Policy: p, Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
		})
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		time.Sleep(time.Until(noon.Add(10 * time.Minute)))
		stop()
		<-ended

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
		noError(t, st.Close())
	})
}
