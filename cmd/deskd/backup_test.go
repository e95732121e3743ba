package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskd/store"
)

const far = "2030-01-02 09:00"

// A backup, a booking too many, and back again.
func TestBackupAndRestore(t *testing.T) {
	w := newWorld(t).furnish()
	w.book("D1", "user0001", far, "2030-01-02 12:00")
	d := w.serve() // a backup does not wait for the night
	w.contains(w.run("backup", w.path("saved")), 0, "DIR/saved is a sound copy: 3 desks, 3 people, 1 reservation, 0 attempts, schema 1, 0.", " MB; last change ", "less than a minute ago\n")
	w.contains(w.run("backup", w.path("saved")), 2, "deskd: back up DIR/deskd.db: DIR/saved: file already exists; --force replaces it")
	w.contains(w.run("backup", "--force", w.path("saved"), "-o", "json"), 0, `"reservations": 1,`)
	w.contains(w.run("restore", w.path("saved")), 75, "another deskd holds the database")
	w.contains(w.run("restore", "--accept-current"), 75, "another deskd holds the database")
	d.stop()

	w.book("D2", "user0002", far, "2030-01-02 12:00")
	w.contains(w.run("restore", w.path("saved")), 0, "restored DIR/saved: 3 desks, 3 people, 1 reservation,", "What was there is kept in DIR/deskd.db.before-restore-", "Everyone on a phone now counts as a walk-up", "Tokens made since the backup are gone")
	w.contains(w.run("list", "reservations", "--since", "2030-01-01 00:00"), 0, "D1    user0001")
	if n := w.count("SELECT count(*) FROM reservations"); n != 1 {
		t.Errorf("%d reservations after the restore", n)
	}
	w.contains(w.run("audit", "verify"), 0, "the audit is whole: rows 1 to ", "head ")
	w.contains(w.run("list", "audit"), 0, "restore  database", `{"is":{"from":"DIR/saved"}}`, "cli:", "reserve  reservation", "import   person")
	d = w.serve()
	d.ready()
	if code := d.stop(); code != 0 {
		t.Errorf("the daemon on the restored database: exit code %d\n%s", code, d.log)
	}
}

// P3: people are logged in for bookings, or an extension of one, that the
// restored database does not know. Nobody logs them out for that, and what is
// booked next goes on.
func TestRestoreLogsNobodyOut(t *testing.T) {
	notShort(t, "starts a daemon before a restore and after it")
	w := newWorld(t).furnish()
	w.reserve("D2", "user0002", -time.Hour, time.Hour)
	d := w.serve()
	eventually(t, 10*time.Second, "the first is logged in", func() bool { return w.session("SEP000000000002") == "user0002" })
	eventually(t, 10*time.Second, "and seen", func() bool { return w.count("SELECT count(*) FROM observations WHERE ours AND reservation <> ''") == 1 })
	w.must("backup", w.path("saved"))
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	both := func() bool {
		return w.session("SEP000000000001") == "user0001" && w.session("SEP000000000002") == "user0002"
	}
	eventually(t, 10*time.Second, "both are logged in", both)
	d.stop()

	// As if the first booking had been extended after the backup.
	w.execIn("saved", "UPDATE reservations SET ends_at = ?", time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05Z"))
	w.must("restore", w.path("saved"))
	d = w.serve()
	d.ready()
	w.reserve("D3", "user0003", -time.Minute, time.Hour)
	eventually(t, 10*time.Second, "the next booking is served", func() bool { return w.session("SEP000000000003") == "user0003" })
	w.contains(w.run("reconcile"), 0, "")
	if !both() || w.phones.Stats().Requests["logout"] != 0 {
		t.Errorf("a person was logged out because rows are gone: %v", w.phones.Sessions())
	}
}

// A database that is not the one that was here is refused by whatever writes,
// with the way out, and read by the rest.
func TestLostDatabase(t *testing.T) {
	w := newWorld(t).furnish()
	w.must("backup", w.path("saved"))
	before, err := os.ReadFile(w.path("deskd.db"))
	if err != nil {
		t.Fatal(err)
	}
	w.book("D1", "user0001", far, "2030-01-02 12:00")
	w.write("deskd.db", string(before)) // last week's copy, put back by hand
	const says = "this is not the database that was here: it is an older copy: "
	for _, verb := range []string{"serve", "migrate", "reserve --desk D1 --person user0001 --start 09:00 --end 10:00", "import people " + w.path("people.csv"), "reconcile"} {
		w.contains(w.run(strings.Fields(verb)...), 78, "deskd: open database DIR/deskd.db: "+says, "deskd restore FILE (the last backup is DIR/saved of 20", "deskd restore --accept-current")
	}
	w.contains(w.run("list", "desks"), 0, "D1", "level=WARN", says)
	w.contains(w.run("doctor"), 1, "wrong  database      "+says, "ok     cluster main  it answers")
	w.contains(w.run("restore", "--accept-current"), 0, "accepted DIR/deskd.db: 3 desks, 3 people, 0 reservations", "counts as a walk-up", "All tokens in it are revoked")
	w.contains(w.run("list", "audit"), 0, "accept  database")
	w.contains(w.run("reserve", "--desk", "D1", "--person", "user0001", "--start", far, "--end", "2030-01-02 12:00"), 0, "desk D1")

	// The nightly line keeps the copy that is good, and its name.
	w.write("deskd.db", string(before))
	for range 2 {
		w.contains(w.run("backup", "--force", w.path("saved")), 78, says, "the last backup is DIR/saved of 20", "nothing was copied and no file replaced: --even-so")
	}
	w.contains(w.run("backup", w.path("odd"), "--even-so"), 0, "DIR/odd is a sound copy", "warning: ", says)
	w.contains(w.run("serve"), 78, "the last backup is DIR/saved of 20")
	w.contains(w.run("backup", w.path("deskd.db"), "--force", "--even-so"), 78, "is part of the database itself")
	w.contains(w.run("restore", w.path("deskd.db")), 1, "is the database itself")

	if err := os.Remove(w.path("deskd.db")); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("serve"), 78, "the file is missing")
	w.contains(w.run("list", "desks"), 78, "the file is missing")
	w.contains(w.run("backup", "--force", w.path("saved")), 78, "the file is missing")
	w.write("deskd.db", "")
	w.contains(w.run("serve"), 78, "the file is empty")
	w.contains(w.run("backup", "--force", w.path("saved")), 78, "the file is empty")
	w.write("deskd.db", strings.Repeat("no database ", 1000))
	w.contains(w.run("serve"), 78, "this is no SQLite file", "deskd restore FILE")
	w.contains(w.run("restore", w.path("saved")), 0, "restored DIR/saved", "is kept in DIR/deskd.db.before-restore-")
	w.contains(w.run("doctor"), 0, "DIR/deskd.db is sound: 3 desks, 3 people")
}

func TestRestoreUsage(t *testing.T) {
	w := newWorld(t).furnish()
	w.contains(w.run("restore"), 2, "expected FILE; see deskd restore --help")
	w.contains(w.run("restore", "--accept-current", "x"), 2, "--accept-current takes no FILE")
	w.contains(w.run("restore", w.path("gone")), 2, "DIR/gone", "no such file")
	w.write("damaged", "damaged")
	w.contains(w.run("restore", w.path("damaged")), 78, "DIR/damaged", "no SQLite file")
	w.contains(w.run("audit"), 2, "expected verify")
	if left, _ := filepath.Glob(w.path("deskd.db.*")); len(left) > 2 {
		t.Errorf("left behind: %v", left)
	}
}

// What is found in a damaged page ends the start before anything is sent.
func TestDamagedDatabase(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	page := w.count("SELECT rootpage FROM sqlite_schema WHERE name = 'attempts_of_device'")
	text, err := os.ReadFile(w.path("deskd.db"))
	if err != nil {
		t.Fatal(err)
	}
	copy(text[(page-1)*4096:page*4096], strings.Repeat("\xff", 4096))
	w.write("deskd.db", string(text))
	w.contains(w.run("serve"), 78, "deskd: check database: ", "damaged")
	if n := len(w.phones.Stats().Requests); n != 0 {
		t.Errorf("%v were sent on a damaged database", w.phones.Stats().Requests)
	}
}

// A running daemon chains what other programs write; a row that was changed is
// named.
func TestAuditVerify(t *testing.T) {
	w := newWorld(t).furnish()
	w.contains(w.run("list", "audit", "--until", "2020-01-01 00:00", "--since", "2019-01-01 00:00"), 0, "no audit\n")
	w.exec("INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('D1', '2030-01-01T08:00:00Z', '2030-01-01T09:00:00Z')")
	w.contains(w.run("audit", "verify"), 0, "the audit is whole: rows 1 to 10\n1 row of other programs not chained yet; a running daemon does so\nhead ")
	d := w.serve()
	w.exec("UPDATE reservations SET status = 'cancelled'")
	eventually(t, 10*time.Second, "the daemon has chained it", func() bool { return w.count("SELECT count(*) FROM audit WHERE hash = ''") == 0 })
	d.stop()
	var report store.AuditReport
	if err := json.Unmarshal([]byte(w.must("audit", "verify", "-o", "json")), &report); err != nil || report.Last != 12 || report.Broken != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	anchors := w.path("deskd.db.anchors")
	w.contains(w.run("audit", "verify", "--anchors", anchors), 0, "the database contains all of 1 head, of 20")
	w.contains(w.run("doctor"), 0, "ok     anchors")
	line, err := os.ReadFile(anchors)
	if head := regexp.MustCompile(`audit head.* row=(\d+) hash=(\w+)`).FindStringSubmatch(d.log.String()); err != nil || head == nil || !strings.HasSuffix(string(line), " "+head[1]+" "+head[2]+"\n") {
		t.Errorf("the log has %v, the file of anchors %s", head, line)
	}
	w.write("other.anchors", strings.Repeat("no anchor\n", 2)+"2026-03-02T08:00:00Z "+strings.Repeat("0", 32)+" 7 "+strings.Repeat("0", 64)+"\n")
	w.contains(w.run("audit", "verify", "--anchors", w.path("other.anchors")), 1, "it is of another database", "other.anchors:2: this is no anchor")
	w.write("deskd.db.anchors", string(line)+"garbage\n")
	w.contains(w.run("audit", "verify", "--anchors", anchors), 1, "deskd.db.anchors:2: this is no anchor: deskd has not written it", "contains all of 1 head")
	w.contains(w.run("doctor"), 1, "wrong  anchors", "the first is line 2")
	const guard = "audit_is_append_only_update"
	w.past(guard, "UPDATE audit SET actor = 'sql' WHERE id = 5")
	w.expect(w.run("audit", "verify"), result{1, "audit row 5: its hash does not follow from the row before it and its own columns\n", ""})

	w.exec("DROP TRIGGER " + guard)
	gone := "trigger " + guard + " is missing"
	w.contains(w.run("audit", "verify"), 1, gone+": changes may have gone unseen\n", "audit row 5: ")
	w.contains(w.run("audit", "verify", "-o", "json"), 1, `"what": "`+gone+`"`)
	w.contains(w.run("doctor"), 1, "wrong  schema", gone, "CREATE TRIGGER "+guard)
	w.contains(w.run("cancel", "x"), exitRefuses, "the database's schema was changed: "+gone, "CREATE TRIGGER "+guard, "with sqlite3 DIR/deskd.db")
}
