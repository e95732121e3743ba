package scheduler_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
)

// vevent is an event at desk D1 for jane on 3 March at nine, with the lines that
// differ: a line replaces that of its name, one that begins with "-" removes it.
func vevent(uid string, lines ...string) string {
	all := []string{"UID:" + uid, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z", "LOCATION:D1", "ATTENDEE:mailto:jane@example.com"}
	for _, l := range lines {
		name, _, _ := strings.Cut(strings.TrimPrefix(l, "-"), ":")
		name, _, _ = strings.Cut(name, ";")
		all = slices.DeleteFunc(all, func(have string) bool {
			return have == name || strings.HasPrefix(have, name+":") || strings.HasPrefix(have, name+";")
		})
		if !strings.HasPrefix(l, "-") {
			all = append(all, l)
		}
	}
	return "BEGIN:VEVENT\r\n" + strings.Join(all, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func vcalendar(events ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
}

// teller is a feed that says something else at each poll.
type teller struct {
	*polls
	text string
}

// twoPeople is a database with D1 to D3, one of which has another name too, and two people.
var twoPeople = furnished([]reservations.Desk{
	{ID: "D1", Site: "here", Cluster: "main", Device: "SEP000000000001"},
	{ID: "D2", Site: "here", Cluster: "main", Device: "SEP000000000002"},
	{ID: "D3", Site: "here", Cluster: "main", Device: "SEP000000000003", Aliases: []string{"long desk"}},
}, []reservations.Person{{ID: "jane", Name: "Jane Doe", Mail: []string{"jane@example.com"}}, {ID: "max", Mail: []string{"max@example.com"}}})

func newTeller(t *testing.T) *teller {
	t.Helper()
	f := &teller{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, f.text) }))
	t.Cleanup(server.Close)
	f.polls = pollsOver(t, twoPeople, server.URL)
	return f
}

// say polls a text and returns the rows there are then, and how the feed stands.
func (f *teller) say(text string) (string, reservations.FeedState) {
	f.t.Helper()
	f.text = text
	if err := f.poll(time.Minute); err != nil {
		f.t.Fatal(err)
	}
	states, err := f.store.FeedStates(f.t.Context())
	if err != nil || len(states) != 1 {
		f.t.Fatalf("states %v, error %v", states, err)
	}
	return f.rows(), states[0]
}

// rows are the reservations of the first feed that count: day, hours, desk and
// person.
func (p *polls) rows() string {
	p.t.Helper()
	all, err := p.store.FeedReservations(p.t.Context(), reservations.FeedSource("feed1"), reservations.Span{Start: p.now.Add(-time.Hour), End: p.now.AddDate(0, 0, 30)})
	if err != nil {
		p.t.Fatal(err)
	}
	var rows []string
	for _, r := range all {
		row := fmt.Sprintf("%s-%s %s %s", r.Start.Format("2T15:04"), r.End.Format("15:04"), r.Desk, r.Person)
		if r.Status != reservations.Confirmed {
			row += " " + string(r.Status)
		}
		rows = append(rows, strings.TrimSpace(row))
	}
	slices.Sort(rows)
	return strings.Join(rows, ", ")
}

// foreign changes the database as another program does.
func (p *polls) foreign(statement string) error {
	db, err := sql.Open("sqlite", "file:"+p.path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(p.t.Context(), statement)
	return errors.Join(err, db.Close())
}

// sorted is a list of rows as [polls.rows] has it.
func sorted(rows string) string {
	list := strings.Split(rows, ", ")
	slices.Sort(list)
	return strings.Join(list, ", ")
}

const (
	weekly  = "RRULE:FREQ=WEEKLY;COUNT=3"
	elapsed = "3T09:00-10:00 D1 jane"
	thrice  = elapsed + ", 10T09:00-10:00 D1 jane, 17T09:00-10:00 D1 jane"
)

// override is a change of the instance on 10 March.
func override(lines ...string) string {
	return vevent("a", append([]string{"RECURRENCE-ID:20260310T090000Z", "DTSTART:20260310T110000Z", "DTEND:20260310T120000Z"}, lines...)...)
}

// An event that cannot be read any more is no cancellation: its bookings stay as
// they were, and those of all others are as the feed says.
func TestUnreadEventsKeepTheirBookings(t *testing.T) {
	if raceDetector {
		t.Skip("reads one calendar after another: nothing to see for the race detector, and a minute of it")
	}
	plain := vcalendar(vevent("a"))
	series := vcalendar(vevent("a", weekly))
	moved := vcalendar(vevent("a", weekly), override())
	both := vcalendar(vevent("a"), vevent("b", "LOCATION:D2", "ATTENDEE:mailto:max@example.com", "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z"))
	two := vcalendar(vevent("a"), vevent("a", "LOCATION:D2", "DTSTART:20260303T080000Z"))
	movedRows := elapsed + ", 10T11:00-12:00 D1 jane, 17T09:00-10:00 D1 jane"
	for _, tc := range []struct {
		name, before, after, want string
		kept                      int
	}{
		{"a rule without an interval", series, vcalendar(vevent("a", "RRULE:FREQ=WEEKLY;INTERVAL=0")), thrice, 3},
		{"a rule nobody knows", series, vcalendar(vevent("a", "RRULE:FREQ=FORTNIGHTLY")), thrice, 3},
		{"a garbled DTEND", plain, vcalendar(vevent("a", "DTEND:3 March")), elapsed, 1},
		{"a garbled DTSTART", plain, vcalendar(vevent("a", "DTSTART:3 March")), elapsed, 1},
		{"without DTSTART", plain, vcalendar(vevent("a", "-DTSTART")), elapsed, 1},
		{"without DTEND", plain, vcalendar(vevent("a", "-DTEND")), elapsed, 1},
		{"an end before the start", plain, vcalendar(vevent("a", "DTEND:20250303T100000Z")), elapsed, 1},
		{"an end years later", plain, vcalendar(vevent("a", "DTEND:20280303T100000Z")), elapsed, 1},
		{"a garbled EXDATE", series, vcalendar(vevent("a", weekly, "EXDATE:tomorrow")), thrice, 3},
		{"a garbled RDATE", series, vcalendar(vevent("a", weekly, "RDATE:20260399")), thrice, 3},
		{"a line without a colon", plain, vcalendar(vevent("a", "DTEND 20260303T100000Z", "-DTEND")), elapsed, 1},
		{"a line that is too long", plain, vcalendar(vevent("a", "LOCATION:"+strings.Repeat("x", 70<<10))), elapsed, 1},
		{"an event that is too long", plain, vcalendar(huge("a")), elapsed, 1},
		{"an event that is not ended", plain, vcalendar(strings.Replace(vevent("a"), "END:VEVENT", "END:VEVNT", 1), vevent("b", "LOCATION:D2")), elapsed + ", 3T09:00-10:00 D2 jane", 1},
		{"an event that does not begin", plain, vcalendar(strings.Replace(vevent("a"), "BEGIN:VEVENT", "BEGN:VEVENT", 1), vevent("b", "LOCATION:D2")), elapsed + ", 3T09:00-10:00 D2 jane", 1},
		{"behind the end of the calendar", plain, vcalendar() + vevent("a"), elapsed, 1},
		{"a desk with a slip", plain, vcalendar(vevent("a", "LOCATION:D11")), elapsed, 1},
		{"no desk at all", plain, vcalendar(vevent("a", "LOCATION:")), elapsed, 1},
		{"one of two desks with a slip", vcalendar(vevent("a", "LOCATION:D1\\nlong desk")), vcalendar(vevent("a", "LOCATION:D1\\nlong dsk")), elapsed + ", 3T09:00-10:00 D3 jane", 1},
		{"one of two desks left out", vcalendar(vevent("a", "LOCATION:D1\\nlong desk")), plain, elapsed, 0},
		{"a person with a slip", plain, vcalendar(vevent("a", "ATTENDEE:mailto:jnae@example.com")), elapsed, 1},
		{"a person with a slip in a series", series, vcalendar(vevent("a", weekly, "ATTENDEE:mailto:jnae@example.com")), thrice, 3},
		{"a person with a slip, moved", plain, vcalendar(vevent("a", "ATTENDEE:mailto:jnae@example.com", "DTEND:20260303T113000Z")), elapsed, 1},
		{"nobody", plain, vcalendar(vevent("a", "-ATTENDEE")), elapsed, 1},
		{"two people", plain, vcalendar(vevent("a", "ATTENDEE:mailto:jane@example.com\r\nATTENDEE:mailto:max@example.com")), elapsed, 1},
		{"an unread change of an instance", moved, vcalendar(vevent("a", weekly), override("DTEND:noon")), movedRows, 1},
		{"an unread change, and another instance is gone", moved, vcalendar(vevent("a", weekly, "EXDATE:20260317T090000Z"), override("DTEND:noon")), elapsed + ", 10T11:00-12:00 D1 jane", 1},
		{"a change of nobody knows which instance", moved, vcalendar(vevent("a", weekly), override("RECURRENCE-ID:the second")), movedRows, 1},
		{"a change whose instance has no colon", moved, vcalendar(vevent("a", weekly), override("RECURRENCE-ID 20260310T090000Z", "-RECURRENCE-ID")), movedRows, 1},
		{"an unread series with a change", moved, vcalendar(vevent("a", weekly, "DTEND:noon"), override("DTEND:20260310T123000Z")), elapsed + ", 10T11:00-12:30 D1 jane, 17T09:00-10:00 D1 jane", 2},
		{"an unread series with an instance cancelled", moved, vcalendar(vevent("a", weekly, "DTEND:noon"), override("STATUS:CANCELLED")), elapsed + ", 17T09:00-10:00 D1 jane", 2},
		{"a desk with a slip in a change", moved, vcalendar(vevent("a", weekly), override("LOCATION:D11")), movedRows, 1},
		{"a start a year too late", plain, vcalendar(vevent("a", "DTSTART:20270303T090000Z")), elapsed, 1},
		{"a start a year too late, in a series", series, vcalendar(vevent("a", weekly, "DTSTART:20270303T090000Z")), thrice, 3},
		{"a start a year too late, in a change", moved, vcalendar(vevent("a", weekly), override("DTSTART:20270310T110000Z")), movedRows, 1},
		{"a start in the days of Rome", plain, vcalendar(vevent("a", "DTSTART:02060303T090000Z", "-DTEND", "DURATION:PT1H")), elapsed, 1},
		{"a rule without a colon", series, vcalendar(vevent("a", "-RRULE", "RRULE FREQ=WEEKLY;COUNT=3")), thrice, 3},
		{"a rule that is assigned", series, vcalendar(vevent("a", "-RRULE", "RRULE=FREQ=WEEKLY;COUNT=3")), thrice, 3},
		{"a rule that says nothing any more", series, vcalendar(vevent("a", "RRULE:")), thrice, 2},
		{"a rule that says nothing any more, and an end that moved", series, vcalendar(vevent("a", "RRULE: ", "DTEND:20260303T110000Z")), thrice + ", 3T09:00-11:00 D1 jane conflict", 3},
		{"two ends", plain, vcalendar(vevent("a", "DTEND:20260303T100000Z\r\nDTEND:20260303T090100Z")), elapsed, 1},
		{"two ends that are one", plain, vcalendar(vevent("a", "DTEND:20260303T110000Z\r\nDTEND:20260303T110000Z")), "3T09:00-11:00 D1 jane", 0},
		{"two lengths", plain, vcalendar(vevent("a", "-DTEND", "DURATION:PT1H\r\nDURATION:PT1M")), elapsed, 1},
		{"two states", plain, vcalendar(vevent("a", "STATUS:CONFIRMED\r\nSTATUS:CANCELLED")), elapsed, 1},
		{"two states, the other way round", plain, vcalendar(vevent("a", "STATUS:CANCELLED\r\nSTATUS:CONFIRMED")), elapsed, 1},
		{"free and not free", plain, vcalendar(vevent("a", "TRANSP:OPAQUE\r\nTRANSP:TRANSPARENT")), elapsed, 1},
		{"free and not free, as Outlook says it", plain, vcalendar(vevent("a", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE")), elapsed, 1},
		{"two desks on two lines", plain, vcalendar(vevent("a", "LOCATION:D1\r\nLOCATION:D2")), elapsed, 1},
		{"two UIDs", plain, vcalendar(vevent("a", "UID:a\r\nUID:b")), elapsed, 1},
		{"two instances", moved, vcalendar(vevent("a", weekly), override("RECURRENCE-ID:20260310T090000Z\r\nRECURRENCE-ID:20260317T090000Z")), movedRows, 1},
		{"a date that is a time", plain, vcalendar(vevent("a", "DTSTART;VALUE=DATE:20260303T090000Z", "-DTEND")), elapsed, 1},
		{"it becomes the change of an instance, with a garbled end", plain, vcalendar(vevent("a", "RECURRENCE-ID:20260303T090000Z", "DTEND:noon")), elapsed, 1},
		{"it becomes the change of an instance, with a desk with a slip", plain, vcalendar(vevent("a", "RECURRENCE-ID:20260303T090000Z", "LOCATION:D11")), elapsed, 1},
		{"an older version beside one that cannot be read", plain, vcalendar(vevent("a", "SEQUENCE:2", "LOCATION:D3"), vevent("a", "SEQUENCE:3", "DTEND:noon")), elapsed, 1},
		{"a change whose instance has a zone and no colon", moved, vcalendar(vevent("a", weekly), override("-RECURRENCE-ID", "RECURRENCE-ID;TZID=Europe/Berlin 20260310T100000")), movedRows, 1},
		{"a change whose instance has a colon in its zone", moved, vcalendar(vevent("a", weekly), override("-RECURRENCE-ID", "RECURRENCE-ID;TZID=\"Europe/Berlin:20260310T100000")), movedRows, 1},
		{"a change whose instance is a parameter", moved, vcalendar(vevent("a", weekly), override("-RECURRENCE-ID", "RECURRENCE-ID;20260310T090000Z")), movedRows, 1},
		{"a change of all that follow without a colon", moved, vcalendar(vevent("a", weekly), override("-RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE 20260310T090000Z")), movedRows, 1},
		{"its UID lost", plain, vcalendar(vevent("a", "-UID")), elapsed, 0},
		{"its UID lost and its end garbled", plain, vcalendar(vevent("a", "-UID", "DTEND:noon")), elapsed, 1},
		{"its UID lost, and its desk", plain, vcalendar(vevent("a", "-UID", "LOCATION:D11")), elapsed, 1},
		{"a new UID, and its person lost", plain, vcalendar(vevent("new", "-ATTENDEE")), elapsed, 1},
		{"a new UID, and its desk lost", plain, vcalendar(vevent("new", "LOCATION:D11")), elapsed, 1},
		{"all of them", vcalendar(vevent("a"), vevent("b", "LOCATION:D2")), vcalendar(vevent("a", "DTEND:noon"), vevent("b", "LOCATION:D2", "DTEND:noon")), elapsed + ", 3T09:00-10:00 D2 jane", 2},

		{"a zone nobody knows", vcalendar(vevent("a", "DTSTART;TZID=America/New_York:20260303T040000", "DTEND;TZID=America/New_York:20260303T050000")),
			vcalendar(vevent("a", "DTSTART;TZID=Amerika/New_Yrk:20260303T040000", "DTEND;TZID=Amerika/New_Yrk:20260303T050000")), elapsed, 1},
		{"a zone nobody knows, in a series", vcalendar(vevent("a", weekly, "DTSTART;TZID=Asia/Tokyo:20260303T180000", "DTEND;TZID=Asia/Tokyo:20260303T190000")),
			vcalendar(vevent("a", weekly, "DTSTART;TZID=Tokio:20260303T180000", "DTEND;TZID=Tokio:20260303T190000")), thrice, 3},
		{"a zone nobody ever knew, moved", vcalendar(vevent("a", "DTSTART;TZID=Vogon:20260303T080000", "DTEND;TZID=Vogon:20260303T090000")),
			vcalendar(vevent("a", "DTSTART;TZID=Vogon:20260303T090000", "DTEND;TZID=Vogon:20260303T100000")), elapsed, 0},

		{"a new UID, and its end garbled", plain, vcalendar(vevent("new", "DTEND:noon")), elapsed, 1},
		{"a new UID, and its start garbled", plain, vcalendar(vevent("new", "DTSTART:nine")), elapsed, 1},
		{"a new UID, and without start", plain, vcalendar(vevent("new", "-DTSTART")), elapsed, 1},
		{"a new UID, and no time at all", plain, vcalendar(vevent("new", "DTSTART:nine", "DTEND:ten")), elapsed, 1},
		{"a new UID, and a line without a colon", plain, vcalendar(vevent("new", "-DTEND", "DTEND 20260303T100000Z")), elapsed, 1},
		{"a new UID, and a line that is too long", plain, vcalendar(vevent("new", "LOCATION:"+strings.Repeat("x", 70<<10))), elapsed, 1},
		{"a new UID, and a rule nobody knows", series, vcalendar(vevent("new", "RRULE:FREQ=FORTNIGHTLY")), thrice, 3},
		{"a new UID, and a garbled EXDATE", series, vcalendar(vevent("new", weekly, "EXDATE:tomorrow")), thrice, 3},
		{"a new UID, and a garbled change", moved, vcalendar(vevent("new", weekly), strings.Replace(override("DTEND:noon"), "UID:a", "UID:new", 1)), movedRows, 1},
		{"a new UID, and a zone nobody knows", vcalendar(vevent("a", "DTSTART;TZID=America/New_York:20260303T040000", "DTEND;TZID=America/New_York:20260303T050000")),
			vcalendar(vevent("new", "DTSTART;TZID=Amerika/New_Yrk:20260303T040000", "DTEND;TZID=Amerika/New_Yrk:20260303T050000")), elapsed, 1},
		{"a new UID, a zone nobody knows and no end", vcalendar(vevent("a", "DTSTART;TZID=America/New_York:20260303T040000", "DTEND;TZID=America/New_York:20260303T050000")),
			vcalendar(vevent("new", "DTSTART;TZID=Amerika/New_Yrk:20260303T040000", "DTEND:ten")), elapsed, 1},
		{"new UIDs, one garbled and one gone", both, vcalendar(vevent("x", "DTEND:noon")), elapsed, 1},
		{"new UIDs, one without a start and one gone", both, vcalendar(vevent("x", "DTSTART:nine", "DTEND:ten")), elapsed, 1},
		{"new UIDs, one without a start and one of the same desk gone", vcalendar(vevent("a"), vevent("b", "ATTENDEE:mailto:max@example.com", "DTSTART:20260303T100000Z", "DTEND:20260303T110000Z")),
			vcalendar(vevent("x", "DTSTART:nine", "DTEND:ten")), elapsed, 1},
		{"new UIDs, one garbled with its desk and one gone", both, vcalendar(vevent("x", "DTEND:noon", "LOCATION:D11")), elapsed, 1},
		{"new UIDs, all but the end gone", both, vcalendar(vevent("x", "DTSTART:nine", "LOCATION:D11", "-ATTENDEE")), elapsed, 1},
		{"new UIDs, nothing to be seen and one gone", both, vcalendar(vevent("x", "DTSTART:nine", "DTEND:ten", "LOCATION:D11", "-ATTENDEE")), elapsed + ", 3T08:00-09:00 D2 max", 2},
		{"new UIDs, one garbled and one moved", both, vcalendar(vevent("x", "DTEND:noon"), vevent("y", "LOCATION:D3", "ATTENDEE:mailto:max@example.com")), elapsed + ", 3T09:00-10:00 D3 max", 1},
		{"new UIDs, one garbled and all others there", both, vcalendar(vevent("x", "DTSTART:nine"), vevent("y", "LOCATION:D2", "ATTENDEE:mailto:max@example.com", "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z")), elapsed + ", 3T08:00-09:00 D2 max", 1},
		{"the UIDs last, and a new one cannot be read", both, vcalendar(vevent("b", "LOCATION:D2", "ATTENDEE:mailto:max@example.com", "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z"), vevent("new", "DTSTART:nine", "DTEND:ten")), "3T08:00-09:00 D2 max", 0},
		{"neither UID nor start", both, vcalendar(vevent("a", "-UID", "DTSTART:nine", "DTEND:ten")), elapsed, 1},
		{"neither UID nor start, nor desk", both, vcalendar(vevent("a", "-UID", "DTSTART:nine", "DTEND:ten", "LOCATION:D11")), elapsed, 1},
		{"neither UID nor start, nor person", both, vcalendar(vevent("a", "-UID", "DTSTART:nine", "DTEND:ten", "-ATTENDEE")), elapsed, 1},
		{"neither UID nor start, with a rule", vcalendar(vevent("a", weekly), vevent("b", "LOCATION:D2")), vcalendar(vevent("a", "-UID", "DTSTART:nine", "DTEND:ten", weekly)), thrice, 3},
		{"neither UID nor anything", both, vcalendar(vevent("a", "-UID", "DTSTART:nine", "DTEND:ten", "LOCATION:", "-ATTENDEE")), elapsed + ", 3T08:00-09:00 D2 max", 2},
		{"one UID for all, one with a desk with a slip", vcalendar(vevent("a"), vevent("a", "LOCATION:D2")), vcalendar(vevent("a", "LOCATION:D11"), vevent("a", "LOCATION:D2")), elapsed + ", 3T09:00-10:00 D2 jane", 1},
		{"one UID for all, one with a garbled end", vcalendar(vevent("a"), vevent("a", "LOCATION:D2", "DTSTART:20260303T080000Z")), vcalendar(vevent("a", "DTEND:noon"), vevent("a", "LOCATION:D2", "DTSTART:20260303T080000Z")), elapsed + ", 3T08:00-10:00 D2 jane", 1},
		{"one gone beside it", vcalendar(vevent("a"), vevent("b", "LOCATION:D2")), vcalendar(vevent("a", "DTEND:noon")), elapsed, 1},
		{"one cancelled beside it", vcalendar(vevent("a"), vevent("b", "LOCATION:D2")), vcalendar(vevent("a", "DTEND:noon"), vevent("b", "LOCATION:D2", "STATUS:CANCELLED")), elapsed, 1},
		{"one moved beside it", vcalendar(vevent("a"), vevent("b", "LOCATION:D2")), vcalendar(vevent("a", "DTEND:noon"), vevent("b", "LOCATION:D3")), elapsed + ", 3T09:00-10:00 D3 jane", 1},
		{"one gone beside one without UID and end", vcalendar(vevent("a"), vevent("b", "LOCATION:D2", "DTSTART:20260303T080000Z")), vcalendar(vevent("a", "-UID", "DTEND:noon")), elapsed, 1},
		{"its time given to another person", plain, vcalendar(vevent("a", "DTEND:noon"), vevent("b", "ATTENDEE:mailto:max@example.com")), elapsed + ", 3T09:00-10:00 D1 max conflict", 1},
		{"cancelled", plain, vcalendar(vevent("a", "STATUS:CANCELLED")), "", 0},
		{"cancelled, and its end garbled", plain, vcalendar(vevent("a", "STATUS:CANCELLED", "DTEND:noon")), "", 0},
		{"cancelled, and its start garbled", plain, vcalendar(vevent("a", "STATUS:CANCELLED", "DTSTART:nine")), "", 0},
		{"cancelled behind a line without a colon", plain, vcalendar(vevent("a", "LOCATION D1", "-LOCATION", "STATUS:CANCELED")), "", 0},
		{"cancelled behind a line that is too long", plain, vcalendar(vevent("a", "LOCATION:"+strings.Repeat("x", 70<<10), "STATUS:CANCELLED")), "", 0},
		{"cancelled, and its rule garbled", series, vcalendar(vevent("a", weekly, "EXDATE:tomorrow", "STATUS:CANCELLED")), "", 0},
		{"cancelled, and not ended", plain, vcalendar(strings.Replace(vevent("a", "STATUS:CANCELLED"), "END:VEVENT", "END:VEVNT", 1), vevent("b", "LOCATION:D2")), "3T09:00-10:00 D2 jane", 0},
		{"cancelled by METHOD, and its end garbled", plain, strings.Replace(vcalendar(vevent("a", "DTEND:noon")), "PRODID:x", "METHOD:CANCEL", 1), "", 0},
		{"cancelled by METHOD below, and its end garbled", plain, strings.Replace(vcalendar(vevent("a", "DTEND:noon")), "END:VCALENDAR", "METHOD:CANCEL\r\nEND:VCALENDAR", 1), "", 0},
		{"an instance cancelled, and its end garbled", moved, vcalendar(vevent("a", weekly), override("STATUS:CANCELLED", "DTEND:noon")), elapsed + ", 17T09:00-10:00 D1 jane", 0},
		{"all that follow cancelled, and their end garbled", series, vcalendar(vevent("a", weekly), override("RECURRENCE-ID;RANGE=THISANDFUTURE:20260310T090000Z", "STATUS:CANCELLED", "DTEND:noon")), elapsed, 0},
		{"an instance cancelled that nobody can tell", moved, vcalendar(vevent("a", weekly), override("RECURRENCE-ID:the second", "STATUS:CANCELLED")), movedRows, 1},
		{"one of two with a UID cancelled, and its end garbled", two, vcalendar(vevent("a", "DTEND:noon", "STATUS:CANCELLED"), vevent("a", "LOCATION:D2", "DTSTART:20260303T080000Z")), "3T08:00-10:00 D2 jane", 0},
		{"one of two with a UID cancelled, and its start garbled", two, vcalendar(vevent("a", "DTSTART:nine", "STATUS:CANCELLED"), vevent("a", "LOCATION:D2", "DTSTART:20260303T080000Z"), vevent("a", "LOCATION:D3", "DTSTART:20260303T110000Z", "DTEND:20260303T120000Z")), elapsed + ", 3T08:00-10:00 D2 jane, 3T11:00-12:00 D3 jane", 1},
		{"cancelled without a UID, and its end garbled", both, vcalendar(vevent("a", "-UID", "DTEND:noon", "STATUS:CANCELLED"), vevent("b", "LOCATION:D2", "ATTENDEE:mailto:max@example.com", "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z")), "3T08:00-09:00 D2 max", 0},
		{"cancelled, and its person with a slip", plain, vcalendar(vevent("a", "STATUS:CANCELLED", "ATTENDEE:mailto:jnae@example.com")), "", 0},
		{"free, and its person with a slip", plain, vcalendar(vevent("a", "TRANSP:TRANSPARENT", "ATTENDEE:mailto:jnae@example.com")), "", 0},
		{"declined", plain, vcalendar(vevent("a", "ATTENDEE;PARTSTAT=DECLINED:mailto:jane@example.com")), "", 0},
		{"moved", plain, vcalendar(vevent("a", "LOCATION:D2", "DTEND:20260303T110000Z")), "3T09:00-11:00 D2 jane", 0},
		{"given to another person", plain, vcalendar(vevent("a", "ATTENDEE:mailto:max@example.com")), "3T09:00-10:00 D1 max", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newTeller(t)
			first, _ := f.say(tc.before)
			rows, state := f.say(tc.after)
			if rows != sorted(tc.want) || state.Kept != tc.kept {
				t.Errorf("%s\nand %d kept, want\n%s and %d", rows, state.Kept, tc.want, tc.kept)
			}
			if again, _ := f.say(tc.after + "\r\n"); again != rows {
				t.Errorf("read again: %s", again)
			}
			if repaired, state := f.say(tc.before); repaired != first || state.Kept != 0 {
				t.Errorf("read as at first: %s, and %d kept", repaired, state.Kept)
			}
		})
	}
}

// huge is an event that is longer than any may be; which it is, it says last.
func huge(uid string) string {
	line := "RESOURCES:" + strings.Repeat("x", 60<<10)
	return vevent(uid, slices.Concat([]string{"-UID"}, []string{line + strings.Repeat("\r\n"+line, 20)}, []string{"UID:" + uid})...)
}

// What deskd's owner takes out goes, whatever the feed says: a desk or person of
// deskd's own tables, a person who is protected now, a desk the feed may not book.
func TestUnreadEventsKeepNothingTakenOut(t *testing.T) {
	broken := vcalendar(vevent("a", "DTEND:noon"), vevent("b", "LOCATION:D2", "ATTENDEE:mailto:mxa@example.com"))
	for name, change := range map[string]func(*polls) error{
		"a person": func(p *polls) error { return p.foreign("DELETE FROM people WHERE id = 'jane'") },
		"a desk":   func(p *polls) error { return p.foreign("DELETE FROM desks WHERE id = 'D1'") },
		"protected": func(p *polls) error {
			_, err := p.store.ImportPeople(p.t.Context(), []reservations.Person{{ID: "jane", Mail: []string{"jane@example.com"}, Protected: true}}, false)
			return err
		},
		"allow_people": func(p *polls) error { p.Feeds[0].AllowPeople = []string{"m*"}; return nil },
		"allow_desks":  func(p *polls) error { p.Feeds[0].AllowDesks = []string{"D2"}; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := newTeller(t)
			p.say(vcalendar(vevent("a"), vevent("b", "LOCATION:D2", "ATTENDEE:mailto:max@example.com")))
			if rows, _ := p.say(broken); rows != elapsed+", 3T09:00-10:00 D2 max" {
				t.Fatal(rows)
			}
			if err := change(p.polls); err != nil {
				t.Fatal(err)
			}
			if rows, _ := p.say(broken); rows != "3T09:00-10:00 D2 max" {
				t.Error(rows)
			}
		})
	}
}
