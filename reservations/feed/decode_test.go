package feed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// wrap makes a calendar of lines.
func wrap(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

// eventLines is a good event on desk 4.12 with more lines added.
func eventLines(uid string, more ...string) string {
	lines := append([]string{"BEGIN:VEVENT", "UID:" + uid, "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z",
		"LOCATION:4.12", "ORGANIZER:mailto:jane.doe@example.com"}, more...)
	return strings.Join(append(lines, "END:VEVENT"), "\r\n")
}

func TestLinesUnfold(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"lf", "a\nb\n", []string{"1 a", "2 b"}},
		{"crlf", "a\r\nb\r\n", []string{"1 a", "2 b"}},
		{"cr", "a\rb\rc", []string{"1 a", "2 b", "3 c"}},
		{"cr cr lf", "a\r\r\n b\r\r\nc", []string{"1 ab", "3 c"}},
		{"mixed", "a\rb\nc\r\nd", []string{"1 a", "2 b", "3 c", "4 d"}},
		{"fold", "a\r\n b\r\n\tc\r\nd", []string{"1 abc", "4 d"}},
		{"fold in utf-8", "B\xc3\r\n \xbcro\r\n", []string{"1 Büro"}},
		{"fold of nothing", "a\n \nb", []string{"1 a", "3 b"}},
		{"bom", bom + "a\n", []string{"1 a"}},
		{"empty", "", nil},
		{"blank lines", "\n\na\n", []string{"1 ", "2 ", "3 a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newLineReader(strings.NewReader(tc.in))
			var got []string
			for l, ok := r.next(); ok; l, ok = r.next() {
				got = append(got, fmt.Sprintf("%d %s", l.number, l.text))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Folding at any place, in the middle of a letter too, changes nothing.
func TestFoldingIsInvisible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "x" + strings.Map(func(r rune) rune {
			if r == '\r' || r == '\n' {
				return '.'
			}
			return r
		}, rapid.StringN(0, 200, 800).Draw(t, "text"))
		var folded bytes.Buffer
		for i := range len(text) {
			if i > 0 && rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
				folded.WriteString(rapid.SampledFrom([]string{"\r\n ", "\n\t", "\r "}).Draw(t, "fold"))
			}
			folded.WriteByte(text[i])
		}
		r := newLineReader(strings.NewReader(folded.String() + "\n"))
		l, _ := r.next()
		if string(l.text) != text {
			t.Fatalf("got %q, want %q", l.text, text)
		}
		if _, more := r.next(); more {
			t.Fatal("the line came in two")
		}
	})
}

func TestProperties(t *testing.T) {
	type params map[string]string
	for _, tc := range []struct {
		in, value string
		params    params
		err       string
	}{
		{in: "SUMMARY:a:b;c", value: "a:b;c"},
		{in: `ATTENDEE;CN="Doe; Jane: x";RSVP=TRUE:mailto:a@b`, value: "mailto:a@b", params: params{"CN": "Doe; Jane: x", "RSVP": "TRUE"}},
		{in: `ATTENDEE;CN="b"c:1`, value: "1", params: params{"CN": "bc"}},
		{in: `ATTENDEE;cn=a^'b^^:1`, value: "1", params: params{"CN": `a"b^`}},
		{in: `ATTENDEE; CN = "  a b " ;RSVP:1`, err: `parameter "RSVP" without a value`},
		{in: `ATTENDEE; CN = "  a b " ;:1`, value: "1", params: params{"CN": "a b"}},
		{in: "DTSTART;:1", value: "1"},
		{in: "DTSTART;TZID=(UTC+01:00) A, B:1", value: "1", params: params{"TZID": "(UTC+01:00) A, B"}},
		{in: "DTSTART:2026-03-04T08:00:00Z", value: "2026-03-04T08:00:00Z"},
		{in: "ATTENDEE;A=b", err: "colon is missing"},
		{in: `ATTENDEE;A="b:1`, err: "quote is not closed"},
		{in: "ATTENDEE;A:1", err: `parameter "A" without a value`},
		{in: "ATTENDEE" + strings.Repeat(";A=b", 65) + ":1", err: "more than 64 parameters"},
		{in: "ATTENDEE;A=" + strings.Repeat("b", 5000) + ":1", err: "longer than 4096"},
	} {
		at := strings.IndexAny(tc.in, ";:")
		p := property{name: nameOf([]byte(tc.in[:at]))}
		err := p.split([]byte(tc.in[at:]))
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: error %v, want one with %q", clip(tc.in), err, tc.err)
			}
			continue
		}
		var got params
		for _, q := range p.params {
			if got == nil {
				got = params{}
			}
			got[strings.ToUpper(string(q.name))] = string(p.param(strings.ToLower(string(q.name))))
		}
		if diff := cmp.Diff(tc.params, got); err != nil || diff != "" || string(p.value) != tc.value {
			t.Errorf("%s: value %q, error %v (-want +got):\n%s", clip(tc.in), p.value, err, diff)
		}
	}
}

func TestFeedsRefused(t *testing.T) {
	good := string(wrap(eventLines("a")))
	for _, tc := range []struct {
		name, in string
		want     error
	}{
		{"nothing", "", ErrEmpty},
		{"blanks", " \r\n\r\n", ErrEmpty},
		{"bom alone", bom, ErrEmpty},
		{"page", "\n<!DOCTYPE html><html>", ErrHTML},
		{"xml", "<?xml version=\"1.0\"?>", ErrHTML},
		{"json", `{"error":"login"}`, ErrJSON},
		{"json list", "[]", ErrJSON},
		{"text", "Please log in", ErrNotCalendar},
		{"utf-16", "\xff\xfeB\x00E\x00", ErrNotCalendar},
		{"card", "BEGIN:VCARD\r\nEND:VCARD\r\n", ErrNotCalendar},
		{"cut in the opening", "BEGIN:VCAL", ErrTruncated},
		{"cut", good[:len(good)-20], ErrTruncated},
		{"cut in the closing", strings.TrimSuffix(good, "R\r\n"), ErrTruncated},
		{"cut, then whole", good[:len(good)-20] + "\r\n" + good, ErrTruncated},
		{"whole, then a page", good + "<html><body>502 Bad Gateway</body></html>", ErrHTML},
		{"whole, then JSON", good + `{"error":"login"}`, ErrJSON},
		{"whole, then cut", good + good[:len(good)-20], ErrTruncated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := Occurrences([]byte(tc.in), spring(), berlin(t))
			if !errors.Is(err, tc.want) || len(r.Occurrences) > 0 {
				t.Errorf("%d occurrences, error %v; want none and %v", len(r.Occurrences), err, tc.want)
			}
		})
	}
}

// A feed that was cut off anywhere must never pass for a complete one.
func TestEveryPrefixIsRefused(t *testing.T) {
	files, _ := filepath.Glob(feeds + "*.ics")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(data, []byte("BEGIN:VCALENDAR")) > 1 {
			continue // cut between its calendars it is two feeds, and both are whole
		}
		whole := len(bytes.TrimRight(data, " \r\n"))
		for n := range whole {
			if _, err := Occurrences(data[:n], spring(), berlin(t)); err == nil {
				t.Fatalf("%s: the first %d of %d bytes pass for a feed", file, n, whole)
			}
		}
		if _, err := Occurrences(data[:whole], spring(), berlin(t)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

// What one event does wrong must not cost its neighbours.
func TestBadEventCostsItself(t *testing.T) {
	for _, tc := range []struct{ name, event, problem string }{
		{"date", eventLines("x", "DTSTART:20260231T080000Z"), "not a day of the calendar"},
		{"duration", eventLines("x", "DURATION:1 hour"), "not a duration"},
		{"rule", eventLines("x", "RRULE:FREQ=DAILY;BYEASTER=400"), "BYEASTER is not supported"},
		{"rdate", eventLines("x", "RDATE:20260304T080000Z/later"), `RDATE: "later"`},
		{"exdate", eventLines("x", "EXDATE:never"), `EXDATE: "never"`},
		{"instance", eventLines("x", "RECURRENCE-ID:then"), `RECURRENCE-ID: "then"`},
		{"zone", strings.Replace(eventLines("x"), "DTSTART:20260303T080000Z", "DTSTART;TZID=Local:20260303T080000", 1), "TZID=Local"},
		{"two starts", eventLines("x", "DTSTART:20260304T080000Z"), "DTSTART: the event has another one, which says something else"},
		{"long line", eventLines("x", "SUMMARY:"+strings.Repeat("a", maxLine)), "SUMMARY is longer than 65536 bytes"},
		{"long folded line", eventLines("x", "SUMMARY:a"+strings.Repeat("\r\n "+strings.Repeat("b", 1000), 70)), "longer than 65536"},
		{"parameters", eventLines("x", "ATTENDEE"+strings.Repeat(";A=b", 65)+":1"), "more than 64 parameters"},
		{"properties", eventLines("x", strings.TrimSuffix(strings.Repeat("COMMENT:x\r\nATTENDEE:"+strings.Repeat("a", 1000)+"\r\n", 1100), "\r\n")), "longer than 1048576 bytes"},
		{"nesting", eventLines("x", nested(20)), "nested deeper than 8"},
		{"not closed alarm", eventLines("x", "BEGIN:VALARM"), "END:VEVENT before END:VALARM"},
		{"not closed event", strings.TrimSuffix(eventLines("x"), "END:VEVENT") + "COMMENT:", "before END:VEVENT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := Occurrences(wrap(eventLines("before"), tc.event, eventLines("after")), spring(), berlin(t))
			if err != nil {
				t.Fatal(err)
			}
			var uids []string
			for _, o := range r.Occurrences {
				uids = append(uids, o.UID)
			}
			if diff := cmp.Diff([]string{"after", "before"}, uids); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, tc.problem) || r.Problems[0].UID != "x" || r.Problems[0].Line < 8 {
				t.Errorf("problems %+v, want one of event x with %q", r.Problems, tc.problem)
			}
		})
	}
}

func nested(n int) string {
	return strings.Repeat("BEGIN:X-BOX\r\n", n) + "X:y\r\n" + strings.TrimSuffix(strings.Repeat("END:X-BOX\r\n", n), "\r\n")
}

// What belongs to an alarm is not the event's.
func TestAlarmsAreNotRead(t *testing.T) {
	r, err := Occurrences(wrap(eventLines("x", "BEGIN:VALARM", "UID:alarm", "DTSTART:20200101T000000Z", "SUMMARY:Ring", "END:VALARM")), spring(), berlin(t))
	if err != nil || len(r.Occurrences) != 1 || r.Occurrences[0].UID != "x" || r.Occurrences[0].Summary != "" {
		t.Errorf("got %+v, error %v", r, err)
	}
}

func TestComponentsAreLimited(t *testing.T) {
	data := wrap(strings.TrimSuffix(strings.Repeat("BEGIN:VTODO\nEND:VTODO\n", maxComponents+1), "\n"))
	if _, err := Occurrences(data, spring(), berlin(t)); err == nil || !strings.Contains(err.Error(), "more than 500000 components") {
		t.Errorf("error %v", err)
	}
}

// Millions of open components neither overflow a stack nor hide the end.
func TestDeepNestingIsFlat(t *testing.T) {
	data := wrap(eventLines("before"), strings.TrimSuffix(strings.Repeat("BEGIN:X\n", maxComponents-10), "\n"))
	r, err := Occurrences(data, spring(), berlin(t))
	if err != nil || len(r.Occurrences) != 1 {
		t.Errorf("%d occurrences, error %v", len(r.Occurrences), err)
	}
}

// A line of 64 MB is passed over without a copy of it.
func TestHugeLineIsNotCopied(t *testing.T) {
	for name, text := range map[string]string{"folded": strings.Repeat("a\r\n ", 16<<20), "in one": strings.Repeat("a", 64<<20)} {
		data := wrap(eventLines("before"), "BEGIN:VEVENT", "UID:x", "SUMMARY:"+text, "END:VEVENT")
		r := newLineReader(bytes.NewReader(data))
		long := ""
		for l, ok := r.next(); ok; l, ok = r.next() {
			if l.long {
				long += string(l.text[:8])
			}
		}
		if cap(r.buf) != lineBuffer || cap(r.joined) > 4*maxLine || long != "SUMMARY:" {
			t.Errorf("%s: buffers of %d and %d bytes, long lines %q", name, cap(r.buf), cap(r.joined), long)
		}
	}
}

// A UID that is cut is text still: the store takes no half letters.
func TestCutUIDIsText(t *testing.T) {
	head := strings.Repeat("x", 1023)
	if got := clipUID(head + "ä@example.com"); got != head {
		t.Errorf("the UID ends in %q", got[1020:])
	}
}

// What an event says twice in the same words it says once; a NUL in a UID, which
// would get as far as the database, costs the event; a STATUS that no event can
// have is told, and the event counts.
func TestOddEvents(t *testing.T) {
	nul := strings.Replace(eventLines("x"), "UID:x", "UID:x\x00y", 1)
	r, err := Occurrences(wrap(eventLines("twice", "DTSTART:20260303T080000Z"), nul, eventLines("odd", "STATUS:MAYBE"), eventLines("busy", "STATUS:BUSY")), spring(), berlin(t))
	if err != nil {
		t.Fatal(err)
	}
	var uids []string
	for _, o := range r.Occurrences {
		uids = append(uids, o.UID)
	}
	if diff := cmp.Diff([]string{"busy", "odd", "twice"}, uids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, "UID: it holds a NUL") || r.Problems[0].Line == 0 {
		t.Errorf("problems %+v", r.Problems)
	}
	if len(r.Notes) != 1 || r.Notes[0].UID != "odd" || !strings.Contains(r.Notes[0].What, `STATUS is "MAYBE"`) {
		t.Errorf("notes %+v", r.Notes)
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
		r, err := Read([]byte(good+text), Options{Window: spring(), Zone: berlin(t), Directory: tables()})
		if err != nil || len(r.Problems) != lost || len(r.Doubt.Lost) != lost || len(r.Occurrences) != 1 {
			t.Errorf("%q: problems %v, %d lost, %d occurrences, error %v", text, r.Problems, len(r.Doubt.Lost), len(r.Occurrences), err)
		}
	}
}
