package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
)

// house is a directory of n desks and one person, jane.doe@example.com.
func house(n int) *Directory {
	var desks []reservations.Desk
	for i := range n {
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", i)})
	}
	return NewDirectory(desks, []reservations.Person{{ID: "jdoe", Mail: []string{"jane.doe@example.com"}}, {ID: "max", Mail: []string{"max@example.com"}}})
}

// on is an event of jane's that names the desks from the first to before the last.
func on(uid string, from, to int, more ...string) string {
	return strings.Replace(eventLines(uid, append(more, "RESOURCES:"+desksFrom(from, to))...), "LOCATION:4.12\r\n", "", 1)
}

func desksFrom(from, to int) string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint("D", i))
	}
	return strings.Join(all, ",")
}

// An event books so many desks and a person has so many at a time; what is beyond is
// lost, named, and in doubt: what it booked before stays. Others go on.
func TestLimitOfDesks(t *testing.T) {
	later := func(event string) string {
		return strings.Replace(strings.Replace(event, "0303T090000Z", "0303T100000Z", 1), "0303T080000Z", "0303T090000Z", 1)
	}
	by := func(who, event string) string { return strings.Replace(event, "jane.doe", who, 1) }
	other := by("max", on("good", 500, 501, "RRULE:FREQ=WEEKLY;COUNT=2"))
	for name, tc := range map[string]struct {
		events        []string
		rules         reservations.Feed
		books         int
		problem, lost string
	}{
		"twenty of an event":               {[]string{on("a", 0, 20)}, reservations.Feed{}, 20, "", ""},
		"twenty-one of an event":           {[]string{on("a", 0, 21)}, reservations.Feed{}, 0, "the event names 21 desks, and one may book 20", "a"},
		"the house, daily":                 {[]string{on("a", 0, 400, "RRULE:FREQ=DAILY")}, reservations.Feed{}, 0, "the event names 400 desks, and one may book 20", "a"},
		"as many as are allowed":           {[]string{on("a", 0, 40)}, reservations.Feed{EventDesks: 40, PersonDesks: 40}, 40, "", ""},
		"two of one person":                {[]string{on("a", 0, 20), on("b", 20, 21)}, reservations.Feed{}, 20, "jdoe has 20 other desks in that time, and one person may have 20", "b"},
		"the later created gives way":      {[]string{on("b", 0, 1, "CREATED:20260202T000000Z"), on("a", 1, 21, "CREATED:20260201T000000Z")}, reservations.Feed{}, 20, "jdoe has 20 other desks", "b"},
		"two, one after the other":         {[]string{on("a", 0, 20), later(on("b", 0, 20))}, reservations.Feed{}, 40, "", ""},
		"one desk twice is one":            {[]string{on("a", 0, 20), on("b", 0, 1)}, reservations.Feed{}, 20, "desk \"D0\" is taken", ""},
		"several people":                   {[]string{on("a", 0, 20), by("max", on("b", 20, 39))}, reservations.Feed{}, 39, "", ""},
		"guests have no name between them": {[]string{by("guest", on("a", 0, 20)), by("guest", on("b", 20, 40))}, reservations.Feed{}, 40, "guest@example.com", ""},
	} {
		o := Options{Window: spring(), Zone: time.UTC, Feed: tc.rules, Directory: house(600)}
		o.Feed.Name, o.Feed.Desk.From, o.Feed.Person.From = "x", reservations.FromEvent, reservations.FromEvent
		r, err := readText(wrap(append(tc.events, other)...), o)
		if err != nil || len(r.Reservations) != tc.books+2 {
			t.Errorf("%s: %d reservations and two of another person, error %v, %v", name, len(r.Reservations)-2, err, r.Unresolved)
			continue
		}
		if tc.problem == "" && len(r.Unresolved) > 0 || tc.problem != "" && (len(r.Unresolved) == 0 || !strings.Contains(r.Unresolved[0].What, tc.problem) || r.Unresolved[0].Excess != (tc.lost != "")) {
			t.Errorf("%s: unresolved %+v", name, r.Unresolved)
		}
		if tc.lost != "" && (!r.Doubt.UIDs[tc.lost] || r.Unresolved[0].Organizer == "") {
			t.Errorf("%s: in doubt are %v; %+v", name, r.Doubt.UIDs, r.Unresolved[0])
		}
	}
}

// A person who has desks keeps them, whatever is backdated beside them.
func TestCrowdKeepsWhatIsBooked(t *testing.T) {
	o := Options{Window: spring(), Zone: time.UTC, Feed: reservations.Feed{Name: "x", Desk: reservations.Rule{From: reservations.FromEvent}, Person: reservations.Rule{From: reservations.FromEvent}}, Directory: house(60)}
	mine := on("mine", 0, 20, "CREATED:20260201T000000Z")
	first, err := readText(wrap(mine), o)
	if err != nil || len(first.Reservations) != 20 {
		t.Fatalf("%d reservations, error %v", len(first.Reservations), err)
	}
	o.Booked = first.Reservations
	r, err := readText(wrap(on("forged", 30, 50, "CREATED:19700101T000000Z"), mine), o)
	if err != nil || len(r.Reservations) != 20 || r.Reservations[0].UID != "mine" || r.Doubt.UIDs["mine"] {
		t.Errorf("%v, error %v", r.Reservations, err)
	}
}

// What others write in a person's name does not use up the desks that they may have
// themselves, where the feed tells the two apart, whichever was first.
func TestCrowdOfForgedEvents(t *testing.T) {
	for trust, want := range map[reservations.Trust]bool{reservations.TrustInvited: true, reservations.TrustNone: false} {
		var desks []reservations.Desk
		for i := range 30 {
			desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", i), Mail: []string{fmt.Sprintf("d%d@example.com", i)}})
		}
		o := Options{Window: spring(), Zone: time.UTC, Feed: reservations.Feed{Name: "x", Trust: trust, Desk: reservations.Rule{From: reservations.FromEvent}, Person: reservations.Rule{From: reservations.FromEvent}},
			Directory: NewDirectory(desks, []reservations.Person{{ID: "jdoe", Mail: []string{"jane.doe@example.com"}}})}
		forged := on("forged", 0, 20, "CREATED:19700101T000000Z")
		first, err := readText(wrap(forged), o)
		if err != nil || len(first.Reservations) != 20 {
			t.Fatalf("%d reservations, error %v", len(first.Reservations), err)
		}
		o.Booked = first.Reservations
		own := strings.Replace(eventLines("own", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:d25@example.com", "CREATED:20260201T000000Z"), "LOCATION:4.12\r\n", "LOCATION:D25\r\n", 1)
		r, err := readText(wrap(forged, own), o)
		booked := slices.ContainsFunc(r.Reservations, func(b reservations.Reservation) bool { return b.UID == "own" && b.Person == "jdoe" })
		if err != nil || booked != want || want && !r.Doubt.UIDs["forged"] {
			t.Errorf("trust %q: her own is booked: %v; in doubt %v, unresolved %v, error %v", trust, booked, r.Doubt.UIDs, r.Unresolved, err)
		}
	}
}

// A person with very many claims at the same time costs no more than others.
func TestCrowdIsCheap(t *testing.T) {
	var events []string
	for i := range 5_000 {
		events = append(events, on(fmt.Sprint(i), i%600, i%600+1, "RRULE:FREQ=DAILY;COUNT=10"))
	}
	o := Options{Window: spring(), Zone: time.UTC, Feed: reservations.Feed{Name: "x", Desk: reservations.Rule{From: reservations.FromEvent}, Person: reservations.Rule{From: reservations.FromEvent}}, Directory: house(600)}
	r, err := readText(wrap(events...), o)
	if err != nil || len(r.Reservations) != 200 {
		t.Errorf("%d reservations, error %v", len(r.Reservations), err)
	}
}
