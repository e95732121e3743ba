package store

import (
	"strings"
	"testing"

	"deskd/reservations"
)

// One person is one person in every question, however the rows spell them: the
// phone system folds the letters of all scripts, SQLite those of ASCII.
func testFold(t *testing.T, w world) {
	s := w.open(t)
	if r := book(t, s, "4.11", "ZOË", span(1, 2)); r.Person != "Zoë" {
		t.Errorf("booked for %q", r.Person)
	}
	execute(t, w.raw(t), "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('4.12', 'zOË', '2026-03-02T11:00:00Z', '2026-03-02T12:00:00Z')")
	both := []string{"4.11 Zoë 02T09:00-02T10:00 confirmed", "4.12 zOË 02T11:00-02T12:00 confirmed"}
	for _, id := range []string{"Zoë", "ZOË", "zoë"} {
		p := must(s.Person(ctx, id))(t)
		same(t, "person "+id, "Zoë", p.ID)
		listed := must(s.ListReservations(ctx, reservations.Filter{Person: id}))(t)
		same(t, "bookings of "+id, both, brief(listed))
		held := must(s.Personal(ctx, id))(t)
		same(t, "held about "+id, both, brief(held.Reservations))
	}
	im := must(s.ImportPeople(ctx, []reservations.Person{{ID: "ZOË", Name: "Zoë Z"}}, false))(t)
	same(t, "import", 1, im.Updated)
	same(t, "people", 3, len(must(s.People(ctx))(t)))

	// A person is renamed by an import in case alone: other letters are others on the wire.
	must(s.ImportPeople(ctx, []reservations.Person{{ID: "jsmith", Protected: true, Mail: []string{"j@example.com"}}, {ID: "karl"}}, false))(t)
	for _, id := range []string{"jſmith", "JſMITH", "\u212aarl"} {
		for _, dry := range []bool{true, false} {
			im = must(s.ImportPeople(ctx, []reservations.Person{{ID: id, Name: "J2"}}, dry))(t)
			if im.Updated+im.Added != 0 || len(im.Refused) != 1 || !strings.Contains(im.Refused[0].Err.Error(), "takes this user id for") {
				t.Errorf("import of %q: %+v", id, im)
			}
		}
	}
	if p := must(s.Person(ctx, "jsmith"))(t); p.ID != "jsmith" || !p.Protected || p.Name != "" {
		t.Errorf("jsmith is %+v", p)
	}
	im = must(s.ImportPeople(ctx, []reservations.Person{{ID: "JSmith", Protected: true}, {ID: "max", Mail: []string{"ſ@example.com"}}, {ID: "ida", Mail: []string{"S@example.com"}}}, false))(t)
	if im.Updated != 2 || len(im.Refused) != 1 || !strings.Contains(im.Refused[0].Err.Error(), "belongs to") {
		t.Errorf("a mere case and one address twice: %+v", im)
	}
	im = must(s.ImportPeople(ctx, []reservations.Person{{ID: "caf\u00e9"}, {ID: "cafe\u0301"}}, false))(t)
	if im.Added != 2 || len(im.Notes) != 2 || !strings.Contains(im.Notes[0].Err.Error(), "calendars do not tell this user id from") {
		t.Errorf("two with one key: %+v", im)
	}
}
