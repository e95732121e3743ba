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
		w, asked := Rules{CheckIn: c.CheckIn}.Coming(r)
		if asked != c.asked {
			t.Errorf("%s: asked is %v", name, asked)
		}
		if asked && !w.Span.Equal(reservations.Span{Start: nine.Add(-15 * time.Minute), End: nine.Add(20 * time.Minute)}) {
			t.Errorf("%s: from %s to %s", name, w.Start, w.End)
		}
	}
}

// Whole days begin at midnight, and nobody comes then: they have time from when the first of
// them opens, and where that is not known, nothing is asked.
func TestCheckInOfWholeDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, berlin) }
	office := &[7]Hours{time.Sunday: {7 * 60, 20 * 60}, time.Monday: {8 * 60, 20 * 60}}
	for name, c := range map[string]struct {
		week  *[7]Hours
		slots []Hours
		days  reservations.Span
		by    time.Time // zero: nothing is asked
	}{
		"a day":                            {office, nil, reservations.Span{Start: at(2, 0, 0), End: at(3, 0, 0)}, at(2, 8, 20)},
		"days":                             {office, nil, reservations.Span{Start: at(1, 0, 0), End: at(3, 0, 0)}, at(1, 7, 20)},
		"the day on which clocks change":   {office, nil, reservations.Span{Start: at(29, 0, 0), End: at(30, 0, 0)}, at(29, 7, 20)},
		"a day of slots":                   {office, []Hours{{9 * 60, 13 * 60}, {13 * 60, 18 * 60}}, reservations.Span{Start: at(2, 0, 0), End: at(3, 0, 0)}, at(2, 9, 20)},
		"a day that is always open":        {nil, nil, reservations.Span{Start: at(2, 0, 0), End: at(3, 0, 0)}, time.Time{}},
		"days that are always open":        {nil, nil, reservations.Span{Start: at(2, 0, 0), End: at(5, 0, 0)}, time.Time{}},
		"a day that is open from midnight": {&[7]Hours{time.Monday: {0, 24 * 60}}, nil, reservations.Span{Start: at(2, 0, 0), End: at(3, 0, 0)}, time.Time{}},
		"a night that is no day":           {office, nil, reservations.Span{Start: at(2, 0, 0), End: at(2, 23, 0)}, at(2, 0, 20)},
	} {
		r := Rules{Clock: berlin, Week: c.week, Slots: c.slots, CheckIn: CheckIn{Before: 15 * time.Minute, Within: 20 * time.Minute}}
		made := c.days.Start.Add(-time.Hour)
		got, asked := r.Coming(reservations.Reservation{Person: "jane", Status: reservations.Confirmed, Source: "cli", Seen: made, Updated: made, Span: c.days})
		if asked == c.by.IsZero() || asked && !got.End.Equal(c.by) {
			t.Errorf("%s: asked %v, released at %s; want %s", name, asked, got.End.In(berlin), c.by)
		}
		if asked && !got.Due.Add(20*time.Minute).Equal(c.by) {
			t.Errorf("%s: time from %s on", name, got.Due)
		}
	}
}
