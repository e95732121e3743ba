package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseClock reads a time of day, "07:30" or "24:00", as minutes after midnight.
func ParseClock(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is not a time of day such as 07:30", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// ParseHours reads a part of a day: "07:00-20:00".
func ParseHours(text string) (Hours, error) {
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return Hours{}, fmt.Errorf("%q are not hours such as 07:00-20:00", text)
	}
	var h Hours
	var err error
	if h.From, err = ParseClock(from); err != nil {
		return Hours{}, err
	}
	if h.To, err = ParseClock(to); err != nil {
		return Hours{}, err
	}
	if h.To <= h.From {
		return Hours{}, fmt.Errorf("%q ends before it begins", text)
	}
	return h, nil
}

// ParseWeek reads opening hours: each entry names days and their hours, as in "mon-fri
// 07:00-20:00" and "sat,sun 10:00-14:00". On days that none names the site is closed. No
// entries are no rule.
func ParseWeek(entries []string) (*[7]Hours, error) {
	if len(entries) == 0 {
		return nil, nil //nolint:nilnil // no rule
	}
	week := new([7]Hours)
	for _, entry := range entries {
		names, text, ok := strings.Cut(entry, " ")
		if !ok {
			return nil, fmt.Errorf("%q are not days and hours such as mon-fri 07:00-20:00", entry)
		}
		hours, err := ParseHours(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		for name := range strings.SplitSeq(names, ",") {
			if err := setDays(week, name, hours); err != nil {
				return nil, err
			}
		}
	}
	return week, nil
}

// setDays sets the hours of one day or several: "sat", "mon-fri", "fri-mon".
func setDays(week *[7]Hours, name string, hours Hours) error {
	from, to, several := strings.Cut(strings.ToLower(name), "-")
	if !several {
		to = from
	}
	first, last := slices.Index(weekdays[:], from), slices.Index(weekdays[:], to)
	if first < 0 || last < 0 {
		return fmt.Errorf("%q is not a day of the week: mon, tue, wed, thu, fri, sat or sun", name)
	}
	for d := first; ; d = (d + 1) % 7 {
		if week[d] != (Hours{}) {
			return fmt.Errorf("%s has hours already", weekdays[d])
		}
		week[d] = hours
		if d == last {
			return nil
		}
	}
}

// ParseSlots reads the parts of a day that can be booked, which follow each other.
func ParseSlots(entries []string) ([]Hours, error) {
	var slots []Hours
	for _, entry := range entries {
		h, err := ParseHours(entry)
		if err != nil {
			return nil, err
		}
		if n := len(slots); n > 0 && h.From < slots[n-1].To {
			return nil, fmt.Errorf("%q begins before %s ends", entry, slots[n-1])
		}
		slots = append(slots, h)
	}
	return slots, nil
}

// ParseHoliday reads a day or several, with a name or without: "2026-12-25 Christmas",
// "2026-12-24..2027-01-01".
func ParseHoliday(text string) (Holiday, error) {
	dates, name, _ := strings.Cut(text, " ")
	from, to, several := strings.Cut(dates, "..")
	if !several {
		to = from
	}
	h := Holiday{Name: strings.TrimSpace(name)}
	for into, date := range map[*Date]string{&h.From: from, &h.To: to} {
		t, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return Holiday{}, fmt.Errorf("%q is not a day such as 2026-12-25", date)
		}
		*into = dateOf(t, time.UTC)
	}
	if h.To.Before(h.From) {
		return Holiday{}, fmt.Errorf("%q ends before it begins", dates)
	}
	return h, nil
}

var quotaForm = regexp.MustCompile(`^(?:([1-9]\d{0,4}) bookings?)?( and )?(?:([1-9]\d{0,4}) hours?)? (a day|a week|a month|ahead)$`)

// ParseQuota reads a quota as its String writes it: "3 bookings a week", "2 bookings and 8
// hours a day", "5 bookings ahead".
func ParseQuota(text string) (Quota, error) {
	m := quotaForm.FindStringSubmatch(text)
	if m == nil || m[1] == "" && m[3] == "" || (m[2] != "") != (m[1] != "" && m[3] != "") {
		return Quota{}, fmt.Errorf("%q is not a quota such as 3 bookings a week, 20 hours a month, 5 bookings ahead", text)
	}
	o := Quota{Per: Period(strings.TrimPrefix(m[4], "a "))}
	o.Bookings, _ = strconv.Atoi("0" + m[1]) // digits
	o.Hours, _ = strconv.Atoi("0" + m[3])
	return o, nil
}
