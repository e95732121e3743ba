package store

import (
	"database/sql"
	"strings"
	"testing"

	"deskd/reservations"
)

// Whatever decides whom a calendar logs in, and where, is in the audit when another
// program changes it, and as an import's when an import does.
func testWhatDecidesIsAudited(t *testing.T, w world) {
	const booked = `INSERT INTO reservations (id, desk, person, starts_at, ends_at, updated_at, seen_at) VALUES
		('r', '4.12', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z', '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z')`
	w.open(t)
	db := w.raw(t)
	for name, c := range map[string]struct {
		done string
		want []string
	}{
		"an address moved": {"UPDATE person_mail SET person = 'max' WHERE mail = 'jane@example.com'", []string{
			`sql update person jane {"was":{"mail":"jane@example.com"}}`, `sql update person max {"is":{"mail":"jane@example.com"}}`}},
		"an address made": {"INSERT INTO person_mail VALUES ('x@example.com', 'max')", []string{`sql insert person max {"is":{"mail":"x@example.com"}}`}},
		"an address changed": {"UPDATE person_mail SET mail = 'x@example.com' WHERE mail = 'jane@example.com'", []string{
			`sql update person jane {"was":{"mail":"jane@example.com"},"is":{"mail":"x@example.com"}}`}},
		"an address removed": {"DELETE FROM person_mail WHERE mail = 'jane@example.com'", []string{`sql delete person jane {"was":{"mail":"jane@example.com"}}`}},
		"an alias made":      {"INSERT INTO person_aliases VALUES ('x', 'X', 'max')", []string{`sql insert person max {"is":{"alias":"X"}}`}},
		"an alias moved": {"INSERT INTO person_aliases VALUES ('x', 'X', 'max'); UPDATE person_aliases SET person = 'jane'", []string{
			`sql insert person max {"is":{"alias":"X"}}`, `sql update person max {"was":{"alias":"X"}}`, `sql update person jane {"is":{"alias":"X"}}`}},
		"an alias changed": {"INSERT INTO person_aliases VALUES ('x', 'X', 'max'); UPDATE person_aliases SET alias = 'Y'; DELETE FROM person_aliases", []string{
			`sql insert person max {"is":{"alias":"X"}}`, `sql update person max {"was":{"alias":"X"},"is":{"alias":"Y"}}`, `sql delete person max {"was":{"alias":"Y"}}`}},
		"groups":       {"UPDATE people SET groups = 'sales' WHERE id = 'max'", []string{`sql update person max {"was":{"id":"max","profile":"","protected":1,"groups":""},"is":{"id":"max","profile":"","protected":1,"groups":"sales"}}`}},
		"a name":       {"UPDATE people SET name = 'Jane Doe' WHERE id = 'max'", []string{`sql update person max {"was":{"id":"max","profile":"","protected":1,"groups":"","name":""},"is":{"id":"max","profile":"","protected":1,"groups":"","name":"Jane Doe"}}`}},
		"a new person": {"INSERT INTO people (id, name, groups) VALUES ('eve', 'Jane Doe', 'sales')", []string{`sql insert person eve {"is":{"profile":"","protected":0,"groups":"sales","name":"Jane Doe"}}`}},
		"what a desk is called": {"INSERT INTO desk_names VALUES ('x', 'X', FALSE, '4.12'); UPDATE desk_names SET mail = TRUE; UPDATE desk_names SET desk = '4.11'; DELETE FROM desk_names", []string{
			`sql insert desk 4.12 {"is":{"alias":"X"}}`, `sql update desk 4.12 {"was":{"alias":"X"},"is":{"mail":"X"}}`,
			`sql update desk 4.12 {"was":{"mail":"X"}}`, `sql update desk 4.11 {"is":{"mail":"X"}}`, `sql delete desk 4.11 {"was":{"mail":"X"}}`}},
		"a desk's name": {"UPDATE desks SET name = 'Corner' WHERE id = '5.01'", []string{
			`sql update desk 5.01 {"was":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","name":""},"is":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","name":"Corner"}}`}},
		"whose desk it is": {"UPDATE desks SET owner = 'jane' WHERE id = '5.01'; UPDATE desks SET owner = 'JANE' WHERE id = '5.01'", []string{
			`sql update desk 5.01 {"was":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","owner":""},"is":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","owner":"jane"}}`,
			`sql update desk 5.01 {"was":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","owner":"jane"},"is":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","owner":"JANE"}}`}},
		"who is away": {`INSERT INTO absences (id, person, first_day, last_day, created_at) VALUES ('a', 'jane', '2026-03-02', '2036-03-06', '2026-03-01T08:00:00.000Z');
			UPDATE absences SET last_day = '2036-03-07', note = 'sea'; UPDATE absences SET note = ''; DELETE FROM absences`, []string{
			`sql insert person jane {"is":{"away_from":"2026-03-02","away_to":"2036-03-06"}}`,
			`sql update person jane {"was":{"away_from":"2026-03-02","away_to":"2036-03-06"}}`, `sql update person jane {"is":{"away_from":"2026-03-02","away_to":"2036-03-07"}}`,
			`sql delete person jane {"was":{"away_from":"2026-03-02","away_to":"2036-03-07"}}`}},
		"who was away": {`INSERT INTO absences (id, person, first_day, last_day, created_at) VALUES ('a', 'jane', '2026-03-02', '2026-03-06', '2026-03-01T08:00:00.000Z'); UPDATE absences SET last_day = '2020-03-01', first_day = '2020-03-01'; DELETE FROM absences`, []string{
			`sql insert person jane {"is":{"away_from":"2026-03-02","away_to":"2026-03-06"}}`,
			`sql update person jane {"was":{"away_from":"2026-03-02","away_to":"2026-03-06"}}`, `sql update person jane {"is":{"away_from":"2020-03-01","away_to":"2020-03-01"}}`}},
		"who vouches": {booked + "; UPDATE reservations SET vouched = 'organizer'", []string{
			`sql insert reservation r {"is":{"desk":"4.12","person":"jane","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T09:00:00Z","status":"confirmed","source":"sql","note":""}}`,
			`sql update reservation r {"was":{"vouched":""},"is":{"vouched":"organizer"}}`}},
		"when it was seen": {booked + "; UPDATE reservations SET seen_at = '2020-03-01T08:00:00.000Z'; DELETE FROM reservations", []string{
			`sql insert reservation r {"is":{"desk":"4.12","person":"jane","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T09:00:00Z","status":"confirmed","source":"sql","note":""}}`,
			`sql update reservation r {"was":{"seen_at":"2026-03-01T08:00:00.000Z"},"is":{"seen_at":"2020-03-01T08:00:00.000Z"}}`,
			`sql delete reservation r {"was":{"desk":"4.12","person":"jane","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T09:00:00Z","status":"confirmed","source":"sql","note":""}}`}},
		"made as seen and vouched for": {`INSERT INTO reservations (id, desk, starts_at, ends_at, updated_at, seen_at, vouched) VALUES
			('r', '4.12', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z', '2026-03-01T08:00:00.000Z', '2020-03-01T08:00:00.000Z', 'invited')`, []string{
			`sql insert reservation r {"is":{"desk":"4.12","person":"","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T09:00:00Z","status":"confirmed","source":"sql","note":"","vouched":"invited","seen_at":"2020-03-01T08:00:00.000Z"}}`}},
		"where a desk stands": {"UPDATE desks SET floor = '9', zone = 'x' WHERE id = '5.01'", []string{
			`sql update desk 5.01 {"was":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","floor":"","zone":""},"is":{"id":"5.01","site":"berlin","cluster":"main","device":"SEP000000000501","floor":"9","zone":"x"}}`}},
		"who is taken for which phone": {`INSERT INTO phones (cluster, device, address, source) VALUES ('main', 'SEP0', '10.0.0.1', 'csv');
			UPDATE phones SET seen_at = '2026-03-02T08:00:00.000Z', model = 'Cisco 8845'; UPDATE phones SET address = '10.0.0.2'; DELETE FROM phones`, []string{
			`sql insert phone SEP0 {"is":{"cluster":"main","address":"10.0.0.1","source":"csv"}}`,
			`sql update phone SEP0 {"was":{"cluster":"main","device":"SEP0","address":"10.0.0.1","source":"csv"},"is":{"cluster":"main","device":"SEP0","address":"10.0.0.2","source":"csv"}}`,
			`sql delete phone SEP0 {"was":{"cluster":"main","address":"10.0.0.2","source":"csv"}}`}},
		"nothing that decides": {"UPDATE person_mail SET person = upper(person); UPDATE desk_names SET key = key", nil},
	} {
		tx := must(db.Begin())(t)
		for statement := range strings.SplitSeq(c.done, "; ") {
			if _, err := tx.Exec(statement); err != nil {
				t.Errorf("%s: %s: %v", name, statement, err)
			}
		}
		same(t, name, c.want, waitingAudit(t, tx))
		check(t, tx.Rollback())
	}
}

// A name that one statement of SQLite's takes from one and gives to another is audited.
func TestReplacedNameIsAudited(t *testing.T) {
	w := newSQLite(t)
	w.open(t)
	tx := must(w.raw(t).Begin())(t)
	must(tx.Exec("REPLACE INTO person_mail VALUES ('jane@example.com', 'max')"))(t)
	same(t, "rows", []string{`sql insert person max {"is":{"mail":"jane@example.com"}}`}, waitingAudit(t, tx))
	check(t, tx.Rollback())
}

// waitingAudit are the rows of the audit that are not chained yet.
func waitingAudit(t *testing.T, tx *sql.Tx) (rows []string) {
	t.Helper()
	found := must(tx.Query("SELECT actor || ' ' || verb || ' ' || kind || ' ' || item || ' ' || what FROM audit WHERE hash = '' ORDER BY id"))(t)
	defer found.Close() //nolint:errcheck // it was only read
	for found.Next() {
		rows = append(rows, "")
		check(t, found.Scan(&rows[len(rows)-1]))
	}
	check(t, found.Err())
	return rows
}

// An import leaves a row for each name that goes or comes, and none for those that stay.
func testImportAuditsNames(t *testing.T, w world) {
	s := w.open(t)
	jane := reservations.Person{ID: "jane", Name: "Jane Doe", Mail: []string{"j@example.com", "jane@example.com"}, Profile: "UDP_jane", Aliases: []string{"JD", "Janey"}}
	must(s.ImportPeople(ctx, []reservations.Person{jane}, false))(t)
	desk := testDesks[0]
	desk.Mail, desk.Aliases = []string{"d@example.com"}, []string{"Window"}
	must(s.ImportDesks(ctx, []reservations.Desk{desk}, false))(t)
	before := len(trail(t, s))
	jane.Mail, jane.Aliases = []string{"j@example.com", "k@example.com"}, []string{"JD"}
	must(s.ImportPeople(ctx, []reservations.Person{jane}, false))(t)
	desk.Aliases = []string{"Door"}
	must(s.ImportDesks(ctx, []reservations.Desk{desk}, false))(t)
	same(t, "trail", []string{
		`daemon import person jane {"was":{"mail":"jane@example.com"}}`,
		`daemon import person jane {"was":{"alias":"Janey"}}`,
		`daemon import person jane {"is":{"mail":"k@example.com"}}`,
		`daemon import desk 4.11 {"was":{"alias":"Window"}}`,
		`daemon import desk 4.11 {"is":{"alias":"Door"}}`,
	}, trail(t, s)[before:])
	sound(t, s)
}
