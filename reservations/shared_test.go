package reservations

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A tool that gives one UID to all its events, and the events of one meeting on
// several desks: a row is known by what it has in common with its event, whatever
// happens to the others.
func TestDiffOfASharedUID(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	r := func(desk, person string, from, to int) Reservation {
		return Reservation{UID: "tool", Desk: desk, Person: person, Status: Confirmed, Span: Span{Start: day.Add(time.Duration(from) * time.Hour), End: day.Add(time.Duration(to) * time.Hour)}}
	}
	have := []Reservation{r("D12", "mia", 8, 10), r("D12", "mia", 14, 16), r("D13", "jo", 8, 10), r("D13", "jo", 32, 34)}
	for i := range have {
		have[i].ID = fmt.Sprint(i)
	}
	for _, tc := range []struct {
		name string
		want []Reservation
		diff string // updates, adds and drops
	}{
		{"nothing new", have, ""},
		{"in another order", []Reservation{have[3], have[1], have[0], have[2]}, ""},
		{"one vanishes", []Reservation{have[0], have[2], have[3]}, "-1"},
		{"both of a day move", []Reservation{r("D12", "mia", 9, 11), r("D12", "mia", 15, 17), have[2], have[3]}, "0 1"},
		{"one moves, one vanishes", []Reservation{r("D12", "mia", 15, 17), have[2], have[3]}, "1 -0"},
		{"one goes to another desk", []Reservation{r("D15", "mia", 8, 10), have[1], have[2], have[3]}, "0"},
		{"one is given to another person", []Reservation{r("D12", "ada", 8, 10), have[1], have[2], have[3]}, "0"},
		{"one vanishes, another is new", []Reservation{have[0], have[1], have[2], r("D15", "ada", 50, 52)}, "+ -3"},
		{"all vanish, others are new", []Reservation{r("D16", "eve", 8, 9), r("D17", "fay", 8, 9)}, "+ + -0 -2 -1 -3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := make([]Reservation, len(tc.want))
			for i, w := range tc.want {
				w.ID = ""
				want[i] = w
			}
			c := Diff(have, want, day)
			var got []string
			for _, u := range c.Update {
				got = append(got, u.ID)
			}
			got = append(got, slices.Repeat([]string{"+"}, len(c.Add))...)
			for _, d := range c.Drop {
				got = append(got, "-"+d.ID)
			}
			if s := strings.Join(got, " "); s != tc.diff {
				t.Errorf("%q, want %q", s, tc.diff)
			}
		})
	}
}
