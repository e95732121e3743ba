package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// Lines come out the same in whatever pieces the bytes come in, and as RFC 5545
// 3.1 says; the reference is written for that alone.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"a\r\n b\n\tc\rd\r\r\ne", bom + "\n\n x\r\r\r\n", "a\r \r\n ", " a", "\r"} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		if len(data) > maxLine {
			return
		}
		var want []string
		text := strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), bom))
		for n, l := range strings.SplitAfter(text, "\n") {
			if l == "" {
				continue
			}
			l = strings.TrimSuffix(l, "\n")
			if len(want) > 0 && l != "" && (l[0] == ' ' || l[0] == '\t') {
				want[len(want)-1] += l[1:]
				continue
			}
			want = append(want, fmt.Sprint(n+1, " ", l))
		}
		for _, src := range []io.Reader{bytes.NewReader(data), &pieces{data, int(piece)}} {
			var got []string
			r := newLineReader(src)
			for l, ok := r.next(); ok; l, ok = r.next() {
				got = append(got, fmt.Sprint(l.number, " ", string(l.text)))
			}
			if diff := cmp.Diff(want, got); diff != "" || r.err != nil {
				t.Fatalf("%q: error %v (-want +got):\n%s", data, r.err, diff)
			}
		}
	})
}

// pieces gives a few bytes at a time.
type pieces struct {
	rest []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n%32+1)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
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
			spent := &work{rule: 100_000, series: maxFeedWork, feed: maxFeedWork}
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
