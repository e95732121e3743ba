package rules

import (
	"strings"
	"testing"
	"time"

	"deskd/reservations"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Each rule in the words that people get.
func TestRefusals(t *testing.T) {
	zone := berlin(t)
	when := func(from, to string) reservations.Span {
		t.Helper()
		var s reservations.Span
		for text, at := range map[string]*time.Time{from: &s.Start, to: &s.End} {
			parsed, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
			if err != nil {
				t.Fatal(err)
			}
			*at = parsed.UTC()
		}
		return s
	}
	weekdays := &[7]Hours{1: {420, 1200}, 2: {420, 1200}, 3: {420, 1200}, 4: {420, 1200}, 5: {420, 900}}
	monday := when("2026-03-02 09:00", "2026-03-02 12:00")
	now := when("2026-03-01 08:00", "2026-03-01 09:00").Start
	other := func(desk, person string, s reservations.Span) []reservations.Reservation {
		return []reservations.Reservation{{ID: "x", Desk: desk, Person: person, Span: s}}
	}
	for _, c := range []struct {
		name string
		r    Rules
		w    World
		s    reservations.Span
		want string // code, rule, value, text, until
	}{
		{"none", Rules{}, World{}, monday, ""},
		{"open", Rules{Week: weekdays}, World{}, monday, ""},
		{"before it opens", Rules{Week: weekdays}, World{}, when("2026-03-02 06:45", "2026-03-02 12:00"),
			"outside_hours|hours|mon-thu 07:00-20:00, fri 07:00-15:00|the site is open from 07:00 to 20:00 on a Monday, and the booking begins 2026-03-02T05:45:00Z|"},
		{"after it closes", Rules{Week: weekdays}, World{}, when("2026-03-06 09:00", "2026-03-06 15:15"),
			"outside_hours|hours|mon-thu 07:00-20:00, fri 07:00-15:00|the site is open from 07:00 to 15:00 on a Friday, and the booking ends 2026-03-06T14:15:00Z|"},
		{"when it closes", Rules{Week: weekdays}, World{}, when("2026-03-02 20:00", "2026-03-03 12:00"),
			"outside_hours|hours|mon-thu 07:00-20:00, fri 07:00-15:00|the site is open from 07:00 to 20:00 on a Monday, and the booking begins 2026-03-02T19:00:00Z|"},
		{"until it closes", Rules{Week: weekdays}, World{}, when("2026-03-06 09:00", "2026-03-06 15:00"), ""},
		{"a day is no hours", Rules{Week: weekdays}, World{}, when("2026-03-06 00:00", "2026-03-07 00:00"), ""},
		{"over a weekend", Rules{Week: weekdays}, World{}, when("2026-03-06 00:00", "2026-03-10 00:00"),
			"closed_day|hours|mon-thu 07:00-20:00, fri 07:00-15:00|the site is not open on a Saturday (2026-03-07)|"},
		{"holiday", Rules{Holidays: []Holiday{{Date{2026, 3, 1}, Date{2026, 3, 3}, "carnival"}, {Date{2026, 12, 25}, Date{2026, 12, 25}, ""}}}, World{}, monday,
			"holiday|holidays|2026-03-01..2026-03-03 carnival|the site is closed (2026-03-01..2026-03-03 carnival)|2026-03-03T23:00:00Z"},
		{"not yet", Rules{Ahead: Ahead{14, 360}}, World{}, when("2026-03-16 09:00", "2026-03-16 10:00"),
			"too_early|ahead_days|14 from 06:00|2026-03-16 can be booked from 2026-03-02T05:00:00Z on|2026-03-02T05:00:00Z"},
		{"days of 23 hours are days", Rules{Shortest: 48 * time.Hour, Longest: 48 * time.Hour}, World{}, when("2026-03-28 00:00", "2026-03-30 00:00"), ""},
		{"and of 25", Rules{Shortest: 48 * time.Hour, Longest: 48 * time.Hour}, World{}, when("2026-10-24 00:00", "2026-10-26 00:00"), ""},
		{"too short", Rules{Shortest: 4 * time.Hour}, World{}, monday, "too_short|shortest|4h|the booking lasts 3h, and the shortest is 4h|"},
		{"too long", Rules{Longest: 90 * time.Minute}, World{}, monday, "too_long|longest|1h30m|the booking lasts 3h, and the longest is 1h30m|"},
		{"no half day", Rules{Slots: []Hours{{480, 780}, {780, 1080}}}, World{}, monday,
			"not_a_slot|slots|08:00-13:00, 13:00-18:00|what can be booked of a day is 08:00-13:00, 13:00-18:00, and the booking begins 2026-03-02T08:00:00Z|"},
		{"half a day", Rules{Slots: []Hours{{480, 780}, {780, 1080}}}, World{}, when("2026-03-02 13:00", "2026-03-02 18:00"), ""},
		{"second desk", Rules{OneDesk: true}, World{Own: other("D2", "jane", when("2026-03-02 11:00", "2026-03-02 14:00"))}, monday,
			"second_desk|one_desk|true|jane has desk D2 from 2026-03-02T10:00:00Z to 2026-03-02T13:00:00Z, and may have one desk at a time|2026-03-02T13:00:00Z"},
		{"one after the other", Rules{OneDesk: true}, World{Own: other("D2", "jane", when("2026-03-02 12:00", "2026-03-02 14:00"))}, monday, ""},
		{"bookings a week", Rules{Quotas: []Quota{{Per: PerWeek, Bookings: 1}}}, World{Own: other("D2", "jane", when("2026-03-08 12:00", "2026-03-08 14:00"))}, monday,
			"over_quota|quotas|1 booking a week|jane may have 1 booking a week, and has 1|2026-03-08T23:00:00Z"},
		{"a little of another day", Rules{Quotas: []Quota{{Per: PerDay, Bookings: 1}}}, World{Own: other("D2", "jane", when("2026-03-03 12:00", "2026-03-03 14:00"))}, when("2026-03-02 23:30", "2026-03-03 00:30"),
			"over_quota|quotas|1 booking a day|jane may have 1 booking a day, and has 1|2026-03-03T23:00:00Z"},
		{"hours a day", Rules{Quotas: []Quota{{Per: PerDay, Hours: 4}}}, World{Own: other("D2", "jane", when("2026-03-02 12:00", "2026-03-02 14:00"))}, monday,
			"over_quota|quotas|4 hours a day|jane may have 4 hours a day; with this booking it would be 5h|2026-03-02T23:00:00Z"},
		{"bookings ahead", Rules{Quotas: []Quota{{Per: PerAhead, Bookings: 1}}}, World{Own: other("D2", "jane", when("2026-05-02 12:00", "2026-05-02 14:00"))}, monday,
			"over_quota|quotas|1 booking ahead|jane may have 1 booking ahead, and has 1|"},
		{"those that are over are not ahead", Rules{Quotas: []Quota{{Per: PerAhead, Bookings: 1}}}, World{Own: other("D2", "jane", when("2026-02-02 12:00", "2026-02-02 14:00"))}, monday, ""},
		{"group", Rules{Groups: []string{"sales", "board"}}, World{}, monday, "not_for_group|groups|sales, board|desk D1 is for people of sales or board|"},
		{"member", Rules{Groups: []string{"Staff"}}, World{}, monday, ""},
		{"buffer before", Rules{Buffer: 15 * time.Minute}, World{Near: other("D1", "max", when("2026-03-02 08:00", "2026-03-02 08:50"))}, monday,
			"buffer|buffer|15m|desk D1 stays free for 15m between two people, and another booking ends 2026-03-02T07:50:00Z|2026-03-02T08:05:00Z"},
		{"buffer after", Rules{Buffer: 15 * time.Minute}, World{Near: other("D1", "max", when("2026-03-02 12:10", "2026-03-02 13:00"))}, monday,
			"buffer|buffer|15m|desk D1 stays free for 15m between two people, and another booking begins 2026-03-02T11:10:00Z|"},
		{"no buffer to one's own", Rules{Buffer: 15 * time.Minute}, World{Near: other("D1", "JANE", when("2026-03-02 12:00", "2026-03-02 13:00"))}, monday, ""},
		{"out of service", Rules{OutOfService: []string{"D7", "D[12]"}}, World{}, monday, "out_of_service|out_of_service|D[12]|desk D1 is out of service|"},
		{"closed", Rules{}, World{Closures: []Closure{{when("2026-03-02 10:00", "2026-03-03 00:00"), "painters"}}}, monday,
			"closed|closures|2026-03-02T09:00:00Z..2026-03-02T23:00:00Z|desk D1 is closed from 2026-03-02T09:00:00Z to 2026-03-02T23:00:00Z: painters|2026-03-02T23:00:00Z"},
		{"owned", Rules{}, World{Owner: "max", Released: []reservations.Span{when("2026-03-02 08:00", "2026-03-02 11:00")}}, monday,
			"owned|owner|max|desk D1 is max's, who has not released it for that time|"},
		{"released", Rules{}, World{Owner: "max", Released: []reservations.Span{when("2026-03-02 11:00", "2026-03-02 14:00"), when("2026-03-02 08:00", "2026-03-02 11:00")}}, monday, ""},
		{"the owner", Rules{}, World{Owner: "JANE"}, monday, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.r.Clock = zone
			q := Request{Desk: reservations.Desk{ID: "D1"}, Person: reservations.Person{ID: "jane", Groups: []string{"staff"}}, Span: c.s}
			var told []string
			for _, f := range Check(c.r, c.w, q, now) {
				until := ""
				if !f.Until.IsZero() {
					until = f.Until.Format(time.RFC3339)
				}
				told = append(told, strings.Join([]string{string(f.Code), f.Rule, f.Value, f.Text, until}, "|"))
			}
			if got := strings.Join(told, "\n"); got != c.want {
				t.Errorf("told\n%s\nexpected\n%s", got, c.want)
			}
		})
	}
}

// All that is against a request is told at once, and rules that are kept are told too.
func TestJudge(t *testing.T) {
	r := Rules{Longest: time.Hour, Shortest: time.Minute, Groups: []string{"sales"}}
	q := Request{Desk: reservations.Desk{ID: "D1"}, Person: reservations.Person{ID: "jane"}, Span: reservations.Span{Start: time.Unix(0, 0), End: time.Unix(7200, 0)}}
	told := Judge(r, World{}, q, time.Unix(0, 0))
	var text []string
	for _, v := range told {
		verdict := "kept"
		if v.Refusal != nil {
			verdict = string(v.Refusal.Code)
		}
		text = append(text, v.Rule+" "+v.Value+" "+verdict)
	}
	if got, want := strings.Join(text, ", "), "groups sales not_for_group, shortest 1m kept, longest 1h too_long"; got != want {
		t.Errorf("told %s, expected %s", got, want)
	}
}

// A day begins at its first instant, also where midnight is skipped or comes twice.
func TestStartOf(t *testing.T) {
	for _, c := range []struct {
		zone string
		d    Date
		want string
	}{
		{"Europe/Berlin", Date{2026, 3, 29}, "2026-03-28T23:00:00Z"},
		{"America/Santiago", Date{2026, 9, 6}, "2026-09-06T04:00:00Z"}, // 00:00 is skipped
		{"America/Havana", Date{2026, 11, 1}, "2026-11-01T04:00:00Z"},  // 00:00 comes twice
		{"Pacific/Apia", Date{2011, 12, 30}, "2011-12-30T10:00:00Z"},   // a day that was not
		{"Pacific/Apia", Date{2011, 12, 31}, "2011-12-30T10:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOf(c.d, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s begins %s in %s, expected %s", c.d, got, c.zone, c.want)
		}
	}
}
