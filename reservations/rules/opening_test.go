package rules

import (
	"slices"
	"testing"
	"time"

	"deskd/reservations"
)

// A desk is open in the hours of the place, without what is closed of them.
func TestOpen(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	monday, sunday, longDay := Date{2026, 3, 2}, Date{2026, 3, 1}, Date{2026, 10, 25}
	span := func(d Date, from, to int) reservations.Span {
		return reservations.Span{Start: at(d, from*60, berlin), End: at(d, to*60, berlin)}
	}
	week := new([7]Hours)
	for i := 1; i <= 5; i++ {
		week[i] = Hours{From: 7 * 60, To: 20 * 60}
	}
	office := Rules{Clock: berlin, Week: week}
	closed := func(spans ...reservations.Span) (w World) {
		for _, s := range spans {
			w.Closures = append(w.Closures, Closure{Span: s})
		}
		return w
	}
	for name, c := range map[string]struct {
		r    Rules
		w    World
		on   Date
		want []reservations.Span
	}{
		"office hours":       {office, World{}, monday, []reservations.Span{span(monday, 7, 20)}},
		"no hours":           {Rules{Clock: berlin}, World{}, sunday, []reservations.Span{span(sunday, 0, 24)}},
		"a day of 25 hours":  {Rules{Clock: berlin}, World{}, longDay, []reservations.Span{{Start: at(longDay, 0, berlin), End: at(longDay, 0, berlin).Add(25 * time.Hour)}}},
		"a Sunday":           {office, World{}, sunday, nil},
		"a holiday":          {Rules{Clock: berlin, Week: week, Holidays: []Holiday{{From: sunday, To: monday}}}, World{}, monday, nil},
		"after a holiday":    {Rules{Clock: berlin, Week: week, Holidays: []Holiday{{From: sunday, To: sunday}}}, World{}, monday, []reservations.Span{span(monday, 7, 20)}},
		"a calendar's":       {office, World{Holidays: []Holiday{{From: monday, To: monday}}}, monday, nil},
		"out of service":     {Rules{Clock: berlin, OutOfService: []string{"4.*"}}, World{}, monday, nil},
		"closed at noon":     {office, closed(span(monday, 12, 13)), monday, []reservations.Span{span(monday, 7, 12), span(monday, 13, 20)}},
		"closed twice":       {office, closed(span(monday, 0, 9), span(monday, 8, 10), span(monday, 19, 24)), monday, []reservations.Span{span(monday, 10, 19)}},
		"closed as a whole":  {office, closed(span(monday, 7, 20)), monday, nil},
		"closed another day": {office, closed(span(sunday, 0, 24)), monday, []reservations.Span{span(monday, 7, 20)}},
	} {
		got := Open(c.r, c.w, reservations.Desk{ID: "4.12"}, c.on)
		if !slices.EqualFunc(got, c.want, reservations.Span.Equal) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
