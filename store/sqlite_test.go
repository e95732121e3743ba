package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gorm.io/gorm"

	"deskd/migrations"
	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

func rawFile(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	check(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestOpenRefused(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	check(t, os.WriteFile(in("garbage"), []byte(strings.Repeat("no database ", 100)), 0o600))
	execute(t, rawFile(t, in("foreign")), "CREATE TABLE songs (title TEXT)")
	execute(t, rawFile(t, in("marked")), "PRAGMA application_id = 7")
	check(t, openFile(t, in("newer"), Options{}).Close())
	execute(t, rawFile(t, in("newer")), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	check(t, os.WriteFile(in("empty"), nil, 0o600))

	for _, c := range []struct {
		path string
		o    Options
		is   error
		says []string
	}{
		{path: "", says: []string{"name a file"}},
		{path: ":memory:", says: []string{"name a file"}},
		{path: "file::memory:?cache=shared", says: []string{"name a file"}},
		{path: dir, says: []string{dir, "is a folder"}},
		{path: in("missing/desk.db"), is: os.ErrNotExist, says: []string{"create the folder " + in("missing")}},
		{path: in("garbage"), says: []string{in("garbage"), "no SQLite file", "put a backup in its place"}},
		{path: in("foreign"), is: dialect.ErrForeign, says: []string{in("foreign")}},
		{path: in("marked"), is: dialect.ErrForeign},
		{path: in("newer"), is: dialect.ErrNewerSchema, says: []string{"version 99", "up to 1"}},
		{path: in("newer"), o: Options{ReadOnly: true}, is: dialect.ErrNewerSchema},
		{path: in("none"), o: Options{ReadOnly: true}, is: os.ErrNotExist, says: []string{"nothing to read yet"}},
		{path: in("empty"), o: Options{ReadOnly: true}, is: dialect.ErrOldSchema, says: []string{"version 0", "deskd migrate"}},
	} {
		before, _ := os.ReadFile(c.path)
		s, err := Open(ctx, c.path, c.o)
		if err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%q: store %v, error %v", c.path, s, err)
			continue
		}
		for _, part := range c.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: error %q does not say %q", c.path, err, part)
			}
		}
		if after, _ := os.ReadFile(c.path); string(before) != string(after) {
			t.Errorf("%q was refused and yet changed", c.path)
		}
	}
	if _, err := os.Stat(in("none")); err == nil {
		t.Error("opening for reading created a file")
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	furnish(t, openFile(t, path, Options{}))
	s := openFile(t, path, Options{ReadOnly: true})
	same(t, "desks", testDesks, must(s.Desks(ctx))(t))
	_, err := s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Span: span(0, 1)}, at(0, 0))
	if !errors.Is(err, dialect.ErrReadOnly) {
		t.Errorf("change of a database open for reading: %v", err)
	}
	if _, err := s.Changed(ctx); !errors.Is(err, dialect.ErrReadOnly) {
		t.Errorf("watch of a database open for reading: %v", err)
	}
	if err := s.db.Read(ctx).Exec("DELETE FROM desks").Error; err == nil {
		t.Error("the reading connections can write")
	}

	rw := openFile(t, path, Options{})
	check(t, writer(rw).Exec("PRAGMA query_only = ON").Error)
	_, err = rw.Reserve(ctx, reservations.Reservation{Desk: "4.12", Span: span(0, 1)}, at(0, 0))
	if err == nil || !strings.Contains(err.Error(), "check who may write") {
		t.Errorf("change of a file that cannot be written: %v", err)
	}
}

func TestFileNobodyMayWrite(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write every file")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	furnish(t, openFile(t, path, Options{}))
	for name, mode := range map[string]os.FileMode{path: 0o400, dir: 0o500} {
		check(t, os.Chmod(name, mode))
		_, err := Open(ctx, path, Options{})
		if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "write "+name) {
			t.Errorf("%s may not be written: %v", name, err)
		}
		check(t, os.Chmod(name, 0o700))
	}
}

func TestDiskFull(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "desk.db"), Options{})
	furnish(t, s)
	book(t, s, "4.12", "jane", span(0, 1))
	var pages int
	check(t, writer(s).Raw("PRAGMA page_count").Scan(&pages).Error)
	check(t, writer(s).Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Error)
	note := strings.Repeat("long ", 10_000)
	_, err := s.Reserve(ctx, reservations.Reservation{Desk: "4.11", Span: span(0, 1), Note: note}, at(0, 0))
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") {
		t.Errorf("booking on a full disk: %v", err)
	}
	same(t, "still read", []string{"4.12 jane 02T08:00-02T09:00 confirmed"}, all(t, s))
	check(t, writer(s).Exec("PRAGMA max_page_count = 100000").Error)
	_, err = s.Reserve(ctx, reservations.Reservation{Desk: "4.11", Span: span(0, 1), Note: note}, at(0, 0))
	check(t, err)
}

func TestBusy(t *testing.T) {
	long(t, "waits for a lock for five seconds")
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	other, err := db.Conn(ctx)
	check(t, err)
	defer other.Close()
	_, err = other.ExecContext(ctx, "BEGIN IMMEDIATE")
	check(t, err)
	_, err = s.Begin(ctx, attempt("4.12", at(0, 0)))
	if err == nil || !strings.Contains(err.Error(), "another process has been writing") {
		t.Errorf("change while another program writes: %v", err)
	}
	must(s.Desks(ctx))(t) // reading goes on
	_, err = other.ExecContext(ctx, "ROLLBACK")
	check(t, err)
	_, err = s.Begin(ctx, attempt("4.12", at(0, 0)))
	check(t, err)
}

// A change whose context ends leaves no trace, and the next one finds the
// writer free.
func testCancelledContext(t *testing.T, w world) {
	s := w.open(t)
	brief, cancel := context.WithCancel(ctx)
	err := s.db.Change(brief, func(tx *gorm.DB) error {
		if err := tx.Create(&siteRow{Name: "rome", Zone: "Europe/Rome"}).Error; err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, dialect.ErrCommit) {
		t.Errorf("commit after the end of the context: %v", err)
	}
	sites, err := tables.Names(s.db.Read(ctx), "sites", "name")
	check(t, err)
	same(t, "sites", map[string]bool{"berlin": true}, sites)
	book(t, s, "4.12", "jane", span(0, 1))
}

// A commit that fails is told apart: nobody knows what is on disk.
func TestFailedCommit(t *testing.T) {
	w := newSQLite(t)
	s := w.open(t)
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		return errors.Join(
			tx.Exec("PRAGMA defer_foreign_keys = ON").Error, // lets the commit meet the broken reference
			tx.Create(&tables.Mail{Mail: "x@example.com", Person: "nobody"}).Error)
	})
	if !errors.Is(err, dialect.ErrCommit) {
		t.Errorf("failed commit: %v", err)
	}
	select {
	case <-s.Failed():
	default:
		t.Error("nobody is told of the failed commit")
	}
	_, err = s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 1)}, at(0, 0))
	if !errors.Is(err, dialect.ErrStopped) || errors.Is(err, dialect.ErrCommit) {
		t.Errorf("change after a failed commit: %v", err)
	}
	s = w.open(t)
	book(t, s, "4.12", "jane", span(0, 1))
	if _, err := s.Person(ctx, "x@example.com"); !errors.Is(err, reservations.ErrUnknownPerson) {
		t.Errorf("trace of the failed commit: %v", err)
	}
}

// endsLate is a context that ends while the commit is under way: too late for
// the transaction to be taken back.
type endsLate struct {
	context.Context
	ended bool
}

func (e *endsLate) Err() error {
	if e.ended {
		return context.Canceled
	}
	return nil
}

// That a caller goes away during a commit that fails does not make its outcome known.
func TestFailedCommitOfSomebodyGone(t *testing.T) {
	s := newSQLite(t).open(t)
	gone := &endsLate{Context: ctx}
	err := s.db.Change(gone, func(tx *gorm.DB) error {
		gone.ended = true
		return errors.Join(tx.Exec("PRAGMA defer_foreign_keys = ON").Error, tx.Create(&tables.Mail{Mail: "x@example.com", Person: "nobody"}).Error)
	})
	if !errors.Is(err, dialect.ErrCommit) || !hasFailed(s) {
		t.Errorf("failed commit: %v", err)
	}
}

// Several programs start on no database at all.
func TestFirstStartOfMany(t *testing.T) {
	noRaces(t)
	for range 5 {
		path := filepath.Join(t.TempDir(), "desk.db")
		var started sync.WaitGroup
		for range 8 {
			started.Go(func() {
				s, err := Open(ctx, path, Options{Logger: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		started.Wait()
		furnish(t, openFile(t, path, Options{}))
		if file, err := os.Stat(path); err != nil || file.Mode().Perm() != 0o600 {
			t.Errorf("the file is open to others: %v, %v", file.Mode(), err)
		}
	}
}

// What the contract of the table promises to other programs.
func TestContract(t *testing.T) {
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	execute(t, db, `INSERT INTO reservations(desk, person, starts_at, ends_at) VALUES('4.12','jane','2026-03-02T08:00:00Z','2026-03-02T12:00:00Z')`)
	got := must(s.Reservations(ctx, span(0, 1)))(t)
	if len(got) != 1 || len(got[0].ID) != 32 || time.Since(got[0].Updated).Abs() > time.Minute {
		t.Fatalf("defaults: %+v", got)
	}
	want := reservations.Reservation{
		ID: got[0].ID, Desk: "4.12", Person: "jane", Span: span(0, 4),
		Status: reservations.Confirmed, Source: reservations.SourceSQL, Updated: got[0].Updated, Seen: got[0].Updated,
	}
	same(t, "row", want, got[0])

	for _, c := range [][2]string{
		{`INSERT INTO reservations(desk, starts_at, ends_at) VALUES('4.12','2026-03-02T11:00:00Z','2026-03-02T13:00:00Z')`, "the desk is already booked in that time"},
		{`UPDATE reservations SET starts_at = '2026-03-02T8:00:00Z'`, "starts_at must be UTC like 2026-03-02T08:00:00Z"},
		{`UPDATE reservations SET starts_at = '2026-03-02 08:00:00'`, "starts_at must be UTC like 2026-03-02T08:00:00Z"},
		{`UPDATE reservations SET starts_at = '2026-03-02T08:00:00+01:00'`, "starts_at must be UTC like"},
		{`UPDATE reservations SET starts_at = '2026-02-30T08:00:00Z'`, "starts_at must be UTC like"},
		{`UPDATE reservations SET starts_at = ''`, "starts_at must be UTC like"},
		{`UPDATE reservations SET starts_at = NULL`, "NOT NULL"},
		{`UPDATE reservations SET ends_at = 'tomorrow'`, "ends_at must be UTC like 2026-03-02T12:00:00Z"},
		{`UPDATE reservations SET ends_at = '2026-03-02T24:00:00Z'`, "ends_at must be UTC like"},
		{`UPDATE reservations SET ends_at = starts_at`, "ends_at must be after starts_at"},
		{`UPDATE reservations SET ends_at = '2027-04-06T08:00:01Z'`, "a reservation lasts at most 400 days"},
		{`UPDATE reservations SET status = 'tentative'`, "status must be confirmed, cancelled, withdrawn or conflict"},
		{`UPDATE reservations SET desk = ''`, "desk must not be empty"},
		{`UPDATE reservations SET line = 'x'`, "INTEGER"},
	} {
		if _, err := db.Exec(c[0]); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v", c[0], err)
		}
	}
	same(t, "unharmed", want, must(s.Reservation(ctx, want.ID))(t))

	execute(t, db,
		`UPDATE reservations SET ends_at = '2027-04-06T08:00:00Z'`, // 400 days to the second
		`UPDATE reservations SET ends_at = '2026-03-02T11:00:00Z'`,
		`INSERT OR REPLACE INTO reservations(id, desk, starts_at, ends_at) SELECT id, desk, starts_at, '2026-03-02T10:00:00Z' FROM reservations`,
		`INSERT INTO reservations(desk, starts_at, ends_at) VALUES('4.12','2026-03-02T10:00:00Z','2026-03-02T13:00:00Z')`,
		`INSERT INTO reservations(desk, starts_at, ends_at, status) VALUES('4.12','2026-03-02T10:00:00Z','2026-03-02T13:00:00Z','conflict')`,
	)
	if _, err := db.Exec(`UPDATE reservations SET status = 'confirmed'`); !isOverlap(s, err) {
		t.Errorf("confirmation of a conflict: %v", err)
	}
	execute(t, db, `INSERT INTO reservations(id, desk, starts_at, ends_at) VALUES('x', '4.11','2026-03-02T07:00:00Z','2026-03-02T11:00:00Z')`)
	if _, err := db.Exec(`UPDATE reservations SET desk = '4.12' WHERE id = 'x'`); !isOverlap(s, err) {
		t.Errorf("move to a taken desk: %v", err)
	}
	execute(t, db, `UPDATE reservations SET ends_at = '2026-03-02T08:00:00Z' WHERE id = 'x'`,
		`UPDATE reservations SET desk = '4.12' WHERE id = 'x'`)
	for _, column := range []string{`ends_at = '2026-03-02T08:00:01Z'`, `starts_at = '2026-03-02T09:00:00Z', ends_at = '2026-03-02T09:00:01Z'`} {
		if _, err := db.Exec(`UPDATE reservations SET ` + column + ` WHERE id = 'x'`); !isOverlap(s, err) {
			t.Errorf("set %s: %v", column, err)
		}
	}
	execute(t, db, `DELETE FROM reservations WHERE id = 'x'`)
	same(t, "rows", []string{
		"4.12  02T08:00-02T10:00 confirmed", "4.12  02T10:00-02T13:00 confirmed", "4.12  02T10:00-02T13:00 conflict",
	}, slices.Sorted(slices.Values(all(t, s))))
}

// Every query that a round makes, and the trigger, must be answered from an
// index: with a million reservations a scan takes a second.
func TestQueryPlans(t *testing.T) {
	w := newSQLite(t)
	db := w.raw(t)
	plan := func(query string, args ...any) string {
		t.Helper()
		rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
		check(t, err)
		defer rows.Close()
		var lines []string
		for rows.Next() {
			var id, parent, unused int
			var line string
			check(t, rows.Scan(&id, &parent, &unused, &line))
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	scans := regexp.MustCompile(`(?m)^SCAN (r|reservations|a|o|attempts)$`)
	start, end := sql.Named("start", "2026-03-02T08:00:00Z"), sql.Named("end", "2026-03-03T08:00:00Z")
	for _, c := range []struct {
		name, plan string
		uses       []string
	}{
		{"reservations", plan(tables.InSpan, start, end), []string{
			"SEARCH r USING INDEX reservations_of_desk (desk=? AND status=? AND starts_at=? AND ends_at>?)",
			"SEARCH o USING COVERING INDEX reservations_of_desk (desk=? AND status=? AND starts_at<?)",
			"SEARCH r USING INDEX reservations_by_start (starts_at>? AND starts_at<?)",
		}},
		{"next start", plan("SELECT starts_at FROM reservations WHERE status = 'confirmed' AND starts_at > ? ORDER BY starts_at LIMIT 1", "x"),
			[]string{"SEARCH reservations USING COVERING INDEX reservations_by_start (starts_at>?)"}},
		{"next end", plan("SELECT ends_at FROM reservations WHERE status = 'confirmed' AND ends_at > ? ORDER BY ends_at LIMIT 1", "x"),
			[]string{"SEARCH reservations USING COVERING INDEX reservations_by_end (ends_at>?)"}},
		{"trigger", plan(`SELECT ends_at FROM reservations WHERE desk = ? AND status = 'confirmed' AND starts_at < ? AND rowid <> ?
			ORDER BY starts_at DESC LIMIT 1`, "x", "x", 1),
			[]string{"SEARCH reservations USING COVERING INDEX reservations_of_desk (desk=? AND status=? AND starts_at<?)"}},
		{"feed", plan(`SELECT * FROM reservations WHERE starts_at < ? AND ends_at > ? AND source = ? AND status <> 'withdrawn'`, "x", "x", "x"),
			[]string{"USING INDEX reservations_of_source (source=? AND ends_at>?)"}},
		{"waiting", plan(`SELECT * FROM reservations WHERE status = 'conflict' AND ends_at > ? ORDER BY seen_at, starts_at`, "x"),
			[]string{"USING INDEX reservations_waiting"}},
		{"last attempts", plan(lastAttempts), []string{
			"SEARCH a USING INTEGER PRIMARY KEY (rowid=?)",
			"SEARCH o USING COVERING INDEX attempts_of_device (device=?)",
		}},
	} {
		for _, use := range c.uses {
			if !strings.Contains(c.plan, use) {
				t.Errorf("%s: the plan lacks %q:\n%s", c.name, use, c.plan)
			}
		}
		if scans.MatchString(c.plan) {
			t.Errorf("%s scans:\n%s", c.name, c.plan)
		}
	}
}

// A store lives in a bubble of fake time and leaves no goroutine in it.
func TestInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(ctx, filepath.Join(t.TempDir(), "desk.db"), Options{})
		check(t, err)
		furnish(t, s)
		began := time.Now()
		r := book(t, s, "4.12", "jane", reservations.Span{Start: began.Add(time.Hour), End: began.Add(2 * time.Hour)})
		next := must(s.NextStart(ctx, began))(t)
		time.Sleep(time.Until(next))
		same(t, "now", []reservations.Reservation{r}, must(s.Reservations(ctx, reservations.Span{Start: time.Now(), End: time.Now().Add(1)}))(t))
		check(t, s.Close())
	})
}

func TestMigrationIsLogged(t *testing.T) {
	var out strings.Builder
	path := filepath.Join(t.TempDir(), "desk.db")
	logger := slog.New(slog.NewTextHandler(&out, nil))
	check(t, openFile(t, path, Options{Logger: logger}).Close())
	if !strings.Contains(out.String(), `msg="database migrated"`) || !strings.Contains(out.String(), "from=0 to=1") {
		t.Errorf("log of the first start: %q", out.String())
	}
	out.Reset()
	s := openFile(t, path, Options{Logger: logger})
	same(t, "log of the second start", "", out.String())
	var id int64
	check(t, s.db.Read(ctx).Raw("PRAGMA application_id").Scan(&id).Error)
	same(t, "application id", int64(migrations.SQLiteID), id)
}
