package scheduler_test

import (
	"context"
	"deskd/scheduler"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

const benchDesks = 10_000

// benchWorld returns desks, people and two bookings per desk on one day, of
// which the first runs at noon.
func benchWorld(day time.Time) ([]reservations.Desk, []reservations.Person, []reservations.Reservation) {
	var desks []reservations.Desk
	var people []reservations.Person
	var booked []reservations.Reservation
	for n := 1; n <= benchDesks; n++ {
		d := reservations.Desk{ID: fmt.Sprintf("D%05d", n), Site: "here", Cluster: "main", Device: emulator.DeviceName(n)}
		desks = append(desks, d)
		for half, hours := range [][2]int{{9, 13}, {13, 17}} {
			p := reservations.Person{ID: emulator.UserName(2*n + half)}
			people = append(people, p)
			booked = append(booked, reservations.Reservation{
				ID: fmt.Sprintf("r%05d-%d", n, half), Desk: d.ID, Person: p.ID, Status: reservations.Confirmed,
				Span: reservations.Span{Start: day.Add(time.Duration(hours[0]) * time.Hour), End: day.Add(time.Duration(hours[1]) * time.Hour)},
			})
		}
	}
	return desks, people, booked
}

// BenchmarkPlan compares 10,000 desks with their bookings: "right" where every
// phone shows the right person, "handover" where every desk changes hands.
func BenchmarkPlan(b *testing.B) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	desks, people, booked := benchWorld(day)
	w := plan.NewWorld("main", desks, people, booked)
	var have []plan.Observation
	for i, d := range desks {
		have = append(have, plan.Observation{Desk: d.ID, Device: d.Device, Person: booked[2*i].Person, Known: true, Exists: true, Ours: true})
	}
	p, memory := plan.DefaultPolicy(), plan.NewHistory(nil)
	for name, c := range map[string]struct{ hour, steps int }{"right": {12, 0}, "handover": {13, 2 * benchDesks}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			now := day.Add(time.Duration(c.hour) * time.Hour)
			for b.Loop() {
				steps := plan.Plan(plan.Input{Want: plan.Wanted(w, p, now), Observed: have, History: memory}, p, now)
				if len(steps) != c.steps {
					b.Fatalf("%d steps, want %d", len(steps), c.steps)
				}
			}
		})
	}
}

// BenchmarkReplan plans on and on for 10,000 desks of which, each time, one shows something
// else: "right" and "handover" as above.
func BenchmarkReplan(b *testing.B) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	desks, people, booked := benchWorld(day)
	w := plan.NewWorld("main", desks, people, booked)
	var have []plan.Observation
	for i, d := range desks {
		have = append(have, plan.Observation{Desk: d.ID, Device: d.Device, Person: booked[2*i].Person, Known: true, Exists: true, Ours: true})
	}
	p, memory := plan.DefaultPolicy(), plan.NewHistory(nil)
	for name, c := range map[string]struct{ hour, steps int }{"right": {12, 1}, "handover": {13, 2*benchDesks - 1}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			planner, agenda := plan.NewPlanner(p), plan.NewAgenda(w, p, nil)
			planner.Manage(have)
			now, last := day.Add(time.Duration(c.hour)*time.Hour), 0
			one := func(n int) int {
				now = now.Add(time.Millisecond)
				planner.See(have[last])
				gone := have[n%len(have)]
				gone.Person, gone.Ours = "", false
				planner.See(gone)
				last = n % len(have)
				planner.Want(agenda.At(now))
				planner.Recall(memory, plan.Facts{})
				return len(planner.Plan(plan.Round{Now: now}))
			}
			one(0)
			for n := 1; b.Loop(); n++ {
				if steps := one(n); steps != c.steps {
					b.Fatalf("%d steps, want %d", steps, c.steps)
				}
			}
		})
	}
}

// BenchmarkSweep asks the emulator about 10,000 desks, compares them with
// 20,000 bookings in a real SQLite file, and writes down what was seen.
func BenchmarkSweep(b *testing.B) {
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1) // nothing is due
	desks, people, booked := benchWorld(day)
	scheduler.Unchecked()
	ctx, stop := context.WithCancel(b.Context())
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
		Cluster: "main", Book: st, Changes: st, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}), Limit: emapi.NewLimit(2, 60),
		Policy: plan.DefaultPolicy(), Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
	})
	ended := make(chan struct{})
	go func() { r.Run(ctx); close(ended) }()
	check(b, r.Sweep(ctx))
	for b.Loop() {
		check(b, r.Sweep(ctx))
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/sweep")
	stop()
	<-ended
	check(b, st.Close())
}

func check(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
