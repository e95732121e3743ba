package vitals

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"deskd/store/postgres"
	"deskd/store/postgrestest"
)

var ctx = context.Background()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a server in good order, with deskd's database and role, and another program.
type house struct {
	*postgrestest.Server
	t   *testing.T
	dsn string // for deskd's role
}

func newHouse(t *testing.T) house {
	t.Helper()
	s := postgrestest.Start(t, "fsync=on", "max_prepared_transactions=2")
	s.Execute(t, "postgres", "CREATE ROLE desk LOGIN", "CREATE ROLE program LOGIN", "CREATE DATABASE desks OWNER desk")
	s.Execute(t, "desks", "CREATE EXTENSION btree_gist VERSION '1.6'") // as a server of before an upgrade had it
	h := house{s, t, strings.Replace(s.DSN("desks"), "deskd@", "desk@", 1)}
	db, err := postgres.Open(ctx, h.dsn, postgres.Options{})
	check(t, err)
	check(t, db.Close())
	return h
}

// sees looks until the signs beside the first are those that are wanted: each is grade, what it
// says and what to do, of which want are parts. A reload takes a moment to reach new connections,
// and the server to let go of those that have ended, that of the look before as well.
func (h house) sees(most limits, now func() time.Time, want ...[3]string) {
	h.t.Helper()
	var signs []Sign
	for range 100 {
		var err error
		signs, err = look(ctx, h.dsn, now, most)
		check(h.t, err)
		if len(signs) == 0 || signs[0].Grade != OK || !strings.HasPrefix(signs[0].Says, "PostgreSQL 1") {
			h.t.Fatalf("%v", signs)
		}
		if are(signs, want) {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	h.t.Errorf("it says %+v; want %q", signs[1:], want)
}

// are reports whether the signs beside the first are those that are wanted.
func are(signs []Sign, want [][3]string) bool {
	if len(signs)-1 != len(want) {
		return false
	}
	for i, s := range signs[1:] {
		if s.Grade != want[i][0] || !strings.Contains(s.Says, want[i][1]) || !strings.Contains(s.Fix, want[i][2]) {
			return false
		}
	}
	return true
}

// while has a server in a state, and out of it again.
func (h house) while(is, was string, want ...[3]string) {
	h.t.Helper()
	h.Execute(h.t, "desks", append(strings.Split(is, "; "), "SELECT pg_reload_conf()")...)
	h.sees(usual, time.Now, want...)
	h.Execute(h.t, "desks", append(strings.Split(was, "; "), "SELECT pg_reload_conf()")...)
	h.sees(usual, time.Now)
}

// Each state of a real server is seen, and with what to do; a server in good order has none.
func TestStates(t *testing.T) {
	h := newHouse(t)
	h.sees(usual, time.Now, [3]string{Odd, "extension btree_gist has version 1.6", "ALTER EXTENSION btree_gist UPDATE"})
	h.Execute(t, "desks", "ALTER EXTENSION btree_gist UPDATE")
	h.sees(usual, time.Now)

	h.while("ALTER SYSTEM SET full_page_writes = off", "ALTER SYSTEM RESET full_page_writes", [3]string{Wrong, "full_page_writes is off", "full_page_writes = on"})
	h.while("ALTER DATABASE desks SET synchronous_commit = off", "ALTER DATABASE desks RESET synchronous_commit", [3]string{Odd, "synchronous_commit is off", "synchronous_commit = on"})
	h.while("SET synchronous_commit = local; ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SET synchronous_commit = local; ALTER SYSTEM RESET synchronous_standby_names",
		[3]string{Wrong, "none is connected: nothing can be written", "synchronous_standby_names"})
	h.while("SELECT pg_create_physical_replication_slot('gone', TRUE)", "SELECT pg_drop_replication_slot('gone')", [3]string{Odd, "replication slot gone is not in use and keeps WAL", "pg_drop_replication_slot('gone')"})
	h.while("GRANT SELECT, INSERT ON reservations TO program", "ALTER ROLE program SET idle_in_transaction_session_timeout = '10s'",
		[3]string{Odd, "program may write reservations", "idle_in_transaction_session_timeout = '10s'"})
	h.while("GRANT SELECT ON signing TO program", "REVOKE ALL ON signing FROM program", [3]string{Wrong, "program may read the key", "REVOKE ALL ON signing"})
	h.while("GRANT SELECT (key) ON signing TO program", "REVOKE ALL (key) ON signing FROM program", [3]string{Wrong, "program may read the key", "REVOKE ALL ON signing"})
	h.while("ALTER TABLE audit OWNER TO deskd", "ALTER TABLE audit OWNER TO desk", [3]string{Wrong, "does not own audit", "ALTER TABLE … OWNER TO desk"})
	h.while("ALTER DATABASE desks OWNER TO deskd", "ALTER DATABASE desks OWNER TO desk", [3]string{Wrong, "may create nothing", "ALTER DATABASE desks OWNER TO desk"})
	h.while("ALTER ROLE desk SUPERUSER", "ALTER ROLE desk NOSUPERUSER", [3]string{Odd, "desk is a superuser", "createuser deskd"})
	h.while("ALTER ROLE desk CONNECTION LIMIT 5", "ALTER ROLE desk CONNECTION LIMIT -1", [3]string{Odd, "4 of 5 connections are free (the limit of deskd's role)", "ALTER ROLE"})
	h.while("ALTER DATABASE desks CONNECTION LIMIT 6", "ALTER DATABASE desks CONNECTION LIMIT -1", [3]string{Odd, "5 of 6 connections are free (the limit of the database)", "ALTER DATABASE"})
	h.times(t)
}

// times brings what time does: a clock that is off, transactions that stay open, numbers that
// run out.
func (h house) times(t *testing.T) {
	t.Helper()
	for _, off := range []time.Duration{-5 * time.Second, 5 * time.Second} {
		h.sees(usual, func() time.Time { return time.Now().Add(off) }, [3]string{Wrong, "differ by ", "NTP"})
	}
	h.sees(usual, func() time.Time { return time.Now().Add(-900 * time.Millisecond) })

	conn := h.connected()
	_, err := conn.Exec(ctx, "SET application_name = 'booker'; BEGIN; INSERT INTO sites VALUES ('x', 'UTC')")
	check(t, err)
	h.sees(usual, time.Now) // it has just begun
	soon := usual
	soon.transaction = 0
	h.sees(soon, time.Now, [3]string{Odd, "of desk with booker has had a transaction open for 00:0", "pg_terminate_backend("})
	_, err = conn.Exec(ctx, "PREPARE TRANSACTION 'half'")
	check(t, err)
	h.sees(soon, time.Now, [3]string{Odd, "prepared transaction 'half' of desk has had", "ROLLBACK PREPARED"})
	_, err = conn.Exec(ctx, "ROLLBACK PREPARED 'half'")
	check(t, err)
	h.sees(soon, time.Now)

	// Version 17 has that setting, and none of 14 to 16.
	v := &visit{has: settings{"transaction_timeout": "1000", "idle_in_transaction_session_timeout": "1"}}
	check(t, v.timeouts(ctx))
	if len(v.signs) != 1 || !strings.Contains(v.signs[0].Says, "transaction_timeout is 1000 ms") {
		t.Errorf("%+v", v.signs)
	}

	old := usual
	old.age = 0
	h.sees(old, time.Now, [3]string{Wrong, "at 2,000 the server takes no changes", "VACUUM (FREEZE)"})

	for range 40 - 3 - 1 - 10 { // max_connections, those that superusers keep, the one above; the tenth is the visit's
		h.connected()
	}
	h.sees(usual, time.Now, [3]string{Odd, "9 of 37 connections are free (max_connections)", "raise max_connections"})
}

func (h house) connected() *pgx.Conn {
	h.t.Helper()
	conn, err := pgx.Connect(ctx, h.dsn)
	check(h.t, err)
	h.t.Cleanup(func() { check(h.t, conn.Close(ctx)) })
	return conn
}

// A replica that is behind is seen on the primary, and one that deskd is led to by itself.
func TestReplicas(t *testing.T) {
	h := newHouse(t)
	h.Execute(t, "desks", "ALTER EXTENSION btree_gist UPDATE", "GRANT pg_monitor TO desk")
	replica := h.Replica(t, "fsync=on", "max_prepared_transactions=2")
	h.sees(usual, time.Now)
	replica.Execute(t, "desks", "SELECT pg_wal_replay_pause()")
	h.Execute(t, "desks", "SELECT pg_logical_emit_message(FALSE, 'x', repeat('x', 20000000))")
	h.sees(usual, time.Now, [3]string{Odd, "replica walreceiver is 19 MB behind", "look at its log"})
	signs, err := Look(ctx, strings.Replace(replica.DSN("desks"), "deskd@", "desk@", 1), time.Now)
	check(t, err)
	if len(signs) != 2 || signs[1].Grade != Wrong || !strings.Contains(signs[1].Says, "the server is a replica") || !strings.Contains(signs[1].Fix, "promote") {
		t.Errorf("%+v", signs)
	}
}

// A server of tests does not wait for its disk, which is seen.
func TestFsync(t *testing.T) {
	signs, err := Look(ctx, postgrestest.New(t), time.Now)
	check(t, err)
	found := false
	for _, s := range signs {
		found = found || s.Grade == Wrong && strings.HasPrefix(s.Says, "fsync is off") && strings.HasPrefix(s.Fix, "fsync = on")
	}
	if !found {
		t.Errorf("%+v", signs)
	}
	if _, err := Look(ctx, "postgres://deskd@127.0.0.1:1/desks", time.Now); err == nil || !strings.Contains(err.Error(), "check that the server runs") {
		t.Errorf("nobody there: %v", err)
	}
}

// A version is told of half a year before its end, and after it.
func TestEnds(t *testing.T) {
	end := supported[15]
	for says, now := range map[string]time.Time{
		"": end.Add(-notice - time.Second),
		"version 15 gets no corrections after 2027-11-11":           end.Add(-notice),
		"version 15 gets no corrections any more, since 2027-11-11": end,
	} {
		if diff := cmp.Diff(says, ends(15, now)); diff != "" {
			t.Errorf("at %v (-want +got):\n%s", now, diff)
		}
	}
	if says := ends(99, end.AddDate(50, 0, 0)); says != "" {
		t.Errorf("of a version that is not known: %s", says)
	}
}
