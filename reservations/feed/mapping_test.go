package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
)

// The feeds of the tests: a building's calendar, a desk's and a person's.
func siteFeed() reservations.Feed { return reservations.Feed{Kind: reservations.KindSite} }

func deskFeed() reservations.Feed {
	return reservations.Feed{Kind: reservations.KindDesk, Tentative: true, Desk: reservations.Rule{From: reservations.FromFixed, Fixed: "4.12"}}
}

func personFeed() reservations.Feed {
	return reservations.Feed{Kind: reservations.KindPerson, Person: reservations.Rule{From: reservations.FromFixed, Fixed: "mmuster"}}
}

// tables are the desks and people of the mapping tests.
func tables() *Directory {
	return NewDirectory(
		[]reservations.Desk{
			{ID: "4.11", Mail: []string{"d411@example.com"}, Aliases: []string{"Zoë's corner"}},
			{ID: "4.12", Name: "Window", Mail: []string{"d412@example.com", "d412@resource.calendar.google.com"}, Aliases: []string{"Desk 4.12"}},
			{ID: "4.13", Name: "Window", Aliases: []string{"Sales desk"}},
			{ID: "A1"}, {ID: "a1"},
		},
		[]reservations.Person{
			{ID: "jdoe", Name: "Jane Doe", Mail: []string{"jane@example.com", "jane.doe@example.com"}},
			{ID: "mmuster", Mail: []string{"max@example.com"}},
			{ID: "Eve", Mail: []string{"eve@example.com"}},
			{ID: "boss", Mail: []string{"boss@example.com"}, Protected: true},
		})
}

// mapping is what became of one event: "desk person" of each reservation, what
// was not resolved, and the notes.
type mapping struct{ reserved, unresolved, notes string }

// mapped reads one event on 3 March, at nine for an hour unless it says
// otherwise.
func mapped(t testing.TB, rules reservations.Feed, event ...string) (mapping, Result) {
	t.Helper()
	lines := []string{"BEGIN:VEVENT", "UID:u"}
	if !slices.ContainsFunc(event, func(l string) bool { return strings.HasPrefix(l, "DTSTART") }) {
		lines = append(lines, "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z")
	}
	rules.Name = "x"
	o := Options{Window: spring(), Zone: berlin(t), Feed: rules, Directory: tables()}
	r, err := readText(wrap(slices.Concat(lines, event, []string{"END:VEVENT"})...), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Fatalf("not read: %v", r.Problems)
	}
	var m mapping
	var reserved []string
	for _, v := range r.Reservations {
		reserved = append(reserved, strings.TrimSpace(v.Desk+" "+v.Person))
	}
	m.reserved = strings.Join(reserved, ", ")
	for _, list := range []struct {
		to *string
		of []reservations.Problem
	}{{&m.unresolved, r.Unresolved}, {&m.notes, r.Notes}} {
		var texts []string
		for _, p := range list.of {
			texts = append(texts, strings.TrimSuffix(p.What+" -> "+p.Hint, " -> "))
		}
		*list.to = strings.Join(texts, "; ")
	}
	return m, r
}

const (
	byJane  = "ORGANIZER:mailto:jane@example.com"
	withMax = "ATTENDEE:mailto:max@example.com"
)

// desk412 is an invitation of desk 4.12 by its address.
func desk412(params string) string { return "ATTENDEE" + params + ":mailto:d412@example.com" }

func TestMapping(t *testing.T) {
	for _, tc := range []struct {
		Name  string
		feed  reservations.Feed
		event []string
		want  mapping
	}{
		// Which person: the calendar of a desk.
		{"the organizer", deskFeed(), []string{byJane, withMax}, mapping{reserved: "4.12 jdoe"}},
		{"not whom another sent it for", deskFeed(), []string{`ORGANIZER;SENT-BY="mailto:max@example.com":mailto:jane@example.com`}, mapping{reserved: "4.12 jdoe"}},
		{"without one the only attendee", deskFeed(), []string{withMax, desk412(";CUTYPE=RESOURCE")}, mapping{reserved: "4.12 mmuster"}},
		{"a desk is no attendee, whatever it calls itself", deskFeed(), []string{withMax, desk412("")}, mapping{reserved: "4.12 mmuster"}},
		{"the only one who has not declined", deskFeed(), []string{withMax, "ATTENDEE;PARTSTAT=DECLINED:mailto:eve@example.com"}, mapping{reserved: "4.12 mmuster"}},
		{"one person with two addresses", deskFeed(), []string{"ATTENDEE:mailto:jane@example.com", "ATTENDEE:mailto:JANE.doe@example.com"}, mapping{reserved: "4.12 jdoe"}},
		{"several: occupied", deskFeed(), []string{withMax, "ATTENDEE:mailto:eve@example.com"}, mapping{
			reserved: "4.12", unresolved: `several attendees: "mmuster", "Eve" -> invite the one person who sits at the desk`,
		}},
		{"nobody: occupied", deskFeed(), []string{"SUMMARY:x"}, mapping{reserved: "4.12", unresolved: "the event names nobody: it has no attendee -> invite the person who sits at the desk"}},
		{"a stranger: occupied", deskFeed(), []string{"ORGANIZER:mailto:eva@example.com", withMax}, mapping{
			reserved: "4.12", unresolved: `no such person: "eva@example.com" -> did you mean "eve@example.com"?`,
		}},
		{"a protected person: occupied", deskFeed(), []string{"ORGANIZER:mailto:boss@example.com"}, mapping{
			reserved: "4.12", unresolved: `"boss" is protected and is never logged in because of a calendar -> book the desk in deskd itself`,
		}},
		{"the organizer declined", deskFeed(), []string{byJane, "ATTENDEE;PARTSTAT=DECLINED:mailto:jane.doe@example.com"}, mapping{notes: `"jdoe" declined, nothing is reserved`}},
		{"the only attendee declined", deskFeed(), []string{"ATTENDEE;PARTSTAT=DECLINED:mailto:max@example.com"}, mapping{notes: `everybody declined: "max@example.com"`}},
		{"the organizer has yet to answer", deskFeed(), []string{byJane, "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:jane@example.com"}, mapping{reserved: "4.12 jdoe"}},

		// The desk's own answer.
		{"desk accepted", deskFeed(), []string{byJane, desk412(";PARTSTAT=ACCEPTED")}, mapping{reserved: "4.12 jdoe"}},
		{"desk declined", deskFeed(), []string{byJane, desk412(";PARTSTAT=DECLINED")}, mapping{notes: `desk "4.12" answered DECLINED, it is not reserved`}},
		{"desk delegated", siteFeed(), []string{byJane, desk412(";PARTSTAT=DELEGATED")}, mapping{notes: `desk "4.12" answered DELEGATED, it is not reserved`}},
		{"desk delegated, its own calendar", deskFeed(), []string{byJane, desk412(";PARTSTAT=DELEGATED")}, mapping{notes: `desk "4.12" answered DELEGATED, it is not reserved`}},
		{"desk undecided, its own calendar", deskFeed(), []string{byJane, desk412(";PARTSTAT=TENTATIVE")}, mapping{
			reserved: "4.12 jdoe", notes: `desk "4.12" has not accepted (TENTATIVE), it is reserved all the same`,
		}},
		{"desk undecided, another's calendar", siteFeed(), []string{byJane, desk412(";PARTSTAT=NEEDS-ACTION")}, mapping{notes: `desk "4.12" answered NEEDS-ACTION, it is not reserved`}},
		{"an answer nobody knows is none", siteFeed(), []string{byJane, desk412(";PARTSTAT=X-MAYBE")}, mapping{notes: `desk "4.12" answered X-MAYBE, it is not reserved`}},
		{"one of two desks declined", siteFeed(), []string{byJane, desk412(";PARTSTAT=DECLINED"), "ATTENDEE:mailto:d411@example.com"}, mapping{
			reserved: "4.11 jdoe", notes: `desk "4.12" answered DECLINED, it is not reserved`,
		}},
		{"a desk in LOCATION that declined", siteFeed(), []string{byJane, "LOCATION:4.12", "ATTENDEE;CUTYPE=ROOM;CN=desk 4.12;PARTSTAT=DECLINED:mailto:other@example.com"}, mapping{
			notes: `desk "4.12" answered DECLINED, it is not reserved`,
		}},

		// Which desk, in order.
		{"address before all", siteFeed(), []string{byJane, desk412(""), "ATTENDEE;CUTYPE=ROOM;CN=4.13:mailto:r@example.com", "RESOURCES:4.11", "LOCATION:4.11"}, mapping{reserved: "4.12 jdoe"}},
		{"any address of the desk", siteFeed(), []string{byJane, "ATTENDEE;CUTYPE=RESOURCE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Nobody:mailto:D412@resource.calendar.google.com"}, mapping{reserved: "4.12 jdoe"}},
		{"then a room's name", siteFeed(), []string{byJane, "ATTENDEE;CUTYPE=ROOM;CN=sales  DESK:mailto:r@example.com", "RESOURCES:4.11", "LOCATION:4.11"}, mapping{reserved: "4.13 jdoe"}},
		{"not a person's name", siteFeed(), []string{byJane, "ATTENDEE;CN=Sales desk:mailto:r@example.com", "LOCATION:4.11"}, mapping{reserved: "4.11 jdoe"}},
		{"then RFC 9073", siteFeed(), []string{byJane, "RESOURCES:4.11", "LOCATION:4.11", "BEGIN:VRESOURCE", "UID:r", "RESOURCE-TYPE:ROOM", "NAME:Sales desk", "END:VRESOURCE"}, mapping{reserved: "4.13 jdoe"}},
		{"a location of RFC 9073", siteFeed(), []string{byJane, "LOCATION:somewhere", "BEGIN:VLOCATION", "UID:l", "NAME:4.11", "END:VLOCATION"}, mapping{reserved: "4.11 jdoe"}},
		{"inside a participant", siteFeed(), []string{byJane, "BEGIN:PARTICIPANT", "UID:p", "BEGIN:VRESOURCE", "NAME:4.11", "END:VRESOURCE", "END:PARTICIPANT"}, mapping{reserved: "4.11 jdoe"}},
		{"a participant", siteFeed(), []string{byJane, "BEGIN:PARTICIPANT", "UID:p", "CALENDAR-ADDRESS:mailto:d411@example.com", "END:PARTICIPANT"}, mapping{reserved: "4.11 jdoe"}},
		{"not inside an alarm", siteFeed(), []string{byJane, "LOCATION:4.12", "BEGIN:VALARM", "NAME:4.11", "BEGIN:VLOCATION", "NAME:4.13", "END:VLOCATION", "END:VALARM"}, mapping{reserved: "4.12 jdoe"}},
		{"then RESOURCES", siteFeed(), []string{byJane, "RESOURCES:Beamer,4.11", "LOCATION:4.12"}, mapping{reserved: "4.11 jdoe"}},
		{"then LOCATION", siteFeed(), []string{byJane, "RESOURCES:Beamer", "LOCATION:4.12"}, mapping{reserved: "4.12 jdoe"}},
		{"LOCATION by alias", siteFeed(), []string{byJane, "LOCATION: SALES\tdesk "}, mapping{reserved: "4.13 jdoe"}},
		{"LOCATION with the accent apart", siteFeed(), []string{byJane, "LOCATION:zoe\u0308's corner"}, mapping{reserved: "4.11 jdoe"}},
		{"LOCATION split", siteFeed(), []string{byJane, `LOCATION:4.13;Desk 4.12\n4.11;4.13`}, mapping{reserved: "4.11 jdoe, 4.12 jdoe, 4.13 jdoe"}},
		{"LOCATION is not split at a comma", siteFeed(), []string{byJane, `LOCATION:4.12\, 4.13`}, mapping{unresolved: `no such desk: "4.12, 4.13" -> ` + noSuchDesk}},
		{"never a substring", siteFeed(), []string{byJane, "LOCATION:Berlin 4.12"}, mapping{unresolved: `no such desk: "Berlin 4.12" -> did you mean desk "4.12"?`}},
		{"a desk and a place", siteFeed(), []string{byJane, "LOCATION:4.12;3rd floor"}, mapping{reserved: "4.12 jdoe", notes: `no such desk: "3rd floor" -> ` + noSuchDesk}},
		{"two desks of one name", siteFeed(), []string{byJane, "LOCATION:window"}, mapping{
			unresolved: `several desks are called "window": 4.12, 4.13 -> use the id, or an alias that one of them has alone`,
		}},
		{"two ids that differ in case", siteFeed(), []string{byJane, "LOCATION:A1"}, mapping{unresolved: `several desks are called "A1": A1, a1 -> use the id, or an alias that one of them has alone`}},
		{"a slip of the keys", siteFeed(), []string{byJane, "LOCATION:Sales dsek"}, mapping{unresolved: `no such desk: "Sales dsek" -> did you mean "sales desk", which is desk "4.13"?`}},
		{"nothing named", siteFeed(), []string{byJane}, mapping{unresolved: "the event names no desk: it has neither resource nor LOCATION -> give the desk, or remove the event from this calendar"}},
		{"unknown room and place", siteFeed(), []string{byJane, "ATTENDEE;CUTYPE=ROOM;CN=Blue:mailto:b@example.com", "LOCATION:Blue"}, mapping{
			unresolved: `no such desk: "Blue <b@example.com>", "Blue" -> ` + noSuchDesk,
		}},
		{"an all-day event that is free", siteFeed(), []string{byJane, "LOCATION:4.12", "DTSTART;VALUE=DATE:20260303", "TRANSP:TRANSPARENT"}, mapping{
			notes: "an all-day event whose time is marked as free, nothing is reserved -> mark it as busy; or set free_counts: true, because Outlook and Google mark all-day events as free unasked",
		}},
		{"an all-day event that is free and names no desk", siteFeed(), []string{byJane, "LOCATION:the moon", "DTSTART;VALUE=DATE:20260303", "TRANSP:TRANSPARENT"}, mapping{}},
		{"Desk and the id", siteFeed(), []string{byJane, "LOCATION:Seat A1"}, mapping{unresolved: `no such desk: "Seat A1" -> ` + noSuchDesk}}, // two desks
		{"the id among words", siteFeed(), []string{byJane, "LOCATION:Arbeitsplatz 4.13 (Fenster)"}, mapping{unresolved: `no such desk: "Arbeitsplatz 4.13 (Fenster)" -> did you mean desk "4.13"?`}},
		{"organized by a shared calendar", siteFeed(), []string{"ORGANIZER;CN=Desks:mailto:c_1@group.calendar.google.com", "LOCATION:4.12", withMax}, mapping{reserved: "4.12 mmuster"}},
		{"organized by a desk of another name", siteFeed(), []string{"ORGANIZER;CN=Desk 4.12:mailto:room@example.com", "LOCATION:4.12", withMax}, mapping{reserved: "4.12 mmuster"}},
		{"organized by a thing", siteFeed(), []string{"ORGANIZER:mailto:room@example.com", "ATTENDEE;CUTYPE=ROOM:mailto:ROOM@example.com", "LOCATION:4.12", withMax}, mapping{reserved: "4.12 mmuster"}},
		{"organized by a desk for several", siteFeed(), []string{"ORGANIZER:mailto:d412@example.com", "LOCATION:4.12", withMax, "ATTENDEE:mailto:eve@example.com"}, mapping{
			reserved: "4.12", unresolved: `several attendees: "mmuster", "Eve" -> invite the one person who sits at the desk`,
		}},
		{"a published mailbox", deskFeed(), []string{"SUMMARY:jane DOE", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"}, mapping{
			reserved: "4.12", unresolved: `the event names nobody: it has no attendee -> its SUMMARY is the name of "jdoe": person: {from: summary, match: name} of the feed takes it`,
		}},
		{"a published mailbox, of an unknown person", deskFeed(), []string{"SUMMARY:Zed", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"}, mapping{
			reserved: "4.12", unresolved: `the event names nobody: it has no attendee -> a published room mailbox has the booker's name in SUMMARY: person: {from: summary, match: name} of the feed takes it, and names nobody else has`,
		}},
		{"a private event of a published mailbox", deskFeed(), []string{"SUMMARY:Jane Doe", "CLASS:PRIVATE", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"}, mapping{
			reserved: "4.12", unresolved: `the event names nobody: it has no attendee -> invite the person who sits at the desk`,
		}},
		{"nobody in a building's calendar", siteFeed(), []string{"LOCATION:4.12"}, mapping{reserved: "4.12", unresolved: "the event names nobody: it has no attendee -> invite the person who sits at the desk"}},
		{"a guest in a building's calendar", siteFeed(), []string{"ORGANIZER:mailto:guest@partner.example", "LOCATION:4.12"}, mapping{
			reserved: "4.12", unresolved: `no such person: "guest@partner.example" -> add the address to the person in deskd, or correct the event`,
		}},
		{"a protected person in a building's calendar", siteFeed(), []string{"ORGANIZER:mailto:boss@example.com", "LOCATION:4.12"}, mapping{
			reserved: "4.12", unresolved: `"boss" is protected and is never logged in because of a calendar -> book the desk in deskd itself`,
		}},
		{"a guest, two desks", siteFeed(), []string{"ORGANIZER:mailto:guest@partner.example", `LOCATION:4.12\n4.11`}, mapping{
			reserved: "4.11, 4.12", unresolved: `no such person: "guest@partner.example" (and 1 more of the series) -> add the address to the person in deskd, or correct the event`,
		}},
		{"several people in a building's calendar", siteFeed(), []string{"LOCATION:4.12", withMax, "ATTENDEE:mailto:eve@example.com"}, mapping{
			reserved: "4.12", unresolved: `several attendees: "mmuster", "Eve" -> invite the one person who sits at the desk`,
		}},
		{"everybody declined in a building's calendar", siteFeed(), []string{"LOCATION:4.12", "ATTENDEE;PARTSTAT=DECLINED:mailto:max@example.com"}, mapping{
			notes: `everybody declined: "max@example.com"`,
		}},

		// The calendar of a person.
		{"person's desk", personFeed(), []string{byJane, "LOCATION:4.12"}, mapping{reserved: "4.12 mmuster"}},
		{"person's appointment elsewhere", personFeed(), []string{byJane, "SUMMARY:Dentist"}, mapping{}},
		{"person's appointment at no desk", personFeed(), []string{"LOCATION:Canteen"}, mapping{notes: `no such desk: "Canteen"`}},
		{"person declined", personFeed(), []string{byJane, "LOCATION:4.12", "ATTENDEE;PARTSTAT=DECLINED:mailto:max@example.com"}, mapping{notes: `"mmuster" declined, nothing is reserved`}},
		{"person out of office", personFeed(), []string{"LOCATION:4.12", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"}, mapping{notes: "its time is marked as OOF in a person's calendar, nothing is reserved"}},
		{"person works elsewhere", personFeed(), []string{"LOCATION:4.12", "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"}, mapping{notes: "its time is marked as WORKINGELSEWHERE in a person's calendar, nothing is reserved"}},
		{"a building does not mind", siteFeed(), []string{byJane, "LOCATION:4.12", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"}, mapping{reserved: "4.12 jdoe"}},

		// Free and busy.
		{"free", siteFeed(), []string{byJane, "LOCATION:4.12", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"}, mapping{notes: "its time is marked as free, nothing is reserved"}},
		{"free by intention only", siteFeed(), []string{byJane, "LOCATION:4.12", "X-MICROSOFT-CDO-INTENDEDSTATUS:FREE"}, mapping{reserved: "4.12 jdoe"}},
		{"transparent", siteFeed(), []string{byJane, "LOCATION:4.12", "TRANSP:TRANSPARENT"}, mapping{notes: "its time is marked as free, nothing is reserved"}},
		{"busy though transparent", siteFeed(), []string{byJane, "LOCATION:4.12", "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"}, mapping{reserved: "4.12 jdoe"}},
		{"free though opaque", siteFeed(), []string{byJane, "LOCATION:4.12", "TRANSP:OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"}, mapping{notes: "its time is marked as free, nothing is reserved"}},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			got, _ := mapped(t, tc.feed, tc.event...)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(mapping{})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// What a feed's configuration changes. An all-day event that is free is told to the
// feed's owner; free hours, which people mean, are a note like others.
func TestFreeDaysAreTold(t *testing.T) {
	day := []string{byJane, "LOCATION:4.12", "DTSTART;VALUE=DATE:20260303"}
	outlook := []string{byJane, "LOCATION:4.12", "DTSTART:20260303T000000", "DTEND:20260304T000000", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"}
	counts, person := siteFeed(), siteFeed()
	counts.FreeCounts = true
	person.Kind = reservations.KindPerson
	for name, tc := range map[string]struct {
		feed  reservations.Feed
		event []string
		told  int
	}{
		"free by TRANSP":               {siteFeed(), append(day, "TRANSP:TRANSPARENT"), 1},
		"free by BUSYSTATUS":           {siteFeed(), append(day, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), 1},
		"of a desk":                    {deskFeed(), append(day, "TRANSP:TRANSPARENT"), 1},
		"of a person":                  {person, append(day, "TRANSP:TRANSPARENT"), 1},
		"busy whatever TRANSP says":    {siteFeed(), append(day, "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"), 0},
		"free days count":              {counts, append(day, "TRANSP:TRANSPARENT"), 0},
		"no desk":                      {siteFeed(), []string{byJane, "LOCATION:canteen", "DTSTART;VALUE=DATE:20260303", "TRANSP:TRANSPARENT"}, 0},
		"free for an hour":             {siteFeed(), []string{byJane, "LOCATION:4.12", "TRANSP:TRANSPARENT"}, 0},
		"a day of Outlook's":           {siteFeed(), append(outlook, "TRANSP:TRANSPARENT"), 1},
		"a day of Outlook's, counting": {counts, append(outlook, "TRANSP:TRANSPARENT"), 0},
		"away for a day, of a person":  {person, append(day, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), 0},
	} {
		if _, r := mapped(t, tc.feed, tc.event...); len(r.Warnings()) != tc.told || tc.told > 0 && !strings.Contains(r.Warnings()[0].Hint, "free_counts: true") {
			t.Errorf("%s: told %+v", name, r.Warnings())
		} else if counting := strings.Contains(name, "count") && tc.told == 0; counting != (len(r.Reservations) == 1) && !strings.HasPrefix(name, "busy") {
			t.Errorf("%s: booked %v", name, r.Reservations)
		}
	}
}

func TestMappingSwitches(t *testing.T) {
	tentative, free := siteFeed(), siteFeed()
	tentative.Tentative, free.FreeCounts = true, true
	undecided := deskFeed()
	undecided.Tentative = false
	few := siteFeed()
	few.AllowDesks, few.AllowPeople = []string{"4.1[12]"}, []string{"m*", "EVE"}
	someone := deskFeed()
	someone.AllowPeople = []string{"m*"}
	allDay := []string{byJane, "LOCATION:4.12", "DTSTART;VALUE=DATE:20260303", "TRANSP:TRANSPARENT"}
	for _, tc := range []struct {
		Name  string
		feed  reservations.Feed
		event []string
		want  string
		count int // of unresolved
	}{
		{"tentative reserved", tentative, []string{byJane, desk412(";PARTSTAT=NEEDS-ACTION")}, "4.12 jdoe", 0},
		{"tentative ignored", undecided, []string{byJane, desk412(";PARTSTAT=NEEDS-ACTION")}, "", 0},
		{"declined all the same", tentative, []string{byJane, desk412(";PARTSTAT=DECLINED")}, "", 0},
		{"all-day and free", siteFeed(), allDay, "", 0},
		{"all-day and free counts", free, allDay, "4.12 jdoe", 0},
		{"free for an hour never counts", free, []string{byJane, "LOCATION:4.12", "TRANSP:TRANSPARENT"}, "", 0},
		{"desk not allowed", few, []string{"ORGANIZER:mailto:max@example.com", "LOCATION:4.13"}, "", 1},
		{"one of two desks allowed", few, []string{"ORGANIZER:mailto:max@example.com", "LOCATION:4.12;4.13"}, "4.12 mmuster", 1},
		{"person not allowed", few, []string{byJane, "LOCATION:4.12"}, "4.12", 1},
		{"person allowed in another case", few, []string{"ORGANIZER:mailto:eve@example.com", "LOCATION:4.12"}, "4.12 Eve", 0},
		{"person not allowed in a desk's calendar", someone, []string{byJane}, "4.12", 1},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			got, r := mapped(t, tc.feed, tc.event...)
			if got.reserved != tc.want || len(r.Unresolved) != tc.count {
				t.Errorf("reserved %q, want %q; unresolved %q", got.reserved, tc.want, got.unresolved)
			}
		})
	}
}

// A private event counts like any other, but none of its texts gets out.
func TestPrivateTextsStayInside(t *testing.T) {
	for _, class := range []string{"PRIVATE", "CONFIDENTIAL", "X-UNKNOWN"} {
		got, r := mapped(t, siteFeed(), byJane, "LOCATION:4.12", "SUMMARY:secret", "CLASS:"+class)
		if got.reserved != "4.12 jdoe" || r.Reservations[0].Note != "" {
			t.Errorf("%s: %+v", class, r.Reservations)
		}
		for name, event := range map[string][]string{
			"location":  {byJane, "LOCATION:secret 4.12"},
			"resource":  {byJane, "RESOURCES:secret"},
			"room":      {byJane, "ATTENDEE;CUTYPE=ROOM;CN=secret:mailto:secret@example.com"},
			"ambiguous": {byJane, "LOCATION:window"},
			"place":     {byJane, "BEGIN:VLOCATION", "NAME:secret", "END:VLOCATION"},
			"organizer": {"ORGANIZER:mailto:secret@example.com", "LOCATION:4.12"},
			"attendees": {"ATTENDEE:mailto:secret@example.com", withMax, "LOCATION:4.12"},
			"declined":  {"ATTENDEE;PARTSTAT=DECLINED:mailto:secret@example.com", "LOCATION:4.12"},
			"beside":    {byJane, "LOCATION:4.12;secret"},
			"one desk":  {"ORGANIZER:mailto:secret@example.com"},
		} {
			_, r := mapped(t, siteFeed(), append(event, "CLASS:"+class)...)
			text := fmt.Sprint(r.Unresolved, r.Notes, r.Reservations)
			if strings.Contains(text, "secret") || strings.Contains(text, "window") {
				t.Errorf("%s %s: a private text got out: %s", class, name, text)
			}
			if len(r.Unresolved)+len(r.Notes) == 0 {
				t.Errorf("%s %s: nothing was said at all", class, name)
			}
		}
	}
}

// A series is one entry of the list, whatever number of its occurrences the
// window holds; each occurrence says by itself what is wrong with it.
func TestSeriesIsOneEntry(t *testing.T) {
	_, r := mapped(t, siteFeed(), byJane, "LOCATION:4.21", "RRULE:FREQ=DAILY;COUNT=5")
	want := []reservations.Problem{{
		Line: 2, UID: "u", Start: r.Occurrences[0].Start, What: `no such desk: "4.21" (and 4 more of the series)`, Hint: `did you mean desk "4.11"?`,
		Organizer: "jane@example.com",
	}}
	if diff := cmp.Diff(want, r.Unresolved); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(r.Mapped) != 5 || r.Mapped[4].Problem.What != `no such desk: "4.21"` {
		t.Errorf("mapped %+v", r.Mapped)
	}
	_, r = mapped(t, siteFeed(), byJane, desk412(";PARTSTAT=NEEDS-ACTION"), "RRULE:FREQ=DAILY;COUNT=5")
	if r.Tentative != 5 || len(r.Notes) != 1 {
		t.Errorf("%d tentative, notes %v", r.Tentative, r.Notes)
	}
}

// Every occurrence is told of, in order: with a desk exactly if it is among the
// reservations, and with a problem exactly if something is in the list.
func TestMappedIsComplete(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var events []string
		for i := range rapid.IntRange(0, 12).Draw(rt, "events") {
			hour := rapid.IntRange(6, 12).Draw(rt, "hour")
			lines := []string{"BEGIN:VEVENT", fmt.Sprint("UID:", i), fmt.Sprintf("DTSTART:20260303T%02d0000Z", hour), fmt.Sprintf("DTEND:20260303T%02d0000Z", hour+2)}
			for _, line := range []string{"LOCATION:4.11;4.12", "LOCATION:4.13", "LOCATION:nowhere", byJane, "ORGANIZER:mailto:nobody@example.com",
				desk412(";PARTSTAT=DECLINED"), "TRANSP:TRANSPARENT", "RRULE:FREQ=DAILY;COUNT=3", "CLASS:PRIVATE"} {
				if rapid.Bool().Draw(rt, line) {
					lines = append(lines, line)
				}
			}
			events = append(events, strings.Join(append(lines, "END:VEVENT"), "\r\n"))
		}
		rules := rapid.SampledFrom([]reservations.Feed{siteFeed(), deskFeed(), personFeed()}).Draw(rt, "feed")
		o := Options{Window: spring(), Zone: berlin(t), Feed: rules, Directory: tables()}
		r, err := readText(wrap(append(events, "X-END:1")...), o)
		if err != nil {
			rt.Fatal(err)
		}
		var told []calendar.Occurrence
		var reserved []string
		wrong := false
		for _, m := range r.Mapped {
			if len(told) == 0 || told[len(told)-1] != m.Occurrence {
				told = append(told, m.Occurrence)
			}
			if m.Desk != "" {
				reserved = append(reserved, fmt.Sprint(m.Start, m.Desk, m.Person, m.UID))
			}
			wrong = wrong || m.Problem.What != ""
		}
		if !slices.Equal(told, r.Occurrences) {
			rt.Fatalf("told of %v, read %v", told, r.Occurrences)
		}
		var kept []string
		for _, v := range r.Reservations {
			kept = append(kept, fmt.Sprint(v.Start, v.Desk, v.Person, v.UID))
		}
		slices.Sort(kept)
		slices.Sort(reserved)
		if diff := cmp.Diff(kept, reserved); diff != "" {
			rt.Fatalf("reservations (-kept +told)\n%s", diff)
		}
		if wrong != (len(r.Unresolved) > 0) {
			rt.Fatalf("problems of occurrences: %v, in the list: %v", wrong, r.Unresolved)
		}
	})
}
