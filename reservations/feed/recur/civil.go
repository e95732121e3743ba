package recur

import "deskd/reservations/feed/ical"

// civil is a day of the Gregorian calendar, which is taken to have been in
// force for ever.
type civil struct {
	number     int64 // days since 1970-01-01
	year       int
	month, day int
	yearDay    int // 1 to 366
	weekday    int // 0 is Sunday
	last       int // day of the month
}

// floorQuotient is a/b, rounded down.
func floorQuotient(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// civilOf is the day with that number.
func civilOf(number int64) civil {
	n := number + 719468
	cycle := floorQuotient(n, 146097)
	n -= cycle * 146097
	y := (n - n/1460 + n/36524 - n/146096) / 365
	n -= y*365 + y/4 - y/100 // of the year that begins in March
	m := (5*n + 2) / 153
	c := civil{number: number, year: int(cycle*400 + y), month: int(m) + 3, day: int(n-(153*m+2)/5) + 1}
	if c.month > 12 {
		c.month -= 12
		c.year++
	}
	c.yearDay = int(number-ical.DayNumber(c.year, 1, 1)) + 1
	c.weekday = weekdayOf(number)
	c.last = monthLength(c.year, c.month)
	return c
}

// weekdayOf is 0 for Sunday; day 0, the first of 1970, was a Thursday.
func weekdayOf(number int64) int { return int(number + 4 - 7*floorQuotient(number+4, 7)) }

// next moves c to the day after.
func (c *civil) next() {
	c.number++
	c.day++
	c.yearDay++
	if c.weekday++; c.weekday == 7 {
		c.weekday = 0
	}
	if c.day <= c.last {
		return
	}
	c.day = 1
	if c.month++; c.month > 12 {
		c.year, c.month, c.yearDay = c.year+1, 1, 1
	}
	c.last = monthLength(c.year, c.month)
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthLength(year, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func yearLength(year int) int {
	if leap(year) {
		return 366
	}
	return 365
}
