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
