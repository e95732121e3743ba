package recur

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations/feed/ical"
)

// resolve reads a wall clock in loc.
func resolve(w ical.Wall, loc *time.Location) time.Time {
	return time.Unix(NewClock(loc).Resolve(w), 0).UTC()
}

func wallIn(t time.Time, loc *time.Location) ical.Wall { return NewClock(loc).Read(t.Unix()) }

func offsetAt(loc *time.Location, unix int64) int64 { return NewClock(loc).Offset(unix) }

func TestZoneNames(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Berlin":                                                "Europe/Berlin",
		"America/Argentina/Buenos_Aires":                               "America/Argentina/Buenos_Aires",
		"W. Europe Standard Time":                                      "Europe/Berlin",
		"W. Europe Standard Time 1":                                    "Europe/Berlin",
		"Europe/Berlin 2":                                              "Europe/Berlin",
		"/mozilla.org/20050126_1/Europe/Berlin":                        "Europe/Berlin",
		"/freeassociation.sourceforge.net/Tzfile/Asia/Tokyo":           "Asia/Tokyo",
		"/citadel.org/20250101_1/America/Argentina/Cordoba":            "America/Argentina/Cordoba",
		"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": "Europe/Amsterdam",
		"(GMT+01.00) Amsterdam / Berlin / Bern / Rome":                 "Europe/Amsterdam",
		"(UTC-08:00) Pacific Time (US & Canada)":                       "America/Los_Angeles",
		"Eastern Time (US & Canada)":                                   "America/New_York",
		"(UTC+09:00) Osaka, Sapporo, Tokyo":                            "Asia/Tokyo",
		"(UTC) Coordinated Universal Time":                             "UTC",
		"(GMT-05:00) Eastern":                                          "America/New_York",
		"(UTC-07:00) Mountain Time":                                    "America/Denver",
		"Etc/GMT+5":                                                    "Etc/GMT+5",
		"europe/berlin":                                                "", // the file's own definition goes first
		"w. europe standard time":                                      "", // likewise
		"tzone://Microsoft/Utc":                                        "UTC",
		"GMT":                                                          "UTC",
		"(UTC+05:00) Berlin":                                           "", // the offset is not Berlin's
		"Customized Time Zone":                                         "",
		"Local":                                                        "",
		"":                                                             "",
		"../../../etc/passwd":                                          "",
		"/etc/localtime":                                               "",
		"Europe":                                                       "",
		strings.Repeat("A", 1000):                                      "",
	} {
		got := ""
		if loc := lookupZone(name); loc != nil {
			got = loc.String()
		}
		if got != want {
			t.Errorf("%q is %q, want %q", ical.Clip(name), got, want)
		}
	}
}

// Names that say their zone in a way of their own; "" is for those nobody knows.
func TestToldZones(t *testing.T) {
	for name, want := range map[string]string{
		"europe/berlin": "Europe/Berlin", "AMERICA/NEW_YORK": "America/New_York", "utc": "UTC", "Gmt": "UTC",
		"GMT-0400": "UTC-04:00", "GMT+0200": "UTC+02:00", "UTC+02:00": "UTC+02:00", "UTC+2": "UTC+02:00", "utc-5": "UTC-05:00", "+0200": "UTC+02:00",
		"-03:30": "UTC-03:30", "+02": "UTC+02:00", "UTC +05:30": "UTC+05:30", "GMT+05.30": "UTC+05:30", "GMT+530": "UTC+05:30", "UTC\u22125": "UTC-05:00",
		"GMT+0530 (IST)": "UTC+05:30", "UTC+01:00 Amsterdam, Berlin": "UTC+01:00", "UTC+1 (St. John's)": "UTC+01:00", "UTC0": "UTC", "+02 Berlin": "", "UTC+01:00 5": "",
		"AEDT": "Australia/Sydney", "AEST": "", "WIB": "Asia/Jakarta", "EAT": "Africa/Nairobi", "BRT": "America/Sao_Paulo",
		"UTC+14": "UTC+14:00", "UTC+15": "", "UTC-12": "UTC-12:00", "UTC-13": "", "UTC+02:60": "", "2": "", "+2": "", "UTC2": "", "UTC+": "",
		"etc/gmt+5": "Etc/GMT+5", "ETC/GMT-3": "Etc/GMT-3", "Etc/GMT+0200": "", "(UTC+01:00)": "UTC+01:00", "(GMT+03:00) Nowhere": "UTC+03:00",
		"PDT": "America/Los_Angeles", "MEZ": "Europe/Berlin", "MESZ": "Europe/Berlin", "cest": "Europe/Berlin", "EDT": "America/New_York",
		"CET": "Europe/Berlin", "CST": "", "IST": "", "BST": "", "Eastern": "America/New_York", "Local": "", "": "", "Planet/Vogon": "",
	} {
		got := ""
		if loc := statedZone(name, zoneNamed(t, "Europe/Berlin")); loc != nil {
			got = loc.String()
		}
		if want == "Europe/Berlin" && name == "CET" && got == "CET" { // the IANA table has it
			continue
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil || statedZone("CST", chicago) != chicago || statedZone("cdt", chicago) == nil {
		t.Errorf("CST is not the site's own in Chicago, error %v", err)
	}
}

func TestWindowsTable(t *testing.T) {
	if n := len(windowsZones()); n != 139 {
		t.Errorf("%d names, want 139", n)
	}
	for name, iana := range windowsZones() {
		if loadZone(iana) == nil {
			t.Errorf("%s: %s is not a zone", name, iana)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, tc := range []struct{ zone, wall, want string }{
		{"Europe/Berlin", "20260115T120000", "2026-01-15T11:00:00Z"},
		{"Europe/Berlin", "20260715T120000", "2026-07-15T10:00:00Z"},
		{"Europe/Berlin", "20260329T015959", "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", "20260329T020000", "2026-03-29T01:00:00Z"}, // in the gap: by the offset before it
		{"Europe/Berlin", "20260329T023000", "2026-03-29T01:30:00Z"},
		{"Europe/Berlin", "20260329T030000", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "20261025T023000", "2026-10-25T00:30:00Z"}, // twice: the first
		{"Europe/Berlin", "20261025T030000", "2026-10-25T02:00:00Z"},
		{"America/New_York", "20261101T013000", "2026-11-01T05:30:00Z"},
		{"America/Santiago", "20260906T000000", "2026-09-06T04:00:00Z"}, // there is no midnight
		{"America/Havana", "20260308T003000", "2026-03-08T05:30:00Z"},
		{"Australia/Lord_Howe", "20261004T021500", "2026-10-03T15:45:00Z"}, // half an hour
		{"Pacific/Apia", "20111230T120000", "2011-12-30T22:00:00Z"},        // the day that was left out
		{"UTC", "20260329T023000", "2026-03-29T02:30:00Z"},
	} {
		loc, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ical.ParseTime(tc.wall)
		if err != nil {
			t.Fatal(err)
		}
		if got := resolve(s.Wall, loc).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s in %s is %s, want %s", tc.wall, tc.zone, got, tc.want)
		}
	}
}

// Every instant has a reading, and a reading leads back to it or to the first
// instant that shows the same.
func TestResolveReadsBack(t *testing.T) {
	names := []string{"Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(946684800, 2208988800).Draw(t, "unix"), 0).UTC()
		w := wallIn(at, loc)
		back := resolve(w, loc)
		if wallIn(back, loc) != w || back.After(at) || at.Sub(back) > 3*time.Hour {
			t.Fatalf("%s reads %s, which is read as %s", at, w.Time(), back)
		}
	})
}

// A VTIMEZONE that says the same as a zone of the table must resolve alike.
func TestVTimezoneAgreesWithTable(t *testing.T) {
	zone := func(parts ...string) (z *ical.TimeZone) {
		data := calendarOf("BEGIN:VTIMEZONE", "TZID:own", strings.Join(parts, "\r\n"), "END:VTIMEZONE", "BEGIN:VEVENT", "END:VEVENT")
		if err := ical.Decode(bytes.NewReader(data), ical.Handler{Event: func(c *ical.Calendar, _ *ical.Event) error { z = c.TimeZone("own"); return nil }}); err != nil {
			t.Fatal(err)
		}
		return z
	}
	c := zone("BEGIN:STANDARD", "DTSTART:16011028T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
		"BEGIN:DAYLIGHT", "DTSTART:16010325T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT")
	own, err := ZoneOf(c, 2025, 2027, &Work{PerRule: zoneWork, Series: totalWork, Total: totalWork})
	if err != nil {
		t.Fatal(err)
	}
	table := zoneNamed(t, "Europe/Berlin")
	a, b := NewClock(own), NewClock(table)
	for w := ical.WallOf(2025, 1, 1, 0); w < ical.WallOf(2028, 1, 1, 0); w += 1800 {
		if a, b := a.Resolve(w), b.Resolve(w); a != b {
			t.Fatalf("%s is %d by the file and %d by the table", w.Time(), a, b)
		}
	}
	// UNTIL is the instant of the last change, in UTC; the onset reads an hour more.
	last, err := ZoneOf(zone("BEGIN:DAYLIGHT", "DTSTART:20200329T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3;UNTIL=20260329T010000Z", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT",
		"BEGIN:STANDARD", "DTSTART:20201025T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD"), 2025, 2027, &Work{PerRule: zoneWork, Series: totalWork, Total: totalWork})
	if err != nil {
		t.Fatal(err)
	}
	if w := ical.WallOf(2026, 7, 1, 0); !resolve(w, last).Equal(resolve(w, table)) {
		t.Errorf("the last change is lost: %s is %s", w.Time(), resolve(w, last))
	}
	for _, parts := range [][]string{
		{"X:y"},
		{"BEGIN:STANDARD", "END:STANDARD"},
		{"BEGIN:STANDARD", "DTSTART:20000101T000000", "TZOFFSETFROM:1", "TZOFFSETTO:+0100", "END:STANDARD"},
		{"BEGIN:STANDARD", "DTSTART:20000101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+9900", "END:STANDARD"},
		{"BEGIN:STANDARD", "DTSTART:20000101T000000", "RRULE:FREQ=SECONDLY", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD"},
		{"BEGIN:STANDARD", "DTSTART:20000101T000000", "RRULE:FREQ=HOURLY", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:STANDARD"},
	} {
		if loc, err := ZoneOf(zone(parts...), 2025, 2027, &Work{PerRule: zoneWork, Series: totalWork, Total: totalWork}); err == nil {
			t.Errorf("%v gives %s", parts, loc)
		}
	}
}

// calendarOf makes a calendar of lines.
func calendarOf(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

func zoneNamed(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
