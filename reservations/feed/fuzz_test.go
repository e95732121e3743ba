package feed

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"deskd/reservations"
)

func addFeeds(f *testing.F) {
	files, _ := filepath.Glob(feeds + "*.ics")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// The decoder must take any bytes without a panic, keep its limits, and end.
func FuzzDecode(f *testing.F) {
	addFeeds(f)
	f.Add(wrap(nested(20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var log report
		err := decode(bytes.NewReader(data), &log, func(string) bool { return false }, func(cal *calendar, d *draft) error {
			if cal == nil || len(d.text) > maxEvent {
				t.Errorf("handed over %+v in %v", d, cal)
			}
			return nil
		})
		if err == nil && checkOpening(data) != nil {
			t.Error("a feed with a bad opening was taken")
		}
	})
}

// A rule that is read gives instances in order, in the window, within the work
// it was allowed, and the same when asked for again.
func FuzzRule(f *testing.F) {
	for _, c := range ruleCases(f) {
		f.Add(c.Rule, int64(wallOf(2024, 2, 29, 36000)), false)
	}
	f.Add("FREQ=HOURLY;INTERVAL=2;BYHOUR=1", int64(0), false)
	f.Add("FREQ=MONTHLY;BYDAY=-6MO", int64(0), true)
	from, to := wallOf(2026, 1, 1, 0), wallOf(2026, 7, 1, 0)
	f.Fuzz(func(t *testing.T, text string, start int64, date bool) {
		r, err := parseRule(text)
		if err != nil || start < int64(wallOf(1, 1, 1, 0)) || start >= int64(lastWall) {
			return
		}
		run := func() ([]wall, error) {
			spent := &work{rule: 100_000, feed: maxFeedWork}
			c := r.on(wall(start), date, lastWall, spent)
			return c.between(from, to, nil)
		}
		walls, err := run()
		again, err2 := run()
		if !errors.Is(err2, err) || !slices.Equal(walls, again) {
			t.Errorf("twice: %v %v and %v %v", walls, err, again, err2)
		}
		for i, w := range walls {
			if w < from || w >= to || w < wall(start) || i > 0 && w <= walls[i-1] {
				t.Fatalf("instance %d of %q is %s", i, text, w.time())
			}
		}
	})
}

// Whatever comes in: occurrences are sorted and touch the window, reservations
// are good ones and do not overlap.
func FuzzRead(f *testing.F) {
	addFeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		o := testOptions(t, "google")
		o.Feed.Desk.From = reservations.FromLocation
		r, err := Read(data, o)
		if err != nil {
			return
		}
		for i, occ := range r.Occurrences {
			in := occ.Overlaps(o.Window) || occ.Empty() && o.Window.Contains(occ.Start)
			if !in || occ.End.Before(occ.Start) || i > 0 && occ.Start.Before(r.Occurrences[i-1].Start) {
				t.Fatalf("occurrence %d: %+v", i, occ)
			}
		}
		for _, v := range r.Reservations {
			if err := v.Check(); err != nil {
				t.Fatalf("%+v: %v", v, err)
			}
		}
		if overlaps := reservations.NewCalendar(r.Reservations).Conflicts(); len(overlaps) > 0 {
			t.Fatalf("overlap: %v", overlaps)
		}
	})
}
