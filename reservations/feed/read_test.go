package feed

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
)

func TestDirectory(t *testing.T) {
	d := NewDirectory(
		[]reservations.Desk{{ID: "A1", Name: "By the  window"}, {ID: "A2", Name: "Twin"}, {ID: "A3", Name: "twin"}, {ID: "A4", Name: "a1"}, {ID: "A5"}},
		[]reservations.Person{
			{ID: "Jane", Mail: []string{"Jane@Example.com", "shared@example.com"}},
			{ID: "max", Mail: []string{"max@example.com", "shared@example.com", "jane"}},
			{ID: "eve", Mail: []string{"eve@example.com", "EVE@example.com"}},
		})
	for text, want := range map[string]string{
		"A1": "A1", " a1 ": "A1", "by the window": "A1", "BY\u00a0THE\tWINDOW": "A1",
		"twin": "", "A2": "A2", "": "", "A": "", "desk A1": "", "A1 window": "",
	} {
		if got, ok := d.Desk(text); got != want || ok != (want != "") {
			t.Errorf("desk %q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"JANE": "Jane", "jane@example.com": "Jane", "max@EXAMPLE.com": "max", "eve@example.com": "eve",
		"shared@example.com": "", "": "", "example.com": "",
	} {
		if got, ok := d.Person(text); got.ID != want || ok != (want != "") {
			t.Errorf("person %q is %q, want %q", text, got.ID, want)
		}
	}
}

// Each case is one event on 3 March and what becomes of it.
func TestIdentify(t *testing.T) {
	const (
		location = reservations.FromLocation
		resource = reservations.FromResource
		prefix   = reservations.FromSummaryPrefix
		summary  = reservations.FromSummary
		attendee = reservations.FromAttendee
		owner    = reservations.FromOrganizer
		fixed    = reservations.FromFixed
		jane     = "\nORGANIZER:mailto:jane.doe@example.com"
	)
	for _, tc := range []struct {
		Name         string
		desk, person string
		event        string
		want         string // "desk person, …"
		problem      string
	}{
		{"id", location, owner, "LOCATION:4.12" + jane, "4.12 jdoe", ""},
		{"name, case and blanks", location, owner, "LOCATION:  DESK   4.12 " + jane, "4.12 jdoe", ""},
		{"never inside a text", location, owner, "LOCATION:Desk 4.12\\, 3rd floor" + jane, "", `no such desk: "Desk 4.12, 3rd floor"`},
		{"several desks", location, owner, `LOCATION:4.12;4.13\n4.11` + jane, "4.11 jdoe, 4.12 jdoe, 4.13 jdoe", ""},
		{"the same desk twice", location, owner, `LOCATION:4.12;Desk 4.12` + jane, "4.12 jdoe", ""},
		{"a desk and a place", location, owner, `LOCATION:4.12;3rd floor` + jane, "4.12 jdoe", ""},
		{"no location", location, owner, "SUMMARY:4.12" + jane, "", "LOCATION is empty"},
		{"location of a desk that declined", location, owner, "LOCATION:4.12\nATTENDEE;CUTYPE=ROOM;CN=4.12;PARTSTAT=DECLINED:mailto:d@x" + jane, "", ""},
		{"not allowed", location, owner, "LOCATION:7" + jane, "", `may not book desk "7"`},
		{"resource by address", resource, owner, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:4.12" + jane, "4.12 jdoe", ""},
		{"resource by name", resource, owner, "ATTENDEE;CUTYPE=RESOURCE;CN=Desk 4.12:mailto:d@x" + jane, "4.12 jdoe", ""},
		{"a person called like a desk", resource, owner, "ATTENDEE;CN=Desk 4.12:mailto:d@x" + jane, "", "has no resource"},
		{"resource still undecided", resource, owner, "ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;CN=4.12:mailto:d@x" + jane, "", ""},
		{"resources property", resource, owner, `RESOURCES:Beamer,4.12` + jane, "4.12 jdoe", ""},
		{"unknown resource", resource, owner, "ATTENDEE;CUTYPE=ROOM;CN=Desk 4.13x:mailto:d@x" + jane, "", `no such desk: "Desk 4.13x <d@x>"`},
		{"fixed", fixed, owner, "SUMMARY:x" + jane, "4.12 jdoe", ""},
		{"fixed, undecided counts", fixed, owner, "ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;CN=4.12:mailto:d@x" + jane, "4.12 jdoe", ""},
		{"fixed, nobody", fixed, owner, "SUMMARY:x", "4.12 ", "it has no ORGANIZER"},
		{"prefix with colon", prefix, summary, "SUMMARY:4.12: jdoe", "4.12 jdoe", ""},
		{"prefix with dash", prefix, summary, "SUMMARY:4.12 - max@example.com - a: b", "4.12 ", "no such person"},
		{"the first of the two", prefix, summary, "SUMMARY:4.12 - mmuster", "4.12 mmuster", ""},
		{"no prefix", prefix, owner, "SUMMARY:4.12" + jane, "", "before"},
		{"summary", location, summary, "LOCATION:4.12\nSUMMARY:JDOE", "4.12 jdoe", ""},
		{"summary is a name", location, summary, "LOCATION:4.12\nSUMMARY:Jane Doe", "4.12 ", `no such person: "Jane Doe"`},
		{"the only attendee", location, attendee, "LOCATION:4.12\nATTENDEE:mailto:max@example.com", "4.12 mmuster", ""},
		{"the only one who comes", location, attendee, "LOCATION:4.12\nATTENDEE;PARTSTAT=DECLINED:mailto:max@example.com\nATTENDEE:jdoe", "4.12 jdoe", ""},
		{"rooms are nobody", location, attendee, "LOCATION:4.12\nATTENDEE;CUTYPE=ROOM:mailto:r@x\nATTENDEE:mailto:4.12\nATTENDEE:jdoe", "4.12 jdoe", ""},
		{"several and the organizer", location, attendee, "LOCATION:4.12\nATTENDEE:mailto:max@example.com\nATTENDEE:mailto:JANE.doe@example.com" + jane, "4.12 jdoe", ""},
		{"several without", location, attendee, "LOCATION:4.12\nATTENDEE:mailto:max@example.com\nATTENDEE:mailto:eve@example.com" + jane, "4.12 ", "several attendees"},
		{"everybody declined", location, attendee, "LOCATION:4.12\nATTENDEE;PARTSTAT=DECLINED:mailto:max@example.com", "", ""},
		{"no attendee", location, attendee, "LOCATION:4.12" + jane, "4.12 ", "no attendee"},
		{"protected", location, owner, "LOCATION:4.12\nORGANIZER:mailto:boss@example.com", "4.12 ", `"boss" is protected`},
		{"not sent-by", location, owner, `LOCATION:4.12` + "\n" + `ORGANIZER;SENT-BY="mailto:boss@example.com":mailto:jane.doe@example.com`, "4.12 jdoe", ""},
		{"transparent", location, owner, "LOCATION:4.12\nTRANSP:TRANSPARENT" + jane, "", ""},
		{"outlook free", location, owner, "LOCATION:4.12\nX-MICROSOFT-CDO-BUSYSTATUS:FREE" + jane, "", ""},
		{"outlook busy goes first", location, owner, "LOCATION:4.12\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY" + jane, "4.12 jdoe", ""},
		{"no length", location, owner, "LOCATION:4.12\nDTEND:20260303T080000Z" + jane, "", "no length"},
		{"too long", location, owner, "LOCATION:4.12\nDTEND:20290303T080000Z" + jane, "", "the most is 400"},
		{"private keeps its text", location, owner, "LOCATION:My doctor\nCLASS:CONFIDENTIAL" + jane, "", "private event is not shown"},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			o := testOptions(t, "x")
			o.Feed.AllowDesks = []string{"4.*"}
			o.Feed.Desk = reservations.Rule{From: tc.desk, Fixed: "4.12"}
			o.Feed.Person = reservations.Rule{From: tc.person}
			o.Feed.Tentative = tc.desk == fixed
			if !strings.Contains(tc.event, "DTEND:") {
				tc.event += "\nDTEND:20260303T090000Z"
			}
			data := wrap("BEGIN:VEVENT", "UID:u", "DTSTART:20260303T080000Z", tc.event, "END:VEVENT")
			r, err := readText(data, o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range r.Reservations {
				got = append(got, v.Desk+" "+v.Person)
			}
			if s := strings.Join(got, ", "); s != tc.want {
				t.Errorf("reserved %q, want %q; problems %v", s, tc.want, r.Unresolved)
			}
			if (tc.problem == "") != (len(r.Unresolved) == 0) || tc.problem != "" && !strings.Contains(r.Unresolved[0].What, tc.problem) {
				t.Errorf("problems %v, want %q", r.Unresolved, tc.problem)
			}
			if strings.Contains(fmt.Sprint(r.Unresolved, r.Notes), "doctor") {
				t.Errorf("a private text got out: %v", r.Unresolved)
			}
		})
	}
}

func TestReservationIsComplete(t *testing.T) {
	r, err := readText(wrap(eventLines("u", "SUMMARY:secret plans", "RRULE:FREQ=DAILY;COUNT=1")), testOptions(t, "hq"))
	if err != nil {
		t.Fatal(err)
	}
	want := []reservations.Reservation{{
		Desk: "4.12", Person: "jdoe", Status: reservations.Confirmed, Source: "feed:hq", UID: "u", Occurrence: "20260303T080000Z", Line: 2, Vouched: reservations.ByOrganizer,
		Span: reservations.Span{Start: time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC), End: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)},
	}}
	if diff := cmp.Diff(want, r.Reservations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of claims on one desk the older one stands, whatever else is claimed: one
// that lost to it must not push out a third.
func TestOlderClaimStands(t *testing.T) {
	event := func(uid, created string, from, to int) string {
		return strings.Join([]string{"BEGIN:VEVENT", "UID:" + uid, created, fmt.Sprintf("DTSTART:20260303T%02d0000Z", from),
			fmt.Sprintf("DTEND:20260303T%02d0000Z", to), "LOCATION:4.12", "ORGANIZER:jdoe", "END:VEVENT"}, "\r\n")
	}
	r, err := readText(wrap(
		event("third", "CREATED:20260103T000000Z", 8, 10),
		event("second", "CREATED:20260102T000000Z", 9, 12),
		event("first", "CREATED:20260101T000000Z", 11, 13),
		event("unknown", "COMMENT:x", 12, 14),
		event("after", "COMMENT:x", 13, 14),
	), testOptions(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	var kept, lost []string
	for _, v := range r.Reservations {
		kept = append(kept, v.UID)
	}
	for _, p := range r.Unresolved {
		lost = append(lost, p.UID)
	}
	if diff := cmp.Diff([]string{"third", "first", "after"}, kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"second", "unknown"}, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
}

func TestClaimsNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m mapper
		n := rapid.IntRange(0, 40).Draw(t, "claims")
		for i := range n {
			start := time.Unix(int64(rapid.IntRange(0, 50).Draw(t, "start")), 0).UTC()
			end := start.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "length")) * time.Second)
			event := &calendar.Event{UID: fmt.Sprint(i), Line: i + 1, Created: time.Unix(int64(rapid.IntRange(0, 3).Draw(t, "created")), 0)}
			desk := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "desk")
			m.claims = append(m.claims, i)
			m.out = append(m.out, Mapped{Occurrence: calendar.Occurrence{Event: event, Span: reservations.Span{Start: start, End: end}}, Desk: desk, Person: "jdoe"})
		}
		kept := m.settle()
		if overlaps := reservations.NewCalendar(kept).Conflicts(); len(overlaps) > 0 {
			t.Fatalf("overlap: %v", overlaps)
		}
		if len(kept)+len(m.log.Problems.All(false)) != n {
			t.Fatalf("%d kept and %d reported of %d", len(kept), len(m.log.Problems.All(false)), n)
		}
	})
}

func TestSearchesForSimilarNamesAreLimited(t *testing.T) {
	id := newIdentifier(reservations.Feed{}, testDirectory())
	for i := range 3 * maxHints {
		id.hint("desk", &calendar.Event{}, []string{fmt.Sprint("4.1", i)})
	}
	if len(id.hints) > maxHints {
		t.Errorf("%d searches", len(id.hints))
	}
}
