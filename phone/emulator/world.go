package emulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Options are those of a world. The zero value works.
type Options struct {
	// Service carries the requests of the phones to services; nil stands for
	// http.DefaultTransport. [Source] says which phone a request is from.
	Service http.RoundTripper
	// Trust is whose certificates the phones accept for pages by https, as the trust store of
	// their cluster says; nil is nobody's.
	Trust *x509.CertPool
	// Secure makes what carries the requests for such pages, by the TLS that a phone speaks; nil
	// stands for a transport that keeps no connection.
	Secure func(*tls.Config) http.RoundTripper
	// Authenticate says what the cluster's authentication URL would about a push; nil
	// accepts everyone.
	Authenticate func(user, password, device string) bool
	// Restart is how long a phone restarts after a login or logout: nothing listens
	// meanwhile. 0 is not at all.
	Restart time.Duration
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

// World is a network of phones. It is an http.RoundTripper that reaches them by the
// addresses in URLs. All its methods are safe for concurrent use.
type World struct {
	opts    Options
	running errands // pages that phones fetch by themselves
	mu      sync.Mutex
	at      map[netip.Addr]*Phone
}

// New returns a world without phones.
func New(opts Options) *World {
	if opts.Service == nil {
		opts.Service = http.DefaultTransport
	}
	if opts.Authenticate == nil {
		opts.Authenticate = func(string, string, string) bool { return true }
	}
	if opts.Secure == nil {
		opts.Secure = func(c *tls.Config) http.RoundTripper {
			return &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}
		}
	}
	if opts.Trust == nil {
		opts.Trust = x509.NewCertPool() // nil would be the machine's
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &World{opts: opts, at: make(map[netip.Addr]*Phone)}
}

// Add puts a phone at an address, in place of any that is there.
func (w *World) Add(m Model, name string, a netip.Addr) *Phone {
	p := &Phone{world: w, model: m, name: name}
	w.Move(p, a)
	return p
}

// Move gives a phone another address, as DHCP does; whichever has it loses it.
func (w *World) Move(p *Phone, a netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for old, other := range w.at {
		if other == p {
			delete(w.at, old)
		}
	}
	w.at[a] = p
}

// sourceKey is that of a phone's address in the context of its requests.
type sourceKey struct{}

// Source is the address of the phone that has made a request with this context, for an
// [Options.Service] that lets it come from there. It is the zero value for anyone else's,
// and for that of a phone that has lost its address.
func Source(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(sourceKey{}).(netip.Addr)
	return a
}

// from returns ctx with the address of p.
func (w *World) from(ctx context.Context, p *Phone) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	for a, other := range w.at {
		if other == p {
			return context.WithValue(ctx, sourceKey{}, a)
		}
	}
	return ctx
}

// Wait waits until no phone fetches a page that was pushed to it.
func (w *World) Wait() { w.running.wait() }

// errands are what runs in goroutines of its own. A sync.WaitGroup would panic where some
// wait while others begin.
type errands struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed as the last one ends
}

func (e *errands) run(do func()) {
	e.mu.Lock()
	if e.n == 0 {
		e.none = make(chan struct{})
	}
	e.n++
	e.mu.Unlock()
	go func() {
		defer e.ended()
		do()
	}()
}

func (e *errands) ended() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.n--; e.n == 0 {
		close(e.none)
	}
}

func (e *errands) wait() {
	e.mu.Lock()
	none, n := e.none, e.n
	e.mu.Unlock()
	if n > 0 {
		<-none
	}
}

// RoundTrip answers as the phone at the request's address, in the caller's goroutine;
// where there is none, or one that does not listen, it is an error of dialling. It
// ends a wait when the request's context ends.
func (w *World) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a, err := netip.ParseAddr(r.URL.Hostname())
	if err != nil {
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}
	}
	w.mu.Lock()
	p := w.at[a]
	w.mu.Unlock()
	if p == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}
	}
	resp, err := p.answer(r)
	if errors.Is(err, errNotListening) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if err != nil {
		return nil, err
	}
	return resp.http(r), nil
}

// response is what a phone's web server answers.
type response struct {
	status int
	header http.Header
	body   []byte
}

func (resp response) http(r *http.Request) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(resp.status) + " " + http.StatusText(resp.status), StatusCode: resp.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: resp.header,
		Body: io.NopCloser(bytes.NewReader(resp.body)), ContentLength: int64(len(resp.body)), Request: r,
	}
}

// ServeHTTP answers as the phone does, for a listener. One that does not listen ends
// the connection without an answer.
func (p *Phone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, err := p.answer(r)
	if err != nil {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	for name, values := range resp.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(resp.body)))
	w.WriteHeader(resp.status)
	_, _ = w.Write(resp.body) // who does not read has gone
}

// sleep waits for d, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
