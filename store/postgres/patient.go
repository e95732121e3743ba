package postgres

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// patient dials connections that end when the other side says nothing for so long, though it
// was asked: a network that swallows everything is no reason to hang for ever.
func patient(dial pgconn.DialFunc, within time.Duration) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &patientConn{Conn: conn, within: within}, nil
	}
}

type patientConn struct {
	net.Conn
	within time.Duration
	silent atomic.Bool
}

// Read implements [net.Conn].
func (c *patientConn) Read(b []byte) (int, error) { return c.waited(c.Conn.Read, b) }

// Write implements [net.Conn].
func (c *patientConn) Write(b []byte) (int, error) { return c.waited(c.Conn.Write, b) }

func (c *patientConn) waited(do func([]byte) (int, error), b []byte) (int, error) {
	t := time.AfterFunc(c.within, func() {
		c.silent.Store(true)
		_ = c.Conn.Close() // which ends what waits
	})
	defer t.Stop()
	n, err := do(b)
	if err != nil && c.silent.Load() {
		err = fmt.Errorf("the server has said nothing for %s: %w", c.within, err)
	}
	return n, err
}
