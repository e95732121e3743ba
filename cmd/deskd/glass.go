package main

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"deskd/emapi"
)

// glass lets an EM client's messages pass and keeps what the client's errors do
// not tell: what the last answer looked like to HTTP, and from where it was
// asked. It keeps nothing of the messages themselves.
type glass struct {
	through http.RoundTripper

	mu     sync.Mutex // guards what follows, which hooks of a connection set
	local  string     // address of this machine that was used
	status int        // of HTTP; 0 for no answer
	html   bool       // the answer was a web page
	date   time.Time  // of the answer, zero when it bears none
	pin    error      // the server's key is none of the pinned ones
}

// around returns a transport that is watched, with the security of secure.
func (g *glass) around(secure *tls.Config) http.RoundTripper {
	if verify := secure.VerifyConnection; verify != nil {
		secure.VerifyConnection = func(s tls.ConnectionState) error {
			err := verify(s)
			g.mu.Lock()
			g.pin = err
			g.mu.Unlock()
			return err
		}
	}
	g.through = emapi.NewTransport(secure)
	return g
}

// RoundTrip implements [http.RoundTripper].
func (g *glass) RoundTrip(r *http.Request) (*http.Response, error) {
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
	g.status, g.html, g.date = 0, false, time.Time{}
	if err != nil {
		return nil, err
	}
	body := bufio.NewReader(resp.Body)
	head, _ := body.Peek(512) // what is wrong with the body is for its reader
	g.status, g.html = resp.StatusCode, http.DetectContentType(head) == "text/html; charset=utf-8"
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		g.date = date
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{body, resp.Body}
	return resp, nil
}
