package postgres

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// lines are the connections to a server. A network that swallows everything is no reason to
// hang for ever: where an answer has a time (a driving session's), the connection ends when
// that is over; and as the others may take theirs, they end with that one if they have waited
// as long.
type lines struct {
	mu  sync.Mutex
	all map[*line]bool
}

// dial dials as another does. An answer may take so long, 0 for any time.
func (l *lines) dial(dial pgconn.DialFunc, within time.Duration) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c := &line{Conn: conn, of: l, within: within}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.all == nil {
			l.all = make(map[*line]bool)
		}
		l.all[c] = true
		return c, nil
	}
}

// hangUp ends the connections that have waited for an answer for so long.
func (l *lines) hangUp(waited time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		if since := c.since.Load(); since != nil && time.Since(*since) >= waited {
			c.end()
		}
	}
}

// line is one of them.
type line struct {
	net.Conn
	of     *lines
	within time.Duration
	since  atomic.Pointer[time.Time] // when it began to wait, nil while it does not
	silent atomic.Bool
}

// Read implements [net.Conn].
func (c *line) Read(b []byte) (int, error) { return c.waited(c.Conn.Read, b) }

// Write implements [net.Conn].
func (c *line) Write(b []byte) (int, error) { return c.waited(c.Conn.Write, b) }

// Close implements [net.Conn].
func (c *line) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	delete(c.of.all, c)
	return c.Conn.Close()
}

// end ends the connection, and with it what waits.
func (c *line) end() {
	c.silent.Store(true)
	_ = c.Conn.Close()
}

func (c *line) waited(do func([]byte) (int, error), b []byte) (int, error) {
	began := time.Now()
	c.since.Store(&began)
	defer c.since.Store(nil)
	if c.within > 0 {
		t := time.AfterFunc(c.within, func() {
			c.end()
			c.of.hangUp(c.within / 2)
		})
		defer t.Stop()
	}
	n, err := do(b)
	if err != nil && c.silent.Load() {
		err = fmt.Errorf("the server has said nothing for %s: %w", time.Since(began).Round(time.Millisecond), err)
	}
	return n, err
}
