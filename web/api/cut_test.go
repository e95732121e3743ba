package api

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"deskd/reservations"
	"deskd/store"
	"deskd/store/postgrestest"
)

// cut is a way to the PostgreSQL server, on which connections end when something is committed.
type cut struct {
	mu    sync.Mutex
	armed string // "before" the server hears of a commit, or "after" that; "" for neither
	gone  bool   // then all connections end, and there are no more
	cuts  int
	conns []net.Conn
}

// newCut is a way to the server that dsn names, and a DSN that goes by it.
func newCut(t *testing.T, dsn string) (*cut, string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "cut") // short: a socket's path has 107 bytes
	check(t, err)
	at, err := url.Parse(dsn)
	check(t, err)
	const name = "/.s.PGSQL.5432"
	server := at.Query().Get("host") + name
	listener, err := net.Listen("unix", folder+name)
	check(t, err)
	t.Cleanup(func() { check(t, errors.Join(listener.Close(), os.RemoveAll(folder))) })
	c := &cut{}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", server)
			if err != nil || !c.lets(near, far) {
				_ = near.Close()
				continue
			}
			go c.carry(near, far)
		}
	}()
	at.RawQuery = url.Values{"host": {folder}}.Encode()
	return c, at.String()
}

// carry carries what comes and goes on a connection, until it is cut.
func (c *cut) carry(near, far net.Conn) {
	var deaf atomic.Bool
	end := func() { _, _ = near.Close(), far.Close() }
	go func() {
		defer end()
		buf := make([]byte, 64<<10)
		for {
			n, err := far.Read(buf)
			if err != nil || deaf.Load() {
				return
			}
			if _, err := near.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	defer end()
	buf := make([]byte, 64<<10)
	for {
		n, err := near.Read(buf)
		if err != nil {
			return
		}
		switch c.at(buf[:n]) {
		case "before":
			return
		case "after":
			deaf.Store(true)
			_, _ = far.Write(buf[:n])
			_, _ = far.Read(buf) // the server has done it
			c.over()
			return
		}
		if _, err := far.Write(buf[:n]); err != nil {
			return
		}
	}
}

// at is what becomes of the connection on which a message goes to the server.
func (c *cut) at(message []byte) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed == "" || !bytes.Contains(message, []byte("commit\x00")) {
		return ""
	}
	how := c.armed
	c.armed = ""
	c.cuts++
	return how
}

func (c *cut) arm(how string, gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.gone = how, gone
}

// lets lets a new connection through, unless the server is gone.
func (c *cut) lets(ends ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, ends...)
	return c.cuts == 0 || !c.gone
}

// over ends all connections, if the server is gone.
func (c *cut) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.conns {
		if c.gone {
			_ = one.Close()
		}
	}
}

// A connection to the server that ends while a booking is committed leaves nobody in doubt:
// the answer says what was done, or that it is not known, and the same key finds it out.
func TestCutAtCommit(t *testing.T) {
	for name, c := range map[string]struct {
		how    string
		gone   bool // the server cannot be asked afterwards
		status int
		code   any
		then   int // with the same key
	}{
		"before":               {"before", false, 503, "unavailable", 201},
		"after":                {"after", false, 201, nil, 200},
		"after, and then gone": {"after", true, 503, "unknown_outcome", 200},
	} {
		t.Run(name, func(t *testing.T) {
			if c.gone && os.Getenv("DESKD_ABUSE") == "" {
				t.Skip("make abuse runs it: the server is asked for ten seconds")
			}
			way, dsn := newCut(t, postgrestest.New(t))
			w := newWorld(t, dsn)
			boss, key := w.secrets[reservations.RoleFacilities], []string{"Idempotency-Key", "k"}
			w.do(ask{boss, "GET", "/desks", nil, nil}) // its use is written down
			way.arm(c.how, c.gone)
			got := w.do(ask{boss, "POST", "/reservations", wish("D1", "max", 1, 2), key})
			if got.status != c.status || got.json(t)["code"] != c.code || (got.status == 503) != (got.header.Get("Retry-After") != "") {
				t.Errorf("%d %v %s", got.status, got.header, got.text)
			}
			way.arm("", false)
			if c.gone { // the daemon has ended, and was started again
				again, err := store.Open(ctx, dsn, store.Options{})
				check(t, err)
				check(t, w.store.Close())
				w.store = again
				w.handler, err = Handler(w.deps())
				check(t, err)
			}
			if got := w.do(ask{boss, "POST", "/reservations", wish("D1", "max", 1, 2), key}); got.status != c.then {
				t.Errorf("again: %d %s", got.status, got.text)
			}
			if all := w.do(ask{boss, "GET", "/reservations", nil, nil}).list(t, "items"); len(all) != 1 || way.cuts != 1 {
				t.Errorf("%d bookings after %d cuts: %v", len(all), way.cuts, all)
			}
		})
	}
}
