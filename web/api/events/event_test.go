package events

import (
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/web/access"
)

// Who had a booking, or a phone, before another person hears that they have it no more, and not
// whose it is now.
func TestOfOthers(t *testing.T) {
	who := func(person string) access.Asker {
		return access.Asker{Token: "t", Person: person, Role: reservations.RoleEmployee, Scopes: []reservations.Scope{reservations.ScopeRead}}
	}
	given := reservations.Changed{ID: 7, Kind: "reservation", Item: "r", Desks: []string{"D1"}, People: []string{"jane", "max"}}
	booking, _ := eventOf(given, map[string]reservations.Reservation{"r": {ID: "r", Desk: "D1", Person: "max", Status: reservations.Confirmed}})
	removed, _ := eventOf(given, nil)
	phone := deskEvent(8, seen{session: session{Desk: "D1", Known: true, Person: "jane"}}, seen{session: session{Desk: "D1", Known: true, Person: "max"}})
	for _, c := range []struct {
		what  string
		event event
		who   string
		want  string
	}{
		{"booking", booking, "jane", "id: 7\nevent: reservation\ndata: {\"id\":\"r\",\"status\":\"removed\"}\n\n"},
		{"booking", booking, "MAX", "id: 7\nevent: reservation\ndata: {\"id\":\"r\",\"desk\":\"D1\",\"person\":\"max\",\"status\":\"confirmed\"}\n\n"},
		{"booking", booking, "zoe", "id: 7\nevent: desk\ndata: {\"desk\":\"D1\"}\n\n"},
		{"removed", removed, "jane", "id: 7\nevent: reservation\ndata: {\"id\":\"r\",\"status\":\"removed\"}\n\n"},
		{"removed", removed, "zoe", "id: 7\nevent: desk\ndata: {\"desk\":\"D1\"}\n\n"},
		{"phone", phone, "jane", "id: 8\nevent: session\ndata: {\"desk\":\"D1\",\"known\":true,\"ours\":false}\n\n"},
		{"phone", phone, "max", "id: 8\nevent: session\ndata: {\"desk\":\"D1\",\"known\":true,\"person\":\"max\",\"ours\":false}\n\n"},
		{"phone", phone, "zoe", "id: 8\nevent: desk\ndata: {\"desk\":\"D1\"}\n\n"},
	} {
		if got := string(c.event.told(who(c.who))); strings.ReplaceAll(got, `,"start":"","end":""`, "") != c.want {
			t.Errorf("%s for %s: %q, want %q", c.what, c.who, got, c.want)
		}
	}
}
