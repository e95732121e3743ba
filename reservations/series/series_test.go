package series

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/rules"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func span(t testing.TB, z *time.Location, from, to string) reservations.Span {
	t.Helper()
	start, err := time.ParseInLocation("2006-01-02 15:04", from, z)
	if err != nil {
		t.Fatal(err)
	}
	end, err := time.ParseInLocation("2006-01-02 15:04", to, z)
	if err != nil {
		t.Fatal(err)
	}
	return reservations.Span{Start: start, End: end}
}

// What repeats keeps to the wall clock: each line is an occurrence by the clock, and in UTC.
func TestOccurrences(t *testing.T) {
	for _, c := range []struct {
		name, zone, from, to, rule string
		want                       string
	}{
		{"over the change of clocks", "Europe/Berlin", "2026-03-26 09:00", "2026-03-26 17:00", "FREQ=WEEKLY;COUNT=2",
			"Thu 26 09:00-17:00 08:00Z, Thu 2 09:00-17:00 07:00Z"},
		{"whole days", "Europe/Berlin", "2026-03-28 00:00", "2026-03-29 00:00", "FREQ=DAILY;COUNT=3",
			"Sat 28 00:00-00:00 23:00Z, Sun 29 00:00-00:00 23:00Z, Mon 30 00:00-00:00 22:00Z"},
		{"a night of the change", "Europe/Berlin", "2026-03-27 22:00", "2026-03-28 06:00", "FREQ=DAILY;UNTIL=20260328",
			"Fri 27 22:00-06:00 21:00Z, Sat 28 22:00-06:00 21:00Z"},
		{"a time that is skipped", "Europe/Berlin", "2026-03-28 02:30", "2026-03-28 03:00", "FREQ=DAILY;COUNT=3",
			"Sat 28 02:30-03:00 01:30Z, Sun 29 03:30-04:00 01:30Z, Mon 30 02:30-03:00 00:30Z"},
		{"a midnight that is skipped", "America/Santiago", "2026-09-05 00:00", "2026-09-06 01:00", "FREQ=DAILY;COUNT=3",
			"Sat 5 00:00-01:00 04:00Z, Sun 6 01:00-00:00 04:00Z, Mon 7 00:00-00:00 03:00Z"},
		{"an end in UTC", "Europe/Berlin", "2026-03-02 09:00", "2026-03-02 10:00", "RRULE:FREQ=DAILY;UNTIL=20260303T080000Z",
			"Mon 2 09:00-10:00 08:00Z, Tue 3 09:00-10:00 08:00Z"},
		{"an end on the clock", "Europe/Berlin", "2026-03-02 09:00", "2026-03-02 10:00", "freq=daily;until=20260303T085959",
			"Mon 2 09:00-10:00 08:00Z"},
		{"a first that the rule does not select", "Europe/Berlin", "2026-03-03 09:00", "2026-03-03 10:00", "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3",
			"Tue 3 09:00-10:00 08:00Z, Wed 4 09:00-10:00 08:00Z, Mon 9 09:00-10:00 08:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := zone(t, c.zone)
			r := Repeated{Rule: c.rule, First: span(t, z, c.from, c.to), Zone: z, Last: span(t, z, c.from, c.to).Start.AddDate(1, 0, 0)}
			all, err := r.Occurrences()
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, s := range all {
				told = append(told, s.Start.In(z).Format("Mon 2 15:04-")+s.End.In(z).Format("15:04 ")+s.Start.UTC().Format("15:04Z"))
			}
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("occurrences are\n%s\nexpected\n%s", got, c.want)
			}
		})
	}
}

// What cannot be booked says why, and what to write instead.
func TestRefusedRules(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	for rule, want := range map[string]string{
		"FREQ=WEEKLY":                                 "has no end: add ;COUNT=20, say, or ;UNTIL=20260602",
		"FREQ=DAILY;COUNT=401":                        "COUNT=401 is more than 400 bookings",
		"FREQ=HOURLY;UNTIL=20260402":                  "selects 759 times, and at most 400",
		"FREQ=WEEKLY;COUNT=80":                        "goes on after Tue 2027-04-06",
		"FREQ=WEEKLY;UNTIL=20300101":                  "goes on after Tue 2027-04-06",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2": "goes on after",
		"FREQ=SECONDLY;UNTIL=20270301":                "SECONDLY is not supported",
		"every monday":                                "every monday",
		"":                                            "cannot be booked",
	} {
		r := Repeated{Rule: rule, First: span(t, z, "2026-03-02 09:00", "2026-03-02 10:00"), Zone: z, Last: span(t, z, "2027-04-06 09:00", "2027-04-06 10:00").Start}
		all, err := r.Occurrences()
		if err == nil || !errors.Is(err, ErrRule) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d occurrences, and %v; expected %q", rule, len(all), err, want)
		}
	}
}

// Whatever the rule, zone and day: occurrences are in their order, no more than there may be,
// within bounds, and each shows the first one's times by the clock, unless the clock skips
// them.
func TestOccurrencesKeepToTheClock(t *testing.T) {
	zones := []*time.Location{zone(t, "Europe/Berlin"), zone(t, "America/Santiago"), zone(t, "Australia/Lord_Howe"), zone(t, "Pacific/Apia"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		start := time.Date(2026, 1, 1+rapid.IntRange(0, 364).Draw(t, "day"), 0, 15*rapid.IntRange(0, 95).Draw(t, "at"), 0, 0, z)
		first := reservations.Span{Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "length")) * 15 * time.Minute)}
		whole := rapid.Bool().Draw(t, "whole")
		if whole {
			n := rapid.IntRange(1, 3).Draw(t, "days")
			day := start.Format(time.DateOnly)
			first, _ = rules.DaysOf(day, start.AddDate(0, 0, n-1).Format(time.DateOnly), z)
		}
		rule := rapid.SampledFrom([]string{"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;INTERVAL=3"}).Draw(t, "rule") + ";COUNT=" + []string{"5", "40", "400"}[rapid.IntRange(0, 2).Draw(t, "count")]
		r := Repeated{Rule: rule, First: first, Zone: z, Last: first.Start.Add(reservations.Longest)}
		all, err := r.Occurrences()
		if err != nil {
			if !errors.Is(err, ErrRule) {
				t.Fatal(err)
			}
			return
		}
		if len(all) > Most || !all[0].Equal(first) {
			t.Fatalf("%d occurrences from %v on", len(all), all[0])
		}
		off := 0
		for i, s := range all {
			if s.Empty() || i > 0 && !s.Start.After(all[i-1].Start) || s.Start.After(r.Last) {
				t.Fatalf("%v follows %v", s, all[max(0, i-1)])
			}
			if whole && !rules.WholeDays(s, z) {
				t.Fatalf("%v are no days of %v", s, z)
			}
			if !whole && (clockOf(s.Start, z) != clockOf(first.Start, z) || clockOf(s.End, z) != clockOf(first.End, z)) {
				off++
			}
		}
		if off > 2*4 { // two changes a year, of which each may touch some
			t.Fatalf("%d of %d occurrences do not keep to the clock", off, len(all))
		}
	})
}

func clockOf(t time.Time, z *time.Location) string { return t.In(z).Format("15:04") }
