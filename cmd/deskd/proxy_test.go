package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// toxics are what a proxy does to the connections through it. The zero toxics
// do nothing.
type toxics struct {
	up, down toxic  // to the server, and from it
	only     string // a text of the requests that are spoilt, empty for all
	refuse   bool   // nobody listens
	rot      bool   // what stands when this begins swallows from then on; new connections are well
}

// toxic is done to one direction.
type toxic struct {
	delay, jitter time.Duration // before each piece
	pieces        int           // the most bytes in one; 0: as they come
	rate          int           // bytes a second; 0: no limit
	swallow       bool          // nothing arrives and nobody is told, as in a firewall that forgot
	end           ending        // of the connection …
	after         int           // … once so many bytes have passed
}

type ending int

const (
	never   ending = iota
	byReset        // RST
	byClose        // FIN
)

// proxy stands between two ends of TCP, and spoils what passes.
type proxy struct {
	to, at string

	mu       sync.Mutex
	toxics   toxics
	listener net.Listener // nil while it refuses
	held     int          // the socket that keeps the port meanwhile
	conns    map[*link]bool
	count    int // connections so far
	bytes    int // both ways
}

// link is a connection through a proxy.
type link struct {
	client, server *net.TCPConn
	met            bool // the last request is one to be spoilt
	rotten         bool // has swallowed something, and does so for ever
}

// newProxy returns a proxy before the server at address to.
func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	p := &proxy{to: to, conns: make(map[*link]bool)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.at, p.listener = l.Addr().String(), l
	go p.accept(l)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.listener != nil {
			p.listener.Close()
		} else {
			syscall.Close(p.held)
		}
		for l := range p.conns {
			l.close(byReset)
		}
	})
	return p
}

// set makes x the toxics of all connections, those that stand included.
func (p *proxy) set(t *testing.T, x toxics) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.toxics = x
	for l := range p.conns {
		l.rotten = l.rotten || x.rot
	}
	var err error
	switch {
	case x.refuse && p.listener != nil:
		p.listener.Close()
		p.listener = nil
		for l := range p.conns {
			l.close(byReset)
		}
		p.held, err = occupy(p.at)
	case !x.refuse && p.listener == nil:
		syscall.Close(p.held)
		if p.listener, err = net.Listen("tcp", p.at); err == nil {
			go p.accept(p.listener)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// lead has new connections led to another server.
func (p *proxy) lead(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
}

// occupy takes a port without listening there: connections are refused, and
// nobody else can have it.
func occupy(at string) (int, error) {
	addr, err := net.ResolveTCPAddr("tcp", at)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	return fd, errors.Join(
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
		syscall.Bind(fd, &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}))
}

func (p *proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		to := p.to
		p.mu.Unlock()
		server, err := net.Dial("tcp", to)
		if err != nil {
			client.Close()
			continue
		}
		both := &link{client: client.(*net.TCPConn), server: server.(*net.TCPConn)}
		p.mu.Lock()
		p.conns[both] = true
		p.count++
		p.mu.Unlock()
		go p.pump(both, both.client, both.server, p.asks)
		go p.pump(both, both.server, both.client, p.answers)
	}
}

// pump carries what comes from one end to the other, as the toxics of the
// moment have it.
func (p *proxy) pump(l *link, from, to *net.TCPConn, side func(l *link, piece []byte) toxic) {
	buf := make([]byte, 16<<10)
	for passed := 0; ; {
		n, err := from.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			x := side(l, rest)
			piece := rest[:x.size(len(rest))]
			rest = rest[len(piece):]
			<-time.After(x.wait(len(piece)))
			switch {
			case x.swallow:
				continue
			case x.end != never && passed+len(piece) > x.after:
				to.Write(piece[:max(0, x.after-passed)])
				p.drop(l, x.end)
				return
			}
			if _, err := to.Write(piece); err != nil {
				p.drop(l, byReset)
				return
			}
			passed += len(piece)
			p.note(len(piece))
		}
		switch {
		case errors.Is(err, io.EOF): // HTTP has no use for half a connection
			p.drop(l, byClose)
			return
		case err != nil:
			p.drop(l, byReset)
			return
		}
	}
}

// asks is what is done to what goes to the server.
func (p *proxy) asks(l *link, piece []byte) toxic {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.met = bytes.Contains(piece, []byte(p.toxics.only))
	return l.meets(p.toxics.up)
}

// answers is what is done to what comes from it.
func (p *proxy) answers(l *link, _ []byte) toxic {
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.meets(p.toxics.down)
}

// meets is what is done to the next piece. A connection that has lost one has
// lost all that follow.
func (l *link) meets(x toxic) toxic {
	if !l.met {
		x = toxic{}
	}
	l.rotten = l.rotten || x.swallow
	x.swallow = l.rotten
	return x
}

func (p *proxy) note(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += bytes
}

// size is that of the next piece, of n bytes at hand.
func (x toxic) size(n int) int {
	if x.rate > 0 {
		n = min(n, max(1, x.rate/10))
	}
	if x.pieces > 0 {
		n = min(n, 1+rand.IntN(x.pieces))
	}
	return n
}

// wait is how long a piece of n bytes is on its way.
func (x toxic) wait(n int) time.Duration {
	d := x.delay
	if x.jitter > 0 {
		d += rand.N(x.jitter)
	}
	if x.rate > 0 {
		d += time.Duration(n) * time.Second / time.Duration(x.rate)
	}
	return d
}

func (p *proxy) drop(l *link, how ending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, l)
	l.close(how)
}

// close ends both sides; the server's always with a reset, for it is the
// client's view that is told apart.
func (l *link) close(how ending) {
	if how == byReset {
		l.client.SetLinger(0)
	}
	l.server.SetLinger(0)
	l.client.Close()
	l.server.Close()
}

// passed is how many connections and bytes there were so far.
func (p *proxy) passed() (connections, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count, p.bytes
}
