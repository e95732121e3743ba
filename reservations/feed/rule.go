package feed

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type frequency int

const (
	hourly frequency = iota + 1
	daily
	weekly
	monthly
	yearly
)

var frequencies = map[string]frequency{"HOURLY": hourly, "DAILY": daily, "WEEKLY": weekly, "MONTHLY": monthly, "YEARLY": yearly}

var weekdays = map[string]int{"SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6}

// maxList is the most entries a BY list may have.
const maxList = 366

// rule is a recurrence rule (RFC 5545 3.3.10) as it was written; what it leaves
// to DTSTART is filled in by [rule.on]. Lists are sorted and without doubles.
type rule struct {
	freq     frequency
	interval int
	count    int    // 0: no COUNT
	until    *stamp // nil: no UNTIL
	wkst     int    // 0 is Sunday

	byMonth, byMonthDay, byYearDay, byWeekNo []int
	byHour, byMinute, bySecond, bySetPos     []int
	byDay                                    []weekday
}

// weekday is an entry of BYDAY; nth is 0 for "every".
type weekday struct{ nth, day int }

// parseRule reads an RRULE. Its error names what deskd refuses or does not
// understand: a rule half understood would book the wrong days.
func parseRule(text string) (*rule, error) {
	r := &rule{interval: 1, wkst: 1}
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" { // a trailing semicolon
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		key, value = word(key), word(value)
		if !ok || seen[key] {
			return nil, fmt.Errorf("%q is not a part of a rule, or there twice", clip(part))
		}
		seen[key] = true
		if err := r.set(key, value); err != nil {
			return nil, err
		}
	}
	return r, r.check()
}

func (r *rule) set(key, value string) (err error) {
	switch key {
	case "FREQ":
		if r.freq = frequencies[value]; r.freq == 0 {
			err = fmt.Errorf("FREQ=%s is not supported", clip(value))
		}
	case "INTERVAL":
		r.interval, err = positive(key, value)
	case "COUNT":
		r.count, err = positive(key, value)
	case "UNTIL":
		var s stamp
		if s, err = parseStamp(value); err != nil {
			err = fmt.Errorf("UNTIL: %w", err)
		}
		r.until = &s
	case "WKST":
		day, ok := weekdays[value]
		if !ok {
			err = fmt.Errorf("WKST=%s is not a day of the week", clip(value))
		}
		r.wkst = day
	case "BYDAY":
		r.byDay, err = parseWeekdays(value)
	case "RSCALE", "SKIP": // RFC 7529; what they say of the calendar of RFC 5545
		if value != plainScale[key] {
			err = fmt.Errorf("%s=%s is not supported", key, clip(value))
		}
	default:
		err = r.setList(key, value)
	}
	return err
}

// plainScale are the values of RFC 7529 under which a rule means what it means
// without them.
var plainScale = map[string]string{"RSCALE": "GREGORIAN", "SKIP": "OMIT"}

// setList reads the BY parts that are lists of numbers.
func (r *rule) setList(key, value string) (err error) {
	if strings.HasPrefix(key, "X-") {
		return nil
	}
	lists := map[string]struct {
		to          *[]int
		least, most int
		negative    bool
	}{
		"BYMONTH":    {&r.byMonth, 1, 12, false},
		"BYMONTHDAY": {&r.byMonthDay, 1, 31, true},
		"BYYEARDAY":  {&r.byYearDay, 1, 366, true},
		"BYWEEKNO":   {&r.byWeekNo, 1, 53, true},
		"BYHOUR":     {&r.byHour, 0, 23, false},
		"BYMINUTE":   {&r.byMinute, 0, 59, false},
		"BYSECOND":   {&r.bySecond, 0, 59, false},
		"BYSETPOS":   {&r.bySetPos, 1, 366, true},
	}
	l, ok := lists[key]
	if !ok {
		return fmt.Errorf("%s is not supported", clip(key))
	}
	*l.to, err = parseNumbers(key, value, l.least, l.most, l.negative)
	return err
}

// check refuses combinations that RFC 5545 forbids.
func (r *rule) check() error {
	switch {
	case r.freq == 0:
		return fmt.Errorf("rule without FREQ")
	case len(r.byWeekNo) > 0 && r.freq != yearly:
		return fmt.Errorf("BYWEEKNO needs FREQ=YEARLY")
	case len(r.byMonthDay) > 0 && r.freq == weekly:
		return fmt.Errorf("BYMONTHDAY does not go with FREQ=WEEKLY")
	case len(r.byYearDay) > 0 && (r.freq == daily || r.freq == weekly || r.freq == monthly):
		return fmt.Errorf("BYYEARDAY does not go with FREQ=DAILY, WEEKLY or MONTHLY")
	}
	for _, d := range r.byDay {
		if d.nth != 0 && r.freq != monthly && r.freq != yearly {
			return fmt.Errorf("BYDAY with a number needs FREQ=MONTHLY or YEARLY")
		}
	}
	return nil
}

// positive reads INTERVAL and COUNT. Nine digits are more than any calendar
// holds, and keep every product inside int64.
func positive(key, value string) (int, error) {
	if !digits(value) || len(value) > 9 || atoi(value) < 1 {
		return 0, fmt.Errorf("%s=%s is not a number from 1 to 999999999", key, clip(value))
	}
	return atoi(value), nil
}

func parseNumbers(key, value string, from, to int, negative bool) ([]int, error) {
	var list []int
	for text := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		abs := n
		if negative && n < 0 {
			abs = -n
		}
		if err != nil || abs < from || abs > to {
			return nil, fmt.Errorf("%s: %q is out of range", key, clip(text))
		}
		if list = append(list, n); len(list) > maxList {
			return nil, fmt.Errorf("%s lists more than %d values", key, maxList)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// parseWeekdays reads BYDAY. An entry with the number 0 selects no day and is
// left out, as other calendars do; a list of nothing else is refused.
func parseWeekdays(value string) ([]weekday, error) {
	var list []weekday
	entries := 0
	for text := range strings.SplitSeq(value, ",") {
		text = strings.TrimSpace(text)
		if entries++; entries > maxList {
			return nil, fmt.Errorf("BYDAY lists more than %d values", maxList)
		}
		if len(text) < 2 {
			return nil, fmt.Errorf("BYDAY: %q is not a day like MO or 2TU", clip(text))
		}
		number, name := text[:len(text)-2], text[len(text)-2:]
		day, ok := weekdays[name]
		nth, err := strconv.Atoi(number)
		if !ok || number != "" && (err != nil || nth < -53 || nth > 53) {
			return nil, fmt.Errorf("BYDAY: %q is not a day like MO or 2TU", clip(text))
		}
		if number == "" || nth != 0 {
			list = append(list, weekday{nth, day})
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("BYDAY=%s selects no day", clip(value))
	}
	return list, nil
}
