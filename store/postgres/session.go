package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"deskd/store/dialect"
)

// Session is a driving session: a connection of its own that holds the advisory lock of a
// duty, and by which the intents of that duty are committed. Who has lost the lock has lost
// the connection, and cannot commit.
//
//	this node                                  the server
//	heartbeat, a second after the other  ───>  the connection is alive
//	nothing for sessionTimeout           ───>  ends it: the lock is free
//	proof older than [dialect.FenceFor]        (still holds the lock for as long again)
//	  sends nothing, proves itself first
type Session struct {
	db   *DB
	duty string
	key  int64
	pool *sql.DB
	conn *gorm.DB

	mu     sync.Mutex
	proven time.Time // the server had the lock for us no earlier than this
	cause  error     // why it was lost

	ended  sync.Once
	lost   chan struct{}
	stop   context.CancelFunc
	beside sync.WaitGroup
}

// sessionTimeout is after how long the server ends a driving session of which it hears
// nothing: its node is dead, paused or cut off.
const sessionTimeout = 4 * time.Second

// How often a session proves that it is alive, and how long an answer may take.
const (
	beatEvery  = time.Second
	beatWithin = sessionTimeout - beatEvery
	// togetherEvery is after how many beats it is looked whether a proxy has led the other
	// connections elsewhere.
	togetherEvery = 5
)

// mostOff is by how much a node's clock may differ from the database's: bookings begin and
// end by the node's.
const mostOff = 2 * time.Second

// Take takes a duty: see [dialect.Duties]. The connection of one that another node has stays
// open for the next try.
func (s *DB) Take(ctx context.Context, duty string) (dialect.Session, error) {
	if s.writes.journal == nil {
		return nil, dialect.ErrReadOnly
	}
	s.waiting.Lock()
	defer s.waiting.Unlock()
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	n := s.waiting.sessions[duty]
	delete(s.waiting.sessions, duty)
	var err error
	if n == nil {
		if n, err = s.connect(duty); err != nil {
			return nil, fmt.Errorf("take %s: %w", duty, s.ofDriving(err))
		}
	}
	switch err = n.take(ctx); {
	case errors.Is(err, dialect.ErrTaken):
		s.waiting.sessions[duty] = n
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("take %s: %w", duty, errors.Join(s.ofDriving(err), n.pool.Close()))
	}
	n.begin()
	return n, nil
}

// waiting are the connections of duties that others have.
type waiting struct {
	sync.Mutex
	sessions map[string]*Session
}

// Close ends them.
func (w *waiting) Close() (err error) {
	w.Lock()
	defer w.Unlock()
	for duty, n := range w.sessions {
		err = errors.Join(err, n.pool.Close())
		delete(w.sessions, duty)
	}
	return err
}

// once makes one connection, and never another in its place: the lock would not be the
// new one's.
type once struct {
	driver.Connector
	made *atomic.Bool
}

// Connect implements [driver.Connector].
func (o once) Connect(ctx context.Context) (driver.Conn, error) {
	if o.made.Swap(true) {
		return nil, dialect.ErrLost
	}
	return o.Connector.Connect(ctx)
}

// connect makes the connection of a duty, and looks whether the server lets go of those who
// are silent.
func (s *DB) connect(duty string) (*Session, error) {
	config := s.driving.Copy()
	timeouts := timeoutsOf(config)
	settled(config, forWriting)
	maps.Copy(config.RuntimeParams, timeouts)
	config.RuntimeParams["application_name"] = named("deskd drives " + duty)
	config.RuntimeParams["lock_timeout"] = timeouts["statement_timeout"]
	config.DialFunc = s.lines.dial(config.DialFunc, sessionTimeout)
	pool := sql.OpenDB(textual{once{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(prepared(withInstants, durable, func(ctx context.Context, conn *pgx.Conn) error {
		return inForce(ctx, conn, timeouts)
	}))), new(atomic.Bool)}})
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1)
	n := &Session{db: s, duty: duty, key: keyOf(duty), pool: pool, lost: make(chan struct{})}
	var err error
	if n.conn, err = Wrap(pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return n, nil
}

// keyOf is the number of a lock that has a name.
func keyOf(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any number does
}

// named is an application_name as the server keeps it.
func named(name string) string { return name[:min(len(name), 63)] }

// take takes the lock if nobody has it, and looks whether this node may have it.
func (n *Session) take(ctx context.Context) error {
	var taken bool
	var clock int64
	asked := time.Now()
	if err := n.conn.WithContext(ctx).Raw("SELECT pg_try_advisory_lock(?), "+serverClock, n.key).Row().Scan(&taken, &clock); err != nil {
		return err
	}
	n.compare(asked, clock) // who stands by has to know, too
	if !taken {
		return fmt.Errorf("%s: %w", n.duty, dialect.ErrTaken)
	}
	err := n.prove(ctx)
	if errors.Is(err, dialect.ErrUnfit) {
		return err
	}
	return cmp.Or(n.together(ctx), err) // another database may have no tables
}

// proof asks whether the lock is this connection's: a pooler may have put another one in its
// place.
const proof = `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
		AND classid = (?::bigint >> 32) & 4294967295 AND objid = ?::bigint & 4294967295 AND objsubid = 1),
	` + serverClock + `, (` + schemaVersion + `)`

// serverClock is the server's, in milliseconds since 1970.
const serverClock = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

// compare notes by how much this node's clock is ahead of the server's, as that was when it
// was asked, and within what the answer allows.
func (n *Session) compare(asked time.Time, server int64) (ahead, within time.Duration) {
	half := time.Since(asked) / 2
	ahead = asked.Add(half).Sub(time.UnixMilli(server))
	n.db.noteClock(ahead)
	return ahead, half
}

// prove asks the server whether the lock is held, and notes that it was when it was asked.
func (n *Session) prove(ctx context.Context) error {
	asked := time.Now()
	var held bool
	var clock, version int64
	if err := n.conn.WithContext(ctx).Raw(proof, n.key, n.key).Row().Scan(&held, &clock, &version); err != nil {
		return err
	}
	off, half := n.compare(asked, clock)
	switch {
	case !held:
		return fmt.Errorf("%w: the connection does not have the lock that was given to it: database.driving_dsn leads to a pooler; name the server itself", dialect.ErrUnfit)
	case off.Abs() > n.db.mostOff+half:
		return fmt.Errorf("%w: its clock is %s off the database's; set it right (chrony, systemd-timesyncd)", dialect.ErrUnfit, off.Round(time.Millisecond))
	}
	if err := n.db.outgrown(version); err != nil {
		return err
	}
	n.note(asked)
	return nil
}

// begin begins the heartbeat.
func (n *Session) begin() {
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.beside.Go(func() {
		for beats := 1; dialect.Pause(ctx, beatEvery) == nil; beats++ {
			err := n.beat(ctx, beatWithin, n.prove)
			if err == nil && beats%togetherEvery == 0 {
				if err = n.beat(ctx, beatEvery, n.together); !errors.Is(err, dialect.ErrUnfit) {
					err = nil // the others may not reach the server for a while
				}
			}
			if err != nil && ctx.Err() == nil {
				n.lose(err)
				return
			}
		}
	})
}

func (n *Session) beat(ctx context.Context, within time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return do(ctx)
}

// note notes that the lock was held at an instant.
func (n *Session) note(at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.After(n.proven) {
		n.proven = at
	}
}

// Fence implements [dialect.Session]: by the monotonic clock, and by the wall clock, which
// goes on while a machine sleeps.
func (n *Session) Fence() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	age := max(now.Sub(n.proven), now.Round(0).Sub(n.proven.Round(0)).Abs())
	switch {
	case errors.Is(n.cause, dialect.ErrLost):
		return n.cause
	case n.cause != nil:
		return fmt.Errorf("%w: %w", dialect.ErrLost, n.cause)
	case age > dialect.FenceFor:
		return fmt.Errorf("%w for certain: the database was last heard of %s ago", dialect.ErrLost, age.Round(time.Millisecond))
	}
	return nil
}

// Lost implements [dialect.Session].
func (n *Session) Lost() <-chan struct{} { return n.lost }

// lose ends the session, once.
func (n *Session) lose(cause error) {
	n.ended.Do(func() {
		n.resign(cause)
		n.beside.Go(func() { _ = n.pool.Close() }) // which waits for a transaction that is under way
	})
}

// resign has nothing written or sent any more.
func (n *Session) resign(cause error) {
	n.mu.Lock()
	n.cause = n.db.ofDriving(cause)
	n.mu.Unlock()
	close(n.lost)
	n.stop()
}

// errGivenBack is why a session was lost that was closed.
var errGivenBack = errors.New("it was given back")

// Close implements [dialect.Session]. Another node may have the duty when it returns.
func (n *Session) Close() error {
	n.ended.Do(func() {
		n.resign(errGivenBack)
		ctx, cancel := context.WithTimeout(context.Background(), beatWithin)
		defer cancel()
		_ = n.conn.WithContext(ctx).Exec("SELECT pg_advisory_unlock(?)", n.key).Error // the end of the connection does so as well
	})
	n.beside.Wait()
	return n.pool.Close()
}

// Read implements [dialect.Transactions]: by the connections that are for it.
func (n *Session) Read(ctx context.Context) *gorm.DB { return n.db.Read(ctx) }

// Snapshot implements [dialect.Transactions].
func (n *Session) Snapshot(ctx context.Context, do func(tx *gorm.DB) error) error {
	return n.db.Snapshot(ctx, do)
}

// Change implements [dialect.Transactions]. What the audit records may have to wait for
// other programs, and no login is to wait behind it: it goes by the connection that is for
// it, once the session has proven that it has its lock still.
func (n *Session) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	if dialect.IsAudited(ctx) {
		if err := n.sure(ctx); err != nil {
			return err
		}
		return n.db.Change(ctx, do)
	}
	select {
	case <-n.lost:
		return n.Fence()
	default:
	}
	begun := time.Now()
	err := n.db.transact(ctx, n.conn, n.commit, do)
	switch {
	case err == nil:
		n.note(begun)
	case isGone(err):
		n.lose(err)
		err = fmt.Errorf("%w: %w", dialect.ErrLost, err)
	}
	return err
}

// isGone reports whether an error says that the connection has ended.
func isGone(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.SeverityUnlocalized != "ERROR"
	}
	var n net.Error
	// Quirk: of a connection that pgx has closed because a statement took too long, it has an
	// error of its own, which only its words tell.
	if strings.Contains(err.Error(), "conn closed") {
		return true
	}
	return errors.Is(err, errUnknown) || errors.Is(err, dialect.ErrLost) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &n) && !errors.Is(err, context.DeadlineExceeded)
}

// errUnknown is the outcome of a commit that the server has not told.
var errUnknown = errors.New("it is not known whether it was committed")

// sure proves that the duty is held, unless that is certain.
func (n *Session) sure(ctx context.Context) error {
	if n.Fence() == nil {
		return nil
	}
	if err := n.beat(ctx, beatWithin, n.prove); err != nil && ctx.Err() == nil {
		n.lose(err)
	}
	return n.Fence()
}

// commit ends a transaction. One of unknown outcome ends the session: who takes the duty
// next reads what there is.
func (n *Session) commit(tx *gorm.DB, _ *given) error {
	err := tx.Commit().Error
	if err == nil || answered(err) {
		return explain(err)
	}
	return fmt.Errorf("%w: %w", errUnknown, explain(err))
}
