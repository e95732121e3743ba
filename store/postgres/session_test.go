package postgres

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// twoNodes are two programs with one database, and a connection as another has it.
func twoNodes(t *testing.T) (a, b *DB, conn *pgx.Conn) {
	t.Helper()
	dsn := postgrestest.New(t)
	var nodes []*DB
	for range 2 {
		s, err := Open(ctx, dsn, Options{})
		check(t, err)
		t.Cleanup(func() { check(t, s.Close()) })
		nodes = append(nodes, s)
	}
	return nodes[0], nodes[1], connected(t, dsn)
}

func taken(t *testing.T, s *DB, duty string) dialect.Session {
	t.Helper()
	n, err := s.Take(ctx, duty)
	check(t, err)
	t.Cleanup(func() { check(t, n.Close()) })
	return n
}

// released takes a duty that a connection had which has just ended: the server lets go of it a moment
// later.
func released(s *DB, duty string) (n dialect.Session, err error) {
	for range 100 {
		if n, err = s.Take(ctx, duty); !errors.Is(err, dialect.ErrTaken) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return n, err
}

const note = "INSERT INTO feeds (name) VALUES (?)"

func noteBy(s dialect.Transactions, name string) error {
	return s.Change(ctx, func(tx *gorm.DB) error { return tx.Exec(note, name).Error })
}

// A duty is one node's at a time; others get it once that gives it back, or is let go.
func TestDuty(t *testing.T) {
	t.Parallel()
	a, b, conn := twoNodes(t)
	first := taken(t, a, "cluster main")
	taken(t, b, "cluster annex") // another one is nobody's
	for range 2 {
		if _, err := b.Take(ctx, "cluster main"); !errors.Is(err, dialect.ErrTaken) {
			t.Fatalf("taken twice: %v", err)
		}
	}
	check(t, noteBy(first, "hq"))
	check(t, first.Fence())
	check(t, first.Close())
	if err := errors.Join(first.Fence(), noteBy(first, "late")); !errors.Is(err, dialect.ErrLost) {
		t.Errorf("after it was given back: %v", err)
	}
	second, err := released(b, "cluster main")
	check(t, err)
	check(t, noteBy(second, "annex"))

	execute(t, conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'deskd drives cluster main'")
	if err := noteBy(second, "never"); err == nil {
		t.Error("a session that was ended has written")
	}
	<-second.Lost()
	if err := errors.Join(second.Fence(), noteBy(second, "never")); !errors.Is(err, dialect.ErrLost) {
		t.Errorf("after it was ended: %v", err)
	}
	check(t, second.Close())
	taken(t, a, "cluster main")
	var feeds string
	check(t, conn.QueryRow(ctx, "SELECT string_agg(name, ' ' ORDER BY name) FROM feeds").Scan(&feeds))
	same(t, "written", "annex hq", feeds)
}

// The server lets go of a node of which it hears nothing, in a transaction or out of one, and
// such a node neither writes nor sends.
func TestSilentNode(t *testing.T) {
	for what, inTransaction := range map[string]bool{"idle": false, "in a transaction": true} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			silentNode(t, inTransaction)
		})
	}
}

func silentNode(t *testing.T, inTransaction bool) {
	a, b, conn := twoNodes(t)
	n := taken(t, a, "cluster main").(*Session)
	n.stop() // no heartbeat any more: it is paused
	if inTransaction {
		silent := make(chan error)
		go func() {
			silent <- n.Change(ctx, func(tx *gorm.DB) error {
				<-time.After(sessionTimeout + time.Second)
				return tx.Exec(note, "late").Error
			})
		}()
		defer func() {
			if err := <-silent; err == nil {
				t.Error("a transaction that was ended has written")
			}
		}()
	}
	began := time.Now()
	fenced := time.Duration(0)
	var err error
	for {
		var next dialect.Session
		if next, err = b.Take(ctx, "cluster main"); err == nil {
			check(t, next.Close())
			break
		}
		if !errors.Is(err, dialect.ErrTaken) {
			t.Fatal(err)
		}
		if n.Fence() != nil && fenced == 0 {
			fenced = time.Since(began)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if fenced == 0 || time.Since(began) < fenced+time.Second {
		t.Errorf("it was let go after %s, and might have sent until %s", time.Since(began), fenced)
	}
	if !inTransaction {
		if err := noteBy(n, "late"); !errors.Is(err, dialect.ErrLost) {
			t.Errorf("written by one that was let go: %v", err)
		}
	}
	var late int
	check(t, conn.QueryRow(ctx, "SELECT count(*) FROM feeds").Scan(&late))
	same(t, "rows", 0, late)
}

// A network that swallows everything ends a session, too, while its server waits.
func TestSwallowingNetwork(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.New(t)
	config, err := pgx.ParseConfig(dsn)
	check(t, err)
	var swallow atomic.Bool
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return &swallowing{conn, &swallow}, err
	}
	s, err := openConfig(ctx, config, Options{})
	check(t, err)
	t.Cleanup(func() { swallow.Store(false); check(t, s.Close()) })
	n := taken(t, s, "cluster main")
	swallow.Store(true)
	began := time.Now()
	if err := noteBy(n, "late"); !errors.Is(err, dialect.ErrLost) {
		t.Errorf("written through a network that swallows everything: %v", err)
	}
	<-n.Lost()
	if took := time.Since(began); took > 2*sessionTimeout {
		t.Errorf("it was lost after %s", took)
	}
	read := make(chan error) // by a connection whose answers may take any time
	swallow.Store(false)
	check(t, s.Read(ctx).Exec("SELECT 1").Error)
	swallow.Store(true)
	go func() { read <- s.Read(ctx).Exec("SELECT 1").Error }()
	if n, err := s.Take(ctx, "cluster main"); err == nil {
		t.Error("taken through a network that swallows everything", n.Close())
	}
	for n := 0; len(read) == 0 && n < 5; n++ {
		_, _ = s.Take(ctx, "cluster main")
		select {
		case err := <-read:
			if err == nil {
				t.Error("read through a network that swallows everything")
			}
			return
		default:
		}
	}
	t.Error("who reads hangs")
}

// swallowing writes nothing and never fails.
type swallowing struct {
	net.Conn
	now *atomic.Bool
}

func (s *swallowing) Write(b []byte) (int, error) {
	if s.now.Load() {
		return len(b), nil
	}
	return s.Conn.Write(b)
}

// A duty is refused where the server would not let go of a node, where the clock is wrong,
// and beside a newer schema, in which nothing is written either.
func TestUnfitNode(t *testing.T) {
	t.Parallel()
	a, _, conn := twoNodes(t)
	if err := inForce(ctx, conn, map[string]string{"idle_session_timeout": "4000"}); !errors.Is(err, dialect.ErrUnfit) ||
		!strings.Contains(err.Error(), "idle_session_timeout = 0, and deskd needs 4000") {
		t.Errorf("a time-out that is not in force: %v", err)
	}
	n := taken(t, a, "cluster main")
	execute(t, conn, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)")
	for what, err := range map[string]error{"by the session": noteBy(n, "hq"), "beside it": noteBy(a, "hq")} {
		if !errors.Is(err, dialect.ErrNewerSchema) {
			t.Errorf("written %s beside a newer schema: %v", what, err)
		}
	}
	<-n.Lost()
	if _, err := a.Take(ctx, "cluster annex"); !errors.Is(err, dialect.ErrNewerSchema) {
		t.Errorf("taken beside a newer schema: %v", err)
	}
	if _, _, err := a.Version(ctx); !errors.Is(err, dialect.ErrNewerSchema) {
		t.Errorf("what is shown is of a schema that is not known: %v", err)
	}
	execute(t, conn, "DELETE FROM goose_db_version WHERE version_id = 9999")
	a.mostOff = -time.Minute // no clock is as right as that
	if _, err := released(a, "cluster annex"); !errors.Is(err, dialect.ErrUnfit) || !strings.Contains(err.Error(), "off the database's; set it right") {
		t.Errorf("taken with a wrong clock: %v", err)
	}
	a.mostOff = mostOff
	last, err := released(a, "cluster annex")
	check(t, err)
	defer func() { check(t, last.Close()) }()
	if off := a.ClockOff(); off == nil || off.Abs() > mostOff {
		t.Errorf("clock: %v", off)
	}
}

// A connection that is not the one with the lock is a pooler's.
func TestForeignLock(t *testing.T) {
	t.Parallel()
	a, b, conn := twoNodes(t)
	n := taken(t, a, "cluster main").(*Session)
	execute(t, conn, "SELECT pg_advisory_lock(1)")
	other, err := b.connect("cluster main")
	check(t, err)
	defer other.pool.Close()
	other.key = n.key // which the other one holds
	if err := other.prove(ctx); !errors.Is(err, dialect.ErrUnfit) || !strings.Contains(err.Error(), "pooler") {
		t.Errorf("a lock of another connection: %v", err)
	}
}

// A DSN of its own leads the sessions of duties, and what listens, past what stands between the
// others and the server.
func TestDrivingDSN(t *testing.T) {
	dsn := postgrestest.New(t)
	admin := connected(t, dsn)
	var database string
	check(t, admin.QueryRow(ctx, "SELECT current_database()").Scan(&database))
	role := "past_" + database
	_, err := admin.Exec(ctx, "CREATE ROLE "+role+" SUPERUSER LOGIN")
	check(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(context.Background(), "DROP ROLE "+role)
		check(t, err)
	})
	s, err := Open(ctx, dsn, Options{Driving: dsn + "&user=" + role})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	taken(t, s, "cluster main")
	listening, stop := context.WithCancel(ctx)
	defer stop()
	<-s.Listen(listening)
	for of, want := range map[string]string{"deskd drives cluster main": role, "deskd listens": role, "deskd": admin.Config().User} {
		var got string
		check(t, admin.QueryRow(ctx, "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = $1 AND application_name = $2 AND pid <> pg_backend_pid()", database, of).Scan(&got))
		same(t, "the role of "+of, want, got)
	}
}

// A driving session in another database, or in another schema, than that of the bookings would have
// phones logged in by another's journal: it is refused.
func TestDrivingElsewhere(t *testing.T) {
	t.Parallel()
	dsn, elsewhere := postgrestest.New(t), postgrestest.New(t)
	execute(t, connected(t, dsn), "CREATE SCHEMA own")
	for _, driving := range []string{elsewhere, dsn + "&search_path=own,public"} {
		other, err := Open(ctx, driving, Options{})
		check(t, err)
		check(t, other.Close())
		s, err := Open(ctx, dsn, Options{Driving: driving})
		check(t, err)
		if _, err := s.Take(ctx, "cluster main"); !errors.Is(err, dialect.ErrUnfit) || !strings.Contains(err.Error(), "database.driving_dsn leads to another database than database.dsn") {
			t.Errorf("%s: %v", driving, err)
		}
		check(t, s.Close())
	}
}

// A proxy that leads the connections for bookings to another server later, as after a failover,
// while the driving session is with the one of before, ends that.
func TestLedElsewhere(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "server") // which stands for the proxy
	lead := func(to *postgrestest.Server) string {
		config, err := pgx.ParseConfig(to.DSN("desks"))
		check(t, err)
		check(t, errors.Join(os.RemoveAll(link), os.Symlink(config.Host, link)))
		return to.DSN("desks")
	}
	before, after := postgrestest.Start(t), postgrestest.Start(t)
	for _, server := range []*postgrestest.Server{after, before} {
		server.Execute(t, "postgres", "CREATE DATABASE desks")
		s, err := Open(ctx, lead(server), Options{})
		check(t, err)
		check(t, s.Close())
	}
	s, err := Open(ctx, postgrestest.DSN(link, "desks"), Options{Driving: before.DSN("desks")})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	n := taken(t, s, "cluster main")
	const looks = (togetherEvery + 2) * beatEvery
	select {
	case <-n.Lost():
		t.Fatalf("lost: %v", n.Fence())
	case <-time.After(looks):
	}
	lead(after)
	before.Execute(t, "desks", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'deskd'")
	select {
	case <-n.Lost():
	case <-time.After(2 * looks):
		t.Fatal("it is not lost")
	}
	if err := n.Fence(); !errors.Is(err, dialect.ErrLost) || !strings.Contains(err.Error(), "leads to another database") {
		t.Error(err)
	}
}
