package recur

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"deskd/reservations/feed/ical"
)

// Frequency is the FREQ of a rule; the longer the period, the greater it is.
type Frequency int

// The frequencies.
const (
	Secondly Frequency = iota + 1
	Minutely
	Hourly
	Daily
	Weekly
	Monthly
	Yearly
)

// frequencies are the values of FREQ, with how often each fits into the 10,000
// years of the calendar: the bound of INTERVAL.
var frequencies = [...]struct {
	name string
	most int64
}{
	Secondly: {"SECONDLY", 315_576_000_000},
	Minutely: {"MINUTELY", 5_259_600_000},
	Hourly:   {"HOURLY", 87_660_000},
	Daily:    {"DAILY", 3_652_500},
	Weekly:   {"WEEKLY", 521_786},
	Monthly:  {"MONTHLY", 120_000},
	Yearly:   {"YEARLY", 10_000},
}

// String is the value of FREQ, in capitals.
func (f Frequency) String() string { return frequencies[f].name }

// seconds is the length of a period, of the three that are shorter than a day.
func (f Frequency) seconds() int64 {
	return [...]int64{Secondly: 1, Minutely: 60, Hourly: 3600}[f]
}

func frequencyOf(text string) (Frequency, error) {
	for f := Secondly; f <= Yearly; f++ {
		if frequencies[f].name == text {
			return f, nil
		}
	}
	return 0, fmt.Errorf("FREQ=%s is not supported", ical.Clip(text))
}

var weekdays = map[string]int{"SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6}

// maxList is the most entries a BY list may have.
const maxList = 366

// Rule is a recurrence rule (RFC 5545 3.3.10) as it was written; what it leaves to
// DTSTART is filled in by [Rule.From]. Make one with [Parse]. Its methods may be called
// by several goroutines at once.
type Rule struct {
	Freq     Frequency
	interval int
	Count    int        // 0: without COUNT
	Until    *ical.Time // nil: without UNTIL
	wkst     int        // 0 is Sunday

	// Lists are sorted and without duplicates.
	byMonth, byMonthDay, byYearDay, byWeekNo []int
	byHour, byMinute, bySecond, bySetPos     []int
	byDay                                    []weekday
}

// weekday is an entry of BYDAY; nth is 0 for "every".
type weekday struct{ nth, day int }

// Parse reads the value of an RRULE, in either case. Its error names what is refused or not
// understood: a half-understood rule would select the wrong days. BYEASTER is not
// supported, nor any calendar but the Gregorian.
func Parse(text string) (*Rule, error) {
	r := &Rule{interval: 1, wkst: 1}
	var seen []string
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" { // a trailing semicolon
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.ToUpper(strings.TrimSpace(key)), strings.ToUpper(strings.TrimSpace(value))
		if !ok || slices.Contains(seen, key) {
			return nil, fmt.Errorf("%q is not a part of a rule, or there twice", ical.Clip(part))
		}
		seen = append(seen, key)
		if err := r.set(key, value); err != nil {
			return nil, err
		}
	}
	return r, r.check()
}

func (r *Rule) set(key, value string) (err error) {
	switch key {
	case "FREQ":
		r.Freq, err = frequencyOf(value)
	case "INTERVAL":
		r.interval, err = positive(key, value)
	case "COUNT":
		r.Count, err = positive(key, value)
	case "UNTIL":
		var s ical.Time
		if s, err = ical.ParseTime(value); err != nil {
			err = fmt.Errorf("UNTIL: %w", err)
		}
		r.Until = &s
	case "WKST":
		day, ok := weekdays[value]
		if !ok {
			err = fmt.Errorf("WKST=%s is not a day of the week", ical.Clip(value))
		}
		r.wkst = day
	case "BYDAY":
		r.byDay, err = parseWeekdays(value)
	case "RSCALE", "SKIP": // RFC 7529; the values that mean the calendar of RFC 5545
		if value != plainScale[key] {
			err = fmt.Errorf("%s=%s is not supported", key, ical.Clip(value))
		}
	default:
		err = r.setList(key, value)
	}
	return err
}

// plainScale are the values of RFC 7529 that do not change the meaning of a rule.
var plainScale = map[string]string{"RSCALE": "GREGORIAN", "SKIP": "OMIT"}

// setList reads the BY parts that are lists of numbers.
func (r *Rule) setList(key, value string) (err error) {
	if strings.HasPrefix(key, "X-") {
		return nil
	}
	switch key {
	case "BYMONTH":
		r.byMonth, err = parseNumbers(key, value, bounds{1, 12, false})
	case "BYMONTHDAY":
		r.byMonthDay, err = parseNumbers(key, value, bounds{1, 31, true})
	case "BYYEARDAY":
		r.byYearDay, err = parseNumbers(key, value, bounds{1, 366, true})
	case "BYWEEKNO":
		r.byWeekNo, err = parseNumbers(key, value, bounds{1, 53, true})
	case "BYHOUR":
		r.byHour, err = parseNumbers(key, value, bounds{0, 23, false})
	case "BYMINUTE":
		r.byMinute, err = parseNumbers(key, value, bounds{0, 59, false})
	case "BYSECOND":
		r.bySecond, err = parseNumbers(key, value, bounds{0, 60, false})
		for i, s := range r.bySecond {
			r.bySecond[i] = min(s, 59) // a leap second is the second before it
		}
		r.bySecond = slices.Compact(r.bySecond)
	case "BYSETPOS":
		r.bySetPos, err = parseNumbers(key, value, bounds{1, 366, true})
	default:
		err = fmt.Errorf("%s is not supported", ical.Clip(key))
	}
	return err
}

// check refuses combinations that RFC 5545 forbids.
func (r *Rule) check() error {
	switch {
	case r.Freq == 0:
		return fmt.Errorf("rule without FREQ")
	case int64(r.interval) > frequencies[r.Freq].most:
		return fmt.Errorf("INTERVAL=%d is longer than the calendar", r.interval)
	case len(r.byWeekNo) > 0 && r.Freq != Yearly:
		return fmt.Errorf("BYWEEKNO needs FREQ=YEARLY")
	case len(r.byMonthDay) > 0 && r.Freq == Weekly:
		return fmt.Errorf("BYMONTHDAY does not go with FREQ=WEEKLY")
	case len(r.byYearDay) > 0 && (r.Freq == Daily || r.Freq == Weekly || r.Freq == Monthly):
		return fmt.Errorf("BYYEARDAY does not go with FREQ=DAILY, WEEKLY or MONTHLY")
	}
	for _, d := range r.byDay {
		if d.nth != 0 && r.Freq != Monthly && r.Freq != Yearly {
			return fmt.Errorf("BYDAY with a number needs FREQ=MONTHLY or YEARLY")
		}
	}
	return nil
}

// positive reads INTERVAL and COUNT. Nine digits are more than any calendar
// needs, and keep every product inside int64.
func positive(key, value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil || len(value) > 9 || n < 1 {
		return 0, fmt.Errorf("%s=%s is not a number from 1 to 999999999", key, ical.Clip(value))
	}
	return int(n), nil
}

// bounds are those of the numbers in a list; signed ones may count from the end.
type bounds struct {
	least, most int
	signed      bool
}

func parseNumbers(key, value string, in bounds) ([]int, error) {
	var list []int
	for text := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		abs := n
		if in.signed && n < 0 {
			abs = -n
		}
		if err != nil || abs < in.least || abs > in.most {
			return nil, fmt.Errorf("%s: %q is out of range", key, ical.Clip(text))
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
			return nil, fmt.Errorf("BYDAY: %q is not a day like MO or 2TU", ical.Clip(text))
		}
		number, name := text[:len(text)-2], text[len(text)-2:]
		day, ok := weekdays[name]
		nth, err := strconv.Atoi(number)
		if !ok || number != "" && (err != nil || nth < -53 || nth > 53) {
			return nil, fmt.Errorf("BYDAY: %q is not a day like MO or 2TU", ical.Clip(text))
		}
		if entry := (weekday{nth, day}); (number == "" || nth != 0) && !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("BYDAY=%s selects no day", ical.Clip(value))
	}
	return list, nil
}
