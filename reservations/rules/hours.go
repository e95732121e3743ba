package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// hoursValue words the week as the configuration does: mon-fri 07:00-20:00.
func hoursValue(r Rules, _ World) string {
	if r.Week == nil {
		return ""
	}
	var parts []string
	for i := 1; i <= 7; { // a week begins on Monday
		hours, from := r.Week[i%7], i
		for i++; i <= 7 && r.Week[i%7] == hours; i++ {
		}
		name := weekdays[from%7]
		if i-1 > from {
			name += "-" + weekdays[(i-1)%7]
		}
		if hours != (Hours{}) {
			parts = append(parts, name+" "+hours.String())
		}
	}
	if parts == nil {
		return "never open"
	}
	return strings.Join(parts, ", ")
}

// hours asks that every day of a booking is a day on which the site is open, and that it
// begins and ends in their hours. One of whole days asks only for the days:
//
//	           06   07          20   24     open 07:00-20:00
//	granted         [===========)
//	granted   [=====================)       the whole day
//	refused        [=======)
//	granted         [===  night  ====)      until the next evening: both days are open
func hours(r Rules, _ World, q Request, _ time.Time) Refusal {
	zone := r.clock()
	first, last := days(q.Span, zone)
	for d := first; !last.Before(d); d = d.Plus(1) {
		if r.Week[d.Weekday()] == (Hours{}) {
			return Refusal{Code: ClosedDay, Text: fmt.Sprintf("the site is not open on a %s (%s)", d.Weekday(), d)}
		}
	}
	if WholeDays(q.Span, zone) {
		return Refusal{}
	}
	open, end := r.Week[first.Weekday()], r.Week[last.Weekday()]
	begins := minuteOf(q.Start, zone)
	switch {
	case begins < open.From || begins >= open.To:
		return Refusal{Code: OutsideHours, Text: fmt.Sprintf("the site is open from %s to %s on a %s, and the booking begins %s",
			clockText(open.From), clockText(open.To), first.Weekday(), instant(q.Start))}
	case endMinute(q.End, last, zone) <= end.From || endMinute(q.End, last, zone) > end.To:
		return Refusal{Code: OutsideHours, Text: fmt.Sprintf("the site is open from %s to %s on a %s, and the booking ends %s",
			clockText(end.From), clockText(end.To), last.Weekday(), instant(q.End))}
	}
	return Refusal{}
}

// endMinute is the minute of a booking's last day at which it ends, begun minutes
// included: 1440 at the midnight after it.
func endMinute(end time.Time, last Date, zone *time.Location) int {
	if dateOf(end, zone) != last {
		return 24 * 60
	}
	minute := minuteOf(end, zone)
	if end.Truncate(time.Minute) != end {
		minute++
	}
	return minute
}

func holidaysValue(r Rules, w World) string {
	var parts []string
	for _, h := range slices.Concat(r.Holidays, w.Holidays) {
		parts = append(parts, h.String())
	}
	return strings.Join(parts, ", ")
}

func (h Holiday) String() string {
	text := h.From.String()
	if h.To != h.From {
		text += ".." + h.To.String()
	}
	if h.Name != "" {
		text += " " + h.Name
	}
	return text
}

func holidays(r Rules, w World, q Request, _ time.Time) Refusal {
	first, last := days(q.Span, r.clock())
	for _, h := range slices.Concat(r.Holidays, w.Holidays) {
		if !h.To.Before(first) && !last.Before(h.From) {
			return Refusal{
				Code: OnHoliday, Text: fmt.Sprintf("the site is closed (%s)", h), Value: h.String(), Until: startOf(h.To.Plus(1), r.clock()).UTC(),
			}
		}
	}
	return Refusal{}
}

func slotsValue(r Rules, _ World) string {
	var parts []string
	for _, s := range r.Slots {
		parts = append(parts, s.String())
	}
	return strings.Join(parts, ", ")
}

// slots asks that a booking begins when a slot does, or now within one, and ends when
// one does. One of whole days is all slots of them.
func slots(r Rules, _ World, q Request, now time.Time) Refusal {
	zone := r.clock()
	if WholeDays(q.Span, zone) {
		return Refusal{}
	}
	first, last := days(q.Span, zone)
	begins, ends := minuteOf(q.Start, zone), endMinute(q.End, last, zone)
	whole := q.Start.Truncate(time.Minute).Equal(q.Start)
	begun := !q.Start.After(now) // it goes on, and cannot begin earlier
	right := slices.ContainsFunc(r.Slots, func(s Hours) bool {
		return whole && begins == s.From || begun && s.From <= begins && begins < s.To
	})
	if !right {
		return Refusal{Code: NoSlot, Text: fmt.Sprintf("what can be booked of a day is %s, and the booking begins %s", slotsValue(r, World{}), instant(q.Start))}
	}
	right = slices.ContainsFunc(r.Slots, func(s Hours) bool { return ends == s.To })
	if !right || first == last && ends <= begins {
		return Refusal{Code: NoSlot, Text: fmt.Sprintf("what can be booked of a day is %s, and the booking ends %s", slotsValue(r, World{}), instant(q.End))}
	}
	return Refusal{}
}
