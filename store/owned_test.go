package store

import (
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/store/imports"
)

// A desk that someone owns is theirs, but for the days on which they are away.
func testOwnedDesk(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{})
	owned := testDesks[0] // 4.11
	owned.Owner = "JANE"
	done := must(s.ImportDesks(ctx, []reservations.Desk{owned}, false))(t)
	same(t, "imported", imports.Imported{Updated: 1}, done)
	same(t, "owner as spelled", "jane", must(s.Desk(ctx, owned.ID))(t).Owner)
	stranger := owned
	stranger.Owner = "jame"
	same(t, "of a stranger", []string{`desk "4.11": owner: no such person: "jame"; did you mean "jane"?; import people first`},
		refusals(must(s.ImportDesks(ctx, []reservations.Desk{stranger}, false))(t)))

	refused := refusedAs(t, second(b.Book(ctx, someone, wish(owned.ID, "max", span(0, 4)), at(-1, 0))), rules.Owned)
	for _, a := range refused.Alternatives {
		if a.Desk == owned.ID {
			t.Errorf("offers the owned desk: %v", a)
		}
	}
	search := func(person string) (found int) {
		for _, d := range must(b.Search(ctx, booking.Search{Place: booking.Place{Desk: owned.ID}, Span: span(0, 4), Person: person}, at(-1, 0)))(t) {
			same(t, "found", owned.ID, d.ID)
			found++
		}
		return found
	}
	same(t, "free for another, the owner and no one", [3]int{0, 1, 0}, [3]int{search("max"), search("jane"), search("")})
	_, err := b.Book(ctx, someone, wish(owned.ID, "jane", span(24, 28)), at(-1, 0))
	check(t, err)

	execute(t, w.raw(t), `INSERT INTO absences (id, person, first_day, last_day, created_at) VALUES ('away', 'Jane', '2026-03-02', '2026-03-02', '2026-03-01T08:00:00.000Z')`)
	same(t, "free while its owner is away", [3]int{1, 1, 1}, [3]int{search("max"), search("jane"), search("")})
	mine, err := b.Book(ctx, someone, wish(owned.ID, "max", span(0, 4)), at(-1, 0))
	check(t, err)
	day := reservations.Span{End: at(24, 0)}
	refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: mine.ID, Span: day}, at(1, 0))), rules.Owned)
	same(t, "against the rules", 0, len(must(b.Broken(ctx, span(0, 48)))(t)))
	execute(t, w.raw(t), `DELETE FROM absences`)
	broken := must(b.Broken(ctx, span(0, 48)))(t)
	if len(broken) != 1 || broken[0].ID != mine.ID || broken[0].Against[0].Code != rules.Owned {
		t.Errorf("against the rules: %v", broken)
	}
}

// What is theirs beside bookings is told, and goes with them.
func testErasePlans(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	execute(t, db, `UPDATE desks SET owner = 'jane' WHERE id = '4.11'`,
		`INSERT INTO series (id, rule, starts, ends, zone, desk, person, created_at, by) VALUES
			('s', 'FREQ=DAILY;COUNT=2', '2026-03-02T09:00:00', '2026-03-02T12:00:00', 'Europe/Berlin', '4.12', 'jane', '2026-03-01T08:00:00.000Z', 'cli:max'),
			('t', 'FREQ=DAILY;COUNT=2', '2026-03-02T09:00:00', '2026-03-02T12:00:00', 'Europe/Berlin', '4.12', 'max', '2026-03-01T08:00:00.000Z', 'cli:jane')`,
		`INSERT INTO absences (id, person, first_day, last_day, note, created_at) VALUES ('away', 'jane', '2026-03-02', '2026-03-02', 'sea', '2026-03-01T08:00:00.000Z')`,
		`INSERT INTO absence_releases (reservation, absence) VALUES ('r', 'away')`)
	all := must(s.Personal(ctx, "jane"))(t)
	if len(all.Desks) != 1 || len(all.Series) != 1 || len(all.Absences) != 1 || all.Series[0].ID != "s" || all.Absences[0].Note != "sea" {
		t.Errorf("held: %v %v %v", all.Desks, all.Series, all.Absences)
	}
	e := must(s.Erase(ctx, "jane", 0, at(0, 0)))(t)
	same(t, "erased", [2]int{1, 2}, [2]int{e.Desks, e.Plans})
	var n int
	for what, query := range map[string]string{
		"desks":    "SELECT count(*) FROM desks WHERE owner <> ''",
		"series":   "SELECT count(*) FROM series WHERE id <> 't' OR by <> 'cli:(erased)'",
		"absences": "SELECT count(*) FROM absences",
		"releases": "SELECT count(*) FROM absence_releases",
		"audit":    "SELECT count(*) FROM audit WHERE lower(what || item) LIKE '%jane%' OR what LIKE '%away%'",
	} {
		check(t, db.QueryRow(query).Scan(&n))
		same(t, what, 0, n)
	}
}

// Retention takes series without bookings, and absences that are over.
func testAnonymisePlans(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	const series = "INSERT INTO series (id, rule, starts, ends, zone, desk, person, created_at) VALUES ('%', 'FREQ=DAILY;COUNT=2', '2026-03-02T09:00:00', '2026-03-02T12:00:00', 'Europe/Berlin', '4.12', 'jane', '2026-03-01T08:00:00.000Z')"
	const absence = "INSERT INTO absences (id, person, first_day, last_day, created_at) VALUES ('%', 'jane', '2026-03-02', '%', '2026-03-01T08:00:00.000Z')"
	execute(t, db, `INSERT INTO reservations (id, desk, person, starts_at, ends_at, series, occurrence) VALUES
			('00000000000000000000000000000001', '4.12', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T11:00:00Z', 'over', '20260302T080000Z'),
			('00000000000000000000000000000002', '4.12', 'jane', '2026-03-12T08:00:00Z', '2026-03-12T11:00:00Z', 'goes on', '20260312T080000Z')`,
		fill(series, "over"), fill(series, "goes on"), fill(absence, "past", "2026-03-07"), fill(absence, "to come", "2026-03-10"))
	done := must(s.Anonymise(ctx, at(8*24, 0), at(9*24, 0)))(t)
	same(t, "plans", 2, done.Plans)
	var left string
	check(t, db.QueryRow("SELECT (SELECT min(id) || max(id) FROM series) || (SELECT min(id) || max(id) FROM absences) || (SELECT count(*) FROM reservations WHERE series <> '')").Scan(&left))
	same(t, "left", "goes ongoes onto cometo come1", left)
}

// fill puts values where a statement has '%'.
func fill(statement string, values ...string) string {
	for _, v := range values {
		statement = strings.Replace(statement, "'%'", "'"+v+"'", 1)
	}
	return statement
}
