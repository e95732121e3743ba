package main

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"deskd/store/postgrestest"
)

// A database moves to a server and back: the verbs find there what was here, the daemon goes
// on with it, and whatever is in the way of a move is told.
func TestMigrateMoves(t *testing.T) {
	dsn := postgrestest.New(t)
	w := newWorld(t).furnish()
	d := w.serve()
	d.ready()
	id := w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(t, 5*time.Second, "a booking is acted on", func() bool { return w.session("SEP000000000001") == "user0001" })
	onFile, file := w.config(), w.path("deskd.db")
	onServer := "database: {driver: postgres, dsn: \"" + dsn + "\"}\n" + w.config()
	w.write("deskd.yaml", onServer)
	w.contains(w.run("migrate", "--from-sqlite", file), 75, "another deskd holds the database")
	if code := d.stop(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, d.log)
	}
	before := holds(t, file)

	w.write("deskd.yaml", onFile)
	want := w.must("audit", "verify")
	w.contains(w.run("migrate", "--from-sqlite", file), 2, "set database.driver and database.dsn first")
	w.write("deskd.yaml", onServer)
	w.contains(w.run("migrate", "--from-postgres", dsn), 2, "set database.driver and database.dsn first")
	w.contains(w.run("migrate", "--from-postgres", dsn, "--from-sqlite", file), 2, "give one of the two")
	w.contains(w.run("migrate", "--from-sqlite", w.path("nowhere.db")), 2, "name a file that is there")

	w.contains(w.run("migrate", "--from-sqlite", file), 0, "all of them compared", "The audit is that of the source: rows 1 to ", "The source is as it was")
	if holds(t, file) != before {
		t.Error("the file was changed")
	}
	w.contains(w.run("migrate", "--from-sqlite", file), 78, "the target is not empty", "name a new database")
	if got := w.must("audit", "verify"); got != want {
		t.Errorf("audit verify says %s, and said %s", got, want)
	}
	w.contains(w.run("audit", "verify", "--anchors", file+".anchors"), 0, "anchor")
	d = w.serve()
	d.ready()
	w.contains(w.run("list", "reservations"), 0, "D1 ", "user0001")
	w.must("cancel", id)
	eventually(t, 10*time.Second, "the session that was begun before the move ends", func() bool { return w.session("SEP000000000001") == "" })
	w.write("deskd.yaml", onFile)
	w.contains(w.run("migrate", "--from-postgres", dsn), 75, "another deskd holds the database: node ")
	if code := d.stop(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, d.log)
	}

	w.contains(w.run("migrate", "--from-postgres", dsn), 78, "the target is not empty", "name a new file")
	w.contains(w.run("migrate", "--from-postgres", "postgres://deskd:hush@db/desks"), 2, "holds a password")
	for _, name := range []string{file, file + ".marker"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	var done moved
	if err := json.Unmarshal([]byte(w.must("migrate", "--from-postgres", dsn, "-o", "json")), &done); err != nil || done.Rows() < 10 || done.Audit.Broken != 0 {
		t.Errorf("%+v: %v", done, err)
	}
	w.contains(w.run("list", "attempts"), 0, "logout", "user0001")
	d = w.serve()
	d.ready()
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, d.log)
	}
}

// holds is what a file holds.
func holds(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
