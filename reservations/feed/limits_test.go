package feed

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/ical"
)

// The numbers of docs/ical.md, as they are written there. Each
// limit is tried where it still holds and one step beyond.

// padding is n bytes that say nothing.
func padding(n int64) io.Reader {
	return io.LimitReader(&repeating{text: "X-A:" + strings.Repeat(" ", 32<<10) + "\r\n"}, n)
}

// repeating is a text again and again.
type repeating struct {
	text string
	at   int
}

func (e *repeating) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// A calendar of 256 MiB is read, in memory or from a stream, and one of a byte more is not.
func TestLimitOfCalendar(t *testing.T) {
	if raceDetector {
		t.Skip("it does one thing after another: nothing to see for the race detector, and half a minute of it")
	}
	if testing.Short() {
		t.Skip("it reads three calendars of 256 MiB: with -short, TestLimitsOfCalendars stands for it")
	}
	const most = 256 << 20
	whole := make([]byte, most+1)
	copy(whole, aFeed)
	if _, err := occurrencesOf(whole, anyDays, time.UTC); !errors.Is(err, ical.ErrTooLarge) {
		t.Errorf("of bytes: error %v", err)
	}
	const begin, end = "BEGIN:VCALENDAR\r\n", "\r\nEND:VCALENDAR\r\n"
	for _, more := range []int64{0, 1} {
		text := io.MultiReader(strings.NewReader(begin), padding(most-int64(len(begin)+len(end))+more), strings.NewReader(end))
		if _, err := occurrencesFrom(t.Context(), text, anyDays, time.UTC); errors.Is(err, ical.ErrTooLarge) != (more == 1) || more == 0 && err != nil {
			t.Errorf("of a stream, %d bytes more: error %v", more, err)
		}
	}
}

func TestLimitsOfCalendars(t *testing.T) {
	deep := func(n int) []byte { // the calendar and the event are two of it
		var begins, ends []string
		for i := range n - 2 {
			begins = append(begins, fmt.Sprintf("BEGIN:X%d\r\n", i))
			ends = append([]string{fmt.Sprintf("END:X%d\r\n", i)}, ends...)
		}
		return wrap("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260302T090000Z\r\nDURATION:PT1H\r\n" + strings.Join(begins, "") + strings.Join(ends, "") + "END:VEVENT")
	}
	with := func(line string) []byte {
		return wrap("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260302T090000Z\r\nDURATION:PT1H\r\n" + line + "\r\nEND:VEVENT")
	}
	organizer := func(params string) []byte { return with("ORGANIZER;" + params + ":mailto:jane.doe@example.com") }
	for name, tc := range map[string]struct {
		make func(n int) []byte
		most int
		says string
	}{
		"depth":                {deep, 8, "nested deeper than 8"},
		"parameters":           {func(n int) []byte { return organizer(strings.TrimSuffix(strings.Repeat("A=b;", n), ";")) }, 64, "more than 64 parameters"},
		"bytes of a parameter": {func(n int) []byte { return organizer("CN=" + strings.Repeat("x", n-len("CN="))) }, 4 << 10, "longer than 4096"},
		"bytes of a line":      {func(n int) []byte { return with("LOCATION:" + strings.Repeat("x", n-len("LOCATION:"))) }, 64 << 10, "longer than 65536"},
		"entries of a list": {func(n int) []byte {
			return with("RRULE:FREQ=DAILY;COUNT=2;BYHOUR=" + strings.TrimSuffix(strings.Repeat("9,", n), ","))
		}, 366, "more than 366"},
	} {
		for _, n := range []int{tc.most, tc.most + 1} {
			r, err := occurrencesOf(tc.make(n), anyDays, time.UTC)
			if err != nil {
				t.Errorf("%s, %d: %v", name, n, err)
				continue
			}
			refused := len(r.Problems) > 0 && strings.Contains(r.Problems[0].What, tc.says)
			if refused != (n > tc.most) || (len(r.Occurrences) == 0) != refused {
				t.Errorf("%s, %d: %d occurrences, problems %v", name, n, len(r.Occurrences), r.Problems)
			}
		}
	}
	for _, n := range []int{500_000, 500_001} { // the calendar is one
		_, err := occurrencesOf(wrap(strings.TrimSuffix(strings.Repeat("BEGIN:X\r\nEND:X\r\n", n-1), "\r\n")), anyDays, time.UTC)
		if (err != nil) != (n > 500_000) || err != nil && !strings.Contains(err.Error(), "more than 500000 components") {
			t.Errorf("%d components: error %v", n, err)
		}
	}
}

// What the events of one UID may have, those of one organizer, and the feed, at the
// number and one beyond. What is beyond costs its own series: the last event, of
// another organizer, is always read, and who was cut is named.
func TestLimitOfShares(t *testing.T) {
	if raceDetector {
		t.Skip("it does one thing after another")
	}
	if testing.Short() {
		t.Skip("it expands a million occurrences: with -short, TestDesklessSeriesAreLast stands for it")
	}
	by := func(who, uid string, more ...string) string {
		return strings.Replace(eventLines(uid, more...), "jane.doe", who, 1)
	}
	dates := func(uid, who string, n int) string { // DTSTART is one
		var more []string
		for i := 1; i < n; i += 500 {
			var list []string
			for k := i; k < min(i+500, n); k++ {
				list = append(list, time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC).Add(time.Duration(k)*time.Minute).Format("20060102T150405Z"))
			}
			more = append(more, "RDATE:"+strings.Join(list, ","))
		}
		return by(who, uid, more...)
	}
	full := func(series int, who func(int) string, more int) (events []string) {
		for i := range series {
			events = append(events, dates(fmt.Sprint("bomb", i), who(i), 2_000))
		}
		if more > 0 {
			events = append(events, dates("beyond", who(series), more))
		}
		return events
	}
	one, own := func(int) string { return "one" }, func(i int) string { return fmt.Sprint("nobody", i) }
	for name, tc := range map[string]struct {
		events      []string
		occurrences int
		says        string // of "beyond"
	}{
		"a series":               {[]string{dates("beyond", "one", 2_000)}, 2_000, ""},
		"a series, one more":     {[]string{dates("beyond", "one", 2_001)}, 0, "the series has more than 2000 occurrences"},
		"an organizer":           {full(125, one, 0), 250_000, ""},
		"an organizer, one more": {full(125, one, 1), 248_001, "its organizer has more than 250000 occurrences"}, // who wants least is first
		"everybody, one more":    {full(249, own, 2_000), 498_000, "the feed has more than 500000 occurrences"},
	} {
		r, err := occurrencesOf(wrap(append(tc.events, by("last", "good"))...), spring(), time.UTC)
		if err != nil || len(r.Occurrences) != tc.occurrences+1 || !slices.ContainsFunc(r.Occurrences, func(o calendar.Occurrence) bool { return o.UID == "good" }) {
			t.Errorf("%s: %d occurrences, error %v", name, len(r.Occurrences), err)
			continue
		}
		if tc.says == "" && len(r.Problems) > 0 || tc.says != "" && (len(r.Problems) != 1 || !r.Problems[0].Excess || !strings.Contains(r.Problems[0].What, tc.says) || !strings.Contains(r.Problems[0].Organizer, "@example.com")) {
			t.Errorf("%s: problems %+v", name, r.Problems)
		}
	}
}

// Series that name no desk take no room from those that do.
func TestDesklessSeriesAreLast(t *testing.T) {
	if raceDetector {
		t.Skip("it does one thing after another")
	}
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var events []string
	for i := range 8_600 {
		events = append(events, "BEGIN:VEVENT", fmt.Sprint("UID:", i), "DTSTART:20260301T080000Z", "DTEND:20260301T090000Z", "RRULE:FREQ=DAILY", "END:VEVENT")
	}
	events = append(events, "BEGIN:VEVENT", "UID:good", "DTSTART:20260301T080000Z", "DTEND:20260301T090000Z", "RRULE:FREQ=DAILY", "LOCATION:4.12", "ORGANIZER:mailto:jane@example.com", "END:VEVENT")
	r, err := readText(wrap(events...), Options{Window: reservations.Span{Start: from, End: from.AddDate(0, 0, 60)}, Zone: time.UTC, Directory: tables()})
	if err != nil || len(r.Reservations) != 60 || !slices.ContainsFunc(r.Problems, func(p reservations.Problem) bool { return p.Excess }) {
		t.Errorf("%d bookings, problems %v, error %v", len(r.Reservations), r.Problems[:min(2, len(r.Problems))], err)
	}
}

// A feed that is refused as a whole says whose events most of it are, unless they
// are private.
func TestRefusedFeedNamesItsFlood(t *testing.T) {
	for _, tc := range []struct{ more, want string }{{"", "more than 500000 components; 4 of its events are by jane.doe@example.com"}, {"CLASS:PRIVATE\r\n", "more than 500000 components"}} {
		var events []string
		for i := range 4 {
			events = append(events, strings.Replace(eventLines(fmt.Sprint(i)), "END:VEVENT", tc.more+"END:VEVENT", 1))
		}
		events = append(events, strings.TrimSuffix(strings.Repeat("BEGIN:X\r\nEND:X\r\n", 500_000), "\r\n"))
		if _, err := occurrencesOf(wrap(events...), spring(), time.UTC); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("error %v", err)
		}
	}
}

// Of an event's rules four may select nothing; of the fifth it is refused.
func TestLimitOfNeverMatchingRules(t *testing.T) {
	for n, lost := range map[int]int{1: 0, 4: 0, 5: 1} {
		rules := strings.Repeat("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n", n)
		r, err := occurrencesOf(wrap("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260302T090000Z\r\nDURATION:PT1H\r\n"+rules+"END:VEVENT"), anyDays, time.UTC)
		if err != nil || len(r.Problems) != lost || len(r.Occurrences) != 1-lost {
			t.Errorf("%d rules: %d occurrences, problems %v, error %v", n, len(r.Occurrences), r.Problems, err)
		}
	}
}

// A suggestion is at most one letter in four away, and three at most.
func TestLimitOfLikeness(t *testing.T) {
	for _, tc := range []struct {
		text, key string
		near      bool
	}{
		{"abcd", "abcx", true}, {"abcd", "abxx", false}, {"abc", "abx", false}, {"abcdefg", "abcdexx", false}, {"abcdefgh", "abcdefxx", true},
		{"abcdefghijkl", "abcdefghixxx", true}, {"abcdefghijklmnop", "abcdefghijklxxxx", false},
	} {
		if _, near := nearest(tc.text, map[string]int{tc.key: 1}); near != tc.near {
			t.Errorf("%q and %q: %v", tc.text, tc.key, near)
		}
	}
}

// A rule that works too long costs its event, and so does each of many that work too
// long together: the others are read all the same.
func TestWorkOfAFeedIsBounded(t *testing.T) {
	bomb := everySecond("YEARLY") + ";BYDAY=MO,TU,WE,TH,FR,SA,SU"
	r, err := occurrencesOf(wrap(eventLines("bomb", "RRULE:"+bomb), eventLines("good")), spring(), berlin(t))
	if err != nil || len(r.Occurrences) != 1 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, "more work than a booking is worth") {
		t.Fatalf("%+v, error %v", r, err)
	}
	if testing.Short() {
		return // one rule stands for the many
	}
	var events []string
	for i := range 40 + 2 {
		events = append(events, invented(i, "RRULE:"+bomb))
	}
	events = append(events, invented(-1, "RRULE:FREQ=WEEKLY"))
	r, err = occurrencesOf(wrap(events...), spring(), berlin(t))
	if err != nil || len(r.Occurrences) != 7 || len(r.Problems) != len(events)-1 || !strings.Contains(r.Problems[len(r.Problems)-1].What, "more work together") {
		t.Errorf("%d occurrences, problems %v, error %v", len(r.Occurrences), r.Problems, err)
	}
}

func TestDirectoryIsRequired(t *testing.T) {
	if _, err := readText(aFeed, Options{Window: spring(), Zone: berlin(t)}); err == nil {
		t.Error("a missing directory was taken")
	}
}

// Text behind a calendar may stand in the place of another one: what that had booked
// stays, and the text is reported once. What a cache adds to every page is none.
func TestTextOutsideOfCalendars(t *testing.T) {
	good := string(wrap(eventLines("a")))
	for text, lost := range map[string]int{
		"502 Bad Gateway": 1, "Error: no such calendar": 1, "one\r\ntwo\r\nthree": 1, "DTSTART:20260303T090000Z": 1,
		"<!-- kept by a cache -->": 0, "\r\n \r\n": 0, "END:VCALENDAR": 0,
	} {
		r, err := readText([]byte(good+text), Options{Window: spring(), Zone: berlin(t), Directory: tables()})
		if err != nil || len(r.Problems) != lost || len(r.Doubt.Lost) != lost || len(r.Occurrences) != 1 {
			t.Errorf("%q: problems %v, %d lost, %d occurrences, error %v", text, r.Problems, len(r.Doubt.Lost), len(r.Occurrences), err)
		}
	}
}
