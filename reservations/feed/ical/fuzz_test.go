package ical

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
	addCalendars(f)
	f.Add(vcalendar(strings.Repeat("BEGIN:X-BOX\r\n", 20) + strings.TrimSuffix(strings.Repeat("END:X-BOX\r\n", 20), "\r\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Decode(bytes.NewReader(data), Handler{Event: func(cal *Calendar, d *Event) error {
			if cal == nil || len(d.Text) > MaxEvent {
				t.Errorf("handed over %+v in %v", d, cal)
			}
			return nil
		}})
		if err == nil && CheckOpening(data) != nil {
			t.Error("a feed with a bad opening was taken")
		}
	})
}
