package doctor

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"deskd/emapi"
)

// trace lets an EM client's messages pass and keeps what the client's errors do
// not tell: what the last answer looked like to HTTP, and from where it was
// asked. It keeps nothing of the messages themselves.
type trace struct {
	through http.RoundTripper
	secure  *tls.Config // the settings of its connections

	mu     sync.Mutex // guards what follows, which hooks of a connection set
	local  string     // address of this machine that was used
	status int        // of HTTP; 0 for no answer
	target string     // of a redirection, without what may be secret in it
	html   bool       // the answer was a web page
	date   time.Time  // of the answer, zero when it bears none
	pin    error      // the server's key is none of the pinned ones
	failed error      // of the last answer, as it was before passwords were taken out
}

// cause is err, of the last message, and what it came from. It may hold a
// password: look at it, and never show it.
func (g *trace) cause(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return errors.Join(err, g.failed)
}

// begun reports whether the last message had the beginning of an answer.
func (g *trace) begun() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.status > 0
}

// around returns a transport that is watched, with the security of secure.
func (g *trace) around(secure *tls.Config) http.RoundTripper {
	if verify := secure.VerifyConnection; verify != nil {
		secure.VerifyConnection = func(s tls.ConnectionState) error {
			err := verify(s)
			g.mu.Lock()
			g.pin = err
			g.mu.Unlock()
			return err
		}
	}
	g.secure, g.through = secure, emapi.NewTransport(secure)
	return g
}

// RoundTrip implements [http.RoundTripper].
func (g *trace) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		host, _, err := net.SplitHostPort(c.Conn.LocalAddr().String())
		if err == nil {
			g.mu.Lock()
			g.local = host
			g.mu.Unlock()
		}
	}})
	resp, err := g.through.RoundTrip(r.WithContext(ctx))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status, g.target, g.html, g.date, g.failed = 0, "", false, time.Time{}, err
	if err != nil {
		return nil, err
	}
	body := bufio.NewReader(resp.Body)
	head, _ := body.Peek(512) // what is wrong with the body is for its reader
	g.status, g.html = resp.StatusCode, http.DetectContentType(head) == "text/html; charset=utf-8"
	if to, err := resp.Location(); err == nil {
		g.target = (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		g.date = date
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{watched{body, g}, resp.Body}
	return resp, nil
}

// watched is the body of an answer, whose failure the trace keeps.
type watched struct {
	io.Reader
	trace *trace
}

// Read implements [io.Reader].
func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract: itself
		w.trace.mu.Lock()
		w.trace.failed = err
		w.trace.mu.Unlock()
	}
	return n, err
}
