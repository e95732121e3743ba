package feed

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// bomb is a feed made to harm its reader. Beside it lie five good events.
type bomb struct {
	name string
	body func(io.Writer)
	// refused names the refusal of the whole feed, problem that of the event.
	// With neither the feed is read, extra occurrences and all.
	refused, problem string
	extra            int
	// some says that of many alike some are read, as far as there is room.
	some bool
	// kept is how many MiB that take which is read by right: as much as a feed may
	// have.
	kept int64
}

// repeat writes what f makes of each number.
func repeat(n int, f func(i int) string) func(io.Writer) {
	return func(w io.Writer) {
		for i := range n {
			io.WriteString(w, f(i)+"\r\n")
		}
	}
}

func lines(list ...string) func(io.Writer) {
	return func(w io.Writer) { io.WriteString(w, strings.Join(list, "\r\n")+"\r\n") }
}

func ruled(r string) func(io.Writer) { return lines(eventLines("bomb", "RRULE:"+r)) }

// event wraps what body writes in an event.
func inEvent(body func(io.Writer)) func(io.Writer) {
	return func(w io.Writer) {
		lines("BEGIN:VEVENT", "UID:bomb", "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z")(w)
		body(w)
		lines("END:VEVENT")(w)
	}
}

// since is the good event, but in another year.
func since(year string, more ...string) string {
	return strings.ReplaceAll(eventLines("bomb", more...), ":2026", ":"+year)
}

// second is the i-th second of March.
func second(i int) string {
	return time.Date(2026, 3, 1, 0, 0, i, 0, time.UTC).Format("20060102T150405Z")
}

// changed are series that share the n-th UID, and changes of their instances.
func changed(n, series, changes int, rules ...string) string {
	uid := fmt.Sprint("bomb", n)
	var all []string
	for i := range series {
		all = append(all, strings.ReplaceAll(eventLines(uid, rules...), ":20260303T080000Z", ":"+second(i)))
	}
	for i := range changes {
		all = append(all, eventLines(uid, "RECURRENCE-ID:"+second(i)))
	}
	return strings.Join(all, "\r\n")
}

func numbersTo(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(i))
	}
	return strings.Join(all, ",")
}

func everyMinute() string { return numbersTo(60) }

// invented is an event of an organizer of its own.
func invented(i int, more ...string) string {
	return strings.Replace(eventLines(fmt.Sprint("bomb", i), more...), "jane.doe", fmt.Sprint("nobody", i), 1)
}

// exceptions are 3,500 of the n-th lot, in one line.
func exceptions(n int) string {
	var all []string
	for i := range 3_500 {
		all = append(all, second(3_500*n+i+1))
	}
	return "EXDATE:" + strings.Join(all, ",")
}

func bombs() []bomb {
	numbers := strings.TrimSuffix(strings.Repeat("1,", 400), ",")
	zone := func(id string, parts ...string) string {
		return strings.Join(append(append([]string{"BEGIN:VTIMEZONE", "TZID:" + id}, parts...), "END:VTIMEZONE"), "\r\n")
	}
	part := func(rule string) string {
		return strings.Join([]string{"BEGIN:STANDARD", "DTSTART:19010101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "RRULE:" + rule, "END:STANDARD"}, "\r\n")
	}
	in := func(zone string) string {
		return strings.Join([]string{"BEGIN:VEVENT", "UID:" + zone, "DTSTART;TZID=" + zone + ":20260303T080000", "END:VEVENT"}, "\r\n")
	}
	never := "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
	return []bomb{
		{name: "every second", body: ruled("FREQ=SECONDLY"), problem: "FREQ=SECONDLY is not supported"},
		{name: "every minute", body: ruled("FREQ=MINUTELY"), problem: "FREQ=MINUTELY is not supported"},
		{name: "every minute, as exception", body: lines(eventLines("bomb", "EXRULE:FREQ=MINUTELY")), problem: "FREQ=MINUTELY is not supported"},
		{name: "every second of a day", body: ruled(everySecond("DAILY")), problem: "more work than a booking is worth"},
		{name: "never", body: ruled(never), extra: 1},
		{name: "never, counted", body: ruled(never + ";COUNT=5"), extra: 1},
		{name: "never by the hour", body: ruled("FREQ=HOURLY;INTERVAL=2;BYHOUR=1"), extra: 1},
		{name: "never by position", body: ruled("FREQ=DAILY;BYDAY=TU;BYSETPOS=2"), extra: 1},
		{name: "never by week", body: ruled("FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1"), extra: 1},
		{name: "never, very often", body: repeat(100_000, func(i int) string { return eventLines(fmt.Sprint("bomb", i), "RRULE:"+never) }), problem: "more work than", some: true},
		{name: "easter", body: ruled("FREQ=YEARLY;BYEASTER=400"), problem: "BYEASTER is not supported"},
		{name: "count", body: ruled("FREQ=DAILY;COUNT=1000000000"), problem: "COUNT=1000000000"},
		{name: "count of what differs", body: lines(since("1900", "RRULE:FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA,SU;COUNT=999999999")), extra: 216},
		{name: "list", body: ruled("FREQ=YEARLY;BYYEARDAY=" + numbers), problem: "more than 366"},
		{name: "interval", body: ruled("FREQ=DAILY;INTERVAL=1000000000000000000"), problem: "INTERVAL=1000000000000000000"},
		{name: "interval of ages", body: ruled("FREQ=YEARLY;INTERVAL=999999999"), problem: "longer than the calendar"},
		{name: "components", body: repeat(1_000_000, func(i int) string {
			return fmt.Sprintf("BEGIN:VEVENT\r\nUID:%d\r\nDTSTART:20260303T080000Z\r\nEND:VEVENT", i)
		}), refused: "more than 500000 components"},
		{name: "components of no use", body: repeat(1_000_000, func(int) string { return "BEGIN:VTODO\r\nEND:VTODO" }), refused: "more than 500000 components"},
		{name: "calendars", body: repeat(1_000_000, func(int) string { return "END:VCALENDAR\r\nBEGIN:VCALENDAR" }), refused: "more than 500000 components"},
		{name: "long line", body: inEvent(func(w io.Writer) {
			io.WriteString(w, "SUMMARY:")
			repeat(64, func(int) string { return strings.Repeat("x", 1<<20) + "\r\n " })(w)
		}), problem: "SUMMARY is longer than 65536 bytes"},
		{name: "long line of nothing", body: func(w io.Writer) {
			for range 64 {
				io.WriteString(w, strings.Repeat("x", 1<<20))
			}
			io.WriteString(w, "\r\n")
		}},
		{name: "folds", body: inEvent(func(w io.Writer) {
			io.WriteString(w, "SUMMARY:x\r\n")
			repeat(10_000_000, func(int) string { return " " })(w)
		}), extra: 1},
		{name: "nesting", body: repeat(3_000_000, func(int) string { return "BEGIN:X" }), refused: "more than 500000 components"},
		{name: "nesting in an event", body: inEvent(lines(nested(400_000))), problem: "nested deeper than 8"},
		{name: "parameter", body: inEvent(lines("ATTENDEE;CN=" + strings.Repeat("x", 200_000) + ":a")), problem: "ATTENDEE is longer than 65536"},
		{name: "parameter in a line", body: inEvent(lines("ATTENDEE;CN=" + strings.Repeat("x", 60_000) + ":a")), problem: "parameter longer than 4096"},
		{name: "parameters", body: inEvent(lines("ATTENDEE" + strings.Repeat(";A=b", 15_000) + ":a")), problem: "more than 64 parameters"},
		{name: "quotes", body: repeat(100_000, func(i int) string {
			return eventLines(fmt.Sprint("bomb", i), `ATTENDEE;CN="`+strings.Repeat(`"";`, 200))
		}), problem: "a quote is not closed"},
		{name: "exceptions", body: inEvent(repeat(1_000_000, func(i int) string { return "EXDATE:" + second(i) })), problem: "longer than 1048576 bytes"},
		{name: "exceptions in lists", body: repeat(500, func(i int) string {
			return eventLines(fmt.Sprint("bomb", i), "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:"+strings.Repeat("20260303T080000Z,", 3_000)+"20260304T080000Z")
		})},
		{name: "dates", body: inEvent(repeat(1_000_000, func(i int) string { return "RDATE:" + second(i) })), problem: "longer than 1048576 bytes"},
		{name: "overrides", body: func(w io.Writer) {
			ruled("FREQ=DAILY")(w)
			repeat(100_000, func(i int) string { return eventLines("bomb", "RECURRENCE-ID:"+second(i)) })(w)
		}, problem: "more than 10000 events with this UID"},
		{name: "versions", body: repeat(100_000, func(i int) string { return eventLines("bomb", fmt.Sprint("SEQUENCE:", i)) }), problem: "more than 10000 events with this UID"},
		{name: "changes of series that share a UID", body: repeat(10, func(n int) string {
			return changed(n, 5_000, 4_990)
		}), problem: "more work than", some: true},
		{name: "changes of a few series that share a UID", body: repeat(10, func(n int) string {
			return changed(n, 100, 9_800, "RRULE:FREQ=MONTHLY;BYDAY=1MO,3TU;BYSETPOS=2", "RRULE:FREQ=YEARLY;BYYEARDAY=1,50,100,200;BYHOUR=1,2,3")
		}), problem: "more work than", some: true},
		{name: "cancelled versions of one UID", body: repeat(10, func(n int) string {
			var all []string
			for i := range 9_900 {
				event := strings.ReplaceAll(eventLines(fmt.Sprint("bomb", n)), ":20260303T080000Z", ":"+second(i))
				if i%2 == 0 {
					event = strings.Replace(event, "END:VEVENT", "STATUS:CANCELLED\r\nEND:VEVENT", 1)
				}
				all = append(all, event)
			}
			return strings.Join(all, "\r\n")
		}), extra: 49_500},
		{name: "occurrences", body: repeat(1000, func(i int) string { return eventLines(fmt.Sprint("bomb", i), "RRULE:FREQ=HOURLY") }), problem: "more than 250000 occurrences", some: true},
		{name: "occurrences of seven events", body: repeat(7, func(i int) string {
			return eventLines(fmt.Sprint("bomb", i), "RRULE:FREQ=HOURLY;BYMINUTE="+everyMinute())
		}), problem: "more than 2000 occurrences"},
		{name: "occurrences of organizers who do not exist", body: repeat(1000, func(i int) string {
			return invented(i, "RRULE:FREQ=HOURLY")
		}), problem: "more than 500000 occurrences", some: true, kept: 48},
		{name: "days of organizers who do not exist", body: repeat(20_000, func(i int) string {
			return invented(i, "RRULE:FREQ=DAILY")
		}), problem: "more than 500000 occurrences", some: true, kept: 48},
		{name: "single events of one organizer", body: repeat(300_000, func(i int) string { return eventLines(fmt.Sprint("bomb", i)) }), problem: "more than 250000 occurrences", some: true, kept: 176},
		{name: "dates of an event", body: inEvent(repeat(4, func(n int) string {
			var list []string
			for i := range 2_500 {
				list = append(list, second(2_500*n+i))
			}
			return "RDATE:" + strings.Join(list, ",")
		})), problem: "more than 2000 occurrences"},
		{name: "deep rules", body: repeat(500, func(i int) string {
			return eventLines(fmt.Sprint("bomb", i), "RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR="+numbersTo(24)+";BYMINUTE="+everyMinute()+";COUNT=999999")
		}), problem: "more than 2000 occurrences"},
		{name: "exceptions of an event", body: func(w io.Writer) {
			lines("BEGIN:VEVENT", "UID:bomb", "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z", "RRULE:FREQ=DAILY")(w)
			repeat(15, exceptions)(w)
			lines("END:VEVENT")(w)
		}, extra: 43},
		{name: "small events with changes", body: repeat(249_000, func(i int) string {
			return fmt.Sprintf("BEGIN:VEVENT\r\nUID:%d\r\nDTSTART:20260303T080000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:%[1]d\r\nRECURRENCE-ID:20260303T080000Z\r\nDTSTART:20260303T090000Z\r\nEND:VEVENT", i)
		}), extra: 249_000, kept: 160},
		{name: "hours since 1900", body: lines(since("1900", "RRULE:FREQ=HOURLY")), extra: 45 * 24},
		{name: "long rules", body: repeat(100_000, func(i int) string {
			return eventLines(fmt.Sprint("bomb", i), "RRULE:"+everySecond("YEARLY")+";BYDAY=MO,TU,WE,TH,FR,SA,SU")
		}), problem: "more than deskd keeps of a feed"},
		{name: "rules of one event", body: inEvent(repeat(20_000, func(int) string { return "RRULE:" + never })), problem: "never selects a day"},
		{name: "zone that changes by the second", body: lines(zone("Z", part("FREQ=SECONDLY")), in("Z")), extra: 1},
		{name: "zone that changes every day", body: lines(zone("Z", part("FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12")), in("Z")), extra: 1},
		{name: "zone of many parts", body: lines(zone("Z", strings.TrimSuffix(strings.Repeat(part("FREQ=DAILY")+"\r\n", 5_000), "\r\n")), in("Z")), extra: 1},
		{name: "zones", body: repeat(50_000, func(i int) string {
			id := fmt.Sprintf("Z%d/A%d", i, i)
			return zone(id, part(fmt.Sprintf("FREQ=DAILY;INTERVAL=%d", i%100+1))) + "\r\n" + in(id)
		}), extra: 50_000},
		{name: "names of zones", body: repeat(50_000, func(i int) string { return in(fmt.Sprintf("(UTC+01:00) Where/is/%d", i)) }), extra: 50_000},
		{name: "end of the calendar", body: lines(since("9999", "RRULE:FREQ=YEARLY"))},
		{name: "beginning of the calendar", body: lines(since("0001", "RRULE:FREQ=YEARLY")), extra: 1},
		{name: "two thousand years long", body: lines(strings.Replace(eventLines("bomb", "RRULE:FREQ=DAILY"), "DTSTART:2026", "DTSTART:0001", 1)), problem: "longer than a hundred years"},
		{name: "year zero", body: lines(since("0000")), problem: "is not a day of the calendar"},
		{name: "year before zero", body: lines(since("-001")), problem: "is not a date or time"},
		{name: "for ages", body: lines(strings.Replace(eventLines("bomb", "DURATION:P99999999W"), "DTEND:20260303T090000Z\r\n", "", 1)), problem: "not a duration"},
		{name: "reports", body: inEvent(repeat(2_000_000, func(int) string { return "x" })), extra: 1},
		{name: "large events", body: repeat(200, func(i int) string {
			return eventLines(fmt.Sprint("bomb", i), strings.TrimSuffix(strings.Repeat("ATTENDEE:"+strings.Repeat("x", 1000)+"\r\n", 1100), "\r\n"))
		}), problem: "longer than 1048576 bytes"},
	}
}

// The most a bomb may cost, of the process that reads it: what deskd promises
// is 2 s of the processor and 64 MiB. The tests leave room for slow machines;
// with DESKD_TEST_STRICT they hold the promise itself.
func bombLimits() (cpu time.Duration, memory int64) {
	if os.Getenv("DESKD_TEST_STRICT") != "" {
		return 2 * time.Second, 64 << 20
	}
	return 10 * time.Second, 128 << 20
}

// quickBombs are one of each kind, for -short: rules, counts, components, long lines,
// depth, parameters, zones.
var quickBombs = []string{
	"every second", "never", "count of what differs", "components of no use", "long line", "nesting in an event",
	"parameter", "zone of many parts",
}

func TestBombs(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector costs many times what is measured here; .ci/run asks without it")
	}
	none := run(t, "nothing", os.DevNull)
	cpu, memory := bombLimits()
	for _, b := range bombs() {
		t.Run(b.name, func(t *testing.T) {
			if testing.Short() && !slices.Contains(quickBombs, b.name) {
				t.Skip("all bombs take more than a minute: with -short, one of each kind")
			}
			c := run(t, "spring", feedFile(t, b.write))
			switch {
			case b.refused != "" && !strings.Contains(c.Refusal, b.refused):
				t.Errorf("refused with %q, want %q", c.Refusal, b.refused)
			case b.refused == "" && c.Good != 5:
				t.Errorf("%d of the 5 good events are read", c.Good)
			case b.refused == "" && (c.Refusal != "" || c.Occurrences != 5+b.extra && !b.some || c.Occurrences < 5):
				t.Errorf("%d occurrences, want %d; refused with %q", c.Occurrences, 5+b.extra, c.Refusal)
			case b.problem != "" && (len(c.Problems) == 0 || !strings.Contains(c.Problems[0], b.problem)):
				t.Errorf("problems %q, want %q", c.Problems, b.problem)
			case b.problem == "" && len(c.Problems) > 0:
				t.Errorf("problems %q", c.Problems)
			}
			c.cpu, c.Peak = c.cpu-none.cpu, c.Peak-none.Peak
			t.Logf("%v of the processor, %d MiB: %s%s", c.cpu.Round(time.Millisecond), c.Peak>>20, c.Refusal, strings.Join(c.Problems, "; "))
			if most := memory + b.kept<<20; c.cpu > cpu || c.Peak > most {
				t.Errorf("more than %v or %d MiB", cpu, most>>20)
			}
		})
	}
}

// write puts the bomb between the good events, which have an organizer of their own
// and repeat.
func (b bomb) write(w io.Writer) error {
	good := func(i int, more ...string) string {
		return strings.Replace(eventLines(fmt.Sprint("good ", i), more...), "jane.doe", "john.roe", 1)
	}
	lines("BEGIN:VCALENDAR", good(1), good(2))(w)
	b.body(w)
	lines(good(3), good(4), good(5, "RRULE:FREQ=YEARLY"))(w)
	_, err := io.WriteString(w, "END:VCALENDAR\r\n")
	return err
}

// everySecond selects all 86400 seconds of every day.
func everySecond(freq string) string {
	list := func(n int) string {
		var s []string
		for i := range n {
			s = append(s, fmt.Sprint(i))
		}
		return strings.Join(s, ",")
	}
	return "FREQ=" + freq + ";BYHOUR=" + list(24) + ";BYMINUTE=" + list(60) + ";BYSECOND=" + list(60)
}
