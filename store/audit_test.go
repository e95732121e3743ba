package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/sqlite"
	"deskd/store/tables"
)

// trail renders the audit, oldest first, without instants and hashes. Ids of
// reservations are numbered in the order they come.
func trail(t testing.TB, s *Store) []string {
	t.Helper()
	rows := must(s.Audit(ctx, reservations.AuditFilter{}))(t)
	ids, lines := map[string]string{}, []string{}
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if r.Kind == "reservation" {
			if ids[r.Item] == "" {
				ids[r.Item] = fmt.Sprint("r", len(ids)+1)
			}
			r.Item = ids[r.Item]
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s", r.Actor, r.Verb, r.Kind, r.Item, r.What))
	}
	return lines
}

func sound(t testing.TB, s *Store) audit.Report {
	t.Helper()
	r := must(s.VerifyAudit(ctx))(t)
	if r.Broken != 0 {
		t.Fatalf("audit: row %d: %s", r.Broken, r.Problem)
	}
	return r
}

// Every way to change a reservation leaves its trace, in its transaction.
func testAudit(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	same(t, "furniture", []string{
		`daemon import desk 4.11 {"is":{"site":"berlin","cluster":"main","device":"SEP000000000011"}}`,
		`daemon import desk 4.12 {"is":{"site":"berlin","cluster":"main","device":"SEP000000000012","name":"window"}}`,
		`daemon import desk 5.01 {"is":{"site":"berlin","cluster":"main","device":"SEP000000000501"}}`,
		`daemon import person jane {"is":{"profile":"UDP_jane","protected":0,"groups":"","name":"Jane Doe"}}`,
		`daemon import person max {"is":{"profile":"","protected":1,"groups":""}}`,
		`daemon import person Zoë {"is":{"profile":"","protected":0,"groups":""}}`,
		`daemon import person jane {"is":{"mail":"j.doe@example.com"}}`,
		`daemon import person jane {"is":{"mail":"jane@example.com"}}`,
		`daemon import person max {"is":{"mail":"max@example.com"}}`,
	}, trail(t, s))
	before := len(trail(t, s))

	jane := audit.WithActor(ctx, "cli:jane")
	r, err := s.Reserve(jane, reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 4), Note: "standing"}, at(0, 0))
	check(t, err)
	_, err = s.Reserve(jane, reservations.Reservation{Desk: "4.12", Person: "max", Span: span(3, 5)}, at(0, 0))
	if !errors.Is(err, reservations.ErrOverlap) {
		t.Fatal(err)
	}
	_, err = s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(0, 0)},
		reservations.Change{Add: []reservations.Reservation{event("a", "4.12", "max", 2, 6)}}, nil)
	check(t, err)
	execute(t, db, `INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('4.11', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')`,
		`UPDATE reservations SET ends_at = '2026-03-02T10:00:00Z', line = 7 WHERE source = 'sql'`,
		`UPDATE reservations SET line = 8, updated_at = '2026-03-02T08:00:00.000Z'`)
	if report := sound(t, s); report.Waiting != 2 {
		t.Errorf("%d rows of another program wait, want 2", report.Waiting)
	}
	_, err = s.Cancel(audit.WithActor(ctx, "web:max"), r.ID, at(0, 1))
	check(t, err)
	execute(t, db, `DELETE FROM reservations WHERE source = 'sql'`, `UPDATE people SET protected = FALSE WHERE id = 'max'`,
		`UPDATE people SET id = 'JANE' WHERE id = 'jane'`, `UPDATE desks SET device = 'SEP000000000099' WHERE id = '4.12'`, `UPDATE desk_names SET key = key`)
	same(t, "chained", 4, must(s.ChainAudit(ctx))(t))
	same(t, "chained again", 0, must(s.ChainAudit(ctx))(t))

	same(t, "trail", []string{
		`cli:jane reserve reservation r1 {"is":{"desk":"4.12","person":"jane","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T12:00:00Z","status":"confirmed","source":"cli","note":"standing"}}`,
		`feed:hq apply reservation r2 {"is":{"desk":"4.12","person":"max","starts_at":"2026-03-02T10:00:00Z","ends_at":"2026-03-02T14:00:00Z","status":"conflict","source":"feed:hq","note":"from the calendar"}}`,
		`sql insert reservation r3 {"is":{"desk":"4.11","person":"","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T09:00:00Z","status":"confirmed","source":"sql","note":""}}`,
		`sql update reservation r3 {"was":{"ends_at":"2026-03-02T09:00:00Z"},"is":{"ends_at":"2026-03-02T10:00:00Z"}}`,
		`web:max cancel reservation r1 {"was":{"status":"confirmed"},"is":{"status":"cancelled"}}`,
		`web:max cancel reservation r2 {"was":{"status":"conflict"},"is":{"status":"confirmed"}}`,
		`sql delete reservation r3 {"was":{"desk":"4.11","person":"","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T10:00:00Z","status":"confirmed","source":"sql","note":""}}`,
		`sql update person max {"was":{"id":"max","profile":"","protected":1,"groups":""},"is":{"id":"max","profile":"","protected":0,"groups":""}}`,
		`sql update person JANE {"was":{"id":"jane","profile":"UDP_jane","protected":0,"groups":""},"is":{"id":"JANE","profile":"UDP_jane","protected":0,"groups":""}}`,
		`sql update desk 4.12 {"was":{"id":"4.12","site":"berlin","cluster":"main","device":"SEP000000000012"},"is":{"id":"4.12","site":"berlin","cluster":"main","device":"SEP000000000099"}}`,
	}, trail(t, s)[before:])
	report := sound(t, s)
	rows := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)
	same(t, "report", audit.Report{Last: rows[0].ID, Head: rows[0].Hash}, report)
	same(t, "of one item", 2, len(must(s.Audit(ctx, reservations.AuditFilter{Item: r.ID}))(t)))
	if age := time.Since(rows[0].At).Abs(); age > time.Minute {
		t.Errorf("the last row was made at %v", rows[0].At)
	}
}

// What is undone leaves no trace, be it an error, a dry run or a lost race.
func testAuditUndone(t *testing.T, w world) {
	s := w.open(t)
	before := trail(t, s)
	_, err := s.ImportReservations(ctx, []reservations.Reservation{{Desk: "4.12", Person: "jane", Span: span(0, 1)}}, true, at(0, 0))
	check(t, err)
	mine := errors.New("mine")
	err = s.audit.Change(ctx, "test", func(tx *gorm.DB) error {
		check(t, tables.Put(tx, tables.ReservationOf(reservations.Reservation{Desk: "4.12", Span: span(0, 1), Status: reservations.Confirmed, Source: "cli"}, at(0, 0))))
		return mine
	})
	if !errors.Is(err, mine) {
		t.Fatal(err)
	}
	same(t, "trail", before, trail(t, s))
	sound(t, s)
}

// The program that docs/database.md gives to those who trust no deskd finds the
// chain as deskd does, redacted rows included.
func TestAuditRecipe(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 to run the documented program")
	}
	text, err := os.ReadFile("../docs/database.md")
	check(t, err)
	_, after, _ := strings.Cut(string(text), "```python\n")
	recipe, _, _ := strings.Cut(after, "```")
	s := openFile(t, filepath.Join(t.TempDir(), "desk.db"), Options{})
	furnish(t, s)
	book(t, s, "4.12", "Zoë", span(0, 1))
	check(t, s.audit.Change(ctx, "erase", func(tx *gorm.DB) error {
		n, err := audit.Redact(tx, []int64{2, 4})
		check(t, err)
		return audit.Note(tx, "person", "x", map[string]any{"is": map[string]int{"redacted": n}})
	}))
	check(t, s.db.Scrub(ctx))
	run := exec.Command(python, "-c", recipe, lite(s).Path())
	out, err := run.CombinedOutput()
	report := sound(t, s)
	if want := fmt.Sprintf("rows 1 to 11, 2 redacted, head %s\n", report.Head); err != nil || string(out) != want || report.Redacted != 2 {
		t.Errorf("%v: got %q, want %q", err, out, want)
	}
	execute(t, scratchOf(t, lite(s).Path()), "UPDATE audit SET what = '{}' WHERE id = 6")
	if out, err := exec.Command(python, "-c", recipe, lite(s).Path()).CombinedOutput(); err == nil || !strings.Contains(string(out), "row 6 was changed") {
		t.Errorf("after a change: %v: %s", err, out)
	}
}

// What another program has left to chain keeps no booking waiting, and is chained
// in parts; the bookings made meanwhile keep who asked for them.
func testAuditBacklog(t *testing.T, w world) {
	noRaces(t)
	s, db := w.open(t), w.raw(t)
	must(s.ChainAudit(ctx))(t)
	booked(t, db, "5.01", "", at(300_000, 0), 3000)
	must(s.Reserve(audit.WithActor(ctx, "cli:jane"), reservations.Reservation{Desk: "4.11", Person: "jane", Span: span(0, 1)}, at(0, 0)))(t)
	last := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0]
	same(t, "signed", "cli:jane reserve ", last.Actor+" "+last.Verb+" "+last.Hash)
	parts, waits := 0, 3001
	look := func(tx *gorm.DB) {
		var left int
		check(t, tx.Raw("SELECT count(*) FROM audit WHERE hash = ''").Scan(&left).Error)
		if waits-left > 500 {
			t.Errorf("%d rows are chained in one transaction", waits-left)
		}
		waits = left
	}
	must(audit.New(counting{s.db, &parts, look}, s.sign).ChainParts(ctx))(t)
	same(t, "parts", 7, parts)
	must(s.ChainAudit(ctx))(t)
	last = must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0]
	same(t, "still signed", "cli:jane reserve", last.Actor+" "+last.Verb)
	same(t, "broken", int64(0), must(s.VerifyAudit(ctx))(t).Broken)
	sound(t, s)
}

// No statement changes or removes what has been chained.
func testAuditIsAppendOnly(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	execute(t, db, `INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('4.11', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')`)
	for _, statement := range []string{
		`DELETE FROM audit`, `DELETE FROM audit WHERE hash = ''`, `UPDATE audit SET what = '{}' WHERE id = 1`,
		`UPDATE audit SET hash = '' WHERE id = 1`, `UPDATE audit SET actor = 'jane' WHERE id = 1`,
		`UPDATE audit SET what = '{}', hash = 'x' WHERE hash = ''`, `UPDATE audit SET id = 99, hash = 'x' WHERE hash = ''`,
		`UPDATE audit SET actor = 'jane' WHERE hash = ''`,
		`UPDATE audit SET item = '', what = '' WHERE id = 1`, `UPDATE audit SET salt = '' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = 'x' WHERE id = 1`, `UPDATE audit SET item = 'x', what = '', salt = '' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', verb = 'x' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', actor = 'x' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', at = '2999-01-01T00:00:00.000Z' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', kind = 'x' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', digest = 'x' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', hash = 'x' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', hash = '' WHERE id = 1`,
		`UPDATE audit SET item = '', what = '', salt = '', hash = 'x' WHERE hash = ''`,
	} {
		if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "the audit is append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	sound(t, s)
}

// scratch copies a store into a file where nothing protects the audit.
func scratch(t *testing.T, s *Store) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scratch.db")
	check(t, writer(s).Exec("VACUUM INTO ?", path).Error)
	return scratchOf(t, path)
}

// scratchOf opens the file at path without what protects the audit.
func scratchOf(t *testing.T, path string) *sql.DB {
	t.Helper()
	db := rawFile(t, path)
	db.SetMaxOpenConns(1)
	for _, guard := range []string{"audit_begins_as_sql", "audit_is_append_only_update", "audit_is_append_only_delete", "self_is_one_insert", "self_is_one_delete"} {
		execute(t, db, "DROP TRIGGER "+guard)
	}
	execute(t, db, "DROP TRIGGER IF EXISTS self_follows_the_audit")
	return db
}

// ageless lets the audit of s lose rows that were made just now, until what it
// returns is called.
func ageless(t testing.TB, s *Store) (over func()) {
	t.Helper()
	return without(t, s, "self_follows_the_audit")
}

// Whatever is done to a row, the verification names the first that is touched.
func TestTampering(t *testing.T) {
	noRaces(t)
	s := openFile(t, filepath.Join(t.TempDir(), "desk.db"), Options{})
	furnish(t, s)
	ageless(t, s)
	same(t, "pruned", 9, must(s.PruneAudit(ctx, time.Now().Add(time.Hour)))(t))
	for i := range 12 {
		book(t, s, "4.12", "jane", span(i, i+1))
	}
	const first, last = 10, 22 // the first says what was pruned
	same(t, "last", int64(last), sound(t, s).Last)
	db := must(sqlite.Wrap(scratch(t, s)))(t)
	const others = `(at, actor, verb, kind, item, what, salt, digest, hash) = (SELECT at, actor, verb, kind, item, what, salt, digest, hash FROM audit o WHERE o.id = @row + 1)`
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.Int64Range(first, last-1).Draw(t, "row")
		column := rapid.SampledFrom([]string{"at", "actor", "verb", "kind", "item", "what", "salt", "digest", "hash"}).Draw(t, "column")
		statement := rapid.SampledFrom([]string{
			`UPDATE audit SET ` + column + ` = substr(` + column + `, 1, @at) || '~' || substr(` + column + `, @at + 2) WHERE id = @row`,
			`UPDATE audit SET ` + column + ` = ` + column + ` || ' ' WHERE id = @row`,
			`UPDATE audit SET hash = '' WHERE id = @row`,
			`DELETE FROM audit WHERE id = @row`,
			`DELETE FROM audit WHERE id >= @row`,
			`UPDATE audit SET ` + others + ` WHERE id = @row`,
			`UPDATE audit SET item = '', what = '' WHERE id = @row`,
			`UPDATE audit SET salt = '' WHERE id = @row`,
			`UPDATE audit SET item = '', what = '', salt = '', verb = 'x' WHERE id = @row`,
			`UPDATE audit SET item = '', what = '', salt = '' WHERE id = @row`, // by a person who does not say so
			`UPDATE audit SET id = id + 1000 WHERE id = @row`,
		}).Draw(t, "statement")
		var report audit.Report
		undone := errors.New("undone")
		err := db.Transaction(func(tx *gorm.DB) error {
			done := tx.Exec(statement, map[string]any{"row": row, "at": rapid.IntRange(0, 3).Draw(t, "byte")})
			if done.Error != nil || done.RowsAffected == 0 {
				return fmt.Errorf("%s: %d rows: %w", statement, done.RowsAffected, done.Error)
			}
			if err := verifyWithin(tx, s.sign, &report); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if report.Broken != row {
			t.Fatalf("%s on row %d: %+v", statement, row, report)
		}
	})
	for statement, broken := range map[string]int64{
		`DELETE FROM audit`:                      first,
		`DELETE FROM audit WHERE id = 22`:        22,
		`DELETE FROM self`:                       1,
		`UPDATE self SET audit_hash = 'x'`:       first,
		`UPDATE self SET audit_pruned = 11`:      first,
		`UPDATE self SET audit_pruned = 8`:       9,
		`UPDATE audit SET at = '' WHERE id = 22`: 22,
		`INSERT INTO audit (verb, kind, item, what, hash) VALUES ('x', 'x', 'x', 'x', 'x')`: 23,
	} {
		db := must(sqlite.Wrap(scratch(t, s)))(t)
		check(t, db.Exec(statement).Error)
		var report audit.Report
		check(t, verifyWithin(db, s.sign, &report))
		if report.Broken != broken || report.Problem == "" {
			t.Errorf("%s: %+v", statement, report)
		}
	}
}

// Who computes the chain again is found by the marker.
func TestTamperingRechained(t *testing.T) {
	noRaces(t)
	for statement, broken := range map[string]int64{
		`UPDATE audit SET hash = '', what = replace(what, 'max', 'jane') WHERE id = 11`: 11,
		`UPDATE audit SET hash = '', item = 'x' WHERE id >= 4`:                          11,
		`DELETE FROM audit WHERE id >= 7`:                                               7,
	} {
		path := begun(t)
		db := scratchOf(t, path)
		execute(t, db, statement,
			"UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM audit) WHERE name = 'audit'")
		g := must(sqlite.Wrap(db))(t)
		thief := signerOf(t, path)
		undone := errors.New("undone")
		if err := g.Transaction(func(tx *gorm.DB) error {
			check(t, audit.Signer{}.Chain(tx, "", ""))
			var report audit.Report
			check(t, verifyWithin(tx, audit.Signer{}, &report))
			same(t, "by itself", int64(0), report.Broken)
			if strings.HasPrefix(statement, "UPDATE") {
				check(t, verifyWithin(tx, thief, &report))
				if !strings.Contains(report.Problem, "chained by another program than deskd") {
					t.Errorf("%s, without the key: %+v", statement, report)
				}
			}
			return undone
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		check(t, g.Transaction(func(tx *gorm.DB) error { return thief.Chain(tx, "", "") }))
		var report audit.Report
		check(t, verifyWithin(g, thief, &report))
		same(t, "with the key", int64(0), report.Broken)
		report = must(openFile(t, path, Options{ReadOnly: true}).VerifyAudit(ctx))(t)
		if report.Broken != broken || !strings.Contains(report.Problem, "the marker beside the file knows") {
			t.Errorf("%s: %+v", statement, report)
		}
	}
}

// Retention removes the oldest rows only, and the rest stays provable.
func testAuditPruned(t *testing.T, w world) {
	s := w.open(t)
	same(t, "nothing is so old", 0, must(s.PruneAudit(ctx, time.Now().Add(-time.Hour)))(t))
	whole := sound(t, s)
	if _, err := s.PruneAudit(ctx, time.Now().Add(time.Hour)); err == nil {
		t.Error("rows of today are removed")
	}
	over := ageless(t, s)
	same(t, "pruned", int(whole.Last), must(s.PruneAudit(ctx, time.Now().Add(time.Hour)))(t))
	over()
	book(t, s, "4.12", "jane", span(0, 1))
	report := sound(t, s)
	same(t, "report", audit.Report{Pruned: whole.Last, Last: whole.Last + 2, Head: report.Head, Doubts: report.Doubts}, report)
	if len(report.Doubts) != 1 || !strings.Contains(report.Doubts[0], fmt.Sprintf("row %d has removed rows made as late as ", whole.Last+1)) {
		t.Errorf("doubts: %v", report.Doubts)
	}
	if first := trail(t, s)[0]; !strings.HasPrefix(first, fmt.Sprintf(`daemon prune database audit {"is":{"pruned":%d,"hash":%q,"through":"`, whole.Last, whole.Head)) {
		t.Errorf("first row: %s", first)
	}
}
