package web

import (
	"fmt"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

// noon is a Monday, 12:00 in Berlin and 11:00 in London.
var noon = time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// booked is a reservation from and for some time around noon.
func booked(desk, person string, from, length time.Duration) *reservations.Reservation {
	start := noon.Add(from)
	return &reservations.Reservation{
		ID: desk + "/" + person, Desk: desk, Person: person, Status: reservations.Confirmed,
		Span: reservations.Span{Start: start, End: start.Add(length)},
	}
}

// shown is what a phone showed a moment ago: person since so long.
func shown(person string, since time.Duration) plan.Observation {
	return plan.Observation{Person: person, Known: true, Exists: true, Ours: true, Since: noon.Add(-since), At: noon.Add(-40 * time.Second)}
}

// example is a building with a desk in every state and one thing of every kind
// that can be wrong around it.
func example(t testing.TB) view.Snapshot {
	berlin := func(id, floor, name string) reservations.Desk {
		return reservations.Desk{ID: id, Site: "berlin", Cluster: "main", Floor: floor, Name: name, Device: fmt.Sprintf("SEP0011223344%02d", len(id)+len(name))}
	}
	london := reservations.Desk{ID: "L-1", Site: "london", Cluster: "main", Device: "SEP00AABBCCDD01", Floor: "Ground floor", Zone: "Street side"}
	return view.Snapshot{
		Sites: []reservations.Site{
			{Name: "berlin", Zone: zoneOf(t, "Europe/Berlin")},
			{Name: "london", Zone: zoneOf(t, "Europe/London")},
		},
		People: []reservations.Person{
			{ID: "jane", Name: "Jane Doe"}, {ID: "max", Name: "Max Muster"}, {ID: "Zoë", Name: "Zoë O'Hara"},
			{ID: "mallory", Name: "<script>alert(1)</script>"}, {ID: "noname"},
		},
		Desks: []*board.Desk{
			{Desk: berlin("4.10", "4", ""), State: board.Missing, Booking: booked("4.10", "mallory", -10*time.Minute, time.Hour), Phone: shown("", 12*time.Minute),
				Problem: `login mallory: the device profile "x" does not exist (code 22). Give the person a device profile`},
			{Desk: berlin("4.2", "4", "Window"), State: board.Ready, Booking: booked("4.2", "JANE", -3*time.Hour, 8*time.Hour), Next: booked("4.2", "max", 21*time.Hour, time.Hour), Phone: shown("jane", 3*time.Hour)},
			{Desk: berlin("4.1", "4", ""), State: board.Free, Next: booked("4.1", "Zoë", 90*time.Minute, time.Hour), Phone: shown("", 20*time.Hour)},
			{Desk: berlin("4.3", "4", ""), State: board.Starting, Booking: booked("4.3", "Zoë", -20*time.Second, 2*time.Hour), Phone: shown("", time.Hour)},
			{Desk: berlin("4.4", "4", ""), State: board.Stranger, Booking: booked("4.4", "jane", -time.Hour, 2*time.Hour), Phone: shown("noname", 26*time.Hour), Problem: "booked, and another person is on the phone"},
			{Desk: berlin("10.1", "10", ""), State: board.Occupied, Booking: booked("10.1", "", -time.Hour, 2*time.Hour), Phone: shown("max", 30*time.Minute)},
			{Desk: berlin("10.2", "10", ""), State: board.Walkup, Phone: shown("unlisted", 30*time.Minute)},
			{Desk: berlin("10.3", "10", ""), State: board.Ending, Phone: shown("max", 4*time.Hour)},
			{Desk: berlin("10.4", "10", ""), State: board.NoDevice, Phone: plan.Observation{Known: true, At: noon}, Problem: "the phone system does not know this device"},
			{Desk: london, State: board.Unknown, Booking: booked("L-1", "max", -time.Hour, 14*time.Hour), Phone: plan.Observation{Exists: true, Person: "max", Since: noon.Add(-time.Hour), At: noon.Add(-3 * time.Minute)},
				Problem: "the phone system has not said who is on this phone"},
		},
		Clusters: []scheduler.ClusterStatus{
			{Cluster: "main", Round: noon.Add(-15 * time.Second), Swept: noon.Add(-2 * time.Minute), Desks: 10, Unknown: 1, Waiting: 1, Concurrent: 3, MaxConcurrent: 5},
			{Cluster: "harbour", Round: noon, Swept: noon.Add(-time.Minute), Desks: 2, Blocks: []plan.Block{{Kind: plan.KindPaused, Since: noon.Add(-3 * time.Hour), Text: "by cli:jane (new wiring)"}}},
			{Cluster: "annex", Round: noon, Swept: noon.Add(-3 * time.Hour), Desks: 4, Unknown: 4, Open: 1, Blocks: []plan.Block{
				{Kind: plan.KindRefused, Since: noon.Add(-20 * time.Second), Until: noon.Add(9 * time.Minute), Text: "the application user's password is wrong (code 3)"},
			}},
		},
		Feeds: []view.Feed{
			{Every: 5 * time.Minute, Site: "berlin", FeedState: reservations.FeedState{Name: "hq-desks", Checked: noon.Add(-time.Minute), Good: noon.Add(-time.Minute), Events: 212, Unread: 2},
				Problems: []reservations.Problem{
					{Line: 118, UID: "a8f3@example.com", Start: noon.Add(26 * time.Hour), What: `nobody is called "Jane <jane@example.org>"`, Hint: "add the address to a person"},
					{What: `time zone "Lower Saxony" is not known`, Hint: "name a zone of the IANA database"},
				}},
			{Every: 5 * time.Minute, Site: "london", FeedState: reservations.FeedState{Name: "rooms", Checked: noon.Add(-time.Minute), Good: noon.Add(-40 * time.Minute), Events: 31, Failures: 8, Problem: "fetch https://calendar.example.com: status 503"}},
			{Every: 5 * time.Minute, FeedState: reservations.FeedState{Name: "visitors", Checked: noon.Add(-time.Minute), Good: noon.Add(-11 * time.Minute), Events: 80, HeldSince: noon.Add(-6 * time.Minute), HeldSeen: 2, HeldLoss: 61, Problem: "the feed has lost 61 of 80 bookings at once"}},
		},
		Broken: []view.Broken{
			{Site: "berlin", Bookings: 12, Rules: []view.BrokenRule{{Rule: "longest", Bookings: 2}, {Rule: "quotas", Bookings: 11}}},
			{Site: "london", Bookings: 1, Rules: []view.BrokenRule{{Rule: "closures", Bookings: 1}}},
		},
		Ignored: []view.Ignored{
			{Reservation: *booked("9.99", "jane", time.Hour, time.Hour), Why: `no such desk "9.99"; did you mean "9.9"?`},
		},
		Notices: []view.Notice{{Kind: view.KindConfig, Bad: true, Text: "The new configuration was refused: the log says why. The old one stays in force."}},
	}
}

// calm is a building of so many desks in which everything is right.
func calm(t testing.TB, desks int) view.Snapshot {
	s := view.Snapshot{
		Sites:    []reservations.Site{{Name: "berlin", Zone: zoneOf(t, "Europe/Berlin")}},
		Clusters: []scheduler.ClusterStatus{{Cluster: "main", Round: noon, Swept: noon.Add(-time.Minute), Desks: desks}},
		Feeds:    []view.Feed{{Every: 5 * time.Minute, Site: "berlin", FeedState: reservations.FeedState{Name: "hq-desks", Checked: noon, Good: noon, Events: desks}}},
	}
	for i := range desks {
		person := fmt.Sprintf("user%03d", i)
		id := fmt.Sprintf("%d.%d", i/50+1, i%50+1)
		d := reservations.Desk{ID: id, Site: "berlin", Cluster: "main", Floor: fmt.Sprint(i/50 + 1), Device: fmt.Sprintf("SEP%012X", i)}
		s.People = append(s.People, reservations.Person{ID: person, Name: fmt.Sprintf("Person Number %d", i)})
		s.Desks = append(s.Desks, &board.Desk{Desk: d, State: board.Ready,
			Booking: booked(id, person, -time.Hour, 4*time.Hour), Next: booked(id, "user000", 4*time.Hour, time.Hour), Phone: shown(person, time.Hour)})
	}
	return s
}

// blocked are blocks of one kind: one for each name, or one for the cluster.
func blocked(kind plan.Kind, text string, names ...string) []plan.Block {
	if len(names) == 0 {
		return []plan.Block{{Kind: kind, Text: text}}
	}
	var all []plan.Block
	for _, name := range names {
		all = append(all, plan.Block{Kind: kind, Scope: plan.Scope{Desk: name}, Text: text})
	}
	return all
}
