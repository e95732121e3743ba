package feed

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// clock is a zone with the changes of 2026 and what events around them take.
// Each row is a start on that clock and a length (or an end), what else the
// event says, and behind the bar the occurrences in UTC.
type clock struct {
	zone, windows        string
	onset, back          string // DTSTART time, RRULE, offsets: of summer time, of standard time
	spring, autumn, days string
}

// The instants are those of the time zone database, 2025b.
var clocks = []clock{
	{ // forward 29 March 02:00 at 01:00Z, back 25 October 03:00 at 01:00Z
		zone: "Europe/Berlin", windows: "W. Europe Standard Time",
		onset: "020000 -1SU 3 +0100 +0200", back: "030000 -1SU 10 +0200 +0100",
		spring: `
0329T023000 PT1H | 0329T0130 0329T0230
0329T013000 0329T023000 | 0329T0030 0329T0130
0328T120000 P1D | 0328T1100 0329T1000
0328T120000 PT24H | 0328T1100 0329T1100
0328T120000 0329T120000 | 0328T1100 0329T1000
0328T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 0328T0130 0328T0200, 0329T0130 0329T0200, 0330T0030 0330T0100
0322T023000 PT30M RRULE:FREQ=WEEKLY;COUNT=3 | 0322T0130 0322T0200, 0329T0130 0329T0200, 0405T0030 0405T0100
0328T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;@:20260329T023000 | 0328T0130 0328T0200, 0330T0030 0330T0100
0328T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;@:20260329T033000 | 0328T0130 0328T0200, 0330T0030 0330T0100
0328T023000 PT30M RRULE:FREQ=DAILY;UNTIL=20260329T013000Z | 0328T0130 0328T0200, 0329T0130 0329T0200
0328T023000 PT30M RRULE:FREQ=DAILY;UNTIL=20260329T012959Z | 0328T0130 0328T0200
0328T023000 PT30M RRULE:FREQ=DAILY;UNTIL=20260330T003000Z | 0328T0130 0328T0200, 0329T0130 0329T0200, 0330T0030 0330T0100
0329T010000 PT30M RRULE:FREQ=HOURLY;COUNT=4 | 0329T0000 0329T0030, 0329T0100 0329T0130, 0329T0200 0329T0230`,
		autumn: `
1025T023000 PT1H | 1025T0030 1025T0130
1025T013000 1025T023000 | 1024T2330 1025T0030
1025T023000 1025T033000 | 1025T0030 1025T0230
1024T120000 P1D | 1024T1000 1025T1100
1024T120000 PT24H | 1024T1000 1025T1000
1024T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 1024T0030 1024T0100, 1025T0030 1025T0100, 1026T0130 1026T0200
1018T023000 PT30M RRULE:FREQ=WEEKLY;COUNT=3 | 1018T0030 1018T0100, 1025T0030 1025T0100, 1101T0130 1101T0200
1024T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;@:20261025T023000 | 1024T0030 1024T0100, 1026T0130 1026T0200
1024T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 RECURRENCE-ID;@:20261025T023000 | 1024T0030 1024T0100, 1025T0030 1025T0200, 1026T0130 1026T0200
1024T023000 PT30M RRULE:FREQ=DAILY;UNTIL=20261025T003000Z | 1024T0030 1024T0100, 1025T0030 1025T0100
1024T023000 PT30M RRULE:FREQ=DAILY;UNTIL=20261025T010000Z | 1024T0030 1024T0100, 1025T0030 1025T0100
1024T023000 PT30M RRULE:FREQ=DAILY;UNTIL=20261025T002959Z | 1024T0030 1024T0100`,
		days: `
0328 | 0327T2300 0328T2300
0329 | 0328T2300 0329T2200
1025 | 1024T2200 1025T2300
0328 RRULE:FREQ=DAILY;COUNT=3 | 0327T2300 0328T2300, 0328T2300 0329T2200, 0329T2200 0330T2200`,
	},
	{ // forward 8 March 02:00 at 07:00Z, back 1 November 02:00 at 06:00Z
		zone: "America/New_York", windows: "Eastern Standard Time",
		onset: "020000 2SU 3 -0500 -0400", back: "020000 1SU 11 -0400 -0500",
		spring: `
0308T023000 PT1H | 0308T0730 0308T0830
0308T013000 0308T023000 | 0308T0630 0308T0730
0307T120000 P1D | 0307T1700 0308T1600
0307T120000 PT24H | 0307T1700 0308T1700
0307T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 0307T0730 0307T0800, 0308T0730 0308T0800, 0309T0630 0309T0700
0307T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;@:20260308T023000 | 0307T0730 0307T0800, 0309T0630 0309T0700`,
		autumn: `
1101T013000 PT1H | 1101T0530 1101T0630
1101T013000 1101T023000 | 1101T0530 1101T0730
1031T120000 P1D | 1031T1600 1101T1700
1031T013000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 1031T0530 1031T0600, 1101T0530 1101T0600, 1102T0630 1102T0700
1031T013000 PT30M RRULE:FREQ=DAILY;COUNT=3 RECURRENCE-ID;@:20261101T013000 | 1031T0530 1031T0600, 1101T0530 1101T0700, 1102T0630 1102T0700`,
		days: `
0308 | 0308T0500 0309T0400
1101 | 1101T0400 1102T0500`,
	},
	{ // forward 6 September 00:00 at 04:00Z: there is no midnight; back 5 April 00:00 at 03:00Z
		zone: "America/Santiago", windows: "Pacific SA Standard Time",
		onset: "000000 SU 9;BYMONTHDAY=2,3,4,5,6,7,8 -0400 -0300", back: "000000 SU 4;BYMONTHDAY=2,3,4,5,6,7,8 -0300 -0400",
		spring: `
0906T000000 PT1H | 0906T0400 0906T0500
0906T003000 PT1H | 0906T0430 0906T0530
0905T230000 0906T003000 | 0906T0300 0906T0430
0905T120000 P1D | 0905T1600 0906T1500
0905T120000 PT24H | 0905T1600 0906T1600
0905T003000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 0905T0430 0905T0500, 0906T0430 0906T0500, 0907T0330 0907T0400
0905T000000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;@:20260906T000000 | 0905T0400 0905T0430, 0907T0300 0907T0330
0905T000000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;VALUE=DATE:20260906 | 0905T0400 0905T0430, 0907T0300 0907T0330`,
		autumn: `
0404T233000 PT1H | 0405T0230 0405T0330
0404T233000 0405T003000 | 0405T0230 0405T0430
0403T233000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 0404T0230 0404T0300, 0405T0230 0405T0300, 0406T0330 0406T0400
0403T233000 PT30M RRULE:FREQ=DAILY;COUNT=3 RECURRENCE-ID;@:20260404T233000 | 0404T0230 0404T0300, 0405T0230 0405T0400, 0406T0330 0406T0400`,
		days: `
0905 | 0905T0400 0906T0400
0906 | 0906T0400 0907T0300
0404 | 0404T0300 0405T0400
0905 RRULE:FREQ=DAILY;COUNT=3 | 0905T0400 0906T0400, 0906T0400 0907T0300, 0907T0300 0908T0300`,
	},
	{ // back 5 April 03:00 at 4 April 16:00Z, forward 4 October 02:00 at 3 October 16:00Z
		zone: "Australia/Sydney", windows: "AUS Eastern Standard Time",
		onset: "020000 1SU 10 +1000 +1100", back: "030000 1SU 4 +1100 +1000",
		spring: `
1004T023000 PT1H | 1003T1630 1003T1730
1004T013000 1004T023000 | 1003T1530 1003T1630
1003T120000 P1D | 1003T0200 1004T0100
1003T120000 PT24H | 1003T0200 1004T0200
1003T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 1002T1630 1002T1700, 1003T1630 1003T1700, 1004T1530 1004T1600`,
		autumn: `
0405T023000 PT1H | 0404T1530 0404T1630
0405T023000 0405T033000 | 0404T1530 0404T1730
0404T023000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 0403T1530 0403T1600, 0404T1530 0404T1600, 0405T1630 0405T1700`,
		days: `
1004 | 1003T1400 1004T1300
0405 | 0404T1300 0405T1400`,
	},
	{ // forward 8 March 00:00 at 05:00Z: there is no midnight; back 1 November 01:00 at 05:00Z: there are two
		zone: "America/Havana", windows: "Cuba Standard Time",
		onset: "000000 2SU 3 -0500 -0400", back: "010000 1SU 11 -0400 -0500",
		spring: `
0308T000000 PT1H | 0308T0500 0308T0600
0308T003000 PT1H | 0308T0530 0308T0630
0307T230000 0308T003000 | 0308T0400 0308T0530
0307T000000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 0307T0500 0307T0530, 0308T0500 0308T0530, 0309T0400 0309T0430
0307T000000 PT30M RRULE:FREQ=DAILY;COUNT=3 EXDATE;@:20260308T000000 | 0307T0500 0307T0530, 0309T0400 0309T0430`,
		autumn: `
1101T000000 PT1H | 1101T0400 1101T0500
1101T003000 1101T013000 | 1101T0430 1101T0630
1031T003000 PT30M RRULE:FREQ=DAILY;COUNT=3 | 1031T0430 1031T0500, 1101T0430 1101T0500, 1102T0530 1102T0600`,
		days: `
0307 | 0307T0500 0308T0500
0308 | 0308T0500 0309T0400
1031 | 1031T0400 1101T0400
1101 | 1101T0400 1102T0500`,
	},
	{ // half an hour: back 5 April 02:00 at 4 April 15:00Z, forward 4 October 02:00 at 3 October 15:30Z
		zone: "Australia/Lord_Howe", windows: "Lord Howe Standard Time",
		onset: "020000 1SU 10 +1030 +1100", back: "020000 1SU 4 +1100 +1030",
		spring: `
1004T021500 PT1H | 1003T1545 1003T1645
1004T013000 1004T021500 | 1003T1500 1003T1545
1003T120000 P1D | 1003T0130 1004T0100
1003T120000 PT24H | 1003T0130 1004T0130
1003T021500 PT15M RRULE:FREQ=DAILY;COUNT=3 | 1002T1545 1002T1600, 1003T1545 1003T1600, 1004T1515 1004T1530`,
		autumn: `
0405T014500 PT1H | 0404T1445 0404T1545
0405T014500 0405T021500 | 0404T1445 0404T1545
0404T014500 PT15M RRULE:FREQ=DAILY;COUNT=3 | 0403T1445 0403T1500, 0404T1445 0404T1500, 0405T1515 0405T1530`,
		days: `
1004 | 1003T1330 1004T1300
0405 | 0404T1300 0405T1330`,
	},
}

// vtimezone is the clock in the words of a calendar, under a name nobody knows.
func (c clock) vtimezone() string {
	b := "BEGIN:VTIMEZONE\r\nTZID:custom\r\n"
	for _, part := range []struct{ kind, rule string }{{"DAYLIGHT", c.onset}, {"STANDARD", c.back}} {
		f := strings.Fields(part.rule)
		b += fmt.Sprintf("BEGIN:%s\r\nDTSTART:16010101T%s\r\nRRULE:FREQ=YEARLY;BYDAY=%s;BYMONTH=%s\r\nTZOFFSETFROM:%s\r\nTZOFFSETTO:%s\r\nEND:%[1]s\r\n",
			part.kind, f[0], f[1], f[2], f[3], f[4])
	}
	return b + "END:VTIMEZONE"
}

// clockEvent writes the events of a row, with times in the zone called tzid;
// empty for a row of days. RECURRENCE-ID gives that instance a length of 90 minutes.
func clockEvent(row, tzid string) []string {
	f := strings.Fields(row)
	if tzid == "" {
		return []string{eventText("DTSTART;VALUE=DATE:2026"+f[0], f[1:]...)}
	}
	at := "TZID=" + tzid
	start, end := "DTSTART;"+at+":2026"+f[0], "DURATION:"+f[1]
	if !strings.HasPrefix(f[1], "P") {
		end = "DTEND;" + at + ":2026" + f[1]
	}
	master, events := []string{end}, []string(nil)
	for _, more := range f[2:] {
		more = strings.Replace(more, "@", at, 1)
		if original, ok := strings.CutPrefix(more, "RECURRENCE-ID;"); ok {
			events = append(events, eventText("DTSTART;"+original, more, "DURATION:PT90M"))
			continue
		}
		master = append(master, more)
	}
	return append(events, eventText(start, master...))
}

func eventText(start string, more ...string) string {
	return strings.Join(append(append([]string{"BEGIN:VEVENT", "UID:u", start}, more...), "END:VEVENT"), "\r\n")
}

// Whatever name a clock goes by, the changes of the year fall on the instants
// of the table: RFC 5545 3.3.5 for times that do not exist or exist twice.
func TestClockChanges(t *testing.T) {
	year := reservations.Span{Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, c := range clocks {
		site, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, tzid := range []string{c.zone, c.windows, "custom", ""} {
			table := c.spring + c.autumn
			if tzid == "" {
				table = c.days
			}
			for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
				row, want, _ := strings.Cut(line, " | ")
				r, err := Occurrences(wrap(append(clockEvent(row, tzid), c.vtimezone())...), year, site)
				if err != nil || len(r.Problems)+len(r.Notes) > 0 {
					t.Errorf("%s %q %s: problems %v, notes %v, error %v", c.zone, tzid, row, r.Problems, r.Notes, err)
				}
				var got []string
				for _, o := range r.Occurrences {
					got = append(got, o.Start.Format("0102T1504 ")+o.End.Format("0102T1504"))
				}
				if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
					t.Errorf("%s %q %s (-want +got):\n%s", c.zone, tzid, row, diff)
				}
			}
		}
	}
}

// What resolve means, spelt out: the first instant that shows the reading; where
// none does, the offset before the change. Around every change from 2000 to 2037
// of every zone in the Windows table.
func TestResolveByDefinition(t *testing.T) {
	const quarter = 15 * 60
	for _, iana := range windowsZones() {
		loc, err := time.LoadLocation(iana)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
		for {
			_, change := at.ZoneBounds()
			if change.IsZero() || change.Year() > 2037 {
				break
			}
			before, after := offsetAt(loc, change.Unix()-1), offsetAt(loc, change.Unix())
			for n := int64(-12); n <= 12; n++ {
				w := ical.Wall(change.Unix() + before + n*quarter)
				want := int64(w) - before
				for _, instant := range []int64{int64(w) - max(before, after), int64(w) - min(before, after)} {
					if wallIn(time.Unix(instant, 0), loc) == w {
						want = instant
						break
					}
				}
				if got := resolve(w, loc).Unix(); got != want {
					t.Errorf("%s shows %s at %s, not at %s", iana, w.Time().Format(time.DateTime), time.Unix(want, 0).UTC(), time.Unix(got, 0).UTC())
				}
			}
			at = change
		}
	}
}
