package feed

import (
	"fmt"
	"strings"
	"time"
)

const daySeconds = 24 * 60 * 60

// wall is a reading of a wall clock: the seconds since 1970-01-01 00:00:00 on
// that clock, as if it never changed its offset. Recurrence is counted on it;
// only [resolve] makes it an instant.
type wall int64

// lastWall is the end of the calendar: RFC 5545 years have four digits.
var lastWall = wallOf(10000, 1, 1, 0)

func wallOf(year, month, day, seconds int) wall {
	return wall(dayNumber(year, month, day)*daySeconds + int64(seconds))
}

// day is the number of the day since 1970-01-01.
func (w wall) day() int64 { return floorDiv(int64(w), daySeconds) }

// clock is the number of seconds since midnight.
func (w wall) clock() int { return int(int64(w) - w.day()*daySeconds) }

func (w wall) time() time.Time { return time.Unix(int64(w), 0).UTC() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// stamp is a DATE or DATE-TIME as the feed wrote it. Neither utc nor zone means
// a floating time.
type stamp struct {
	wall
	date bool   // a DATE: wall is its midnight
	utc  bool   // ended in Z
	zone string // TZID
}

// parseStamp reads the forms of RFC 5545 3.3.4 and 3.3.5: "20260302",
// "20260302T090000" and "20260302T090000Z", in either case.
func parseStamp[T string | []byte](text T) (stamp, error) {
	s, flaw := readClock(strings.TrimSpace(string(text)))
	if flaw != "" {
		return stamp{}, fmt.Errorf("%q is not %s", clip(strings.TrimSpace(string(text))), flaw)
	}
	return s, nil
}

// readClock does the work of parseStamp and says what text is not. The text stays
// off the heap: these are most of what is read of a feed.
func readClock(text string) (s stamp, flaw string) {
	date, clock := text, ""
	timed := len(text) > 8 && text[8]|0x20 == 't'
	if timed {
		date, clock = text[:8], text[9:]
	} else if len(text) == 9 && text[8]|0x20 == 'z' { // Quirk: "20131210Z" (testdata/feeds/servers/google-birthdays.ics)
		date = text[:8]
	}
	if s.utc = len(clock) == 7 && clock[6]|0x20 == 'z'; s.utc {
		clock = clock[:6]
	}
	if len(date) != 8 || !digits(date) || timed && (len(clock) != 6 || !digits(clock)) {
		return s, "a date or time like 20260302 or 20260302T090000Z"
	}
	year, month, day := atoi(date[:4]), atoi(date[4:6]), atoi(date[6:])
	if year < 1 || month < 1 || month > 12 || day < 1 || day > monthLength(year, month) {
		return s, "a day of the calendar"
	}
	s.wall, s.date = wallOf(year, month, day, 0), !timed
	if !timed {
		return s, ""
	}
	hour, minute, second := atoi(clock[:2]), atoi(clock[2:4]), atoi(clock[4:])
	if hour > 23 || minute > 59 || second > 60 {
		return s, "a time of day"
	}
	s.wall += wall(hour*3600 + minute*60 + min(second, 59)) // a leap second is the second before it
	return s, ""
}

// length is the distance from an event's start to its end: first on the wall
// clock (days, weeks, DTEND), then in exact time (hours, minutes, seconds of a
// DURATION; RFC 5545 3.3.6).
type length struct {
	wall  wall
	exact time.Duration
}

// longestLength bounds a DURATION so that no sum of times overflows.
const longestLength = 100 * 366 * daySeconds

// seconds is l as one number, an hour more or less at a change of the clock.
func (l length) seconds() wall { return l.wall + wall(l.exact/time.Second) }

// parseDuration reads RFC 5545 3.3.6: "PT1H30M", "P1D", "P2W", with a sign.
func parseDuration(text string) (length, error) {
	bad := fmt.Errorf("%q is not a duration like PT1H30M or P1D", clip(text))
	s := strings.ToUpper(strings.TrimSpace(text))
	s, minus := strings.CutPrefix(s, "-")
	s = strings.TrimPrefix(s, "+")
	s, ok := strings.CutPrefix(s, "P")
	if !ok || s == "" || s == "T" {
		return length{}, bad
	}
	days, clock, _ := strings.Cut(s, "T")
	nominal, ok := units(days, map[byte]int64{'W': 7 * daySeconds, 'D': daySeconds})
	exact, ok2 := units(clock, map[byte]int64{'H': 3600, 'M': 60, 'S': 1})
	if !ok || !ok2 {
		return length{}, bad
	}
	if minus {
		nominal, exact = -nominal, -exact
	}
	return length{wall: wall(nominal), exact: time.Duration(exact) * time.Second}, nil
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
		if !known || sum > longestLength {
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

// clip shortens outside text for messages.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
