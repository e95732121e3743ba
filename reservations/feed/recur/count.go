package recur

import (
	"slices"

	"deskd/reservations/feed/ical"
)

// enter is the period to begin with and how many instances COUNT still allows
// from there on.
func (c *Series) enter(from ical.Wall) (k int64, left int, err error) {
	k = c.skip(from)
	if c.Count == 0 {
		return k, 0, nil
	}
	if k < 2 || !c.constant() {
		return 0, c.Count, nil
	}
	all := [2]int64{c.start.Day() - 366, ical.LastWall.Day()}
	set, err := c.period(0, all, nil)
	if err != nil {
		return 0, 0, err
	}
	before := 0
	for _, w := range c.pick(set) {
		if w >= c.start {
			before++
		}
	}
	set, err = c.period(1, all, nil)
	n := len(c.pick(set))
	if n > 0 && (k-1) > int64(c.Count)/int64(n) {
		return k, 0, err
	}
	return k, c.Count - before - int(k-1)*n, err
}

// constant reports whether every period has as many instances as any other.
func (c *Series) constant() bool {
	if c.months != 0 || len(c.byYearDay)+len(c.byWeekNo) > 0 {
		return false
	}
	switch c.Freq {
	case Yearly:
		return false
	case Monthly:
		return c.constantMonth()
	case Weekly:
		return len(c.byMonthDay) == 0
	}
	limits := len(c.byDay) + len(c.byMonthDay)
	if c.Freq < Daily {
		limits += len(c.byHour)
	}
	if c.Freq < Hourly {
		limits += len(c.byMinute)
	}
	if c.Freq < Minutely {
		limits += len(c.bySecond)
	}
	return limits == 0
}

// constantMonth reports whether all months have the same number of instances:
// what is counted from both ends may meet, and the 29th is not in all of them.
func (c *Series) constantMonth() bool {
	switch {
	case len(c.byMonthDay) > 0:
		return len(c.byDay) == 0 && oneSided(c.byMonthDay, 28)
	case slices.ContainsFunc(c.byDay, func(d weekday) bool { return d.nth != 0 }):
		var nths []int
		for _, d := range c.byDay {
			nths = append(nths, d.nth)
		}
		return oneSided(nths, 4)
	}
	return len(c.bySetPos) > 0 && oneSided(c.bySetPos, 4*len(c.byDay)*max(1, len(c.times)))
}

// oneSided reports whether all of list lie in 1…most, or all in -most…-1.
func oneSided(list []int, most int) bool {
	least, greatest := slices.Min(list), slices.Max(list)
	return least > 0 && greatest <= most || greatest < 0 && least >= -most
}
