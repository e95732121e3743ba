package recur_test

import (
	"fmt"
	"time"

	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

// The last Friday of each month at nine in Berlin, since 2020, in autumn 2026: by the
// clock it is always nine, as an instant it is not.
func Example() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	rule, err := recur.Parse("FREQ=MONTHLY;BYDAY=-1FR")
	if err != nil {
		fmt.Println(err)
		return
	}
	series := rule.From(ical.WallOf(2020, 1, 31, 9*3600), false, ical.LastWall, nil)
	readings, err := series.Between(ical.WallOf(2026, 9, 1, 0), ical.WallOf(2026, 12, 1, 0), nil)
	clock := recur.NewClock(berlin)
	for _, w := range readings {
		fmt.Println(w.Time().Format("2006-01-02 15:04"), time.Unix(clock.Resolve(w), 0).UTC().Format(time.RFC3339))
	}
	fmt.Println("error:", err)
	// Output:
	// 2026-09-25 09:00 2026-09-25T07:00:00Z
	// 2026-10-30 09:00 2026-10-30T08:00:00Z
	// 2026-11-27 09:00 2026-11-27T08:00:00Z
	// error: <nil>
}

// A set adds up rules and dates. The start counts although it is no Monday, and is the
// first of the three.
func ExampleSet() {
	rule, err := recur.Parse("FREQ=WEEKLY;BYDAY=MO;COUNT=3")
	if err != nil {
		fmt.Println(err)
		return
	}
	set := recur.Set{
		Start: ical.WallOf(2026, 3, 3, 9*3600), // a Tuesday
		Clock: recur.NewClock(time.UTC),
		Rules: []recur.Bounded{recur.Forever(rule)},
		Dates: []ical.Wall{ical.WallOf(2026, 3, 12, 14*3600)},
		Work:  &recur.Work{PerRule: 1000, Series: 1000, Total: 1000},
	}
	all, err := set.Between(ical.WallOf(2026, 3, 1, 0), ical.WallOf(2027, 1, 1, 0), nil)
	for _, w := range all {
		fmt.Println(w.Time().Format("Mon 2006-01-02 15:04"))
	}
	fmt.Println("error:", err)
	// Output:
	// Tue 2026-03-03 09:00
	// Mon 2026-03-09 09:00
	// Thu 2026-03-12 14:00
	// Mon 2026-03-16 09:00
	// error: <nil>
}

// Zones go by many names.
func ExampleZones() {
	zones := recur.NewZones(time.UTC, time.Unix(0, 0), time.Unix(0, 0), &recur.Work{})
	for _, tzid := range []string{"Europe/Berlin", "W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin", "GMT-0400", "Mars/Olympus"} {
		clock := zones.Find(tzid, &ical.Calendar{})
		if clock == nil {
			fmt.Println(tzid, "is unknown")
			continue
		}
		fmt.Println(tzid, "is", clock.Location)
	}
	// Output:
	// Europe/Berlin is Europe/Berlin
	// W. Europe Standard Time is Europe/Berlin
	// (UTC+01:00) Amsterdam, Berlin is Europe/Amsterdam
	// GMT-0400 is UTC-04:00
	// Mars/Olympus is unknown
}
