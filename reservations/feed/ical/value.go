package ical

import (
	"fmt"
	"strings"
	"time"
)

// DaySeconds are the seconds of a day without a change of the clock.
const DaySeconds = 24 * 60 * 60

// Wall is a reading of a wall clock: the seconds since 1970-01-01 00:00:00 on
// that clock, as if it never changed its offset. Recurrence is counted on it; it takes
// the zone of the clock to make it an instant.
type Wall int64

// LastWall is the end of the calendar: RFC 5545 years have four digits.
var LastWall = WallOf(10000, 1, 1, 0)

// WallOf is the reading so many seconds into a day.
func WallOf(year, month, day, seconds int) Wall {
	return Wall(DayNumber(year, month, day)*DaySeconds + int64(seconds))
}

// Day is the number of the day since 1970-01-01.
func (w Wall) Day() int64 { return floorDiv(int64(w), DaySeconds) }

// Clock is the number of seconds since midnight.
func (w Wall) Clock() int { return int(int64(w) - w.Day()*DaySeconds) }

// Time is w as if the clock were one of UTC.
func (w Wall) Time() time.Time { return time.Unix(int64(w), 0).UTC() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// DayNumber is the number of days from 1970-01-01 to a day. Years are counted
// from March on, so that the leap day is their last; 146097 days are 400 years.
// Month 13 is the January after.
func DayNumber(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	cycle := floorDiv(int64(year), 400)
	y := int64(year) - cycle*400
	return cycle*146097 + y*365 + y/4 - y/100 + int64(153*(month-3)+2)/5 + int64(day) - 1 - 719468
}

// Time is a DATE or DATE-TIME as it was written. With neither UTC nor TZID it is a
// floating time (RFC 5545 3.3.5).
type Time struct {
	Wall
	Date bool   // a DATE: Wall is its midnight
	UTC  bool   // it ended in Z
	TZID string // names the zone of Wall
}

// ParseTime reads the forms of RFC 5545 3.3.4 and 3.3.5: "20260302",
// "20260302T090000" and "20260302T090000Z", in either case.
func ParseTime[T string | []byte](text T) (Time, error) {
	s, flaw := readClock(strings.TrimSpace(string(text)))
	if flaw != "" {
		return Time{}, fmt.Errorf("%q is not %s", Clip(strings.TrimSpace(string(text))), flaw)
	}
	return s, nil
}

// readClock does the work of ParseTime and says what text is not. The text stays
// off the heap: these are most of what is read of a feed.
func readClock(text string) (s Time, flaw string) {
	date, clock := text, ""
	timed := len(text) > 8 && text[8]|0x20 == 't'
	if timed {
		date, clock = text[:8], text[9:]
	} else if len(text) == 9 && text[8]|0x20 == 'z' { // Quirk: "20131210Z" (testdata/feeds/servers/google-birthdays.ics)
		date = text[:8]
	}
	if s.UTC = len(clock) == 7 && clock[6]|0x20 == 'z'; s.UTC {
		clock = clock[:6]
	}
	if len(date) != 8 || !digits(date) || timed && (len(clock) != 6 || !digits(clock)) {
		return s, "a date or time like 20260302 or 20260302T090000Z"
	}
	year, month, day := atoi(date[:4]), atoi(date[4:6]), atoi(date[6:])
	if year < 1 || month < 1 || month > 12 || day < 1 || int64(day) > DayNumber(year, month+1, 1)-DayNumber(year, month, 1) {
		return s, "a day of the calendar"
	}
	s.Wall, s.Date = WallOf(year, month, day, 0), !timed
	if !timed {
		return s, ""
	}
	hour, minute, second := atoi(clock[:2]), atoi(clock[2:4]), atoi(clock[4:])
	if hour > 23 || minute > 59 || second > 60 {
		return s, "a time of day"
	}
	s.Wall += Wall(hour*3600 + minute*60 + min(second, 59)) // a leap second is the second before it
	return s, ""
}

// Duration is the distance from an event's start to its end: first on the wall
// clock (days, weeks, DTEND), then in exact time (hours, minutes, seconds of a
// DURATION; RFC 5545 3.3.6).
type Duration struct {
	Nominal Wall // in whole seconds
	Exact   time.Duration
}

// MaxDuration is the longest DURATION, in seconds: no sum of times overflows.
const MaxDuration = 100 * 366 * DaySeconds

// Seconds is l as one number, an hour more or less at a change of the clock.
func (l Duration) Seconds() Wall { return l.Nominal + Wall(l.Exact/time.Second) }

// ParseDuration reads RFC 5545 3.3.6: "PT1H30M", "P1D", "P2W", with a sign.
func ParseDuration(text string) (Duration, error) {
	bad := fmt.Errorf("%q is not a duration like PT1H30M or P1D", Clip(text))
	s := strings.ToUpper(strings.TrimSpace(text))
	s, minus := strings.CutPrefix(s, "-")
	s = strings.TrimPrefix(s, "+")
	s, ok := strings.CutPrefix(s, "P")
	if !ok || s == "" || s == "T" {
		return Duration{}, bad
	}
	days, clock, _ := strings.Cut(s, "T")
	nominal, ok := units(days, map[byte]int64{'W': 7 * DaySeconds, 'D': DaySeconds})
	exact, ok2 := units(clock, map[byte]int64{'H': 3600, 'M': 60, 'S': 1})
	if !ok || !ok2 {
		return Duration{}, bad
	}
	if minus {
		nominal, exact = -nominal, -exact
	}
	return Duration{Nominal: Wall(nominal), Exact: time.Duration(exact) * time.Second}, nil
}

// units adds up "1H30M" by the table of seconds per letter.
func units(s string, seconds map[byte]int64) (sum int64, ok bool) {
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if n < 1 || n > 9 {
			return 0, false
		}
		unit, known := seconds[s[n]]
		sum += int64(atoi(s[:n])) * unit
		if !known || sum > MaxDuration {
			return 0, false
		}
		s = s[n+1:]
	}
	return sum, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// atoi is the number of s, which the caller knows to be at most nine digits.
func atoi(s string) (n int) {
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// Clip shortens text of a calendar to some 80 bytes, for messages.
func Clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
