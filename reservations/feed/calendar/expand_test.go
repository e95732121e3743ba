package calendar

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// Each case is the body of one or more VEVENTs, split by "--", and its
// occurrences in Berlin's time in March and April 2026.
func TestExpansion(t *testing.T) {
	const b = "TZID=Europe/Berlin:2026"
	for _, tc := range []struct {
		Name, events string
		want         []string
		note         string
	}{
		{"end by the wall clock over the change", "DTSTART;" + b + "0327T220000\nDTEND;" + b + "0328T060000\nRRULE:FREQ=DAILY;COUNT=3",
			[]string{"0327 22:00 8h", "0328 22:00 7h", "0329 22:00 8h"}, ""},
		{"hours of a duration are exact", "DTSTART;" + b + "0327T220000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=3",
			[]string{"0327 22:00 8h", "0328 22:00 8h", "0329 22:00 8h"}, ""},
		{"days of a duration are nominal", "DTSTART;" + b + "0328T120000\nDURATION:P1DT1H", []string{"0328 12:00 24h"}, ""},
		{"end in the hour that is left out", "DTSTART;" + b + "0329T003000\nDTEND;" + b + "0329T023000\nRRULE:FREQ=DAILY;COUNT=2", []string{"0329 00:30 2h", "0330 00:30 2h"}, ""},
		{"utc series keeps its instant", "DTSTART:20260328T080000Z\nDTEND:20260328T090000Z\nRRULE:FREQ=DAILY;COUNT=2", []string{"0328 09:00 1h", "0329 10:00 1h"}, ""},
		{"end in another zone", "DTSTART;" + b + "0303T090000\nDTEND;TZID=Europe/London:20260303T090000", []string{"0303 09:00 1h"}, ""},
		{"exdate as a date", "DTSTART;" + b + "0303T233000\nDTEND;" + b + "0304T003000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20260304", []string{"0303 23:30 1h", "0305 23:30 1h"}, ""},
		{"exdate floating", "DTSTART;TZID=America/New_York:20260303T090000\nDTEND;TZID=America/New_York:20260303T100000\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20260303T090000", []string{"0304 15:00 1h"}, ""},
		{"exdate in utc", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20260303T080000Z,20260303T080001Z", []string{"0304 09:00 1h"}, ""},
		{"exdate with a time on all-day", "DTSTART:20260303\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20260303T000000", []string{"0304 00:00 24h"}, ""},
		{"start off the pattern counts", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2", []string{"0303 09:00 1h", "0304 09:00 1h"}, "DTSTART is not a day its rule selects"},
		{"count of one off the pattern", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=1", []string{"0303 09:00 1h"}, "DTSTART is not a day its rule selects"},
		{"until as a date", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260304", []string{"0303 09:00 1h", "0304 09:00 1h"}, "UNTIL is a date"},
		{"until floating", "DTSTART;TZID=America/New_York:20260303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260304T090000", []string{"0303 15:00 1h", "0304 15:00 1h"}, ""},
		{"until in utc", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260304T075959Z", []string{"0303 09:00 1h"}, ""},
		{"until in utc on all-day", "DTSTART:20260303\nRRULE:FREQ=DAILY;UNTIL=20260304T230000Z", []string{"0303 00:00 24h", "0304 00:00 24h"}, ""},
		{"date with a zone", "DTSTART;VALUE=DATE;TZID=America/New_York:20260329", []string{"0329 00:00 23h"}, ""},
		{"all-day without length", "DTSTART:20260303\nDTEND:20260303", []string{"0303 00:00 24h"}, "ends on the day it starts"},
		{"end before start", "DTSTART;" + b + "0303T090000\nDTEND;" + b + "0303T080000", []string{"0303 09:00 0s"}, "ends before it starts"},
		{"two rules", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=DAILY;INTERVAL=2;COUNT=2", []string{"0303 09:00 1h", "0304 09:00 1h", "0305 09:00 1h"}, ""},
		{"exrule", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEXRULE:FREQ=DAILY;INTERVAL=2", []string{"0304 09:00 1h", "0306 09:00 1h"}, ""},
		{"period equal to an instance", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nRDATE:20260304T080000Z,20260306T080000Z", []string{"0303 09:00 1h", "0304 09:00 1h", "0306 09:00 1h"}, ""},
		{"period as a date", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRDATE;VALUE=DATE:20260305", []string{"0303 09:00 1h", "0305 09:00 1h"}, "RDATE is a date"},
		{"period of all days", "DTSTART:20260303\nRDATE;VALUE=DATE:20260305", []string{"0303 00:00 24h", "0305 00:00 24h"}, ""},
		{"override by date", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n--\nRECURRENCE-ID;VALUE=DATE:20260304\nDTSTART;" + b + "0305T100000\nDURATION:PT2H", []string{"0303 09:00 1h", "0305 10:00 2h 20260304T080000Z"}, ""},
		{"override in utc", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n--\nRECURRENCE-ID:20260304T080000Z\nDTSTART;" + b + "0304T100000\nDURATION:PT2H", []string{"0303 09:00 1h", "0304 10:00 2h 20260304T080000Z"}, ""},
		{"override moved out of the window", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n--\nRECURRENCE-ID:20260304T080000Z\nDTSTART;TZID=Europe/Berlin:20270304T100000\nDURATION:PT2H", []string{"0303 09:00 1h"}, ""},
		{"override that was cancelled", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n--\nRECURRENCE-ID:20260304T080000Z\nSTATUS:CANCELLED", []string{"0303 09:00 1h"}, ""},
		{"override of an excluded instance", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;VALUE=DATE:20260304\n--\nRECURRENCE-ID:20260304T080000Z\nDTSTART;" + b + "0304T100000\nDURATION:PT2H", []string{"0303 09:00 1h"}, ""},
		{"override without its instance", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n--\nRECURRENCE-ID:20260310T080000Z\nDTSTART;" + b + "0310T100000\nDURATION:PT2H", []string{"0303 09:00 1h", "0304 09:00 1h", "0310 10:00 2h 20260310T080000Z"}, "an instance that its series does not have"},
		{"override with a rule and no master", "RECURRENCE-ID:20260303T080000Z\nDTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2", []string{"0303 09:00 1h", "0304 09:00 1h"}, ""},
		{"newest override wins", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\n--\nRECURRENCE-ID:20260303T080000Z\nSEQUENCE:2\nDTSTART;" + b + "0303T100000\n--\nRECURRENCE-ID:20260303T080000Z\nSEQUENCE:1\nDTSTART;" + b + "0303T110000", []string{"0303 10:00 0s 20260303T080000Z"}, ""},
		{"all that follow", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n--\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260304T080000Z\nDTSTART;" + b + "0304T100000\nDURATION:PT2H\n--\nRECURRENCE-ID:20260305T080000Z\nDTSTART;" + b + "0305T080000\nDURATION:PT1H",
			[]string{"0303 09:00 1h", "0304 10:00 2h 20260304T080000Z", "0305 08:00 1h 20260305T080000Z", "0306 10:00 2h 20260306T080000Z"}, ""},
		{"all that follow, cancelled", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n--\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260305T080000Z\nSTATUS:CANCELLED", []string{"0303 09:00 1h", "0304 09:00 1h"}, ""},
		{"cancelled series", "DTSTART;" + b + "0303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nSTATUS:CANCELLED\n--\nRECURRENCE-ID:20260304T080000Z\nDTSTART;" + b + "0304T100000", nil, ""},
		{"sequence, then start, whatever was modified", "SEQUENCE:1\nDTSTART;" + b + "0303T090000\n--\nSEQUENCE:1\nLAST-MODIFIED:20260102T000000Z\nDTSTART;" + b + "0304T090000\n--\nSEQUENCE:0\nLAST-MODIFIED:20260103T000000Z\nDTSTART;" + b + "0305T090000", []string{"0303 09:00 0s", "0304 09:00 0s"}, "another event with this UID counts instead, of a higher SEQUENCE"},
		{"begun before the window, still running in it", "DTSTART;TZID=Europe/Berlin:20250101T090000\nDTEND;" + b + "0303T090000", []string{"0101 09:00 10224h"}, ""},
		{"long instances reach into the window", "DTSTART;" + b + "0201T090000\nDURATION:P10D\nRRULE:FREQ=WEEKLY;COUNT=4", []string{"0222 09:00 240h"}, ""},
		{"a day of the week there twice, by position", "DTSTART;TZID=Europe/Berlin:20240101T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=MO,MO;BYSETPOS=5;COUNT=5", nil, "DTSTART is not a day its rule selects"},
		{"a part of the rule that only ends in UNTIL", "DTSTART;TZID=Europe/Berlin:20200303T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;X-UNTIL=20200401", []string{"0303 09:00 1h"}, ""},
		{"ends where the window starts", "DTSTART:20260228T230000Z\nDTEND:20260301T000000Z", nil, ""},
		{"starts where the window ends", "DTSTART:20260415T000000Z\nDTEND:20260415T010000Z", nil, ""},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			var events []string
			for body := range strings.SplitSeq(tc.events, "--\n") {
				events = append(events, "BEGIN:VEVENT\nUID:u\n"+strings.TrimSuffix(body, "\n")+"\nEND:VEVENT")
			}
			r, err := Occurrences(wrap(events...), spring(), berlin(t))
			if err != nil || len(r.Problems) > 0 {
				t.Fatalf("problems %v, error %v", r.Problems, err)
			}
			if diff := cmp.Diff(tc.want, brief(r.Occurrences, berlin(t))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tc.note != "" && (len(r.Notes) == 0 || !strings.Contains(r.Notes[0].What, tc.note)) {
				t.Errorf("notes %v, want one with %q", r.Notes, tc.note)
			}
			if tc.note == "" && len(r.Notes) > 0 {
				t.Errorf("notes %v, want none", r.Notes)
			}
		})
	}
}

// brief writes "0303 09:00 1h", with the original start where it is another.
func brief(list []Occurrence, zone *time.Location) []string {
	var out []string
	for _, o := range list {
		length := strings.TrimSuffix(strings.TrimSuffix(o.Duration().String(), "0s"), "0m")
		if length == "" {
			length = "0s"
		}
		s := fmt.Sprintf("%s %s", o.Start.In(zone).Format("0102 15:04"), length)
		if o.Recurrence != "" && o.Recurrence != o.Start.Format("20060102T150405Z") {
			s += " " + o.Recurrence
		}
		out = append(out, s)
	}
	return out
}

// A panic while one series is expanded is the loss of that series.
func TestPanicCostsOneEvent(t *testing.T) {
	var log Report
	x := newExpander(Options{Window: spring(), Zone: berlin(t)}, &log)
	if err := ical.Decode(bytes.NewReader(wrap(eventLines("a"), eventLines("b"), eventLines("c"))), ical.Handler{Event: x.add, Known: x.zones.Knows}); err != nil {
		t.Fatal(err)
	}
	x.shelf.record(2).calendar = 7 // nothing the decoder does leaves it so
	out, err := x.all()
	if err != nil || len(out) != 2 || len(log.Problems.list) != 1 || log.Problems.list[0].Line != 9 || log.Problems.list[0].UID != "b" {
		t.Errorf("%d occurrences, problems %v, error %v", len(out), log.Problems.list, err)
	}
}

func TestProblemsAreLimited(t *testing.T) {
	r, err := Occurrences(wrap("BEGIN:VEVENT", strings.TrimSuffix(strings.Repeat("x\r\n", maxReported+5), "\r\n"), "END:VEVENT"), spring(), berlin(t))
	if err != nil || len(r.Notes) != maxReported+1 || !strings.Contains(r.Notes[maxReported].What, "5 more") {
		t.Errorf("%d notes, error %v", len(r.Notes), err)
	}
}

func TestWindowIsRequired(t *testing.T) {
	if _, err := Occurrences(aFeed, reservations.Span{}, berlin(t)); err == nil {
		t.Error("an empty window was taken")
	}
}
