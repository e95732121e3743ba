package postgres

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// refused checks that a database is refused when it is opened and when it is locked, with
// words that say what to do, and that this is [dialect.ErrSetup] where waiting does not help.
func refused(t *testing.T, dsn string, setup bool, says ...string) {
	t.Helper()
	_, opened := Open(ctx, dsn, Options{})
	_, locked := Acquire(ctx, dsn)
	for how, err := range map[string]error{"opened": opened, "locked": locked} {
		if err == nil {
			t.Errorf("it is %s", how)
			continue
		}
		for _, part := range says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", how, err, part)
			}
		}
		if errors.Is(err, dialect.ErrSetup) != setup {
			t.Errorf("%s: something to set up is %v: %v", how, !setup, err)
		}
	}
}

// A password that is wrong is asked for by the server, in SCRAM.
func TestWrongPassword(t *testing.T) {
	s := postgrestest.Start(t)
	s.Execute(t, "postgres", "CREATE ROLE jane LOGIN PASSWORD 'right'", "CREATE DATABASE desks OWNER jane")
	s.Admit(t, "local desks jane scram-sha-256")
	jane := strings.Replace(s.DSN("desks"), "deskd@", "jane:wrong@", 1)
	refused(t, jane, true, "check the user and password of database.dsn")
	opened, err := Open(ctx, strings.Replace(jane, "wrong", "right", 1), Options{})
	check(t, err)
	check(t, opened.Close())
}

// A server that takes connections and says nothing is told, rather than waited for.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	began := time.Now()
	_, err = Open(ctx, "postgres://deskd@"+l.Addr().String()+"/desks?sslmode=disable&connect_timeout=1", Options{})
	if err == nil || !strings.Contains(err.Error(), "check that the server runs, and can be reached") || errors.Is(err, dialect.ErrSetup) {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	for option, want := range map[string]time.Duration{"": connectWithin, "?connect_timeout=3": 3 * time.Second, "?connect_timeout=3600": connectWithin} {
		config, err := parse("postgres://db/desks" + option)
		check(t, err)
		same(t, "time to connect"+option, want, config.ConnectTimeout)
	}
}

// A server without the contrib package is told so, and one on which another role may not
// create its extensions.
func TestMissingExtension(t *testing.T) {
	for _, extension := range []string{"btree_gist", "citext"} {
		s := postgrestest.StartWithout(t, extension)
		s.Execute(t, "postgres", "CREATE DATABASE desks")
		_, err := Open(ctx, s.DSN("desks"), Options{})
		if err == nil || !strings.Contains(err.Error(), "postgresql-contrib") || !errors.Is(err, dialect.ErrSetup) {
			t.Errorf("%s: %v", extension, err)
		}
		s.Execute(t, "desks", "CREATE TABLE nothing_is_left AS SELECT 1 / (1 - count(*)::int) AS x FROM pg_class WHERE relname = 'people'")
	}
	dsn := postgrestest.New(t)
	conn := connected(t, dsn)
	execute(t, conn, "CREATE ROLE tenant LOGIN", "CREATE SCHEMA own AUTHORIZATION tenant")
	t.Cleanup(func() { dropRole(t, dsn, "tenant") })
	refusedTo(t, restricted(t, dsn, "tenant")+"&search_path=own", "deskd's role must own what it uses")
}

func refusedTo(t *testing.T, dsn, says string) {
	t.Helper()
	_, err := Open(ctx, dsn, Options{})
	if err == nil || !strings.Contains(err.Error(), says) || !errors.Is(err, dialect.ErrSetup) {
		t.Errorf("%v", err)
	}
}

// A replica is read, and not written to. It may be promoted the next moment: nothing is to be
// set up.
func TestReplica(t *testing.T) {
	primary := postgrestest.Start(t)
	primary.Execute(t, "postgres", "CREATE DATABASE desks")
	s, err := Open(ctx, primary.DSN("desks"), Options{})
	check(t, err)
	check(t, s.Close())
	replica := primary.Replica(t)
	_, err = Open(ctx, replica.DSN("desks"), Options{})
	if err == nil || !errors.Is(err, dialect.ErrReadOnly) || errors.Is(err, dialect.ErrSetup) || !strings.Contains(err.Error(), "the server is a replica; name the primary") {
		t.Errorf("%v", err)
	}
	read, err := Open(ctx, replica.DSN("desks"), Options{ReadOnly: true})
	check(t, err)
	check(t, read.Close())
}

// The server's version is read, and one that is too old is refused.
func TestOldServer(t *testing.T) {
	s, _ := opened(t)
	db, err := s.read.DB()
	check(t, err)
	f, err := askServer(ctx, db)
	check(t, err)
	if f.version < oldest || f.version > 990000 || !strings.HasPrefix(f.text, "1") {
		t.Errorf("the server says %+v", f)
	}
	check(t, f.check())
	f.version, f.text = 130022, "13.22"
	err = f.check()
	if err == nil || !errors.Is(err, dialect.ErrSetup) || err.Error() != "the server is PostgreSQL 13.22: use 14 or newer" {
		t.Errorf("%v", err)
	}
}

// A pooler is refused, also one that pretends to have taken the settings.
func TestPooler(t *testing.T) {
	dsn := postgrestest.New(t)
	pooled := postgrestest.Pooler(t, dsn)
	refused(t, pooled, true, "name the server itself")
	var names []string
	for name := range always {
		names = append(names, name)
	}
	refused(t, postgrestest.Pooler(t, dsn, append(names, "default_transaction_read_only")...), true, "pooler", "name the server itself")
	var locks int
	check(t, connected(t, dsn).QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").Scan(&locks))
	same(t, "locks that a pooler's connections have kept", 0, locks)
	conn := connected(t, dsn)
	if err := asked(ctx, conn, map[string]string{"lock_timeout": "5s"}); !errors.Is(err, dialect.ErrSetup) || !strings.Contains(err.Error(), `lock_timeout is "0"`) {
		t.Errorf("a setting that is not in force: %v", err)
	}
}
