package rules

import (
	"fmt"
	"time"

	"deskd/reservations"
)

// ParseDate reads a day like 2026-03-02.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a day such as 2026-12-25", text)
	}
	return dateOf(t, time.UTC), nil
}

// DaysOf are days of a wall clock, from the first to the last one, that one included.
func DaysOf(first, last string, zone *time.Location) (reservations.Span, error) {
	from, err := ParseDate(first)
	if err != nil {
		return reservations.Span{}, err
	}
	to, err := ParseDate(last)
	if err != nil {
		return reservations.Span{}, err
	}
	return reservations.Span{Start: startOf(from, zone), End: startOf(to.Plus(1), zone)}.UTC(), nil
}

// Wall is what a clock shows at an instant, as if it were UTC: midnight when a day begins, also
// where the clock skips it.
func Wall(t time.Time, zone *time.Location) time.Time {
	d := dateOf(t, zone)
	if startOf(d, zone).Equal(t) {
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	}
	t = t.In(zone)
	return time.Date(d.Year, d.Month, d.Day, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// At is the instant at which a clock shows a [Wall]: the first of two, and where the clock
// skips it, the instant of the skip.
func At(wall time.Time, zone *time.Location) time.Time {
	wall = wall.UTC()
	minute := wall.Hour()*60 + wall.Minute()
	return at(dateOf(wall, time.UTC), minute, zone).UTC().Add(time.Duration(wall.Second()) * time.Second)
}
