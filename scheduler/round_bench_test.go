package scheduler_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

// BenchmarkRound is a round of 10,000 desks that has nothing to do.
func BenchmarkRound(b *testing.B) {
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1) // nothing is due
	desks, people, booked := benchWorld(day)
	ctx := b.Context()
	scheduler.Unchecked()
	st, err := store.Open(ctx, filepath.Join(b.TempDir(), "deskd.db"), store.Options{})
	check(b, err)
	check(b, st.Configure(ctx, []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
	_, err = st.ImportDesks(ctx, desks, false)
	check(b, err)
	_, err = st.ImportPeople(ctx, people, false)
	check(b, err)
	_, err = st.ImportReservations(ctx, booked, false, day)
	check(b, err)
	e := emulator.New(emulator.Options{AppID: appID, Password: pass})
	e.Populate(benchDesks, 0)
	client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
	check(b, err)
	r := scheduler.NewReconciler(scheduler.Setup{
		Cluster: "main", Book: st, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}), Limit: emapi.NewLimit(2, 60),
		Policy: plan.DefaultPolicy(), Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
	})
	run, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { r.Run(run); close(ended) }()
	check(b, r.Sweep(ctx))
	stop()
	<-ended
	_, err = r.Round(ctx)
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, err := r.Round(ctx)
		check(b, err)
	}
	check(b, st.Close())
}
