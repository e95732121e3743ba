package store

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/store/dialect"
)

const (
	racers = 50
	rounds = 20
)

// race lets all racers go at once and returns their errors.
func race(run func(i int) error) []error {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, racers)
	for i := range racers {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

func winners(t *testing.T, errs []error, lost func(error) bool) int {
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !lost(err):
			t.Errorf("lost for another reason: %v", err)
		}
	}
	return won
}

// Fifty bookings of one desk through five stores, each for another but
// overlapping span: one wins.
func testRaceOfStores(t *testing.T, w world) {
	stores := make([]*Store, 5)
	for i := range stores {
		stores[i] = w.open(t)
	}
	for round := range orShort(rounds, 3) {
		errs := race(func(i int) error {
			sp := span(24*round, 24*round+8)
			sp.Start = sp.Start.Add(time.Duration(i) * time.Minute)
			_, err := stores[i%len(stores)].Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "jane", Span: sp}, at(0, 0))
			return err
		})
		won := winners(t, errs, func(err error) bool { return errors.Is(err, reservations.ErrOverlap) })
		if won != 1 {
			t.Fatalf("round %d: %d bookings won", round, won)
		}
	}
}

// The same for other programs, each with a connection of its own.
func testRaceOfPrograms(t *testing.T, w world) {
	s := w.open(t)
	programs := make([]*sql.DB, racers)
	for i := range programs {
		programs[i] = w.raw(t)
		programs[i].SetMaxOpenConns(1)
		check(t, programs[i].Ping())
	}
	for round := range orShort(rounds, 3) {
		day := eight.AddDate(0, 0, round)
		errs := race(func(i int) error {
			_, err := programs[i].Exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('4.12', 'jane', ?, ?)`,
				day.Add(time.Duration(i)*time.Minute).Format(dialect.SecondForm), day.Add(8*time.Hour).Format(dialect.SecondForm))
			return err
		})
		if won := winners(t, errs, func(err error) bool { return isOverlap(s, err) }); won != 1 {
			t.Fatalf("round %d: %d rows won", round, won)
		}
	}
}

// testModel runs random inserts, moves and cancellations by SQL beside a naive
// list: the database must accept exactly what leaves no overlap, and answer
// for any span as the list does.
func testModel(t *testing.T, w world) {
	noRaces(t)
	s, db := w.open(t), w.raw(t)
	rapid.Check(t, func(t *rapid.T) {
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := db.Exec(`DELETE FROM reservations`)
		must(err)
		model := map[string]reservations.Reservation{}
		draw := func(id string) reservations.Reservation {
			start := rapid.IntRange(0, 20).Draw(t, "start")
			return reservations.Reservation{
				ID: id, Desk: rapid.SampledFrom([]string{"4.11", "4.12"}).Draw(t, "desk"),
				Span:   span(start, start+rapid.IntRange(1, 6).Draw(t, "hours")),
				Status: rapid.SampledFrom([]reservations.Status{"confirmed", "confirmed", "cancelled", "conflict"}).Draw(t, "status"),
			}
		}
		for i := range rapid.IntRange(1, 20).Draw(t, "changes") {
			id := fmt.Sprint(i)
			if len(model) > 0 && rapid.Bool().Draw(t, "move") {
				id = rapid.SampledFrom(keys(model)).Draw(t, "id")
			}
			r := draw(id)
			_, err := db.Exec(`INSERT INTO reservations (id, desk, starts_at, ends_at, status) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET desk = excluded.desk, starts_at = excluded.starts_at,
					ends_at = excluded.ends_at, status = excluded.status`,
				r.ID, r.Desk, dialect.Second{Time: r.Start}, dialect.Second{Time: r.End}, string(r.Status))
			free := true
			for _, o := range model {
				clash := o.ID != r.ID && o.Desk == r.Desk && o.Status == reservations.Confirmed && o.Overlaps(r.Span)
				free = free && !(clash && r.Status == reservations.Confirmed)
			}
			if (err == nil) != free {
				t.Fatalf("%v on %v: %v", r, model, err)
			}
			if free {
				model[r.ID] = r
			}
		}
		from := rapid.IntRange(-1, 25).Draw(t, "from")
		window := span(from, from+rapid.IntRange(1, 8).Draw(t, "length"))
		var every []reservations.Reservation
		for _, r := range model {
			every = append(every, r)
		}
		want := reservations.NewCalendar(every).Overlapping(window).All()
		got, err := s.Reservations(ctx, window)
		must(err)
		if fmt.Sprint(brief(want)) != fmt.Sprint(brief(got)) {
			t.Fatalf("in %v want %v, got %v", window, brief(want), brief(got))
		}
	})
}

func keys(m map[string]reservations.Reservation) []string {
	var ids []string
	for i := range 20 {
		if _, ok := m[fmt.Sprint(i)]; ok {
			ids = append(ids, fmt.Sprint(i))
		}
	}
	return ids
}
