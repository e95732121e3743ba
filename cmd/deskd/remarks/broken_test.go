package remarks

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/scheduler/clock"
	"deskd/store"
	"deskd/web/view"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a database with desks of two sites, and a watch of it whose rules can be changed.
type house struct {
	t     *testing.T
	store *store.Store
	*Watch

	mu    sync.Mutex
	rules rules.Rules
}

func newHouse(t *testing.T) *house {
	h := &house{t: t}
	var err error
	h.store, err = store.Open(t.Context(), t.TempDir()+"/desk.db", store.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, h.store.Close()) })
	check(t, h.store.Configure(t.Context(), []reservations.Site{{Name: "berlin", Zone: time.UTC}, {Name: "boston", Zone: time.UTC}}, []store.Cluster{{Name: "main", URL: "https://main.example"}}))
	_, err = h.store.ImportDesks(t.Context(), []reservations.Desk{
		{ID: "D1", Site: "berlin", Cluster: "main", Device: "SEP000000000001"},
		{ID: "D2", Site: "boston", Cluster: "main", Device: "SEP000000000002"},
	}, false)
	check(t, err)
	_, err = h.store.ImportPeople(t.Context(), []reservations.Person{{ID: "jane"}, {ID: "max"}}, false)
	check(t, err)
	by := func(reservations.Desk) rules.Rules {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.rules
	}
	h.Watch = &Watch{
		Source: Source{Bookings: booking.Bookings{Store: h.store.Bookings(), Rules: by}, Desks: h.store.Desks},
		Clock:  clock.Clock{}, Log: slog.New(slog.DiscardHandler),
		Version: func(ctx context.Context) (int64, error) {
			all, _, err := h.store.Version(ctx)
			return all, err
		},
	}
	return h
}

// rule sets the rules of all desks.
func (h *house) rule(r rules.Rules) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = r
}

// book books a desk for so many hours, so many from now.
func (h *house) book(desk, person string, in, hours int) {
	h.t.Helper()
	start := time.Now().UTC().Truncate(time.Hour).Add(time.Duration(in) * time.Hour)
	_, err := h.store.Reserve(h.t.Context(), reservations.Reservation{Desk: desk, Person: person, Span: reservations.Span{Start: start, End: start.Add(time.Duration(hours) * time.Hour)}}, time.Now())
	check(h.t, err)
}

func (h *house) counts(what string, want ...view.Broken) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.Counts()); diff != "" {
		h.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Bookings of the next week that break rules are counted by site and rule, again after
// something has changed, and now and then.
func TestCountBroken(t *testing.T) {
	h := newHouse(t)
	h.book("D1", "jane", 2, 3)
	h.book("D1", "jane", 30, 3)
	h.book("D2", "max", 2, 1)
	h.book("D2", "max", 8*24, 5) // too far ahead
	check(t, h.Look(t.Context()))
	h.counts("without rules")
	h.rule(rules.Rules{Longest: 2 * time.Hour, OneDesk: true})
	check(t, h.Look(t.Context()))
	h.counts("where nothing has changed")
	h.book("D2", "jane", 4, 5)
	check(t, h.Look(t.Context()))
	h.counts("by rules",
		view.Broken{Site: "berlin", Bookings: 2, Rules: []view.BrokenRule{{Rule: "longest", Bookings: 2}, {Rule: "one_desk", Bookings: 1}}},
		view.Broken{Site: "boston", Bookings: 1, Rules: []view.BrokenRule{{Rule: "longest", Bookings: 1}, {Rule: "one_desk", Bookings: 1}}})
	h.rule(rules.Rules{})
	h.looked = h.looked.Add(-lookAgain)
	check(t, h.Look(t.Context()))
	h.counts("an hour later")
}

// It looks for as long as it runs, and ends.
func TestWatchRuns(t *testing.T) {
	h := newHouse(t)
	looks := 0
	h.Version = func(context.Context) (int64, error) {
		looks++
		return 0, context.DeadlineExceeded // there is no database in here
	}
	synctest.Test(t, func(*testing.T) {
		ctx, stop := context.WithTimeout(context.Background(), 6*lookEvery-time.Second)
		defer stop()
		h.Run(ctx)
		if looks != 6 {
			t.Errorf("%d looks", looks)
		}
	})
}
