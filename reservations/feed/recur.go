package feed

import (
	"cmp"
	"errors"

	"deskd/reservations/feed/ical"
)

// recurrence is a rule counted from its DTSTART, on the wall clock alone.
type recurrence struct {
	rule
	start  ical.Wall
	until  ical.Wall // the last that counts
	base   int64
	unit   int64     // seconds: a day, or the period of a frequency shorter than that
	offset ical.Wall // of DTSTART in its unit
	times  []int     // seconds into the unit; none: offset alone
	months uint      // bits 1 to 12, 0 for all
	// inYear says that the numbers of BYDAY count in the year, not the month.
	inYear bool
	spent  *work
}

// Lists of one entry, for what a rule leaves to DTSTART.
var (
	oneWeekday  = [7]weekday{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}}
	oneMonthDay = [31]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}
)

// on fills in what the rule leaves to DTSTART (RFC 5545 3.3.10): a missing BY
// part is that of the start. until must be on the wall clock of start. A DATE
// has no time of day, and BY parts about it are ignored.
func (r *rule) on(start ical.Wall, date bool, until ical.Wall, spent *work) recurrence {
	c := recurrence{rule: *r, start: start, until: until, spent: spent}
	if date {
		c.byHour, c.byMinute, c.bySecond = nil, nil, nil
	}
	at := civilOf(start.Day())
	c.inYear = c.freq == yearly && len(c.byMonth) == 0
	for _, m := range c.byMonth {
		c.months |= 1 << m
	}
	if len(c.byDay)+len(c.byMonthDay)+len(c.byYearDay) == 0 {
		switch {
		case c.freq == weekly, len(c.byWeekNo) > 0:
			c.byDay = oneWeekday[at.weekday : at.weekday+1]
		case c.freq == monthly, c.freq == yearly:
			c.byMonthDay = oneMonthDay[at.day-1 : at.day]
		}
	}
	// As libical and ical.net read it: days of the month alone stay in the month of DTSTART.
	if c.inYear && len(c.byMonthDay) > 0 && len(c.byWeekNo)+len(c.byYearDay) == 0 {
		c.months = 1 << at.month
	}
	// Every day is the days of every week, of which there are fewer, and as many in each.
	if c.freq == daily && c.interval == 1 && len(c.bySetPos) == 0 {
		c.freq = weekly
	}
	c.clockwork()
	c.base = c.firstPeriod(start)
	return c
}

// timesOfUnit is how many times clockwork lists at most.
func (r *rule) timesOfUnit() int {
	n := max(1, len(r.byMinute)) * max(1, len(r.bySecond))
	if r.freq < daily {
		return n
	}
	return n * max(1, len(r.byHour))
}

// clockwork lists the times of a unit.
func (c *recurrence) clockwork() {
	c.unit = ical.DaySeconds
	if c.freq < daily {
		c.unit = c.freq.seconds()
	}
	c.offset = c.start - ical.Wall(floorQuotient(int64(c.start), c.unit)*c.unit)
	hours, minutes, seconds := c.byHour, c.byMinute, c.bySecond
	if c.unit < ical.DaySeconds {
		hours = nil // a limit, no list
	}
	if c.unit < 3600 {
		minutes = nil
	}
	if c.unit < 60 {
		seconds = nil
	}
	if len(hours)+len(minutes)+len(seconds) == 0 {
		return
	}
	at := int(c.offset)
	for _, h := range orElse(hours, at/3600) {
		for _, m := range orElse(minutes, at/60%60) {
			for _, s := range orElse(seconds, at%60) {
				c.times = append(c.times, h*3600+m*60+s)
			}
		}
	}
}

func orElse(list []int, n int) []int {
	if len(list) == 0 {
		return []int{n}
	}
	return list
}

// between appends to out the instances in [from, to), in order. It begins near
// from, however long ago the series did, unless a COUNT has to be counted down
// through periods that differ.
func (c *recurrence) between(from, to ical.Wall, out []ical.Wall) ([]ical.Wall, error) {
	to = min(to, ical.LastWall, c.until+1)
	k, left, err := c.enter(from)
	if err != nil || c.count > 0 && left <= 0 {
		return out, err
	}
	var room [64]ical.Wall
	set := room[:0]
	for {
		first := c.periodStart(k)
		if first >= to {
			return out, c.ended(first)
		}
		days := [2]int64{from.Day(), to.Day() + 1}
		if c.count > 0 || len(c.bySetPos) > 0 { // the others count, too
			days[0] = first.Day()
			days[1] = ical.LastWall.Day()
		}
		if set, err = c.period(k, days, set[:0]); err != nil {
			return out, err
		}
		for _, w := range c.pick(set) {
			switch {
			case w < c.start:
				continue
			case w >= to:
				return out, c.ended(w)
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

// ended is the error of a series that still has to count when it gets to w, at
// the end of the calendar.
func (c *recurrence) ended(w ical.Wall) error {
	if c.count > 0 && w >= ical.LastWall {
		return errEndless
	}
	return nil
}

// has reports whether w is an instance of the series.
func (c *recurrence) has(w ical.Wall) (bool, error) {
	hit, err := c.between(w, w+1, nil)
	return len(hit) > 0, err
}

// never is errNever if the rule selects nothing at all: it looks as far as the
// calendar needs to repeat itself.
func (c *recurrence) never() error {
	most := min(maxSearch, max(0, c.spent.series))
	trial := *c
	trial.until, trial.count, trial.spent = ical.LastWall, 1, &work{rule: most, series: most, total: most}
	hit, err := trial.between(c.start, ical.LastWall, nil)
	spent := c.spent.spendSeries(most - trial.spent.total)
	exhausted := errors.Is(err, errRuleWork) || errors.Is(err, errSeriesSpent) || errors.Is(err, errTotalSpent)
	switch {
	case spent != nil:
		return spent
	case exhausted && most < maxSearch:
		return cmp.Or(c.spent.overSeries, errSeriesSpent)
	case len(hit) == 0 && (err == nil || exhausted || errors.Is(err, errEndless)):
		return errNever
	}
	return nil
}
