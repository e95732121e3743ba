package scheduler_test

import (
	"context"
	"fmt"
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
	r, _ := restingHouse(b, true)
	b.ReportAllocs()
	for b.Loop() {
		_, err := r.Round(b.Context())
		check(b, err)
	}
}

// BenchmarkRoundChanged is a round of 10,000 desks after one booking was changed: with what
// the audit tells, and with everything read from scratch.
func BenchmarkRoundChanged(b *testing.B) {
	for _, told := range []bool{true, false} {
		b.Run(fmt.Sprintf("told=%t", told), func(b *testing.B) {
			r, st := restingHouse(b, told)
			start := time.Now().UTC().Truncate(time.Hour).Add(3 * time.Hour)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				kept, err := st.Reserve(b.Context(), reservations.Reservation{Desk: "D00001", Person: emulator.UserName(2), Span: reservations.Span{Start: start, End: start.Add(time.Hour)}}, start)
				check(b, err)
				r.Kick()
				b.StartTimer()
				_, err = r.Round(b.Context())
				check(b, err)
				b.StopTimer()
				_, err = st.Cancel(b.Context(), kept.ID, start)
				check(b, err)
				r.Kick()
				_, err = r.Round(b.Context())
				check(b, err)
				b.StartTimer()
			}
		})
	}
}

// restingHouse is a cluster of 10,000 desks that has nothing to do.
func restingHouse(b *testing.B, told bool) (*scheduler.Reconciler, *store.Store) {
	b.Helper()
	day := time.Now().UTC().Truncate(time.Hour).Add(3 * time.Hour) // nothing is due, and all of it is in sight
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
	setup := scheduler.Setup{
		Cluster: "main", Book: st, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}), Limit: emapi.NewLimit(2, 60),
		Policy: plan.DefaultPolicy(), Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
	}
	if told {
		setup.Changes = st
	}
	r := scheduler.NewReconciler(setup)
	run, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { r.Run(run); close(ended) }()
	check(b, r.Sweep(ctx))
	stop()
	<-ended
	_, err = r.Round(ctx)
	check(b, err)
	b.Cleanup(func() { check(b, st.Close()) })
	return r, st
}
