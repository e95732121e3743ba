package feed

import (
	"testing"

	"deskd/reservations"
)

// What of an event stands for its person is what servers set, not what anybody may
// write beside it.
func TestVouched(t *testing.T) {
	const (
		jane     = "ORGANIZER:mailto:jane@example.com"
		accepted = "ATTENDEE;CUTYPE=RESOURCE;PARTSTAT=ACCEPTED:mailto:d412@example.com"
		loc      = "LOCATION:4.12"
	)
	site, attendee, summary := siteFeed(), siteFeed(), siteFeed()
	attendee.Person.From = reservations.FromAttendee
	summary.Person = reservations.Rule{From: reservations.FromSummary, Match: reservations.MatchName}
	tentative := siteFeed()
	tentative.Tentative = true
	for _, c := range []struct {
		Name   string
		rules  reservations.Feed
		want   reservations.Voucher
		person string
		event  []string
	}{
		{"organizer", site, reservations.ByOrganizer, "jdoe", []string{jane, loc}},
		{"organizer by a user id", site, reservations.ByOrganizer, "jdoe", []string{"ORGANIZER:jdoe", loc}},
		{"organizer, with a delegate", site, reservations.ByOrganizer, "jdoe", []string{`ORGANIZER;SENT-BY="mailto:max@example.com":mailto:jane@example.com`, loc}},
		{"the delegate is not the person", site, reservations.ByOrganizer, "mmuster", []string{`ORGANIZER;SENT-BY="mailto:jane@example.com":mailto:max@example.com`, loc}},
		{"organizer, and the desk has accepted", site, reservations.ByInvitation, "jdoe", []string{jane, accepted}},
		{"delivered", site, reservations.ByInvitation, "jdoe", []string{jane, "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=\"2.0\":mailto:d412@example.com"}},
		{"not delivered", site, reservations.ByOrganizer, "jdoe", []string{jane, "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=5.1:mailto:d412@example.com"}},
		{"left to the client", site, reservations.ByOrganizer, "jdoe", []string{jane, "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-AGENT=CLIENT:mailto:d412@example.com"}},
		{"not answered", tentative, reservations.ByOrganizer, "jdoe", []string{jane, "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:d412@example.com"}},
		{"no answer kept", site, reservations.ByOrganizer, "jdoe", []string{jane, "ATTENDEE:mailto:d412@example.com"}},
		{"two lines of the desk", site, reservations.ByOrganizer, "jdoe", []string{jane, accepted, "ATTENDEE;PARTSTAT=TENTATIVE:mailto:d412@example.com"}},
		{"the desk by its name alone", site, reservations.ByOrganizer, "jdoe", []string{jane, `ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;CN="Desk 4.12":mailto:else@example.com`}},
		{"the desk in a parameter", site, reservations.ByOrganizer, "jdoe", []string{jane, loc, "ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;EMAIL=d412@example.com:/principals/7"}},
		{"another desk has accepted", site, reservations.ByOrganizer, "jdoe", []string{jane, loc, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:max@example.com"}},
		{"a parameter", site, "", "jdoe", []string{"ORGANIZER;EMAIL=jane@example.com:/principals/7", loc}},
		{"two organizers", site, "", "jdoe", []string{"ORGANIZER:mailto:max@example.com", jane, loc}},
		{"the only attendee", site, "", "jdoe", []string{"ATTENDEE:mailto:jane@example.com", accepted}},
		{"the only attendee, of a calendar that is nobody", site, "", "jdoe", []string{"ORGANIZER:mailto:x@group.calendar.google.com", "ATTENDEE:mailto:jane@example.com", accepted}},
		{"an attendee beside another organizer", attendee, "", "jdoe", []string{"ORGANIZER:mailto:max@example.com", "ATTENDEE:mailto:jane@example.com", accepted}},
		{"a name in SUMMARY", summary, "", "jdoe", []string{"SUMMARY:Jane Doe", loc}},
		{"a name in SUMMARY beside another organizer", summary, "", "jdoe", []string{"SUMMARY:Jane Doe", "ORGANIZER:mailto:max@example.com", loc}},
		{"a property of one's own", summary, "", "jdoe", []string{"SUMMARY:Jane Doe", "X-ORGANIZER:mailto:jane@example.com", loc}},
		{"a name beside an address that is another's", site, reservations.ByOrganizer, "mmuster", []string{"ORGANIZER;CN=Jane Doe:mailto:max@example.com", loc}},
		{"a guest", site, "", "", []string{"ORGANIZER:mailto:guest@elsewhere.example", accepted}},
		{"protected", site, "", "", []string{"ORGANIZER:mailto:boss@example.com", accepted}},
	} {
		t.Run(c.Name, func(t *testing.T) {
			_, r := mapped(t, c.rules, c.event...)
			if len(r.Reservations) != 1 {
				t.Fatalf("%d reservations: %+v", len(r.Reservations), r.Unresolved)
			}
			if got := r.Reservations[0]; got.Vouched != c.want || got.Person != c.person {
				t.Errorf("%q for %q, want %q for %q", got.Vouched, got.Person, c.want, c.person)
			}
		})
	}
}
