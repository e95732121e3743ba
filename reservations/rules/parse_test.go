package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is read is written again as it was, and what cannot be read says why.
func TestParse(t *testing.T) {
	for text, read := range map[string]func(string) (any, error){
		"mon-fri 07:00-20:00, sat 08:00-24:00": func(s string) (any, error) {
			week, err := ParseWeek(strings.Split(s, ", "))
			return hoursValue(Rules{Week: week}, World{}), err
		},
		"mon 07:00-20:00, sat-sun 10:00-14:00": func(string) (any, error) {
			week, err := ParseWeek([]string{"SAT,sun 10:00-14:00", "mon 07:00-20:00"})
			return hoursValue(Rules{Week: week}, World{}), err
		},
		"mon 07:00-20:00, fri-sun 07:00-20:00": func(string) (any, error) {
			week, err := ParseWeek([]string{"fri-mon 07:00-20:00"})
			return hoursValue(Rules{Week: week}, World{}), err
		},
		"08:00-13:00, 13:00-18:00": func(s string) (any, error) {
			slots, err := ParseSlots(strings.Split(s, ", "))
			return slotsValue(Rules{Slots: slots}, World{}), err
		},
		"2026-12-24..2027-01-01 closing time": func(s string) (any, error) { h, err := ParseHoliday(s); return h.String(), err },
		"2026-12-25":                          func(s string) (any, error) { h, err := ParseHoliday(s); return h.String(), err },
		"3 bookings a week":                   func(s string) (any, error) { q, err := ParseQuota(s); return q.String(), err },
		"1 booking and 8 hours a day":         func(s string) (any, error) { q, err := ParseQuota(s); return q.String(), err },
		"20 hours a month":                    func(s string) (any, error) { q, err := ParseQuota(s); return q.String(), err },
		"5 bookings ahead":                    func(s string) (any, error) { q, err := ParseQuota(s); return q.String(), err },
	} {
		got, err := read(text)
		if err != nil || got != text {
			t.Errorf("%q was read as %q: %v", text, got, err)
		}
	}
	week, err := ParseWeek(nil)
	if week != nil || err != nil {
		t.Errorf("no hours are %v: %v", week, err)
	}
}

func TestParseMistakes(t *testing.T) {
	var got []string
	add := func(_ any, err error) {
		if err == nil {
			got = append(got, "no mistake")
			return
		}
		got = append(got, err.Error())
	}
	add(ParseClock("7:30"))
	add(ParseClock("25:00"))
	add(ParseHours("07:00"))
	add(ParseHours("20:00-07:00"))
	add(ParseHours("07:00-8pm"))
	add(ParseWeek([]string{"07:00-20:00"}))
	add(ParseWeek([]string{"mo 07:00-20:00"}))
	add(ParseWeek([]string{"mon-fri 07:00-20:00", "fri 07:00-15:00"}))
	add(ParseSlots([]string{"08:00-13:00", "12:00-18:00"}))
	add(ParseHoliday("25.12.2026"))
	add(ParseHoliday("2026-12-25..2026-12-24"))
	add(ParseQuota("a week"))
	add(ParseQuota(" a week"))
	add(ParseQuota("0 bookings a week"))
	add(ParseQuota("3 bookings and a week"))
	add(ParseQuota("3 bookings 8 hours a week"))
	add(ParseQuota("3 bookings a year"))
	const quota = " is not a quota such as 3 bookings a week, 20 hours a month, 5 bookings ahead"
	want := []string{
		`"7:30" is not a time of day such as 07:30`,
		`"25:00" is not a time of day such as 07:30`,
		`"07:00" are not hours such as 07:00-20:00`,
		`"20:00-07:00" ends before it begins`,
		`"8pm" is not a time of day such as 07:30`,
		`"07:00-20:00" are not days and hours such as mon-fri 07:00-20:00`,
		`"mo" is not a day of the week: mon, tue, wed, thu, fri, sat or sun`,
		`fri has hours already`,
		`"12:00-18:00" begins before 08:00-13:00 ends`,
		`"25.12.2026" is not a day such as 2026-12-25`,
		`"2026-12-25..2026-12-24" ends before it begins`,
		`"a week"` + quota, `" a week"` + quota, `"0 bookings a week"` + quota, `"3 bookings and a week"` + quota, `"3 bookings 8 hours a week"` + quota, `"3 bookings a year"` + quota,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
