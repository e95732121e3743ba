package feed

import (
	"errors"
	"slices"
	"time"
)

// The work a feed may cost, in days looked at and times made. One event may use
// maxRuleWork of it; a feed that uses up maxFeedWork is refused.
const (
	maxRuleWork = 1_000_000
	maxFeedWork = 50_000_000
)

var (
	errRuleWork = errors.New("the rule takes more work than a booking is worth: does it ever match?")
	errFeedWork = errors.New("the feed's rules take more work together than deskd spends on a feed")
)

// work is what may still be spent.
type work struct{ rule, feed int }

func (w *work) spend(n int) error {
	w.rule -= n
	w.feed -= n
	switch {
	case w.feed < 0:
		return errFeedWork
	case w.rule < 0:
		return errRuleWork
	}
	return nil
}

// recurrence is a rule counted from its DTSTART, on the wall clock alone.
type recurrence struct {
	*rule
	start wall
	until wall // the last that counts
	base  int64
	times []int // seconds of the day, for every frequency but hourly
	// inYear says that the numbers of BYDAY count in the year, not the month.
	inYear bool
	spent  *work
}

// on fills in what the rule leaves to DTSTART (RFC 5545 3.3.10): a missing BY
// part is that of the start. until must be on the wall clock of start. A DATE
// has no time of day, and BY parts about it are ignored.
func (r *rule) on(start wall, date bool, until wall, spent *work) recurrence {
	full := *r
	at := start.time()
	if date {
		full.byHour, full.byMinute, full.bySecond = nil, nil, nil
	}
	if len(r.byDay)+len(r.byMonthDay)+len(r.byYearDay) == 0 {
		switch {
		case r.freq == weekly, len(r.byWeekNo) > 0:
			full.byDay = []weekday{{0, int(at.Weekday())}}
		case r.freq == monthly:
			full.byMonthDay = []int{at.Day()}
		case r.freq == yearly:
			full.byMonthDay = []int{at.Day()}
			if len(r.byMonth) == 0 {
				full.byMonth = []int{int(at.Month())}
			}
		}
	}
	// As libical and ical.net read it: days of the month alone stay in the month of DTSTART.
	if r.freq == yearly && len(r.byMonthDay) > 0 && len(r.byMonth)+len(r.byWeekNo)+len(r.byYearDay) == 0 {
		full.byMonth = []int{int(at.Month())}
	}
	c := recurrence{rule: &full, start: start, until: until, spent: spent}
	c.inYear = r.freq == yearly && len(r.byMonth) == 0
	c.times = product(orElse(full.byHour, at.Hour()), orElse(full.byMinute, at.Minute()), orElse(full.bySecond, at.Second()))
	c.base = c.firstPeriod()
	return c
}

func orElse(list []int, n int) []int {
	if len(list) == 0 {
		return []int{n}
	}
	return list
}

// product is every combination as seconds of the day, in order because the
// lists are.
func product(hours, minutes, seconds []int) []int {
	times := make([]int, 0, len(hours)*len(minutes)*len(seconds))
	for _, h := range hours {
		for _, m := range minutes {
			for _, s := range seconds {
				times = append(times, h*3600+m*60+s)
			}
		}
	}
	return times
}

// between appends to out the instances in [from, to), in order. Without COUNT
// it begins near from, however long ago the series did.
func (c *recurrence) between(from, to wall, out []wall) ([]wall, error) {
	to = min(to, lastWall)
	if c.until < to-1 {
		to = c.until + 1
	}
	k, left := int64(0), c.count
	if c.count == 0 {
		k = c.skip(from)
	}
	var set []wall
	for {
		first := c.periodStart(k)
		if first >= to {
			return out, nil
		}
		var err error
		if set, err = c.period(k, set[:0]); err != nil {
			return out, err
		}
		for _, w := range c.pick(set) {
			switch {
			case w < c.start:
				continue
			case w >= to:
				return out, nil
			case w >= from:
				out = append(out, w)
			}
			if left--; left == 0 {
				return out, nil
			}
		}
		k = c.after(k)
	}
}

// has reports whether w is an instance of the series.
func (c *recurrence) has(w wall) (bool, error) {
	hit, err := c.between(w, w+1, nil)
	return len(hit) > 0, err
}

// firstPeriod numbers the period DTSTART is in: years, months, weeks, days or
// hours since some fixed one. Period k of the series is base + k*interval.
func (c *recurrence) firstPeriod() int64 {
	at := c.start.time()
	switch c.freq {
	case yearly:
		return c.firstYear(at)
	case monthly:
		return int64(at.Year())*12 + int64(at.Month()) - 1
	case weekly:
		return floorDiv(c.start.day()-c.weekOffset(), 7)
	case daily:
		return c.start.day()
	}
	return floorDiv(int64(c.start), 3600)
}

// firstYear is the year of DTSTART. By week numbers it may belong to the week
// year before or after; that one counts if the series has an instance in it.
func (c *recurrence) firstYear(at time.Time) int64 {
	year := int64(at.Year())
	if len(c.byWeekNo) == 0 {
		return year
	}
	other := year
	switch day := c.start.day(); {
	case day < weekOne(int(year), c.wkst):
		other--
	case day >= weekOne(int(year)+1, c.wkst):
		other++
	default:
		return year
	}
	trial := *c
	trial.base = other
	set, err := trial.period(0, nil)
	if set = trial.pick(set); err == nil && len(set) > 0 && set[len(set)-1] >= c.start {
		return other
	}
	return year
}

// weekOffset is the day number, 0 to 6, on which weeks begin: day 0, the
// first of 1970, was a Thursday.
func (c *recurrence) weekOffset() int64 { return int64(c.wkst+3) % 7 }

// skip is the last period that begins at or before from, or the first of all.
// Period starts grow with k, so a period before it has ended by then.
func (c *recurrence) skip(from wall) int64 {
	at := *c
	at.start = max(from, c.start)
	if at.freq == yearly {
		// Week years lag or lead by some days: one period early is safe.
		return max(0, floorDiv(int64(at.start.time().Year())-c.base, int64(c.interval))-1)
	}
	return max(0, floorDiv(at.firstPeriod()-c.base, int64(c.interval)))
}

// periodStart is the beginning of period k, or lastWall beyond the calendar.
func (c *recurrence) periodStart(k int64) wall {
	n := c.base + k*int64(c.interval)
	switch c.freq {
	case yearly:
		if n >= 10000 {
			return lastWall
		}
		if len(c.byWeekNo) > 0 {
			return wall(weekOne(int(n), c.wkst)) * daySeconds
		}
		return wallOf(int(n), 1, 1, 0)
	case monthly:
		if n >= 10000*12 {
			return lastWall
		}
		return wallOf(int(n/12), int(n%12)+1, 1, 0)
	case weekly:
		n = n*7 + c.weekOffset()
	case hourly:
		return wall(min(n, int64(lastWall)/3600) * 3600)
	}
	return wall(min(n, lastWall.day()) * daySeconds)
}

// period appends the candidates of period k, in order and before BYSETPOS.
func (c *recurrence) period(k int64, set []wall) ([]wall, error) {
	start := c.periodStart(k)
	if c.freq == hourly {
		return c.hour(start, set)
	}
	first, end := start.day(), start.day()+1
	switch at := start.time(); c.freq {
	case weekly:
		end = first + 7
	case monthly:
		end = first + int64(monthLength(at.Year(), int(at.Month())))
	case yearly:
		end = first + int64(yearLength(at.Year()))
		if len(c.byWeekNo) > 0 {
			end = weekOne(int(c.base+k*int64(c.interval))+1, c.wkst)
		}
	}
	for d := first; d < end; d++ {
		if err := c.spent.spend(1); err != nil {
			return set, err
		}
		if !c.onDay(d) {
			d = c.passMonth(d)
			continue
		}
		if err := c.spent.spend(len(c.times)); err != nil {
			return set, err
		}
		for _, t := range c.times {
			set = append(set, wall(d*daySeconds)+wall(t))
		}
	}
	return set, nil
}

// passMonth is the last day of d's month if BYMONTH leaves out all of it, and
// d otherwise: most yearly rules name one month of the twelve.
func (c *recurrence) passMonth(d int64) int64 {
	if len(c.byMonth) == 0 || c.freq != yearly {
		return d
	}
	year, month, day := time.Unix(d*daySeconds, 0).UTC().Date()
	if slices.Contains(c.byMonth, int(month)) {
		return d
	}
	return d + int64(monthLength(year, int(month))-day)
}

// hour appends the candidates of the hour that begins at start.
func (c *recurrence) hour(start wall, set []wall) ([]wall, error) {
	if err := c.spent.spend(1); err != nil {
		return set, err
	}
	clock := start.clock()
	if !c.onDay(start.day()) || len(c.byHour) > 0 && !slices.Contains(c.byHour, clock/3600) {
		return set, nil
	}
	at := c.start.time()
	times := product([]int{clock / 3600}, orElse(c.byMinute, at.Minute()), orElse(c.bySecond, at.Second()))
	for _, t := range times {
		set = append(set, start-wall(clock)+wall(t))
	}
	return set, c.spent.spend(len(times))
}

// after is the next period worth a look: hours of a day that does not match
// are passed over together.
func (c *recurrence) after(k int64) int64 {
	if c.freq == hourly {
		if day := c.periodStart(k).day(); !c.onDay(day) {
			hours := (day+1)*24 - c.base
			return max(k+1, -floorDiv(-hours, int64(c.interval)))
		}
	}
	return k + 1
}

// pick applies BYSETPOS.
func (c *recurrence) pick(set []wall) []wall {
	if len(c.bySetPos) == 0 {
		return set
	}
	var picked []wall
	for _, pos := range c.bySetPos {
		if pos < 0 {
			pos += len(set) + 1
		}
		if pos >= 1 && pos <= len(set) {
			picked = append(picked, set[pos-1])
		}
	}
	slices.Sort(picked)
	return slices.Compact(picked)
}

// onDay reports whether the BY parts about days admit day d.
func (c *recurrence) onDay(d int64) bool {
	at := time.Unix(d*daySeconds, 0).UTC()
	year, month, day := at.Date()
	if len(c.byMonth) > 0 && !slices.Contains(c.byMonth, int(month)) {
		return false
	}
	if !admits(c.byMonthDay, day, monthLength(year, int(month))) {
		return false
	}
	if len(c.byYearDay) > 0 && !admits(c.byYearDay, at.YearDay(), yearLength(year)) {
		return false
	}
	if len(c.byWeekNo) > 0 && !c.inWeek(d, year) {
		return false
	}
	return len(c.byDay) == 0 || c.onWeekday(at)
}

// admits reports whether list, if there is one, holds n of 1…last, counted from
// either end.
func admits(list []int, n, last int) bool {
	return len(list) == 0 || slices.Contains(list, n) || slices.Contains(list, n-last-1)
}

func (c *recurrence) inWeek(d int64, year int) bool {
	first, next := weekOne(year, c.wkst), weekOne(year+1, c.wkst)
	switch {
	case d < first:
		first, next = weekOne(year-1, c.wkst), first
	case d >= next:
		first, next = next, weekOne(year+2, c.wkst)
	}
	return admits(c.byWeekNo, int(d-first)/7+1, int(next-first)/7)
}

// weekOne is the first day of the first week of year: the one with at least
// four days in it, hence with 4 January (ISO 8601, for any first weekday).
func weekOne(year, wkst int) int64 {
	fourth := wallOf(year, 1, 4, 0)
	return fourth.day() - int64((int(fourth.time().Weekday())-wkst+7)%7)
}

// onWeekday applies BYDAY. Its numbers count in the month, or in the year where
// no month is given; beside week numbers they mean nothing.
func (c *recurrence) onWeekday(at time.Time) bool {
	n, last := at.Day(), monthLength(at.Year(), int(at.Month()))
	if c.inYear {
		n, last = at.YearDay(), yearLength(at.Year())
	}
	front, back := (n-1)/7+1, -((last-n)/7 + 1)
	for _, d := range c.byDay {
		if d.day != int(at.Weekday()) {
			continue
		}
		if d.nth == 0 || d.nth == front || d.nth == back || len(c.byWeekNo) > 0 {
			return true
		}
	}
	return false
}
