package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"syscall"
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

// BenchmarkWave logs people in at all desks of a house at once, in real time, and reports the
// CPU of one login: that of the emulator is in it, some 0.1 ms.
func BenchmarkWave(b *testing.B) {
	for _, desks := range []int{1000, 2000, 10_000} {
		b.Run(fmt.Sprintf("desks=%d", desks), func(b *testing.B) {
			var all []reservations.Desk
			var people []reservations.Person
			var booked []reservations.Reservation
			st, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "deskd.db"), store.Options{})
			check(b, err)
			defer st.Close()
			check(b, st.Configure(b.Context(), []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
			for n := 1; n <= desks; n++ {
				all = append(all, reservations.Desk{ID: fmt.Sprintf("D%05d", n), Site: "here", Cluster: "main", Device: emulator.DeviceName(n)})
				people = append(people, reservations.Person{ID: emulator.UserName(n)})
			}
			_, err = st.ImportDesks(b.Context(), all, false)
			check(b, err)
			_, err = st.ImportPeople(b.Context(), people, false)
			check(b, err)
			e := emulator.New(emulator.Options{AppID: appID, Password: pass, Times: emulator.Times{Login: time.Millisecond}})
			e.Populate(desks, desks)
			client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
			check(b, err)
			policy := plan.DefaultPolicy()
			policy.Pace = plan.Pace{Concurrent: 5}
			r := scheduler.NewReconciler(scheduler.Setup{
				Cluster: "main", Book: st, Changes: st, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}), Limit: emapi.NewLimit(5, 0),
				Policy: policy, Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
			})
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan struct{})
			go func() { r.Run(ctx); close(ended) }()
			check(b, r.Sweep(ctx))
			now := time.Now().UTC().Truncate(time.Second)
			for i, d := range all {
				booked = append(booked, reservations.Reservation{Desk: d.ID, Person: people[i].ID, Span: reservations.Span{Start: now, End: now.Add(time.Hour)}})
			}
			_, err = st.ImportReservations(b.Context(), booked, false, now)
			check(b, err)
			began := cpuTime()
			b.ResetTimer()
			r.Kick()
			for len(e.Sessions()) < desks {
				time.Sleep(100 * time.Millisecond)
			}
			b.StopTimer()
			b.ReportMetric(float64((cpuTime()-began).Microseconds())/1000/float64(desks), "cpu-ms/login")
			stop()
			<-ended
		})
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
