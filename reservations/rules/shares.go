package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
)

func oneDeskValue(r Rules, _ World) string {
	if !r.OneDesk {
		return ""
	}
	return "true"
}

func oneDesk(_ Rules, w World, q Request, _ time.Time) Refusal {
	for _, o := range others(w, q) {
		if o.Overlaps(q.Span) && o.Desk != q.Desk.ID {
			return Refusal{Code: SecondDesk, Text: fmt.Sprintf("%s has desk %s from %s to %s, and may have one desk at a time",
				q.Person.ID, o.Desk, instant(o.Start), instant(o.End)), Until: o.End}
		}
	}
	return Refusal{}
}

// others are the person's bookings beside the one that is asked for.
func others(w World, q Request) []reservations.Reservation {
	if q.Of == "" { // hundreds of desks may be asked about with the same bookings
		return w.Own
	}
	return slices.DeleteFunc(slices.Clone(w.Own), func(o reservations.Reservation) bool { return o.ID == q.Of })
}

func quotasValue(r Rules, _ World) string {
	var parts []string
	for _, quota := range r.Quotas {
		parts = append(parts, quota.String())
	}
	return strings.Join(parts, ", ")
}

func (o Quota) String() string {
	var parts []string
	if o.Bookings > 0 {
		parts = append(parts, plural(o.Bookings, "booking"))
	}
	if o.Hours > 0 {
		parts = append(parts, plural(o.Hours, "hour"))
	}
	if o.Per == PerAhead {
		return strings.Join(parts, " and ") + " ahead"
	}
	return strings.Join(parts, " and ") + " a " + string(o.Per)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func quotas(r Rules, w World, q Request, now time.Time) Refusal {
	rest := others(w, q)
	for _, quota := range r.Quotas {
		for _, period := range quota.periods(q.Span, r.clock(), now) {
			if refusal := quota.broken(rest, q, period, r.clock()); refusal.Code != "" {
				if quota.Per != PerAhead {
					refusal.Until = period.End.UTC()
				}
				return refusal
			}
		}
	}
	return Refusal{}
}

// PeriodOf is the period around an instant by a wall clock. There is none of [PerAhead].
func PeriodOf(per Period, t time.Time, zone *time.Location) reservations.Span {
	first := dateOf(t, zone)
	next := first.Plus(1)
	switch per {
	case PerWeek:
		first = first.Plus(-(int(first.Weekday()) + 6) % 7)
		next = first.Plus(7)
	case PerMonth:
		first.Day = 1
		next = dateOf(time.Date(first.Year, first.Month+1, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	case PerDay, PerAhead:
	}
	return reservations.Span{Start: startOf(first, zone), End: startOf(next, zone)}
}

// periods are those that a booking touches.
func (o Quota) periods(s reservations.Span, zone *time.Location, now time.Time) []reservations.Span {
	if o.Per == PerAhead {
		// What is not over, however far ahead.
		return []reservations.Span{{Start: now, End: reservations.Latest(now, s.End).Add(100 * 366 * day)}}
	}
	var touched []reservations.Span
	for t := s.Start; t.Before(s.End); {
		p := PeriodOf(o.Per, t, zone)
		touched = append(touched, p)
		if !p.End.After(t) { // where clocks went back over a midnight, a day ends before it goes on
			p.End = t.Add(time.Hour)
		}
		t = p.End
	}
	return touched
}

// broken counts what a person has in a period with the booking that is asked for.
func (o Quota) broken(rest []reservations.Reservation, q Request, period reservations.Span, zone *time.Location) Refusal {
	within := cut(q.Span, period)
	if within.Empty() {
		return Refusal{}
	}
	bookings, hours := 1, time.Duration(0)
	if o.Hours > 0 { // to find whole days takes longer than all else
		hours = length(within, zone)
	}
	for i := range rest { // of a row, the span alone
		if !rest[i].Overlaps(period) {
			continue
		}
		bookings++
		if o.Hours > 0 {
			hours += length(cut(rest[i].Span, period), zone)
		}
	}
	switch {
	case o.Bookings > 0 && bookings > o.Bookings:
		return Refusal{Code: OverQuota, Value: o.String(), Text: fmt.Sprintf("%s may have %s, and has %d", q.Person.ID, o, bookings-1)}
	case o.Hours > 0 && hours > time.Duration(o.Hours)*time.Hour:
		return Refusal{Code: OverQuota, Value: o.String(), Text: fmt.Sprintf("%s may have %s; with this booking it would be %s", q.Person.ID, o, durationValue(hours))}
	}
	return Refusal{}
}

// cut is the part of s that is in within.
func cut(s, within reservations.Span) reservations.Span {
	return reservations.Span{Start: reservations.Latest(s.Start, within.Start), End: reservations.Earliest(s.End, within.End)}
}
