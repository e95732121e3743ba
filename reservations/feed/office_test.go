package feed

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// hundredMegabytes is the number of events that makes an office of 100 MB.
const hundredMegabytes = 109_902

// writeOffice writes the calendar of a large company the way Outlook does, with
// the given number of VEVENTs: of the series 70 % are single events spread over
// two years, 25 % weekly ones, 5 % weekly ones with an instance moved. It writes
// the same bytes for the same number.
func writeOffice(to io.Writer, events int) error {
	w := officeWriter{bufio.NewWriterSize(to, 1<<16), rand.New(rand.NewPCG(1, 2)), 0, 0}
	w.lines("BEGIN:VCALENDAR", "METHOD:PUBLISH", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "X-WR-CALNAME:Desks",
		"BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time",
		"BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
		"BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT",
		"END:VTIMEZONE")
	for w.written < events {
		switch kind := w.rand.IntN(100); {
		case kind < 70:
			w.event(w.day(-400, 330), "")
		case kind < 95:
			day := w.day(-1500, -10)
			w.event(day, "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY="+strings.ToUpper(day.Weekday().String()[:2])+";WKST=MO")
		default:
			day := w.day(-1500, -10)
			w.event(day, "RRULE:FREQ=WEEKLY;WKST=MO")
			moved := day.AddDate(0, 0, 7*w.rand.IntN(200))
			w.written-- // the same UID
			w.event(moved.AddDate(0, 0, 1), "RECURRENCE-ID;TZID=W. Europe Standard Time:"+moved.Format("20060102T150405"))
			w.written++
		}
	}
	w.lines("END:VCALENDAR")
	return w.Flush()
}

type officeWriter struct {
	*bufio.Writer
	rand    *rand.Rand
	written int
	who     int // of the last event
}

// day is a day and hour, from and to in days from the beginning of the window.
func (w *officeWriter) day(from, to int) time.Time {
	return officeWindow().Start.AddDate(0, 0, from+w.rand.IntN(to-from)).Add(time.Duration(7+w.rand.IntN(8)) * time.Hour)
}

// lines writes content lines, folded at 75 bytes.
func (w *officeWriter) lines(lines ...string) {
	for _, l := range lines {
		for len(l) > 75 {
			w.WriteString(l[:75])
			w.WriteString("\r\n ")
			l = l[75:]
		}
		w.WriteString(l)
		w.WriteString("\r\n")
	}
}

func (w *officeWriter) event(start time.Time, more string) {
	const zone = ";TZID=W. Europe Standard Time:"
	n := w.rand.IntN(5000)
	if strings.HasPrefix(more, "RECURRENCE-ID") {
		n = w.who // a change is its organizer's
	}
	w.who = n
	w.lines("BEGIN:VEVENT",
		fmt.Sprintf("ORGANIZER;CN=\"Person Number %d\":mailto:person.number.%d@example.com", n, n),
		fmt.Sprintf("ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN=\"Person Number %d\":mailto:person.number.%d@example.com", n, n),
		fmt.Sprintf("ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Desk %d:mailto:desk.%d@example.com", n, n),
		"DESCRIPTION;LANGUAGE=en-US:Please leave the desk as you found it\\, thank you.\\n",
		fmt.Sprintf("UID:040000008200E00074C5B7101A82E00800000000%024X", w.written),
		"SUMMARY;LANGUAGE=en-US:Working at the desk",
		"DTSTART"+zone+start.Format("20060102T150405"),
		"DTEND"+zone+start.Add(2*time.Hour).Format("20060102T150405"),
		"CLASS:PUBLIC", "PRIORITY:5", "DTSTAMP:20260101T000000Z", "TRANSP:OPAQUE", "STATUS:CONFIRMED", "SEQUENCE:0",
		fmt.Sprintf("LOCATION;LANGUAGE=en-US:Desk %d", n))
	if more != "" {
		w.lines(more)
	}
	w.lines("X-MICROSOFT-CDO-APPT-SEQUENCE:0", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE",
		"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:REMINDER", "TRIGGER;RELATED=START:-PT15M", "END:VALARM", "END:VEVENT")
	w.written++
}
