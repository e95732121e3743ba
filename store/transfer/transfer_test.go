package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"deskd/migrations"
	"deskd/store"
	"deskd/store/sqlite"
)

// Whatever has happened in a file, there and back it is the same: each row, the numbers given,
// the key, and what a verification of the audit says.
func TestThereAndBack(t *testing.T) {
	rounds, seed := 2, uint64(time.Now().UnixNano()) //nolint:gosec // any does
	if n, err := strconv.Atoi(os.Getenv("DESKD_TRANSFERS")); err == nil {
		rounds = n
	}
	if n, err := strconv.ParseUint(os.Getenv("DESKD_TRANSFERS_SEED"), 10, 64); err == nil {
		seed = n
	}
	if raceDetector {
		rounds = 1
	}
	for round := range rounds {
		rnd := rand.New(rand.NewPCG(seed, uint64(round)))
		dsn, path := newServer(t), newFile(t)
		fillRandom(t, path, rnd, 20)
		if rnd.IntN(2) == 0 { // what other programs have left is chained, or waits
			s, err := store.Open(ctx, path, store.Options{})
			check(t, err)
			_, err = s.ChainAudit(ctx)
			check(t, errors.Join(err, s.Close()))
		}
		before, want := bytesOf(t, path), dumpFile(t, path)
		var told []int
		r, err := ToServer(ctx, path, dsn, Options{Progress: func(written, _ int) { told = append(told, written) }})
		if err != nil {
			t.Fatalf("DESKD_TRANSFERS_SEED=%d, round %d: %v", seed, round, err)
		}
		if len(told) == 0 || int64(told[len(told)-1]) != r.Rows() || r.Audit.Broken != 0 || len(r.Replaced)+len(r.Left) > 0 {
			t.Errorf("told %v of %d rows; %+v", told, r.Rows(), r)
		}
		same(t, "the source, byte by byte", before, bytesOf(t, path))
		same(t, "on the server", want, dumpServer(t, dsn))
		back := filepath.Join(t.TempDir(), "back.db")
		again, err := ToFile(ctx, dsn, back, Options{})
		if err != nil {
			t.Fatalf("DESKD_TRANSFERS_SEED=%d, round %d: %v", seed, round, err)
		}
		same(t, "both reports", r, again)
		same(t, "in the file", want, dumpFile(t, back))
		for _, dsn := range []string{back, dsn} { // and it is a database to work with
			works(t, dsn)
		}
	}
}

// works checks that a database is what deskd takes it for, and takes changes.
func works(t *testing.T, dsn string) {
	t.Helper()
	s, err := store.Open(ctx, dsn, store.Options{})
	check(t, err)
	defer s.Close()
	faults, err := s.SchemaFaults(ctx)
	check(t, err)
	same(t, "faults of the schema of "+dsn, 0, len(faults))
	check(t, s.Check(ctx))
	check(t, s.Doubt())
	for _, verb := range []string{"sweep", "sweep"} {
		_, err = s.Requests().Ask(ctx, verb, "", time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))
		check(t, err)
	}
	report, err := s.VerifyAudit(ctx)
	check(t, err)
	same(t, "audit of "+dsn, "", report.Problem)
}

// Every table of the schema is moved. One that a later migration adds to one kind of database
// alone has to be named in serverOnly, with what becomes of it.
func TestEveryTable(t *testing.T) {
	dsn, path := newServer(t), newFile(t)
	server, err := connect(ctx, dsn)
	check(t, err)
	defer server.close()
	s, err := sqlite.Open(ctx, path, sqlite.Options{ReadOnly: true})
	check(t, err)
	defer s.Close()
	both, left, err := common(ctx, server.tx, s.Read(ctx))
	check(t, err)
	if len(left) > 0 {
		t.Errorf("tables of one kind of database alone: %v", left)
	}
	there := make(map[string]bool)
	for _, of := range both {
		there[of.name] = true
	}
	tables, err := fileTables(s.Read(ctx))
	check(t, err)
	for name := range tables {
		if !there[name] && name != "goose_db_version" {
			t.Errorf("table %s of a file is not moved", name)
		}
	}
	for _, of := range made.tables {
		if !there[of.name] && serverOnly[of.name] == "" {
			t.Errorf("table %s of a server is not moved", of.name)
		}
	}
}

// What differs by one value, one row or one number is found before anything is committed.
func TestProofFinds(t *testing.T) {
	dsn, path := newServer(t), newFile(t)
	spoil(t, path, "UPDATE people SET name = 'Jänä'; INSERT INTO sqlite_sequence VALUES ('attempts', 7)")
	check(t, withCopy(ctx, path, Options{}, func(from source) error {
		to, err := connect(ctx, dsn)
		check(t, err)
		defer to.close()
		both, err := to.move(ctx, from, task{report: new(Report)})
		check(t, err)
		check(t, to.triggers(ctx, both.tables, "DISABLE"))
		for what, statement := range map[string]string{
			`table people, row "Jane": column name is "Jane" and was "Jänä"`: "UPDATE people SET name = 'Jane' WHERE id = 'jane'",
			`table person_mail, row "jane@example.com" is missing`:           "DELETE FROM person_mail",
			`table sites, row "boston" is too many`:                          "INSERT INTO sites VALUES ('boston', 'UTC')",
			"table attempts has given numbers up to 7, and the copy up to 8": "SELECT nextval(pg_get_serial_sequence('attempts', 'id'))",
			"table audit has given numbers up to 6, and the copy up to 7":    "UPDATE audit_numbered SET last = last + 1",
			"a verification of the audit says":                               "UPDATE signing SET key = 'another'",
			`row 1: column hash is "` + zeros + `" and was`:                  "UPDATE audit SET hash = '" + zeros + "' WHERE id = 1",
		} {
			check(t, to.exec(ctx, "SAVEPOINT before"))
			check(t, to.exec(ctx, statement))
			check(t, to.conn.QueryRowContext(ctx, "SELECT key FROM signing").Scan(&both.copied.key))
			says(t, both.prove(ctx, new(Report)), ErrDiffers, what)
			check(t, to.exec(ctx, "ROLLBACK TO before"))
			if strings.HasPrefix(statement, "SELECT") { // which no rollback takes back
				check(t, to.countOn(ctx, both.tables[index(both.tables, "attempts")], 7))
			}
		}
		check(t, to.conn.QueryRowContext(ctx, "SELECT key FROM signing").Scan(&both.copied.key))
		return both.prove(ctx, new(Report))
	}))
	if text := dumpServer(t, dsn); strings.Contains(text, "Jane") {
		t.Errorf("it was committed: %s", text)
	}
}

var zeros = strings.Repeat("0", 64)

func index(tables []table, name string) int {
	return slices.IndexFunc(tables, func(t table) bool { return t.name == name })
}

// A source may be in use, damaged, another's or newer; a target may hold something already:
// each is told, and nothing is changed.
func TestRefused(t *testing.T) {
	server := newServer(t)
	for what, do := range map[string]func(t *testing.T, path string){
		"it has no marker": func(t *testing.T, path string) { check(t, os.Remove(path+".marker")) },
		"belongs to a newer deskd": func(t *testing.T, path string) {
			_, err := raw(t, path).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
			check(t, err)
		},
		"a database of another program": func(t *testing.T, path string) {
			_, err := raw(t, path).Exec("PRAGMA application_id = 7")
			check(t, err)
		},
		"is no SQLite file": func(t *testing.T, path string) {
			check(t, os.WriteFile(path, []byte("SQLite format 3\x00 or not"), 0o600))
		},
		"it is an older copy":    func(t *testing.T, path string) { ahead(t, path) },
		"no such file":           func(t *testing.T, path string) { check(t, os.Remove(path)) },
		`"soon" is no instant`:   func(t *testing.T, path string) { spoil(t, path, "UPDATE feeds SET checked = 'soon'") },
		`"2" is neither 0 nor 1`: func(t *testing.T, path string) { spoil(t, path, "UPDATE feeds SET held_rejected = 2") },
		"person_mail_person_fkey": func(t *testing.T, path string) {
			spoil(t, path, "PRAGMA foreign_keys = OFF; INSERT INTO person_mail VALUES ('x@example.com', 'nobody')")
		},
	} {
		t.Run(what, func(t *testing.T) {
			path := newFile(t)
			spoil(t, path, "INSERT INTO feeds (name) VALUES ('hall')")
			do(t, path)
			before := bytesOf(t, path)
			_, err := ToServer(ctx, path, server, Options{})
			says(t, err, nil, what)
			same(t, "the source, byte by byte", before, bytesOf(t, path))
		})
	}
	path := newFile(t)
	db := rawServer(t, server)
	_, err := db.Exec("INSERT INTO sites VALUES ('boston', 'UTC')") // of which the audit says nothing
	check(t, err)
	_, err = ToServer(ctx, path, server, Options{})
	says(t, err, ErrNotEmpty, "rows in table sites: 1")
	_, err = db.Exec("DELETE FROM sites; UPDATE audit_numbered SET last = 7") // all of it was pruned
	check(t, err)
	_, err = ToServer(ctx, path, server, Options{})
	says(t, err, ErrNotEmpty, "its audit has had: 7")
	_, err = db.Exec("UPDATE audit_numbered SET last = 0")
	check(t, err)
	_, err = ToServer(ctx, path, server, Options{}) // it is as empty as it was
	check(t, err)
	full := dumpServer(t, server)
	_, err = ToServer(ctx, path, server, Options{})
	says(t, err, ErrNotEmpty, "name a new database")
	same(t, "what was there", full, dumpServer(t, server))
	before := bytesOf(t, path)
	_, err = ToFile(ctx, server, path, Options{})
	says(t, err, ErrNotEmpty, "name a new file")
	same(t, "the file, byte by byte", before, bytesOf(t, path))
	_, err = ToFile(ctx, newDatabase(t), filepath.Join(t.TempDir(), "new.db"), Options{})
	says(t, err, nil, "nothing to read yet")
}

func spoil(t *testing.T, path, statement string) {
	t.Helper()
	db := raw(t, path)
	defer db.Close()
	_, err := db.Exec(statement)
	check(t, err)
}

// ahead puts the marker of a file ahead of what is in it.
func ahead(t *testing.T, path string) {
	t.Helper()
	old, err := os.ReadFile(path)
	check(t, err)
	works(t, path)
	check(t, os.WriteFile(path, old, 0o600))
}

// A text that a server cannot hold gets U+FFFD there, and is named; one in the audit, which
// nobody may change, is refused.
func TestLettersThatServersCannotHold(t *testing.T) {
	dsn, path := newServer(t), newFile(t)
	spoil(t, path, "INSERT INTO feeds (name, problem) VALUES ('hall', 'a' || CAST(x'00ff' AS TEXT) || 'b')")
	r, err := ToServer(ctx, path, dsn, Options{})
	check(t, err)
	same(t, "replaced", []Place{{"feeds", `"hall"`, "problem"}}, r.Replaced)
	var text string
	check(t, rawServer(t, dsn).QueryRow("SELECT problem FROM feeds").Scan(&text))
	same(t, "text", "a\ufffd\ufffdb", text)
	spoil(t, path, "UPDATE people SET name = CAST(x'ff' AS TEXT)")
	_, err = ToServer(ctx, path, newServer(t), Options{})
	says(t, err, nil, "table audit, row 6, column what holds letters that a server cannot")
}

// A row that is written to the source while it is moved would be left behind.
func TestWrittenMeanwhile(t *testing.T) {
	dsn, path := newServer(t), newFile(t)
	wrote := false
	_, err := ToServer(ctx, path, dsn, Options{Progress: func(int, int) {
		if !wrote {
			wrote = true
			spoil(t, path, "UPDATE people SET name = 'Max'")
		}
	}})
	says(t, err, ErrChanged)
	check(t, func() error { _, err := ToServer(ctx, path, dsn, Options{}); return err }())
	db := rawServer(t, dsn)
	db.SetMaxOpenConns(1)
	check(t, withServer(ctx, dsn, Options{}, func(source) error {
		if _, err := db.Exec("SET lock_timeout = 50"); err != nil {
			return err
		}
		if _, err := db.Exec("UPDATE people SET name = 'Max'"); err == nil {
			t.Error("another program writes while the database is moved")
		}
		return nil
	}))
}

// A move that ends in the middle, by whatever, leaves nothing in the target; the next one
// removes what it has left beside the file.
func TestEndsInTheMiddle(t *testing.T) {
	dsn, path := newServer(t), newFile(t)
	before := bytesOf(t, path)
	admin := rawServer(t, dsn)
	_, err := ToServer(ctx, path, dsn, Options{Progress: func(int, int) {
		_, err := admin.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'deskd migrate' AND datname = current_database()")
		check(t, err)
	}})
	says(t, err, nil)
	same(t, "the source, byte by byte", before, bytesOf(t, path))
	cancelled, cancel := context.WithCancel(ctx)
	_, err = ToServer(cancelled, path, dsn, Options{Progress: func(int, int) { cancel() }})
	says(t, err, context.Canceled)
	same(t, "the source, byte by byte", before, bytesOf(t, path))
	for _, ending := range []string{moving, moving + ".marker", moving + "-wal"} {
		check(t, os.WriteFile(path+ending, []byte("left by one that was killed"), 0o600))
	}
	_, err = ToServer(ctx, path, dsn, Options{})
	check(t, err)
	same(t, "the source, byte by byte", before, bytesOf(t, path))

	back := filepath.Join(t.TempDir(), "back.db")
	check(t, os.WriteFile(back+moving, []byte("left by one that was killed"), 0o600))
	_, err = ToFile(ctx, dsn, back, Options{Progress: func(int, int) {
		_, err := admin.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
		check(t, err)
	}})
	says(t, err, nil)
	same(t, "the file", map[string]string{}, bytesOf(t, back))
}

// What a daemon that was killed has left in the write-ahead log is moved, and stays there.
func TestLeftInLog(t *testing.T) {
	dsn, open := newServer(t), newFile(t)
	db := raw(t, open)
	_, err := db.Exec("UPDATE people SET name = 'Max'")
	check(t, err)
	path := filepath.Join(t.TempDir(), "desk.db")
	for name, text := range bytesOf(t, open) { // as a kill leaves them
		check(t, os.WriteFile(path+name, []byte(text), 0o600))
	}
	before := bytesOf(t, path)
	if len(before["-wal"]) == 0 {
		t.Fatal("nothing is in the log")
	}
	_, err = ToServer(ctx, path, dsn, Options{})
	check(t, err)
	same(t, "the source, byte by byte", before, bytesOf(t, path))
	var name string
	check(t, rawServer(t, dsn).QueryRow("SELECT name FROM people").Scan(&name))
	same(t, "name", "Max", name)
}

// A table comes behind those that it refers to.
func TestOrderOfTables(t *testing.T) {
	refers := func(to ...string) map[string]bool {
		m := make(map[string]bool)
		for _, name := range to {
			m[name] = true
		}
		return m
	}
	var got []string
	for _, of := range inOrder([]table{{name: "a", refers: refers("c")}, {name: "b", refers: refers("a", "c")}, {name: "c"}, {name: "x", refers: refers("y")}, {name: "y", refers: refers("x")}}) {
		got = append(got, of.name)
	}
	same(t, "order", []string{"c", "a", "b", "x", "y"}, got)
}

// An older file is moved in the newest schema, and is not migrated itself.
func TestOlderFile(t *testing.T) {
	dsn, path := newServer(t), newFile(t)
	first, err := os.ReadFile("../../migrations/sqlite/00001_tables.sql")
	check(t, err)
	next := fstest.MapFS{"00001_tables.sql": {Data: first}, "00002_more.sql": {Data: []byte("-- +goose Up\nUPDATE sites SET zone = 'Europe/Berlin';\n")}}
	o := Options{schema: sqlite.NewSchema(func(db *sql.DB) (*migrations.SQLite, error) { return migrations.ReadSQLite(db, next) })}
	before := bytesOf(t, path)
	_, err = ToServer(ctx, path, dsn, o)
	check(t, err)
	same(t, "the source, byte by byte", before, bytesOf(t, path))
	var zone string
	check(t, rawServer(t, dsn).QueryRow("SELECT zone FROM sites").Scan(&zone))
	same(t, "zone", "Europe/Berlin", zone)
}

// child runs a test once more, in a process of its own that does what the test says there.
func child(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	c.Env = append(os.Environ(), env...)
	return c
}

// Killed in the middle, a move leaves nothing in the target, and the next one is whole.
func TestKilled(t *testing.T) {
	if path := os.Getenv("DESKD_TEST_MOVE"); path != "" {
		_, _ = ToServer(ctx, path, os.Getenv("DESKD_TEST_TO"), Options{Progress: func(int, int) {
			fmt.Println("under way")
			select {}
		}})
		return
	}
	if raceDetector {
		t.Skip("one process after another: nothing to see for the race detector")
	}
	dsn, path := newDatabase(t), newFile(t)
	before := bytesOf(t, path)
	c := child(t, "DESKD_TEST_MOVE="+path, "DESKD_TEST_TO="+dsn)
	out, err := c.StdoutPipe()
	check(t, err)
	check(t, c.Start())
	_, err = io.ReadFull(out, make([]byte, len("under way")))
	check(t, err)
	check(t, c.Process.Kill())
	_ = c.Wait()
	if _, err := os.Stat(path + moving); err != nil {
		t.Errorf("it was not met under way: %v", err)
	}
	var rows int
	check(t, rawServer(t, dsn).QueryRow("SELECT (SELECT count(*) FROM people) + (SELECT count(*) FROM audit)").Scan(&rows))
	same(t, "rows", 0, rows)
	_, err = ToServer(ctx, path, dsn, Options{})
	check(t, err)
	same(t, "the source, byte by byte", before, bytesOf(t, path))
	same(t, "on the server", dumpFile(t, path), dumpServer(t, dsn))
}

// Where the disk has no room for the copy, or for the new file, that is told, and nothing of
// them stays.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv("DESKD_TEST_FULL"); dir != "" {
		onFullDisk(t, dir, os.Getenv("DESKD_TEST_FROM"), os.Getenv("DESKD_TEST_TO"))
		return
	}
	if raceDetector {
		t.Skip("one process after another: nothing to see for the race detector")
	}
	dsn, path := newServer(t), newFile(t)
	_, err := ToServer(ctx, path, dsn, Options{})
	check(t, err)
	c := child(t, "DESKD_TEST_FULL="+t.TempDir(), "DESKD_TEST_FROM="+path, "DESKD_TEST_TO="+dsn)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 { // root of a namespace could not reach the socket of the server, which is another's
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	}
	out, err := c.CombinedOutput()
	switch {
	case strings.Contains(string(out), "cannot mount"), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSPC):
		t.Skipf("no namespace with a file system of its own on this machine: %v %s", err, out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	}
}

func onFullDisk(t *testing.T, dir, path, dsn string) {
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=600k"); err != nil {
		t.Fatal("cannot mount:", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	here := filepath.Join(dir, "desk.db")
	for name, text := range bytesOf(t, path) {
		check(t, os.WriteFile(here+name, []byte(text), 0o600))
	}
	before := bytesOf(t, here)
	_, err := ToServer(ctx, here, dsn, Options{})
	says(t, err, nil, "the disk is full; free some space")
	same(t, "the files", before, bytesOf(t, here))
	_, err = ToFile(ctx, dsn, filepath.Join(dir, "back.db"), Options{})
	says(t, err, nil, "the disk is full; free some space")
	same(t, "the files", map[string]string{}, bytesOf(t, filepath.Join(dir, "back.db")))
}
