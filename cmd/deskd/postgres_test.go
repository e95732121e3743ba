package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"deskd/store/postgrestest"
)

// onServer is a furnished world whose database is a server's, and another program's
// connection to it.
func onServer(t *testing.T) (*world, *sql.DB) {
	t.Helper()
	dsn := postgrestest.New(t)
	w := newWorld(t)
	w.write("deskd.yaml", "database: {driver: postgres, dsn: \""+dsn+"\"}\n"+w.config())
	w.furnish()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	return w, db
}

// The verbs and the daemon work over a server as over a file, and what only a file has says
// what to use instead.
func TestPostgres(t *testing.T) {
	w, db := onServer(t)
	w.contains(w.run("plan"), 0)
	d := w.serve()
	d.ready()
	w.contains(w.run("serve"), 75, "another deskd holds the database as node ", "key database.node")

	const soon = 2 * time.Second
	now := time.Now().UTC()
	if _, err := db.Exec("INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D2', 'user0002', $1, $2)",
		now.Add(-time.Minute).Truncate(time.Second), now.Add(time.Hour).Truncate(time.Second)); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "a row of another program is acted on", func() bool { return w.session("SEP000000000002") == "user0002" })
	id := w.reserve("D3", "user0003", -time.Minute, time.Hour)
	eventually(t, soon, "a new booking is acted on", func() bool { return w.session("SEP000000000003") == "user0003" })
	w.must("cancel", id)
	eventually(t, soon, "a cancelled booking is acted on", func() bool { return w.session("SEP000000000003") == "" })
	d.has("/", "D2", "user0002")
	d.has("/metrics", "deskd_nodes 1")
	w.must("pause", "main")
	w.contains(w.run("list", "clusters"), 0, "main")
	w.must("resume", "main")

	w.contains(w.run("list", "reservations"), 0, "user0002", "confirmed")
	w.contains(w.run("list", "attempts"), 0, "the booking has started")
	w.contains(w.run("list", "audit"), 0, "reserve ", "sql ")
	w.contains(w.run("explain", "--desk", "D2"), 0, "user0002")
	w.contains(w.run("audit", "verify"), 0, "rows")
	doctor := w.run("doctor")
	w.contains(doctor, doctor.code, "ok     database", "is sound", "ok     daemon", "it runs; a phone last answered at ")
	w.contains(doctor, doctor.code, "ok     server", "PostgreSQL 1", "wrong  server", "fsync is off") // so that tests are quick
	w.contains(w.run("migrate"), 75, "another deskd holds the database: node ", " on the server itself since 20", " of the server)")
	w.contains(w.run("restore", w.path("copy")), 2, "a PostgreSQL server keeps the database", "pg_restore")
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, d.log)
	}
	w.contains(w.run("backup", w.path("copy")), 2, "a PostgreSQL server keeps the database", "pg_dump")
	w.contains(w.run("restore", w.path("copy")), 2, "a PostgreSQL server keeps the database", "pg_restore")
	w.contains(w.run("migrate"), 0, "is up to date")
	w.must("support-bundle", w.path("bundle.zip"))
}

// A daemon whose connections are ended goes on; one whose lock another has taken meanwhile
// ends.
func TestPostgresConnectionsEnded(t *testing.T) {
	w, db := onServer(t)
	d := w.serve()
	d.ready()
	const end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	var n int
	if err := db.QueryRow(end).Scan(&n); err != nil || n < 3 {
		t.Fatalf("%d connections were ended: %v", n, err)
	}
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(t, 30*time.Second, "a booking is acted on", func() bool { return w.session("SEP000000000001") == "user0001" })
	eventually(t, 10*time.Second, "the lock is held again", func() bool {
		held := false
		err := db.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 3 AND granted)").Scan(&held)
		return err == nil && held
	})

	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var got bool
	for !got { // before the daemon looks again
		if err := db.QueryRow(strings.Replace(end, "AND pid <>", "AND application_name LIKE 'deskd lock %' AND pid <>", 1)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if err := other.QueryRowContext(t.Context(), "SELECT pg_try_advisory_lock(1684366187, 3)").Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 10*time.Second, "the daemon ends", func() bool { return len(d.ended) > 0 })
	if code := d.stop(); code != 75 || !strings.Contains(d.log.String(), "another's: deskd stops") {
		t.Errorf("exit code %d:\n%s", code, d.log)
	}
}

// A duty that no node has is listed as nobody's, whatever the database says of who had it, and that of a
// cluster which is not in the configuration any more not at all.
func TestListNodesNobody(t *testing.T) {
	w, db := onServer(t)
	if _, err := db.Exec(`INSERT INTO nodes (name, version, started_at, seen_at) VALUES ('a', '1', now(), now());
		INSERT INTO duties (name, node, since_at) VALUES ('cluster main', 'a', now()), ('cluster gone', 'a', now())`); err != nil {
		t.Fatal(err)
	}
	got := w.run("list", "nodes")
	w.contains(got, 0, "nobody  -", "cluster main")
	if strings.Contains(got.out, "cluster gone") {
		t.Errorf("a duty that nobody has is somebody's:\n%s", got.out)
	}
	w.contains(w.run("list", "nodes", "-o", "json"), 0, `"state": "nobody"`, `"duty": "cluster main"`)
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "a node has all duties", func() bool { return !strings.Contains(w.run("list", "nodes").out, "nobody") })
}

// Before anything is set up, doctor looks at everything else and says what creates the database,
// with a server as with a file.
func TestDoctorOfEmptyServer(t *testing.T) {
	dsn := postgrestest.New(t)
	w := newWorld(t)
	w.write("deskd.yaml", "database: {driver: postgres, dsn: \""+dsn+"\"}\n"+w.config())
	w.contains(w.run("doctor"), 1, "GRADE", "there is none at "+dsn, "deskd migrate creates it", "cluster main")
	w.must("migrate")
	if got := w.run("doctor"); strings.Contains(got.out, "there is none") {
		t.Errorf("after migrate\n%s", got.out)
	}
}

// A server that answers, and whose tables are not there any more, is not said to be silent: page and
// probe say that something is to be corrected, and all goes on once it is.
func TestPostgresSchemaRenamed(t *testing.T) {
	w, db := onServer(t)
	d := w.serve()
	d.ready()
	if _, err := db.Exec("ALTER SCHEMA public RENAME TO gone"); err != nil {
		t.Fatal(err)
	}
	const refuses = "The database refuses deskd: its tables or deskd's rights are not what they were."
	for _, path := range []string{"/readyz", "/"} {
		eventually(t, 30*time.Second, path+" says that the database refuses deskd", func() bool {
			_, text := d.get(path)
			return strings.Contains(text, refuses)
		})
	}
	w.contains(w.run("list", "nodes"), 2, "none of the schemas is there that are looked into")
	if _, err := db.Exec("ALTER SCHEMA gone RENAME TO public"); err != nil {
		t.Fatal(err)
	}
	d.ready()
	d.stop()
	w.contains(result{0, d.log.String(), ""}, 0, "its tables are not where database.dsn looks: a schema was renamed, or search_path changed")
}
