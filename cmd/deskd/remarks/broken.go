package remarks

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/clock"
	"deskd/web/view"
)

// How far ahead bookings are held against the rules, and how long that stands where nothing
// is changed. All bookings of a building are looked at: that is not done for each page.
const (
	heldAhead = 7 * 24 * time.Hour
	lookEvery = 10 * time.Minute
	lookAgain = time.Hour
)

// Watch knows how many bookings to come break rules. The zero counts are those of before the
// first look. It is safe for use by several goroutines.
type Watch struct {
	Source
	// Version differs after each change of the database.
	Version func(ctx context.Context) (int64, error)
	Clock   clock.Clock
	Log     *slog.Logger

	mu      sync.Mutex
	counts  []view.Broken
	version int64
	looked  time.Time
}

// Run looks now and then, until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("bookings that break rules are not counted", "err", err)
		}
		_ = w.Clock.Sleep(ctx, lookEvery) // it ends with ctx
	}
}

// Counts are those of the last look: of each site, in their order, that has any.
func (w *Watch) Counts() []view.Broken {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

// Look counts, unless nothing has changed since it did so not long ago.
func (w *Watch) Look(ctx context.Context) error {
	now := w.Clock.Now()
	version, err := w.Version(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	known := !w.looked.IsZero() && version == w.version && now.Sub(w.looked).Abs() < lookAgain
	w.mu.Unlock()
	if known {
		return nil
	}
	found, err := w.Bookings.Broken(ctx, reservations.Span{Start: now, End: now.Add(heldAhead)})
	if err != nil {
		return err
	}
	desks, err := w.Desks(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts, w.version, w.looked = count(found, desks), version, now
	return nil
}

// count counts bookings by site, and the rules that they break.
func count(found []booking.Broken, desks []reservations.Desk) []view.Broken {
	site := make(map[string]string, len(desks))
	for _, d := range desks {
		site[d.ID] = d.Site
	}
	bookings, broken := make(map[string]int), make(map[string]map[string]int)
	for _, b := range found {
		of := site[b.Desk]
		if bookings[of]++; broken[of] == nil {
			broken[of] = make(map[string]int)
		}
		for _, against := range b.Against {
			broken[of][against.Rule]++
		}
	}
	var all []view.Broken
	for _, of := range slices.Sorted(maps.Keys(bookings)) {
		one := view.Broken{Site: of, Bookings: bookings[of]}
		for _, rule := range slices.Sorted(maps.Keys(broken[of])) {
			one.Rules = append(one.Rules, view.BrokenRule{Rule: rule, Bookings: broken[of][rule]})
		}
		all = append(all, one)
	}
	return all
}
