package scheduler_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/forecast"
	slots "deskd/scheduler/plan/wave"
)

// foresee is the forecast of what begins in a span, by what the database knows.
func (w *wave) foresee(span reservations.Span) forecast.Wave {
	w.t.Helper()
	r := w.reconciler()
	r.Beside = true
	f, err := r.Foresee(w.t.Context(), false, span)
	noError(w.t, err)
	return f
}

// bookAt books a desk for a person of its own.
func (w *wave) bookAt(desk int, from time.Time, lasts time.Duration) (reservations.Person, reservations.Reservation) {
	w.people++
	p := reservations.Person{ID: emulator.UserName(w.people)}
	return p, reservations.Reservation{Desk: fmt.Sprintf("D%05d", desk), Person: p.ID, Span: reservations.Span{Start: from, End: from.Add(lasts)}}
}

// keep books.
func (w *wave) keep(people []reservations.Person, booked []reservations.Reservation) {
	w.t.Helper()
	_, err := w.store.ImportPeople(w.t.Context(), people, false)
	noError(w.t, err)
	_, err = w.store.ImportReservations(w.t.Context(), booked, false, time.Now())
	noError(w.t, err)
}

// morning books desks as a morning might: many at nine, some a quarter or half an hour
// before or after, some handed over at nine, some left shortly before.
func (w *wave) morning(r *rand.Rand, nine time.Time) {
	var people []reservations.Person
	var booked []reservations.Reservation
	add := func(desk int, from time.Time, lasts time.Duration) {
		p, b := w.bookAt(desk, from, lasts)
		people, booked = append(people, p), append(booked, b)
	}
	handed := r.IntN(3) // of ten
	for desk := 1; desk <= w.desks; desk++ {
		start := nine.Add(time.Duration(r.IntN(3)*r.IntN(3)-1) * 15 * time.Minute)
		switch k := r.IntN(10); {
		case k < handed:
			add(desk, nine.Add(-40*time.Minute), 40*time.Minute)
			start = nine
		case k == 9:
			add(desk, nine.Add(-40*time.Minute), time.Duration(20+r.IntN(20))*time.Minute)
			start = nine
		}
		add(desk, start, time.Hour)
	}
	w.keep(people, booked)
}

// TestForecastComesTrue holds forecasts of an hour ahead against what deskd does then: each
// phone is ready within two seconds, or a request, of what was said, and late are those that were to be.
func TestForecastComesTrue(t *testing.T) {
	seeds := 8
	switch {
	case raceDetector:
		seeds = 1
	case testing.Short():
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) { holdForecast(t, dir, rand.New(rand.NewPCG(uint64(seed), 1))) })
		})
	}
}

func holdForecast(t *testing.T, dir string, r *rand.Rand) {
	times := emulator.Times{Login: time.Duration(5+r.IntN(40)) * 100 * time.Millisecond, Query: 30 * time.Millisecond}
	times.Logout = times.Login / 2
	pace := plan.Pace{Concurrent: 1 + r.IntN(5), PerMinute: []int{0, 30, 60, 120, 300}[r.IntN(5)]}
	w := newWave(t, dir, 40+r.IntN(120), pace, times)
	w.policy.Lead = time.Duration(1+r.IntN(10)) * time.Minute
	var people []reservations.Person
	var booked []reservations.Reservation
	for desk := 1; desk <= 8; desk++ { // to measure by
		p, b := w.bookAt(desk, w.start, 30*time.Minute)
		people, booked = append(people, p), append(booked, b)
	}
	w.keep(people, booked)
	w.teach(pace.Concurrent, times.Login)
	nine := w.start.Add(3 * time.Hour)
	w.run(w.start.Add(time.Hour))
	w.morning(r, nine)
	time.Sleep(time.Until(nine.Add(-59 * time.Minute)))
	span := reservations.Span{Start: nine.Add(-50 * time.Minute), End: nine.Add(50 * time.Minute)}
	f := w.foresee(span)
	w.run(nine.Add(70 * time.Minute))
	w.compare(f, span, times.Login)
	t.Logf("%d phones, %d late by up to %v: %v of %d at once, %d a minute, lead %v; enough: %+v", len(f.Phones), f.Late, f.Most.Round(time.Second), times.Login, pace.Concurrent, pace.PerMinute, w.policy.Lead, f.Enough)
}

// teach has the journal tell of a hundred rounds of so many logins at once, which went well:
// what a cluster takes is known, and is not found out while a forecast is held against it.
func (w *wave) teach(concurrent int, took time.Duration) {
	w.t.Helper()
	began := time.Now().Add(-time.Hour)
	for n := range 100 * concurrent {
		device := fmt.Sprintf("SEPEEEEEEEE%04X", n)
		a, err := w.store.Begin(w.t.Context(), plan.Attempt{
			Cluster: "main", Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Desk: "D", Device: device, Person: "x"}},
			Outcome: plan.Open, Began: began.Add(time.Duration(n) * took / time.Duration(concurrent)),
		})
		noError(w.t, err)
		a.Outcome, a.Ended, a.Verified = plan.Done, a.Began.Add(took-time.Millisecond), a.Began.Add(took)
		noError(w.t, w.store.Finish(w.t.Context(), a))
	}
}

// compare holds a forecast against the journal.
func (w *wave) compare(f forecast.Wave, span reservations.Span, takes time.Duration) {
	t := w.t
	t.Helper()
	attempts, err := w.store.Attempts(t.Context(), span.Start.Add(-time.Hour))
	noError(t, err)
	was := make(map[string]plan.Attempt)
	for _, a := range attempts {
		if a.Op == plan.OpLogin && a.Outcome == plan.Done {
			was[a.Reservation] = a
		}
	}
	n := 0
	for _, a := range was {
		if !a.From.Before(span.Start) && a.From.Before(span.End) {
			n++
		}
	}
	if len(f.Phones) != n || len(f.Held) > 0 {
		t.Errorf("%d phones and %d held were foreseen, %d logged in", len(f.Phones), len(f.Held), n)
	}
	longest := max(2*time.Second, takes) // which of two goes first may depend on a moment
	for _, p := range f.Phones {
		ready := was[p.Reservation].Ended.Add(w.policy.Restart())
		if off := ready.Sub(p.Ready); off.Abs() > longest {
			t.Errorf("%s at %s: ready %v after the start, %v was foreseen (%s)", p.Desk, p.Start.Format(time.TimeOnly), ready.Sub(p.Start), p.Ready.Sub(p.Start), p.Why)
		}
		deadline := p.Start
		if !p.Logout.IsZero() && !p.Logout.Before(p.Start) { // the desk changes hands
			deadline = p.Start.Add(plan.StartingFor)
		}
		by := ready.Sub(deadline) - slots.Slack
		if late := by > 0; late != (p.Late > 0) && by.Abs() > longest {
			t.Errorf("%s at %s: late by %v, and %v was foreseen", p.Desk, p.Start.Format(time.TimeOnly), by, p.Late)
		}
	}
}

// TestAheadIsShown follows what the status says of nine o'clock: from an hour before, the
// late phones, with those that are booked since within a minute; none any more when the
// wave is over, and none where no booking begins within the hour. The log says once that
// phones will be late.
func TestAheadIsShown(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWave(t, dir, 100, plan.Pace{PerMinute: 30}, emulator.Times{Login: time.Second, Logout: time.Second, Query: 30 * time.Millisecond})
		w.policy.Lead = time.Minute
		var log bytes.Buffer // the handler has a lock
		w.log = slog.NewTextHandler(&log, nil)
		nine := w.start.Add(2 * time.Hour)
		var people []reservations.Person
		var booked []reservations.Reservation
		for desk := 1; desk <= 99; desk++ {
			p, b := w.bookAt(desk, nine, time.Hour)
			people, booked = append(people, p), append(booked, b)
		}
		w.keep(people, booked)
		w.drive(func(r *scheduler.Reconciler) {
			at := func(when time.Time) *forecast.Wave {
				time.Sleep(time.Until(when))
				synctest.Wait()
				return r.Status().Ahead
			}
			if f := at(nine.Add(-scheduler.Ahead - time.Minute)); f != nil {
				t.Errorf("%d bookings in the coming hour, want none yet", f.Bookings)
			}
			f := at(nine.Add(-scheduler.Ahead + 2*time.Minute))
			if f == nil || f.Bookings != 99 || f.Late == 0 || f.Late != len(f.Phones) || f.Enough == nil || f.Enough.PerMinute == 0 {
				t.Fatalf("an hour before: %+v", f)
			}
			p, b := w.bookAt(100, nine, time.Hour)
			w.keep([]reservations.Person{p}, []reservations.Reservation{b})
			r.Kick()
			again := at(nine.Add(-scheduler.Ahead + 4*time.Minute))
			if again.Bookings != 100 || again.Late != f.Late+1 {
				t.Errorf("with another one %d bookings, %d late, after %d", again.Bookings, again.Late, f.Late)
			}
			// From a minute before nine on, thirty go out a minute.
			for _, after := range []time.Duration{15 * time.Second, 70 * time.Second, 120 * time.Second} {
				f := at(nine.Add(after))
				if want := 70 - int(after/(2*time.Second)); f == nil || f.Late < want-8 || f.Late > want+8 || f.Bookings < f.Late {
					t.Errorf("%v after the start: %+v, want some %d late", after, f, want)
				}
			}
			if f := at(nine.Add(3 * time.Minute)); f != nil {
				t.Errorf("when all are served: %d bookings, %d late", f.Bookings, f.Late)
			}
			if f := at(nine.Add(30 * time.Minute)); f != nil {
				t.Errorf("half an hour later %d bookings, %d late", f.Bookings, f.Late)
			}
		})
		if said := strings.Count(log.String(), `level=WARN msg="phones will be late" cluster=main phones=`); said != 1 || strings.Contains(log.String(), "in time") {
			t.Errorf("the log says %d times that phones will be late, want once, and not that they are in time:\n%s", said, log.String())
		}
	})
}

// TestForecastOfShortBookings: where too little of a booking is left when its turn comes, nobody is
// logged in, and that is foreseen of each.
func TestForecastOfShortBookings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWave(t, dir, 40, plan.Pace{Concurrent: 2, PerMinute: 10}, emulator.Times{Login: time.Second, Logout: time.Second, Query: 30 * time.Millisecond})
		w.policy.Lead = time.Minute
		w.teach(2, time.Second)
		nine := w.start.Add(time.Hour)
		var people []reservations.Person
		var booked []reservations.Reservation
		for desk := 1; desk <= w.desks; desk++ {
			p, b := w.bookAt(desk, nine, 6*time.Minute)
			people, booked = append(people, p), append(booked, b)
		}
		w.keep(people, booked)
		w.run(nine.Add(-30 * time.Minute))
		f := w.foresee(reservations.Span{Start: nine, End: nine.Add(time.Minute)})
		w.run(nine.Add(10 * time.Minute))
		attempts, err := w.store.Attempts(t.Context(), w.start)
		noError(t, err)
		in, held := make(map[string]bool), make(map[string]bool)
		for _, a := range attempts {
			switch {
			case a.Op == plan.OpLogin && a.Outcome == plan.Done:
				in[a.Reservation] = true
			case a.Op == plan.OpHold && a.Cause == plan.CauseTooLate:
				held[a.Reservation] = true
			}
		}
		never := 0
		for _, p := range f.Phones {
			if p.Never {
				never++
			}
			if p.Never == in[p.Reservation] || p.Never != held[p.Reservation] {
				t.Errorf("%s: never is %v, and it was logged in %v, held %v (%s)", p.Desk, p.Never, in[p.Reservation], held[p.Reservation], p.Why)
			}
		}
		if len(f.Phones) != 40 || never != f.Never || never < 10 || f.Late < never {
			t.Errorf("%d of %d never, %d late: %d logged in, %d held", never, len(f.Phones), f.Late, len(in), len(held))
		}
	})
}
