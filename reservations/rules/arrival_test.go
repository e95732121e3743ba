package rules

import (
	"testing"
	"time"

	"deskd/reservations"
)

// Of whom it is asked to come, and from when on and by when that counts.
func TestCheckInWindow(t *testing.T) {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	booked := reservations.Reservation{
		Person: "jane", Status: reservations.Confirmed, Source: "cli", Seen: nine.Add(-time.Hour), Updated: nine.Add(-time.Hour),
		Span: reservations.Span{Start: nine, End: nine.Add(3 * time.Hour)},
	}
	all := CheckIn{Before: 15 * time.Minute, Within: 20 * time.Minute, Feeds: true}
	own := CheckIn{Before: 15 * time.Minute, Within: 20 * time.Minute}
	for name, c := range map[string]struct {
		CheckIn
		change func(r *reservations.Reservation)
		asked  bool
	}{
		"a booking":                    {own, func(*reservations.Reservation) {}, true},
		"where it is off":              {CheckIn{Before: time.Hour, Feeds: true}, func(*reservations.Reservation) {}, false},
		"of nobody":                    {all, func(r *reservations.Reservation) { r.Person = "" }, false},
		"that waits":                   {all, func(r *reservations.Reservation) { r.Status = reservations.Conflict }, false},
		"that is over by then":         {own, func(r *reservations.Reservation) { r.End = nine.Add(20 * time.Minute) }, false},
		"that goes on a little":        {own, func(r *reservations.Reservation) { r.End = nine.Add(21 * time.Minute) }, true},
		"made right before":            {own, func(r *reservations.Reservation) { r.Seen = nine.Add(-time.Millisecond) }, true},
		"made when it begins":          {own, func(r *reservations.Reservation) { r.Seen = nine }, false},
		"made after the deadline":      {own, func(r *reservations.Reservation) { r.Seen = nine.Add(time.Hour) }, false},
		"changed since":                {own, func(r *reservations.Reservation) { r.Updated = nine.Add(time.Minute) }, false},
		"a calendar's":                 {own, func(r *reservations.Reservation) { r.Source = "feed:hq" }, false},
		"a calendar's, of such a site": {all, func(r *reservations.Reservation) { r.Source = "feed:hq" }, true},
		"another program's":            {own, func(r *reservations.Reservation) { r.Source = "sql" }, false},
		"another's, of such a site":    {all, func(r *reservations.Reservation) { r.Source = "sql" }, true},
	} {
		r := booked
		c.change(&r)
		w, asked := c.Window(r)
		if asked != c.asked {
			t.Errorf("%s: asked is %v", name, asked)
		}
		if asked && !w.Equal(reservations.Span{Start: nine.Add(-15 * time.Minute), End: nine.Add(20 * time.Minute)}) {
			t.Errorf("%s: from %s to %s", name, w.Start, w.End)
		}
	}
}
