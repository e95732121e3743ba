package emulator

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Down makes the service unreachable, or reachable again: requests in process
// fail as if the connection had been refused, and so do those to a listener of
// [Emulator.Listen], whose connections are closed. A service that has been down
// has an empty credential cache.
func (e *Emulator) Down(down bool) { e.setDown(down, 0) }

// DownFor makes the service unreachable for as long as d.
func (e *Emulator) DownFor(d time.Duration) { e.setDown(d > 0, d) }

func (e *Emulator) setDown(down bool, d time.Duration) {
	now, release := e.access()
	e.down, e.downUntil = down, time.Time{}
	if down {
		clear(e.cache)
	}
	if d > 0 {
		e.downUntil = now.Add(d)
	}
	gates := e.gates
	release()
	for _, g := range gates {
		g.follow()
	}
}

// isDown reports whether the service is down now.
func (e *Emulator) isDown() bool {
	_, release := e.access()
	defer release()
	return e.down
}

// Listen listens on a TCP address for [Emulator.ServeHTTP]. While the service is
// down the address is closed, so that connecting to it is refused by the
// operating system; afterwards it is opened again. Accept ends with an error
// when that fails, because another program has taken the address meanwhile.
func (e *Emulator) Listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	g := &gate{e: e, addr: l.Addr(), l: l, conns: make(map[*guest]bool), moved: make(chan struct{}, 1), gone: make(chan struct{})}
	_, release := e.access()
	e.gates = append(e.gates, g)
	release()
	g.follow()
	return g, nil
}

func listen(ctx context.Context, address string) (*net.TCPListener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l.(*net.TCPListener), nil //nolint:errcheck // what listening on "tcp" returns
}

// gate is a listener that is closed while the service is down.
type gate struct {
	e     *Emulator
	addr  net.Addr
	moved chan struct{} // a field below has changed
	gone  chan struct{} // closed by Close

	mu     sync.Mutex
	l      *net.TCPListener // nil while the service is down
	conns  map[*guest]bool
	err    error // of opening it again
	closed bool
}

// guest is a connection that ends when the service goes down.
type guest struct {
	*net.TCPConn
	g *gate
}

// Close ends the connection.
func (c *guest) Close() error {
	c.g.mu.Lock()
	delete(c.g.conns, c)
	c.g.mu.Unlock()
	return c.TCPConn.Close()
}

// follow opens or closes the address as the service is up or down.
func (g *gate) follow() {
	down := g.e.isDown()
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed || g.err != nil || down == (g.l == nil):
		return
	case down:
		g.shut()
	default:
		g.l, g.err = listen(context.Background(), g.addr.String())
		if g.err != nil {
			g.l = nil
		}
	}
	select {
	case g.moved <- struct{}{}:
	default: // Accept has not noticed an earlier move yet
	}
}

func (g *gate) shut() {
	_ = g.l.Close()
	g.l = nil
	for c := range g.conns {
		_ = c.SetLinger(0)
		_ = c.TCPConn.Close()
	}
	clear(g.conns)
}

// listener returns the open listener, nil while there is none.
func (g *gate) listener() (*net.TCPListener, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, net.ErrClosed
	}
	return g.l, g.err
}

// lookout is how often a waiting Accept looks whether an outage of limited time
// is over: the clock may be one that only moves when told to.
const lookout = 20 * time.Millisecond

// Accept returns the next connection, and waits while the service is down.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.follow()
		l, err := g.listener()
		if err != nil {
			return nil, err
		}
		if l == nil {
			g.wait()
			continue
		}
		conn, err := l.AcceptTCP()
		if err == nil {
			if c := g.admit(conn, l); c != nil {
				return c, nil
			}
			continue
		}
		if now, _ := g.listener(); now == l {
			return nil, err
		}
	}
}

func (g *gate) wait() {
	timer := time.NewTimer(lookout)
	defer timer.Stop()
	select {
	case <-g.moved:
	case <-g.gone:
	case <-timer.C:
	}
}

// admit takes a connection in, unless the service went down meanwhile.
func (g *gate) admit(conn *net.TCPConn, l *net.TCPListener) net.Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.l != l {
		_ = conn.Close()
		return nil
	}
	c := &guest{conn, g}
	g.conns[c] = true
	return c
}

// Close ends Accept with net.ErrClosed. Connections stay.
func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return net.ErrClosed
	}
	g.closed = true
	close(g.gone)
	if g.l == nil {
		return nil
	}
	return g.l.Close()
}

// Addr is the address, which stays the same.
func (g *gate) Addr() net.Addr { return g.addr }
