package recur

import (
	"errors"
	"slices"
	"testing"

	"deskd/reservations/feed/ical"
)

// A rule that is read gives instances in order, in the window, within the work
// it was allowed, and the same when asked for again.
func FuzzRule(f *testing.F) {
	for _, c := range ruleCases(f) {
		f.Add(c.Rule, int64(ical.WallOf(2024, 2, 29, 36000)), false)
	}
	f.Add("FREQ=HOURLY;INTERVAL=2;BYHOUR=1", int64(0), false)
	f.Add("FREQ=MONTHLY;BYDAY=-6MO", int64(0), true)
	from, to := ical.WallOf(2026, 1, 1, 0), ical.WallOf(2026, 7, 1, 0)
	f.Fuzz(func(t *testing.T, text string, start int64, date bool) {
		r, err := Parse(text)
		if err != nil || start < int64(ical.WallOf(1, 1, 1, 0)) || start >= int64(ical.LastWall) {
			return
		}
		run := func() ([]ical.Wall, error) {
			spent := &Work{PerRule: 100_000, Series: totalWork, Total: totalWork}
			c := r.From(ical.Wall(start), date, ical.LastWall, spent)
			return c.Between(from, to, nil)
		}
		walls, err := run()
		again, err2 := run()
		if !errors.Is(err2, err) || !slices.Equal(walls, again) {
			t.Errorf("twice: %v %v and %v %v", walls, err, again, err2)
		}
		for i, w := range walls {
			if w < from || w >= to || w < ical.Wall(start) || i > 0 && w <= walls[i-1] {
				t.Fatalf("instance %d of %q is %s", i, text, w.Time())
			}
		}
	})
}
