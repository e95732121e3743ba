package store

import (
	"database/sql"
	"deskd/scheduler/guard"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/sqlite"
)

// What another program may not do to audit and self, however it says it.
func TestGuards(t *testing.T) {
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	db.SetMaxOpenConns(1)
	book(t, s, "4.12", "jane", span(0, 1))
	execute(t, db, `INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('4.11', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')`)
	const columns = " INTO audit (id, at, actor, verb, kind, item, what, salt, digest, hash, proof) "
	const last = "(SELECT max(id) FROM audit)"
	now := "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
	row := func(id, at, actor, verb, hash string) string {
		return fmt.Sprintf("VALUES (%s, %s, '%s', '%s', 'desk', 'x', '{}', '', '', '%s', '')", id, at, actor, verb, hash)
	}
	for _, statement := range []string{
		"UPDATE self SET audit_pruned = 3", "UPDATE self SET audit_pruned = 3, audit_hash = (SELECT hash FROM audit WHERE id = 3)",
		"UPDATE self SET audit_pruned = 0", "UPDATE self SET audit_pruned = -1", "UPDATE self SET id = 'x'", "UPDATE self SET one = 1",
		"UPDATE OR REPLACE self SET audit_hash = ''", "UPDATE OR IGNORE self SET audit_hash = 'x'", "UPDATE self SET rowid = 1, audit_hash = 'x'",
		"DELETE FROM self", "INSERT INTO self VALUES (1, 'x', 3, 'x')", "REPLACE INTO self VALUES (1, 'x', 3, 'x')",
		"INSERT OR IGNORE INTO self VALUES (1, 'x', 3, 'x')", "INSERT INTO self VALUES (1, 'x', 3, 'x') ON CONFLICT DO UPDATE SET audit_pruned = 3",
		"DELETE FROM audit WHERE id = 1", "DELETE FROM audit WHERE id = " + last, "DELETE FROM audit WHERE rowid = 2",
		"REPLACE" + columns + row("3", now, "sql", "insert", ""), "REPLACE" + columns + row(last, now, "sql", "insert", ""),
		"INSERT OR IGNORE" + columns + row("3", now, "sql", "insert", ""),
		"INSERT" + columns + row("3", now, "sql", "insert", "") + " ON CONFLICT DO UPDATE SET what = '{}'",
		"INSERT" + columns + row(last+" + 2", now, "sql", "insert", ""), "INSERT" + columns + row("9223372036854775807", now, "sql", "insert", ""),
		"INSERT" + columns + row("-1", now, "sql", "insert", ""), "INSERT" + columns + row("0", now, "sql", "insert", ""),
		"INSERT" + columns + row("NULL", now, "cli:jane", "insert", ""), "INSERT" + columns + row("NULL", now, "sql", "erase", ""),
		"INSERT" + columns + row("NULL", now, "sql", "prune", ""), "INSERT" + columns + row("NULL", now, "sql", "insert", strings.Repeat("a", 64)),
		"INSERT" + columns + row("NULL", "'2999-01-01T00:00:00.000Z'", "sql", "insert", ""),
		"INSERT" + columns + row("NULL", "'2020-01-01T00:00:00.000Z'", "sql", "insert", ""), "INSERT" + columns + row("NULL", "'x'", "sql", "insert", ""),
		"UPDATE audit SET rowid = rowid + 100", "UPDATE audit SET at = '2999-01-01T00:00:00.000Z' WHERE hash = ''",
		"UPDATE OR REPLACE audit SET id = 3 WHERE id = " + last,
		"UPDATE audit SET actor = 'cli:jane', verb = 'cancel' WHERE hash = ''", // without a proof of any kind
		"REPLACE INTO desks (id, site, cluster, device) VALUES ('x', 'berlin', 'main', 'SEP000000000012')",
		"UPDATE OR REPLACE desks SET device = 'SEP000000000012' WHERE id = '4.11'", "UPDATE OR REPLACE desks SET id = '4.12' WHERE id = '4.11'",
	} {
		for _, recursive := range []string{"OFF", "ON"} {
			execute(t, db, "PRAGMA recursive_triggers = "+recursive)
			if _, err := db.Exec(statement); err == nil {
				t.Errorf("%s is done (recursive_triggers %s)", statement, recursive)
			}
		}
	}
	must(s.ChainAudit(ctx))(t)
	sound(t, s)
}

// Whatever another program lets through, ends or asks for, is in the audit as
// sql, whatever name it gives.
func TestWhatSQLDoesIsSQLs(t *testing.T) {
	noRaces(t)
	for name, c := range map[string]struct{ statement, want string }{
		"a running booking emptied":  {`UPDATE reservations SET person = '', note = '', uid = '', anonymised = 1, updated_at = '2999-01-01T00:00:00.000Z' WHERE source = 'cli'`, `sql update reservation RUNS {"was":{"person":"jane"},"is":{"person":""}}`},
		"cancelled, then emptied":    {`UPDATE reservations SET status = 'cancelled' WHERE source = 'cli'; UPDATE reservations SET person = '', uid = '', anonymised = 1 WHERE source = 'cli'`, `{"was":{"person":"jane"},"is":{"person":""}}`},
		"replaced":                   {`REPLACE INTO reservations (id, desk, person, starts_at, ends_at, anonymised) SELECT id, desk, '', starts_at, ends_at, 1 FROM reservations WHERE source = 'cli'`, `sql insert reservation RUNS {"is":{"desk":"4.12","person":"",`},
		"ignored":                    {`INSERT OR IGNORE INTO reservations (id, desk, starts_at, ends_at) SELECT id, desk, starts_at, ends_at FROM reservations`, ``},
		"paused":                     {`INSERT INTO pauses (cluster, since, by, why, proof) VALUES ('main', '2026-03-02T08:00:00.000Z', 'cli:max', 'x', '00000000:' || hex(zeroblob(32)))`, `sql insert cluster main {"is":{"why":"x"}}`},
		"resumed":                    {`DELETE FROM pauses`, `sql delete cluster annex {"was":{"why":"tests"}}`},
		"resumed by another name":    {`UPDATE pauses SET cluster = 'x'`, `sql update cluster x {"was":{"paused":"annex",`},
		"paused for another":         {`UPDATE pauses SET by = 'cli:eve'`, `sql update cluster annex`},
		"logouts accepted":           {`UPDATE held_logouts SET released_at = '2026-03-02T08:00:00.000Z', by = 'cli:max'`, `sql update cluster main {"was":{"session":1,`},
		"logouts accepted, replaced": {`REPLACE INTO held_logouts (session, cluster, reservation, until_at, since, released_at, by) VALUES (1, 'main', 'r', '2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z', 'cli:max')`, `sql insert cluster main {"is":{"session":1,"released_at":"2026-03-02T08:00:00.000Z"}}`},
		"logouts brought forward":    {`UPDATE held_logouts SET until_at = '2020-03-02T08:00:00.000Z'`, `sql update cluster main {"was":{"session":1,`},
		"brought forward, replaced":  {`REPLACE INTO held_logouts (session, cluster, reservation, until_at, since) VALUES (1, 'main', 'r', '2020-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z')`, `sql update cluster main {"is":{"session":1,`},
		"logouts not held any more":  {`DELETE FROM held_logouts`, `sql delete cluster main {"was":{"session":1,`},
		"a feed's change accepted":   {`UPDATE feed_held SET answer = 'accepted', by = 'cli:max', answered_at = '2026-03-02T08:00:00.000Z'`, `"is":{"change":"CHANGE","until_at":"2026-03-06T12:00:00.000Z","answer":"accepted"}}`},
		"accepted, replaced":         {`REPLACE INTO feed_held (feed, id, change, until_at, answer, by) SELECT feed, id, change, until_at, 'accepted', 'cli:max' FROM feed_held`, `sql insert feed hq {"is":{"change":"CHANGE","until_at":"2026-03-06T12:00:00.000Z","answer":"accepted"}}`},
		"another change accepted":    {`UPDATE feed_held SET change = '{}'`, `sql update feed hq {"was":{"change":"CHANGE",`},
		"a feed's change is due":     {`UPDATE feed_held SET until_at = '2020-03-02T08:00:00.000Z'`, `sql update feed hq {"was":{"change":"CHANGE",`},
		"a refusal forgotten":        {`DELETE FROM cluster_states`, `sql delete cluster main {"was":{"refused":"main","since":"2026-03-02T08:00:00.000Z"}}`},
		"a refusal forgotten so":     {`UPDATE cluster_states SET opened_at = ''`, `sql update cluster main`},
		"replaced by none":           {`REPLACE INTO cluster_states SELECT cluster, '', '', 0, '', salt, fingerprint, 0, '', 0, 0, '', '', 0, '' FROM cluster_states`, `sql update cluster main {"is":{"refused":"main","since":""}}`},
		"a request":                  {`INSERT INTO requests (verb, arg, asked_at) VALUES ('poll', 'hq', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`, `sql insert request 1 {"is":{"verb":"poll","arg":"hq"}}`},
		"a name put to a change":     {`UPDATE desks SET cluster = 'main', site = 'annex' WHERE id = '4.11'; UPDATE audit SET actor = 'cli:max', verb = 'import', proof = 'x' WHERE hash = ''`, `sql forged desk 4.11`},
		"a name put, and chained":    {`UPDATE desks SET site = 'annex' WHERE id = '4.11'; UPDATE audit SET actor = 'cli:max', verb = 'import', hash = hex(zeroblob(32)), proof = 'x' WHERE hash = ''`, `sql import desk 4.11`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "desk.db")
			s := openFile(t, path, Options{})
			furnish(t, s)
			now := time.Now().UTC().Truncate(time.Hour)
			runs := must(s.Reserve(audit.WithActor(ctx, "cli:max"), reservations.Reservation{Desk: "4.12", Person: "jane", Span: reservations.Span{Start: now, End: now.Add(2 * time.Hour)}}, now))(t)
			must(s.PauseClusters(audit.WithActor(ctx, "cli:max"), []string{"annex"}, "tests", at(0, 0)))(t)
			login := begin(t, s, runs)
			check(t, s.KeepLogouts(ctx, "main", plan.HeldLogouts{{EarlyLogout: plan.EarlyLogout{Session: login.Session, Reservation: runs.ID, Until: at(4, 0)}, Since: at(0, 0)}}, nil))
			held := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{runs}}, at(100, 0))
			check(t, s.HoldChange(ctx, "hq", held))
			check(t, s.SaveClusterState(ctx, guard.ClusterState{Cluster: "main", Refusals: guard.Refusals{Opened: at(0, 0), Refused: at(0, 0), Code: 1}}))
			before := len(trail(t, s))

			db := rawFile(t, path)
			execute(t, db, strings.Split(c.statement, "; ")...)
			if name != "a name put, and chained" {
				must(s.ChainAudit(ctx))(t)
			}
			rows := must(s.Audit(ctx, reservations.AuditFilter{}))(t)
			got := ""
			for _, r := range rows[:len(rows)-before] {
				if r.Actor != audit.SQLActor {
					t.Errorf("%s is taken for its own: %s", r.Actor, r.What)
				}
				got = fmt.Sprintf("%s %s %s %s %s\n", r.Actor, r.Verb, r.Kind, r.Item, r.What) + got
			}
			want := strings.NewReplacer("RUNS", runs.ID, "CHANGE", held.ID()).Replace(c.want)
			if !strings.Contains(got, want) || (want == "") != (got == "") {
				t.Errorf("the audit says\n%swant %s", got, want)
			}
			if by := must(s.Pause(ctx, "main"))(t).By; by != "" && by != audit.SQLActor {
				t.Errorf("paused by %s", by)
			}
			if by := must(s.Pause(ctx, "annex"))(t).By; by == "cli:eve" {
				t.Errorf("paused by %s", by)
			}
			for _, e := range must(s.HeldLogouts(ctx, "main"))(t) {
				if e.By == "cli:max" {
					t.Error("logouts accepted by cli:max")
				}
			}
			if h := must(s.HeldChange(ctx, "hq"))(t); h.By == "cli:max" {
				t.Error("a feed's change accepted by cli:max")
			}
			fates := must(s.Fates(ctx, []plan.EarlyLogout{login}, now.Add(time.Minute)))(t)
			if strings.Contains(c.statement, "UPDATE reservations") && fates[0].Attested() {
				t.Errorf("the brake takes %s for attested", fates[0].Actor)
			}
			report := must(s.VerifyAudit(ctx))(t)
			if (report.Broken != 0) != (name == "a name put, and chained") {
				t.Errorf("verified: %+v", report)
			}
		})
	}
}

// Who names the change of a booking so that the brake believes it is not believed.
func testForgedActorAndTheBrake(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	now := time.Now().UTC().Truncate(time.Hour)
	r := must(s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "jane", Span: reservations.Span{Start: now, End: now.Add(2 * time.Hour)}}, now))(t)
	login := begin(t, s, r)
	fate := func() string {
		return must(s.Fates(ctx, []plan.EarlyLogout{login}, now.Add(time.Minute)))(t)[0].Actor
	}
	execute(t, db, "UPDATE reservations SET status = 'cancelled'", "UPDATE audit SET actor = 'feed:hq', verb = 'apply', proof = 'x' WHERE hash = ''")
	same(t, "while it waits", audit.SQLActor, fate())
	must(s.ChainAudit(ctx))(t)
	same(t, "chained", audit.SQLActor, fate())
	sound(t, s)
}

// A chain that was made to fit shows, whatever was done between two looks: the
// triggers dropped and put back, an older copy put in the place of the database.
func TestAnchors(t *testing.T) {
	noRaces(t)
	for name, c := range map[string]struct {
		change func(t *testing.T, path string, old []byte)
		want   string // empty: all there
		broken bool   // the chain by itself shows it, too
	}{
		"nothing": {func(*testing.T, string, []byte) {}, "", false},
		"an old copy": {func(t *testing.T, path string, old []byte) {
			check(t, os.Remove(markerName(path)))
			check(t, os.WriteFile(path, old, 0o600))
		}, "row 11 is another one", false}, // which says that it was taken over
		"an old copy, gone on with": {func(t *testing.T, path string, old []byte) {
			check(t, os.Remove(markerName(path)))
			check(t, os.WriteFile(path, old, 0o600))
			s := openFile(t, path, Options{})
			for i := range 5 {
				book(t, s, "5.01", "max", span(i, i+1))
			}
		}, "is another one", false},
		"another database": {func(t *testing.T, path string, _ []byte) {
			check(t, os.Remove(markerName(path)))
			check(t, os.Remove(path))
			furnish(t, openFile(t, path, Options{}))
		}, "it is of another database", false},
		"triggers dropped, a row changed, the chain computed once more, triggers put back": {func(t *testing.T, path string, _ []byte) {
			tampered(t, path, "UPDATE audit SET hash = '', digest = '', what = '{}' WHERE id = 11", func(db *sql.DB) {
				check(t, must(sqlite.Wrap(db))(t).Exec("UPDATE audit SET hash = '' WHERE id > 11").Error)
				check(t, signerOf(t, path).Chain(must(sqlite.Wrap(db))(t), "", ""))
			})
		}, "row 11 is another one", true}, // by the marker
		"triggers dropped, the newest rows removed, triggers put back": {func(t *testing.T, path string, _ []byte) {
			tampered(t, path, "DELETE FROM audit WHERE id > 10", func(*sql.DB) {})
		}, "there is no row 11", true},
		"triggers dropped, the beginning moved, triggers put back": {func(t *testing.T, path string, _ []byte) {
			tampered(t, path, "UPDATE self SET audit_pruned = 10, audit_hash = (SELECT hash FROM audit WHERE id = 10)", func(db *sql.DB) {
				execute(t, db, "DELETE FROM audit WHERE id <= 10")
			})
		}, "", true},
		"the numbers moved": {func(t *testing.T, path string, _ []byte) {
			execute(t, rawFile(t, path), "UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'audit'")
		}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "desk.db")
			anchors := path + ".anchors"
			s, err := Open(ctx, path, Options{})
			check(t, err)
			furnish(t, s)
			head := func() { check(t, audit.AppendAnchor(anchors, must(s.Head(ctx, time.Now()))(t))) }
			head()
			book(t, s, "4.12", "jane", span(0, 1))
			check(t, writer(s).Exec("PRAGMA wal_checkpoint(TRUNCATE)").Error)
			old := must(os.ReadFile(path))(t)
			book(t, s, "4.12", "jane", span(1, 2))
			head()
			check(t, s.Close())
			for _, ending := range []string{"-wal", "-shm"} {
				os.Remove(path + ending)
			}
			c.change(t, path, old)
			if s, err := Open(ctx, path, Options{}); err == nil { // the marker may speak against it
				check(t, s.Close())
			}
			s = openFile(t, path, Options{ReadOnly: true})
			report := must(s.VerifyAnchors(ctx, anchors))(t)
			if missing := report.Unexplained(); (missing != nil) != (c.want != "") || missing != nil && !strings.Contains(missing.Why, c.want) {
				t.Errorf("anchors: %+v, want %q", report, c.want)
			}
			if chain := must(s.VerifyAudit(ctx))(t); (chain.Broken != 0) != c.broken {
				t.Errorf("chain: %+v", chain)
			}
		})
	}
}

// tampered carries out a statement past the triggers, and puts them back.
func tampered(t *testing.T, path, statement string, then func(*sql.DB)) {
	t.Helper()
	db := rawFile(t, path)
	db.SetMaxOpenConns(1)
	unguarded(t, db, func() {
		execute(t, db, statement)
		then(db)
	})
}

// unguarded runs do without the triggers of audit and self.
func unguarded(t *testing.T, db *sql.DB, do func()) {
	t.Helper()
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('audit', 'self')")
	check(t, err)
	defer rows.Close()
	made := map[string]string{}
	for rows.Next() {
		var name, text string
		check(t, rows.Scan(&name, &text))
		made[name] = text
	}
	check(t, rows.Err())
	for name := range made {
		execute(t, db, "DROP TRIGGER "+name)
	}
	do()
	for _, text := range made {
		execute(t, db, text)
	}
}

// A restore takes anchored rows away, and explains it; one past deskd does not.
func TestAnchorsAndRestore(t *testing.T) {
	noRaces(t)
	path := filepath.Join(t.TempDir(), "desk.db")
	anchors := path + ".anchors"
	s, err := Open(ctx, path, Options{})
	check(t, err)
	furnish(t, s)
	must(Backup(ctx, Copy{From: path, To: path + ".bak"}, sqlite.BackupOptions{}, at(0, 0)))(t)
	book(t, s, "4.12", "jane", span(0, 1))
	check(t, audit.AppendAnchor(anchors, must(s.Head(ctx, time.Now()))(t)))
	check(t, s.Close())
	must(Restore(ctx, Copy{From: path + ".bak", To: path}, nil, time.Now()))(t)
	s = openFile(t, path, Options{})
	report := must(s.VerifyAnchors(ctx, anchors))(t)
	if len(report.Missing) != 1 || report.Missing[0].Restored == 0 || report.Unexplained() != nil {
		t.Errorf("%+v", report)
	}
	sound(t, s)
	for _, r := range must(s.Audit(ctx, reservations.AuditFilter{}))(t) {
		if r.Claims != "" {
			t.Errorf("row %d of %s is not proven after a restore", r.ID, r.Claims)
		}
	}
}
