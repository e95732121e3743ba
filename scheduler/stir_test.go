package scheduler_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/booked"
	"deskd/scheduler/drive"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

// roundsOf counts the rounds of a cluster: each asks for the next start of a booking.
type roundsOf struct {
	*store.Store
	n atomic.Int64
}

func (r *roundsOf) NextStart(ctx context.Context, t time.Time) (time.Time, error) {
	r.n.Add(1)
	return r.Store.NextStart(ctx, t)
}

// TestStirWakesWhomItConcerns has another program book a desk of one cluster: that one is
// woken within two seconds, and the other one only when it has slept for a minute, by which
// it finds what no audit tells.
func TestStirWakesWhomItConcerns(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, "deskd.db")
		st := unfurnished.open(t, path)
		defer func() { noError(t, st.Close()) }()
		noError(t, st.Configure(t.Context(), []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}, {Name: "other"}}))
		_, err := st.ImportDesks(t.Context(), []reservations.Desk{
			{ID: "D1", Site: "here", Cluster: "main", Device: device(1)}, {ID: "D2", Site: "here", Cluster: "other", Device: device(2)},
		}, false)
		noError(t, err)
		db, err := sql.Open("sqlite", "file:"+path)
		noError(t, err)
		defer func() { noError(t, db.Close()) }()
		e := emulator.New(emulator.Options{AppID: appID, Password: pass})
		e.AddDevice(device(1))
		e.AddDevice(device(2))
		client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
		noError(t, err)
		s := &drive.Scheduler{Jobs: drive.Jobs{Sweep: "0 3 * * *", Nightly: "0 4 * * *"}, Journal: st, Log: slog.New(slog.DiscardHandler), Changed: st.Changed}
		house := booked.New(st, st, plan.DefaultPolicy().Window)
		rounds := []*roundsOf{{Store: st}, {Store: st}}
		for i, cluster := range []string{"main", "other"} {
			s.Clusters = append(s.Clusters, scheduler.NewReconciler(scheduler.Setup{
				Cluster: cluster, Book: rounds[i], House: house, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}),
				Limit: emapi.NewLimit(2, 60), Policy: plan.DefaultPolicy(), Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
			}))
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(10 * time.Minute)
		wakes := func(q string, args ...any) (main, other bool) {
			t.Helper()
			before := []int64{rounds[0].n.Load(), rounds[1].n.Load()}
			_, err := db.ExecContext(t.Context(), q, args...)
			noError(t, err)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			return rounds[0].n.Load() > before[0], rounds[1].n.Load() > before[1]
		}
		insert := "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES (?, '', ?, ?)"
		at := func(hours int) string {
			return time.Now().Add(time.Duration(hours) * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
		}
		for _, c := range []struct {
			what        string
			rest        time.Duration
			desk        string
			from        int
			main, other bool
		}{
			{"a first change", 0, "D1", 3, true, true},
			{"another one", 0, "D1", 5, true, false},
			{"one of the other cluster", 0, "D2", 5, false, true},
			{"one in a month", 0, "D2", 30 * 24, false, false},
			{"one after a minute", time.Minute, "D2", 35 * 24, true, true},
		} {
			time.Sleep(c.rest)
			if main, other := wakes(insert, c.desk, at(c.from), at(c.from+1)); main != c.main || other != c.other {
				t.Errorf("%s wakes main %t, other %t; want %t, %t", c.what, main, other, c.main, c.other)
			}
		}
		stop()
		noError(t, <-ended)
	})
}
