package feed

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"deskd/reservations"
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

// Whatever comes in: occurrences are sorted and touch the window, reservations
// are good ones and do not overlap.
func FuzzRead(f *testing.F) {
	addFeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		// One calendar, whatever its letters: then nothing but its last line is its end.
		if end := bytes.LastIndex(data, []byte("END:VCALENDAR")); end > 0 && bytes.Count(bytes.ToUpper(data), []byte("VCALENDAR")) == 2 {
			for n := end; n < end+len("END:VCALENDAR"); n++ {
				if _, err := readText(data[:n], testOptions(t, "google")); err == nil {
					t.Fatal("a feed without its end passes for a whole one")
				}
			}
		}
		o := testOptions(t, "google")
		o.Feed.Desk.From = reservations.FromLocation
		r, err := readText(data, o)
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
