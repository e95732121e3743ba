package feed

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

func addFeeds(f *testing.F) {
	files, _ := filepath.Glob(feeds + "*.ics")
	more, _ := filepath.Glob(feeds + "*/*.ics")
	for _, file := range slices.Concat(files, more) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

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
		r, err := parseRule(text)
		if err != nil || start < int64(ical.WallOf(1, 1, 1, 0)) || start >= int64(ical.LastWall) {
			return
		}
		run := func() ([]ical.Wall, error) {
			spent := &work{rule: 100_000, series: maxFeedWork, total: maxFeedWork}
			c := r.on(ical.Wall(start), date, ical.LastWall, spent)
			return c.between(from, to, nil)
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

// Whatever comes in: occurrences are sorted and touch the window, reservations
// are good ones and do not overlap.
func FuzzRead(f *testing.F) {
	addFeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		// One calendar, whatever its letters: then nothing but its last line is its end.
		if end := bytes.LastIndex(data, []byte("END:VCALENDAR")); end > 0 && bytes.Count(bytes.ToUpper(data), []byte("VCALENDAR")) == 2 {
			for n := end; n < end+len("END:VCALENDAR"); n++ {
				if _, err := Read(data[:n], testOptions(t, "google")); err == nil {
					t.Fatal("a feed without its end passes for a whole one")
				}
			}
		}
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
