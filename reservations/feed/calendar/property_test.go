package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// propertyZones have their changes of the clock at odd times and by odd lengths.
var propertyZones = []string{"Europe/Berlin", "America/New_York", "America/Santiago", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"}

// genStamp draws a time in March and April 2026 on a half hour.
func genStamp(t *rapid.T, label string) time.Time {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return at.Add(time.Duration(rapid.IntRange(0, 45*48).Draw(t, label)) * 30 * time.Minute)
}

const stampForm = "20060102T150405"

// genEvent draws the components of one UID: a single event or a series, with
// exceptions and changes that may or may not meet its instances.
func genEvent(t *rapid.T, uid string) []string {
	start := genStamp(t, "start")
	at := ";TZID=" + rapid.SampledFrom(propertyZones).Draw(t, "zone") + ":"
	day := rapid.IntRange(0, 4).Draw(t, "all-day") == 0
	if day {
		at, start = ";VALUE=DATE:", start.Truncate(24*time.Hour)
	}
	stamp := func(s time.Time) string {
		if day {
			return at + s.Format("20060102")
		}
		return at + s.Format(stampForm)
	}
	end := "DTEND" + stamp(start.Add(time.Duration(rapid.IntRange(1, 4).Draw(t, "days"))*24*time.Hour))
	if !day && rapid.Bool().Draw(t, "short") {
		end = fmt.Sprintf("DURATION:PT%dM", rapid.IntRange(0, 1500).Draw(t, "minutes"))
	}
	lines := []string{"DTSTART" + stamp(start), end}
	if rapid.IntRange(0, 2).Draw(t, "single") == 0 {
		return []string{vevent(uid, lines...)}
	}
	rule := rapid.SampledFrom([]string{"DAILY", "WEEKLY", "WEEKLY;BYDAY=MO,TU,WE,TH,FR", "MONTHLY", "MONTHLY;BYDAY=-1FR", "DAILY;INTERVAL=3"}).Draw(t, "rule")
	switch rapid.IntRange(0, 2).Draw(t, "limit") {
	case 0:
		rule += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 40).Draw(t, "count"))
	case 1:
		rule += ";UNTIL=" + genStamp(t, "until").Format(stampForm) + "Z"
	}
	lines = append(lines, "RRULE:FREQ="+rule)
	near := func(label string) time.Time { // near enough that several meet
		return start.Add(time.Duration(rapid.IntRange(0, 7).Draw(t, label)) * 24 * time.Hour)
	}
	if rapid.Bool().Draw(t, "exdate") {
		lines = append(lines, "EXDATE"+stamp(near("excluded")))
	}
	if rapid.Bool().Draw(t, "period") {
		lines = append(lines, "RDATE"+stamp(near("extra")))
	}
	events := []string{vevent(uid, lines...)}
	for i, n := 0, rapid.IntRange(0, 3).Draw(t, "changes"); i < n; i++ {
		original := near("original")
		moved := original.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "shift")) * 24 * time.Hour)
		name := "RECURRENCE-ID"
		if rapid.IntRange(0, 3).Draw(t, "range") == 0 {
			name += ";RANGE=THISANDFUTURE"
		}
		// Different sequences, so that the place in the file settles nothing.
		events = append(events, vevent(uid, fmt.Sprintf("SEQUENCE:%d", i+1), name+stamp(original), "DTSTART"+stamp(moved)))
	}
	return events
}

func vevent(uid string, lines ...string) string {
	return strings.Join(slices.Concat([]string{"BEGIN:VEVENT", "UID:" + uid}, lines, []string{"END:VEVENT"}), "\r\n")
}

func genCalendar(t *rapid.T) []string {
	var events []string
	for i := range rapid.IntRange(1, 4).Draw(t, "events") {
		events = append(events, genEvent(t, fmt.Sprint("u", i))...)
	}
	return events
}

// genWindow draws a window of days inside the time events are drawn from.
func genWindow(t *rapid.T, label string) reservations.Span {
	from := genStamp(t, label)
	return reservations.Span{Start: from, End: from.Add(time.Duration(rapid.IntRange(1, 20*48).Draw(t, label+" length")) * 30 * time.Minute)}
}

func readCalendar(t *rapid.T, data []byte, window reservations.Span) Reading {
	site, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Occurrences(data, window, site)
	if err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	return r
}

// key is all that is told of an occurrence but its line.
func key(o Occurrence) string {
	return fmt.Sprintf("%s %s %s %s %v", o.Start.Format(time.RFC3339), o.End.Format(time.RFC3339), o.UID, o.Recurrence, o.AllDay)
}

func keys(list []Occurrence) []string {
	out := make([]string, 0, len(list))
	for _, o := range list {
		out = append(out, key(o))
	}
	slices.Sort(out)
	return out
}

// A window selects, and changes nothing: what two adjacent windows show is what
// one over both shows, in the same order of time.
func TestWindowsOnlySelect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := wrap(genCalendar(t)...)
		whole := genWindow(t, "window")
		cut := whole.Start.Add(time.Duration(rapid.Int64Range(1, max(1, int64(whole.Duration()/time.Minute)-1)).Draw(t, "cut")) * time.Minute)
		all := readCalendar(t, data, whole).Occurrences
		for i, o := range all {
			in := o.Overlaps(whole) || o.Empty() && whole.Contains(o.Start)
			if !in || i > 0 && o.Start.Before(all[i-1].Start) {
				t.Fatalf("occurrence %d is %s in %v", i, key(o), whole)
			}
		}
		parts := []string{}
		for _, w := range []reservations.Span{{Start: whole.Start, End: cut}, {Start: cut, End: whole.End}} {
			parts = append(parts, keys(readCalendar(t, data, w).Occurrences)...)
		}
		slices.Sort(parts)
		if diff := cmp.Diff(slices.Compact(keys(all)), slices.Compact(parts)); diff != "" {
			t.Fatalf("cut at %s (-whole +parts):\n%s\n%s", cut, diff, data)
		}
	})
}

// No instance of a series is shown twice.
func TestInstancesAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := wrap(genCalendar(t)...)
		list := readCalendar(t, data, genWindow(t, "window")).Occurrences
		seen := make(map[string]bool)
		for _, o := range list {
			id := o.UID + " " + o.Recurrence
			if seen[id] {
				t.Fatalf("%s twice in\n%s", key(o), data)
			}
			seen[id] = true
		}
	})
}

// The order of components means nothing where nothing but the place in the file
// could tell two versions apart.
func TestOrderOfComponentsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, window := genCalendar(t), genWindow(t, "window")
		want := keys(readCalendar(t, wrap(events...), window).Occurrences)
		shuffled := rapid.Permutation(events).Draw(t, "order")
		if diff := cmp.Diff(want, keys(readCalendar(t, wrap(shuffled...), window).Occurrences)); diff != "" {
			t.Fatalf("(-as drawn +shuffled):\n%s\n%s", diff, strings.Join(shuffled, "\r\n"))
		}
	})
}

// Lines may be folded at any byte and end in LF, CR or CRLF.
func TestLineFormDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, window := wrap(genCalendar(t)...), genWindow(t, "window")
		want := readCalendar(t, data, window)
		width := rapid.IntRange(1, 75).Draw(t, "width")
		end := rapid.SampledFrom([]string{"\r\n", "\n", "\r"}).Draw(t, "line end")
		fold := rapid.SampledFrom([]string{" ", "\t"}).Draw(t, "fold")
		var b strings.Builder
		for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
			for ; len(line) > width; line = line[width:] {
				b.WriteString(line[:width] + end + fold)
			}
			b.WriteString(line + end)
		}
		got := readCalendar(t, []byte(b.String()), window)
		if diff := cmp.Diff(keys(want.Occurrences), keys(got.Occurrences)); diff != "" || len(want.Notes) != len(got.Notes) {
			t.Fatalf("width %d, end %q (-want +got):\n%s", width, end, diff)
		}
	})
}

// Every beginning of a calendar is refused, until the last letter of its end.
func TestEveryPrefixIsIncomplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := wrap(genCalendar(t)...)
		whole := len(strings.TrimRight(string(data), "\r\n"))
		n := rapid.IntRange(0, whole-1).Draw(t, "bytes")
		_, err := Occurrences(data[:n], spring(), time.UTC)
		if !errors.Is(err, ical.ErrTruncated) && !(n == 0 && errors.Is(err, ical.ErrEmpty)) {
			t.Fatalf("%d of %d bytes: error %v", n, whole, err)
		}
	})
}
