package recur

import (
	"cmp"
	"errors"

	"deskd/reservations/feed/ical"
)

// Series is a rule counted from its DTSTART, on the wall clock alone: without a zone, and
// without the start where the rule does not select it; see [Set].
type Series struct {
	Rule
	start  ical.Wall
	until  ical.Wall // the last that counts
	base   int64
	unit   int64     // seconds: a day, or the period of a Frequency shorter than that
	offset ical.Wall // of DTSTART in its unit
	times  []int     // seconds into the unit; none: offset alone
	months uint      // bits 1 to 12, 0 for all
	// inYear says that the numbers of BYDAY count in the year, not the month.
	inYear bool
	spent  *Work
}

// Lists of one entry, for what a rule leaves to DTSTART.
var (
	oneWeekday  = [7]weekday{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}}
	oneMonthDay = [31]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}
)

// From is the series of the rule that begins at start, with what it leaves to that
// (RFC 5545 3.3.10): a missing BY part is that of the start. until is the last reading
// that counts, on the same clock; it ignores Rule.Until, which may need a zone.
// An all-day series has no time of day, and BY parts about it are ignored. A nil spent
// suffices for any series of an office.
func (r *Rule) From(start ical.Wall, allDay bool, until ical.Wall, spent *Work) Series {
	if spent == nil {
		spent = &Work{PerRule: enough, Series: enough, Total: enough}
	}
	spent.rule = spent.PerRule
	c := Series{Rule: *r, start: start, until: until, spent: spent}
	if allDay {
		c.byHour, c.byMinute, c.bySecond = nil, nil, nil
	}
	at := civilOf(start.Day())
	c.inYear = c.Freq == Yearly && len(c.byMonth) == 0
	for _, m := range c.byMonth {
		c.months |= 1 << m
	}
	if len(c.byDay)+len(c.byMonthDay)+len(c.byYearDay) == 0 {
		switch {
		case c.Freq == Weekly, len(c.byWeekNo) > 0:
			c.byDay = oneWeekday[at.weekday : at.weekday+1]
		case c.Freq == Monthly, c.Freq == Yearly:
			c.byMonthDay = oneMonthDay[at.day-1 : at.day]
		}
	}
	// As in libical and ical.net: days of the month alone stay in the month of DTSTART.
	if c.inYear && len(c.byMonthDay) > 0 && len(c.byWeekNo)+len(c.byYearDay) == 0 {
		c.months = 1 << at.month
	}
	// Every day is the days of every week, of which there are fewer, and as many in each.
	if c.Freq == Daily && c.interval == 1 && len(c.bySetPos) == 0 {
		c.Freq = Weekly
	}
	c.clockwork()
	c.base = c.firstPeriod(start)
	return c
}

// cost is the work of beginning a series of the rule, 0 for most: it makes the list of its
// times of day, however many of them are used.
func (r *Rule) cost() int {
	n := max(1, len(r.byMinute)) * max(1, len(r.bySecond))
	if r.Freq >= Daily {
		n *= max(1, len(r.byHour))
	}
	if n == 1 {
		return 0
	}
	return n
}

// clockwork lists the times of a unit.
func (c *Series) clockwork() {
	c.unit = ical.DaySeconds
	if c.Freq < Daily {
		c.unit = c.Freq.seconds()
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

// Between appends to out the instances in [from, to), in order. It begins near
// from, however long ago the series did, unless a COUNT has to be counted down
// through periods that differ.
func (c *Series) Between(from, to ical.Wall, out []ical.Wall) ([]ical.Wall, error) {
	to = min(to, ical.LastWall, c.until+1)
	k, left, err := c.enter(from)
	if err != nil || c.exhausted(left) {
		return out, err
	}
	var room [64]ical.Wall
	set := room[:0]
	for {
		first := c.periodStart(k)
		if first >= to {
			return out, c.ended(first)
		}
		if set, err = c.period(k, c.days(first, from, to), set[:0]); err != nil {
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

// exhausted reports whether nothing is left of a COUNT.
func (c *Series) exhausted(left int) bool { return c.Count > 0 && left <= 0 }

// days are those of the period that begins at first which matter for a window: all of them
// where the others count, too.
func (c *Series) days(first, from, to ical.Wall) [2]int64 {
	if c.Count > 0 || len(c.bySetPos) > 0 {
		return [2]int64{first.Day(), ical.LastWall.Day()}
	}
	return [2]int64{from.Day(), to.Day() + 1}
}

// ended is the error of a series that still has to count when it gets to w, at
// the end of the calendar.
func (c *Series) ended(w ical.Wall) error {
	if c.Count > 0 && w >= ical.LastWall {
		return errEndless
	}
	return nil
}

// Has reports whether w is an instance of the series.
func (c *Series) Has(w ical.Wall) (bool, error) {
	hit, err := c.Between(w, w+1, nil)
	return len(hit) > 0, err
}

// Check is [ErrNever] if the rule selects nothing at all: it searches until the
// calendar repeats itself.
func (c *Series) Check() error {
	most := min(maxSearch, max(0, c.spent.Series))
	trial := *c
	trial.until, trial.Count, trial.spent = ical.LastWall, 1, &Work{rule: most, Series: most, Total: most}
	hit, err := trial.Between(c.start, ical.LastWall, nil)
	spent := c.spent.SpendSeries(most - trial.spent.Total)
	exhausted := errors.Is(err, errRuleWork) || errors.Is(err, errSeriesSpent) || errors.Is(err, errTotalSpent)
	switch {
	case spent != nil:
		return spent
	case exhausted && most < maxSearch:
		return cmp.Or(c.spent.OverSeries, errSeriesSpent)
	case len(hit) == 0 && (err == nil || exhausted || errors.Is(err, errEndless)):
		return ErrNever
	}
	return nil
}
