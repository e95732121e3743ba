package ical

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLinesUnfold(t *testing.T) {
	for _, tc := range []struct {
		Name, in string
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
		t.Run(tc.Name, func(t *testing.T) {
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
		p := Property{Name: nameOf([]byte(tc.in[:at]))}
		err := p.Split([]byte(tc.in[at:]))
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: error %v, want one with %q", Clip(tc.in), err, tc.err)
			}
			continue
		}
		var got params
		for _, q := range p.params {
			if got == nil {
				got = params{}
			}
			got[strings.ToUpper(string(q.name))] = string(p.Param(strings.ToLower(string(q.name))))
		}
		if diff := cmp.Diff(tc.params, got); err != nil || diff != "" || string(p.Value) != tc.value {
			t.Errorf("%s: value %q, error %v (-want +got):\n%s", Clip(tc.in), p.Value, err, diff)
		}
	}
}

func TestComponentsAreLimited(t *testing.T) {
	data := vcalendar(strings.TrimSuffix(strings.Repeat("BEGIN:VTODO\nEND:VTODO\n", maxComponents+1), "\n"))
	if err := Check(data); err == nil || !strings.Contains(err.Error(), "more than 500000 components") {
		t.Errorf("error %v", err)
	}
}

// A line of 64 MB is passed over without a copy of it.
func TestHugeLineIsNotCopied(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads two lines of 64 MiB: with -short, the long line of TestBombs stands for it")
	}
	for name, text := range map[string]string{"folded": strings.Repeat("a\r\n ", 16<<20), "in one": strings.Repeat("a", 64<<20)} {
		data := vcalendar(anEvent("before"), "BEGIN:VEVENT", "UID:x", "SUMMARY:"+text, "END:VEVENT")
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
	if got := ClipUID(head + "ä@example.com"); got != head {
		t.Errorf("the UID ends in %q", got[1020:])
	}
}
