package console

import (
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Each time that people type has one meaning, whatever verb it is typed for. The
// right side is an instant, or "from to" for a whole day; empty is refused.
func TestReadTime(t *testing.T) {
	berlin, newYork := zoneOf(t, "Europe/Berlin"), zoneOf(t, "America/New_York")
	lordHowe := zoneOf(t, "Australia/Lord_Howe") // its summer time is half an hour
	havana := zoneOf(t, "America/Havana")        // its clocks change at midnight
	apia := zoneOf(t, "Pacific/Apia")            // it skipped 30 December 2011
	now := time.Date(2030, 1, 1, 23, 30, 0, 0, time.UTC)
	tests := []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2030-01-02T09:00:00Z", berlin, "2030-01-02T09:00:00Z"},
		{"2030-01-02T09:00:00+05:30", berlin, "2030-01-02T03:30:00Z"},
		{"2030-01-02T09:00Z", berlin, "2030-01-02T09:00:00Z"},
		{"2030-01-02 09:00-04:00", berlin, "2030-01-02T13:00:00Z"},
		{"2030-01-02T09:00:30", berlin, "2030-01-02T08:00:30Z"},
		{"2030-07-02 09:00", berlin, "2030-07-02T07:00:00Z"},
		{" 2030-07-02  09:00 ", berlin, "2030-07-02T07:00:00Z"},
		{"2.7.2030 09:00", berlin, "2030-07-02T07:00:00Z"},
		// A time of day is today's in the zone, where it is the 2nd in Berlin.
		{"9:00", berlin, "2030-01-02T08:00:00Z"},
		{"00:00", berlin, "2030-01-01T23:00:00Z"},
		{"23:59", berlin, "2030-01-02T22:59:00Z"},
		{"23:59:30", berlin, "2030-01-02T22:59:30Z"},
		{"24:00", berlin, "2030-01-02T23:00:00Z"},
		{"09:00", newYork, "2030-01-01T14:00:00Z"},
		{"09:00", time.UTC, "2030-01-01T09:00:00Z"},
		{"tomorrow 09:00", berlin, "2030-01-03T08:00:00Z"},
		{"Yesterday 22:15", newYork, "2030-01-01T03:15:00Z"},
		{"today 24:00", newYork, "2030-01-02T05:00:00Z"},
		// Days.
		{"2030-01-02", berlin, "2030-01-01T23:00:00Z 2030-01-02T23:00:00Z"},
		{"28.11.2026", berlin, "2026-11-27T23:00:00Z 2026-11-28T23:00:00Z"},
		{"today", berlin, "2030-01-01T23:00:00Z 2030-01-02T23:00:00Z"},
		{"TODAY", newYork, "2030-01-01T05:00:00Z 2030-01-02T05:00:00Z"},
		{"tomorrow", berlin, "2030-01-02T23:00:00Z 2030-01-03T23:00:00Z"},
		{"yesterday", berlin, "2029-12-31T23:00:00Z 2030-01-01T23:00:00Z"},
		{"2030-03-31", berlin, "2030-03-30T23:00:00Z 2030-03-31T22:00:00Z"}, // 23 hours
		{"2030-10-27", berlin, "2030-10-26T22:00:00Z 2030-10-27T23:00:00Z"}, // 25 hours
		{"2026-03-08", havana, "2026-03-08T05:00:00Z 2026-03-09T04:00:00Z"}, // begins at one
		{"2026-03-07", havana, "2026-03-07T05:00:00Z 2026-03-08T05:00:00Z"},
		{"2026-11-01", havana, "2026-11-01T04:00:00Z 2026-11-02T05:00:00Z"},
		{"2011-12-30", apia, ""},
		{"2011-12-29", apia, "2011-12-29T10:00:00Z 2011-12-30T10:00:00Z"},
		{"2011-12-31", apia, "2011-12-30T10:00:00Z 2011-12-31T10:00:00Z"},
		{"2011-12-30 12:00", apia, ""},
		// From now.
		{"now", berlin, "2030-01-01T23:30:00Z"},
		{"-2h", berlin, "2030-01-01T21:30:00Z"},
		{"+1h30m", berlin, "2030-01-02T01:00:00Z"},
		{"-7d", berlin, "2029-12-25T23:30:00Z"},
		// Forward: the hour before and the one after.
		{"2030-03-31 01:59", berlin, "2030-03-31T00:59:00Z"},
		{"2030-03-31 02:00", berlin, ""},
		{"2030-03-31 02:59", berlin, ""},
		{"2030-03-31 03:00", berlin, "2030-03-31T01:00:00Z"},
		{"2030-10-06 02:15", lordHowe, ""},
		// Back: what happens twice is meant the first time.
		{"2030-10-27 01:59", berlin, "2030-10-26T23:59:00Z"},
		{"2030-10-27 02:00", berlin, "2030-10-27T00:00:00Z"},
		{"2030-10-27 02:59", berlin, "2030-10-27T00:59:00Z"},
		{"2030-10-27 03:00", berlin, "2030-10-27T02:00:00Z"},
		{"2030-11-03 01:30", newYork, "2030-11-03T05:30:00Z"},
		{"2030-11-03 02:00", newYork, "2030-11-03T07:00:00Z"},
		{"2030-04-07 01:45", lordHowe, "2030-04-06T14:45:00Z"},
		{"2030-04-07 02:00", lordHowe, "2030-04-06T15:30:00Z"},
		{"2026-03-07 23:59", havana, "2026-03-08T04:59:00Z"},
		{"2026-03-08 00:00", havana, ""},
		{"2026-03-08 01:00", havana, "2026-03-08T05:00:00Z"},
		{"2026-11-01 00:00", havana, "2026-11-01T04:00:00Z"},
		{"2026-11-01 01:00", havana, "2026-11-01T06:00:00Z"},
		{"", berlin, ""},
		{"24:01", berlin, ""},
		{"25:00", berlin, ""},
		{"9", berlin, ""},
		{"9am", berlin, ""},
		{"2h", berlin, ""}, // ago, or ahead?
		{"2030-02-29", berlin, ""},
		{"2030-13-01 10:00", berlin, ""},
		{"2030-01-02 tomorrow", berlin, ""},
		{"tomorrow9", berlin, ""},
		{"0000-01-01T00:00:00Z", berlin, ""},
		{"last week", berlin, ""},
	}
	for _, tt := range tests {
		span, err := ReadTime(tt.text, tt.zone, now)
		text := span.Start.Format(time.RFC3339)
		if !span.Empty() {
			text += " " + span.End.Format(time.RFC3339)
		}
		if err == nil && text != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%q in %s: %s (%v), expected %q", tt.text, tt.zone, text, err, tt.want)
		}
	}
}
