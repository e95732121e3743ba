package recur

import (
	"slices"

	"deskd/reservations/feed/ical"
)

// firstPeriod numbers the period w is in: years, months, weeks or units since
// some fixed one. Period k of the series is base + k*interval.
func (c *Series) firstPeriod(w ical.Wall) int64 {
	switch c.Freq {
	case Yearly:
		return c.firstYear(w)
	case Monthly:
		at := civilOf(w.Day())
		return int64(at.year)*12 + int64(at.month) - 1
	case Weekly:
		return floorQuotient(w.Day()-c.weekOffset(), 7)
	}
	return floorQuotient(int64(w), c.unit)
}

// firstYear is the year of DTSTART. By week numbers it may belong to the week
// year before or after; that one counts if the series has an instance in it.
func (c *Series) firstYear(w ical.Wall) int64 {
	year := int64(civilOf(w.Day()).year)
	if len(c.byWeekNo) == 0 {
		return year
	}
	other := year
	switch day := w.Day(); {
	case day < weekOne(int(year), c.wkst):
		other--
	case day >= weekOne(int(year)+1, c.wkst):
		other++
	default:
		return year
	}
	trial := *c
	trial.base = other
	set, err := trial.period(0, [2]int64{w.Day() - 400, w.Day() + 400}, nil)
	if set = trial.pick(set); err == nil && len(set) > 0 && set[len(set)-1] >= w {
		return other
	}
	return year
}

// weekOffset is the day number, 0 to 6, on which weeks begin: day 0, the
// first of 1970, was a Thursday.
func (c *Series) weekOffset() int64 { return int64(c.wkst+3) % 7 }

// skip is the last period that begins at or before from, or the first of all.
// Period starts grow with k, so a period before it has ended by then.
func (c *Series) skip(from ical.Wall) int64 {
	if from <= c.start {
		return 0
	}
	if c.Freq == Yearly {
		// Week years lag or lead by some days: one period early is safe.
		return max(0, floorQuotient(int64(civilOf(from.Day()).year)-c.base, int64(c.interval))-1)
	}
	return max(0, floorQuotient(c.firstPeriod(from)-c.base, int64(c.interval)))
}

// periodStart is the beginning of period k, or lastWall beyond the calendar.
func (c *Series) periodStart(k int64) ical.Wall {
	n := c.base + k*int64(c.interval)
	switch c.Freq {
	case Yearly:
		if n >= 10000 {
			return ical.LastWall
		}
		if len(c.byWeekNo) > 0 {
			return ical.Wall(weekOne(int(n), c.wkst)) * ical.DaySeconds
		}
		return ical.WallOf(int(n), 1, 1, 0)
	case Monthly:
		if n >= 10000*12 {
			return ical.LastWall
		}
		return ical.WallOf(int(n/12), int(n%12)+1, 1, 0)
	case Weekly:
		return min(ical.LastWall, ical.Wall(n*7+c.weekOffset())*ical.DaySeconds)
	}
	return min(ical.LastWall, ical.Wall(n*c.unit))
}

// period appends the candidates of period k, in order and before BYSETPOS.
// Those outside days, which are numbers, half-open, may be left out.
func (c *Series) period(k int64, days [2]int64, set []ical.Wall) ([]ical.Wall, error) {
	start := c.periodStart(k)
	first := start.Day()
	end := first + 1
	switch {
	case c.Freq < Daily:
		return c.moment(start, set)
	case c.Freq == Weekly:
		end = first + 7
	case c.Freq == Monthly:
		end = first + int64(civilOf(first).last)
	case c.Freq == Yearly && len(c.byWeekNo) > 0:
		end = weekOne(int(c.base+k*int64(c.interval))+1, c.wkst)
	case c.Freq == Yearly:
		end = first + int64(yearLength(civilOf(first).year))
	}
	weeks := [2]int64{first, end}
	first, end = max(first, days[0]), min(end, days[1])
	looked := 1
	for d := civilOf(first); d.number < end; looked++ {
		if c.months != 0 && c.months>>d.month&1 == 0 {
			d = civilOf(d.number + int64(d.last-d.day) + 1)
			continue
		}
		if c.onDay(&d, weeks) {
			var err error
			if set, err = c.addTimes(ical.Wall(d.number*ical.DaySeconds), set); err != nil {
				return set, err
			}
		}
		d.next()
	}
	return set, c.spent.spend(looked)
}

// moment appends the candidates of a period shorter than a day.
func (c *Series) moment(start ical.Wall, set []ical.Wall) ([]ical.Wall, error) {
	if err := c.spent.spend(1); err != nil || c.barred(start) > 0 {
		return set, err
	}
	return c.addTimes(start, set)
}

// barred is the length in seconds, from its beginning, of the day, hour or
// shorter stretch around w that the BY parts leave out as a whole; 0 for none.
func (c *Series) barred(w ical.Wall) int64 {
	d, clock := civilOf(w.Day()), w.Clock()
	switch {
	case c.months != 0 && c.months>>d.month&1 == 0 || !c.onDay(&d, [2]int64{}):
		return ical.DaySeconds
	case !admits(c.byHour, clock/3600, 0):
		return 3600
	case c.unit < 3600 && !admits(c.byMinute, clock/60%60, 0):
		return 60
	case c.unit < 60 && !admits(c.bySecond, clock%60, 0):
		return 1
	}
	return 0
}

func (c *Series) addTimes(start ical.Wall, set []ical.Wall) ([]ical.Wall, error) {
	if len(c.times) == 0 {
		return append(set, start+c.offset), nil
	}
	for _, t := range c.times {
		set = append(set, start+ical.Wall(t))
	}
	return set, c.spent.spend(len(c.times))
}

// after is the next period worth a look: what the BY parts leave out of a day
// is passed over together.
func (c *Series) after(k int64) int64 {
	if c.Freq >= Daily {
		return k + 1
	}
	w := c.periodStart(k)
	length := c.barred(w)
	if length <= c.unit {
		return k + 1
	}
	next := (floorQuotient(int64(w), length) + 1) * length / c.unit
	return max(k+1, -floorQuotient(-(next-c.base), int64(c.interval)))
}

// pick applies BYSETPOS.
func (c *Series) pick(set []ical.Wall) []ical.Wall {
	if len(c.bySetPos) == 0 {
		return set
	}
	var picked []ical.Wall
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

// onDay reports whether the BY parts about days other than BYMONTH admit d;
// weeks are the first day of its week year and that of the next.
func (c *Series) onDay(d *civil, weeks [2]int64) bool {
	return admits(c.byMonthDay, d.day, d.last) &&
		(len(c.byYearDay) == 0 || admits(c.byYearDay, d.yearDay, yearLength(d.year))) &&
		(len(c.byWeekNo) == 0 || admits(c.byWeekNo, int(d.number-weeks[0])/7+1, int(weeks[1]-weeks[0])/7)) &&
		(len(c.byDay) == 0 || c.onWeekday(d))
}

// admits reports whether list, if there is one, holds n of 1…last, counted from
// either end.
func admits(list []int, n, last int) bool {
	return len(list) == 0 || slices.Contains(list, n) || last > 0 && slices.Contains(list, n-last-1)
}

// weekOne is the first day of the first week of year: the one with at least
// four days in it, hence with 4 January (ISO 8601, for any first weekday).
func weekOne(year, wkst int) int64 {
	fourth := ical.DayNumber(year, 1, 4)
	return fourth - int64((weekdayOf(fourth)-wkst+7)%7)
}

// onWeekday applies BYDAY. Its numbers count in the month, or in the year where
// no month is given; beside week numbers they mean nothing.
func (c *Series) onWeekday(d *civil) bool {
	for _, want := range c.byDay {
		if want.day != d.weekday {
			continue
		}
		if want.nth == 0 || len(c.byWeekNo) > 0 {
			return true
		}
		n, last := d.day, d.last
		if c.inYear {
			n, last = d.yearDay, yearLength(d.year)
		}
		if want.nth == (n-1)/7+1 || want.nth == -((last-n)/7+1) {
			return true
		}
	}
	return false
}
