package postgres

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// failing loses connections at their commit.
type failing struct {
	cut    atomic.Int32 // how the next commit is lost
	closed atomic.Bool  // nobody can be reached
}

const (
	beforeCommit = 1 + iota // the server has not got it
	afterCommit             // the server's answer is lost
)

func (f *failing) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if f.closed.Load() {
		return nil, errors.New("no way to the server")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	return &failingConn{conn, f}, err
}

type failingConn struct {
	net.Conn
	of *failing
}

func (c *failingConn) Write(b []byte) (int, error) {
	if !bytes.Contains(b, []byte("commit")) {
		return c.Conn.Write(b)
	}
	switch c.of.cut.Swap(0) {
	case beforeCommit:
		return 0, errors.Join(errors.New("cut"), c.Conn.Close())
	case afterCommit:
		if _, err := c.Conn.Write(b); err != nil {
			return 0, err
		}
		_, err := c.Conn.Read(make([]byte, 1024)) // it is done
		return 0, errors.Join(errors.New("cut"), err, c.Conn.Close())
	}
	return c.Conn.Write(b)
}

// A commit whose answer is lost was made or was not: the server says which.
func TestOutcome(t *testing.T) {
	dsn := postgrestest.New(t)
	config, err := pgx.ParseConfig(dsn)
	check(t, err)
	var net failing
	config.DialFunc = net.dial
	s, err := openConfig(ctx, config, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	write := func(name string) error {
		return s.Change(dialect.WithAudited(ctx), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO people (id) VALUES (?)", name).Error
		})
	}
	people := func() (all []string) {
		check(t, s.Read(ctx).Raw("SELECT id FROM people ORDER BY id").Scan(&all).Error)
		return all
	}
	check(t, write("ada"))
	net.cut.Store(afterCommit)
	check(t, write("max")) // it is there, and the caller hears so
	net.cut.Store(beforeCommit)
	if err := write("zoe"); err == nil || errors.Is(err, dialect.ErrCommit) {
		t.Errorf("what was not written: %v", err)
	}
	same(t, "people", []string{"ada", "max"}, people())
	if changed, err := s.Changed(ctx); changed || err != nil {
		t.Errorf("its own changes are told as another's: %v", err)
	}
	s.asks = 300 * time.Millisecond
	net.cut.Store(afterCommit)
	err = s.Change(ctx, func(tx *gorm.DB) error {
		net.closed.Store(true)
		for _, pool := range s.pools { // what is idle could still ask
			pool.SetMaxIdleConns(-1)
		}
		return tx.Exec("INSERT INTO sites (name, zone) VALUES ('berlin', 'Europe/Berlin')").Error
	})
	if !errors.Is(err, dialect.ErrCommit) {
		t.Errorf("what nobody knows: %v", err)
	}
	<-s.Failed()
	net.closed.Store(false)
	if err := write("eve"); !errors.Is(err, dialect.ErrStopped) {
		t.Errorf("after it: %v", err)
	}
}

// A transaction that reads and then writes has nobody between the two, from whichever node.
func TestOneWriter(t *testing.T) {
	dsn := postgrestest.New(t)
	var nodes []*DB
	for range 2 {
		s, err := Open(ctx, dsn, Options{})
		check(t, err)
		t.Cleanup(func() { check(t, s.Close()) })
		nodes = append(nodes, s)
	}
	check(t, nodes[0].Change(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO feeds (name) VALUES ('hq')").Error
	}))
	const times = 50
	done := make(chan error)
	for i, s := range nodes {
		go func() {
			var err error
			for range times {
				of := ctx
				if i > 0 { // who writes of the audit is no exception
					of = dialect.WithAudited(ctx)
				}
				err = errors.Join(err, s.Change(of, func(tx *gorm.DB) error {
					var n int
					read := tx.Raw("SELECT failures FROM feeds").Row().Scan(&n)
					return errors.Join(read, tx.Exec("UPDATE feeds SET failures = ?", n+1).Error)
				}))
			}
			done <- err
		}()
	}
	check(t, errors.Join(<-done, <-done))
	var n int
	check(t, nodes[0].Read(ctx).Raw("SELECT failures FROM feeds").Row().Scan(&n))
	same(t, "counted", 2*times, n)
}

// A program that does not commit keeps the audit, and nothing else.
func TestBesideOpenTransaction(t *testing.T) {
	s, conn := opened(t)
	execute(t, conn, "BEGIN", "INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('4.12', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')")
	const feed = "INSERT INTO feeds (name) VALUES (?)"
	check(t, s.Change(ctx, func(tx *gorm.DB) error { return tx.Exec(feed, "hq").Error }))
	waiting := make(chan error)
	go func() {
		waiting <- s.Change(dialect.WithAudited(ctx), func(tx *gorm.DB) error { return tx.Exec("INSERT INTO people (id) VALUES ('ada')").Error })
	}()
	for {
		var n int
		check(t, s.Read(ctx).Raw("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").Row().Scan(&n))
		if n > 0 {
			break
		}
		select {
		case err := <-waiting:
			t.Fatalf("nobody was waited for: %v", err)
		default:
		}
	}
	check(t, s.Change(ctx, func(tx *gorm.DB) error { return tx.Exec(feed, "annex").Error })) // not behind the one who waits
	execute(t, conn, "COMMIT")
	check(t, <-waiting)
	var first string
	check(t, s.Read(ctx).Raw("SELECT kind FROM audit ORDER BY id LIMIT 1").Row().Scan(&first))
	same(t, "first", "reservation", first)
}

// Numbers have no gaps, whatever is undone, and are visible in their order.
func TestNumbersInOrder(t *testing.T) {
	dsn := postgrestest.New(t)
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	const programs, rows = 8, 20
	done := make(chan error, programs)
	for i := range programs {
		conn := connected(t, dsn)
		go func() {
			var err error
			for n := range rows {
				tx, begun := conn.Begin(ctx)
				if begun != nil {
					done <- begun
					return
				}
				_, inserted := tx.Exec(ctx, "INSERT INTO people (id) VALUES ($1)", []byte{byte('a' + i), byte('a' + n)})
				if n%3 == 0 {
					err = errors.Join(err, inserted, tx.Rollback(ctx))
				} else {
					err = errors.Join(err, inserted, tx.Commit(ctx))
				}
			}
			done <- err
		}()
	}
	for left := programs; left > 0; {
		var n, last int64
		check(t, s.Read(ctx).Raw("SELECT count(*), coalesce(max(id), 0) FROM audit").Row().Scan(&n, &last))
		same(t, "rows up to the newest", last, n)
		select {
		case err := <-done:
			check(t, err)
			left--
		default:
		}
	}
	numbered, err := dialect.Of(s.Read(ctx)).Numbered(s.Read(ctx), "audit")
	check(t, err)
	same(t, "numbered", int64(programs*13), numbered)
}
