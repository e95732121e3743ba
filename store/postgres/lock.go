package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"deskd/store/dialect"
)

// Lock says that this process alone acts on a database, or with others as one of its nodes. It
// is held by a connection of its own, and released when that ends, whatever ends it.
type Lock struct {
	config *pgx.ConnConfig
	node   string // "" for one that acts alone

	mu   sync.Mutex
	conn *pgx.Conn
}

// lockWithin is how long the server may take to answer about the lock.
const lockWithin = 5 * time.Second

// releasedWithin is for how long a lock that another connection has is asked for again: the
// server lets go of what a killed process had a moment after its connection has ended.
const (
	releasedWithin = time.Second
	askedAgain     = 50 * time.Millisecond
)

// The lock of those who act, by the numbers of the others: see change.go. Nodes share it; each
// has a lock of its name besides.
const (
	lockActing  = "SELECT pg_try_advisory_lock(1684366187, 3)"
	lockBeside  = "SELECT pg_try_advisory_lock_shared(1684366187, 3)"
	lockOfNamed = "SELECT pg_try_advisory_lock($1)"
	// actors asks who has it, the way a person would look for them. The process is the server's.
	actors = `SELECT format('%s on %s since %s (process %s of the server)', coalesce('node ' || nullif(substr(a.application_name, 12), ''), 'a command'),
			coalesce(host(a.client_addr), 'the server itself'), to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.pid)
		FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.classid = 1684366187 AND l.objid = 3 AND l.objsubid = 2 AND l.granted
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`
)

// Acquire takes the lock of the database that dsn names. It waits for no more than a second, for
// a process that has just been killed: the error is [dialect.ErrLocked] and names the holder.
func Acquire(ctx context.Context, dsn string) (*Lock, error) { return acquire(ctx, dsn, "") }

// Join takes the lock for one of the nodes of a database, by its name. It waits as
// [Acquire] does: the error is [dialect.ErrLocked] while another process acts alone, or has
// the name.
func Join(ctx context.Context, dsn, node string) (*Lock, error) { return acquire(ctx, dsn, node) }

func acquire(ctx context.Context, dsn, node string) (*Lock, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	config.ValidateConnect = primary // a replica has locks of its own
	settled(config, nil)             // it waits for as long as the process lasts
	config.RuntimeParams["application_name"] = named(strings.TrimSpace("deskd lock " + node))
	l := &Lock{config: config, node: node}
	if err := l.take(ctx); err != nil {
		return nil, fmt.Errorf("lock database %s: %w", Name(config), explain(err))
	}
	return l, nil
}

// take connects, and takes the lock on that connection.
func (l *Lock) take(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lockWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return err
	}
	err = l.takeOn(ctx, conn)
	for end := time.Now().Add(releasedWithin); errors.Is(err, dialect.ErrLocked) && time.Now().Before(end); {
		time.Sleep(askedAgain)
		err = l.takeOn(ctx, conn)
	}
	if err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	l.conn = conn
	return nil
}

// takeOn takes the lock on a connection, or what of it the connection does not have yet: one
// lock may be taken several times, and all of them end with the connection.
func (l *Lock) takeOn(ctx context.Context, conn *pgx.Conn) error {
	lock := lockActing
	if l.node != "" {
		lock = lockBeside
	}
	var taken bool
	switch err := conn.QueryRow(ctx, lock).Scan(&taken); {
	case err != nil:
		return err
	case !taken:
		var who string
		err = conn.QueryRow(ctx, "SELECT coalesce(string_agg(who, ', ' ORDER BY who), 'it has just ended') FROM ("+actors+") AS a(who)").Scan(&who)
		return errors.Join(fmt.Errorf("%w: %s", dialect.ErrLocked, who), err)
	case l.node == "":
		return nil
	}
	if err := conn.QueryRow(ctx, lockOfNamed, keyOf("node "+l.node)).Scan(&taken); err != nil {
		return err
	}
	if !taken {
		return fmt.Errorf("%w as node %q: give this one another name (key database.node)", dialect.ErrLocked, l.node)
	}
	return nil
}

// Held takes the lock again when its connection was lost. The error is [dialect.ErrLocked]
// when another process has taken it since. A server that does not answer is no error:
// nothing can be written then, and nothing is sent.
func (l *Lock) Held() error {
	ctx, cancel := context.WithTimeout(context.Background(), lockWithin)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil && l.conn.Ping(ctx) == nil {
		return nil
	}
	if l.conn != nil {
		_ = l.conn.Close(ctx) // it is lost already
		l.conn = nil
	}
	if err := l.take(ctx); errors.Is(err, dialect.ErrLocked) {
		return fmt.Errorf("lock database %s: %w", Name(l.config), err)
	}
	return nil
}

// Close releases the lock: who asks for it next finds it free. The end of a connection alone
// frees it a moment later.
func (l *Lock) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockWithin)
	defer cancel()
	_, _ = l.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()") // a connection that is lost has lost its locks
	return l.conn.Close(ctx)
}

// Held reports whether a process holds the lock of the database that dsn names.
func Held(ctx context.Context, dsn string) (held bool, err error) {
	config, err := parse(dsn)
	if err != nil {
		return false, fmt.Errorf("look at the lock of the database: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err == nil {
		err = errors.Join(conn.QueryRow(ctx, "SELECT EXISTS ("+actors+")").Scan(&held), conn.Close(ctx))
	}
	if err != nil {
		return false, fmt.Errorf("look at the lock of the database %s: %w", Name(config), explain(err))
	}
	return held, nil
}
