package emulator

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// ServeHTTP is the door for real connections.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	in, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	resp, err := e.serve(r.Context(), in)
	if err != nil {
		breakOff(w)
		return
	}
	w.Header().Set("Content-Type", contentType(resp.body))
	w.WriteHeader(resp.status)
	_, _ = io.WriteString(w, resp.body) // a client that has gone is no news
}

func contentType(body string) string {
	if body == page {
		return "text/html"
	}
	return "text/xml"
}

// breakOff ends the connection without an answer, with a reset where it can.
func breakOff(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// Only HTTP/2 has no connection to take over; it gets the next worst thing.
		http.Error(w, "connection lost", http.StatusInternalServerError)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// Transport returns the door for clients in the same process. It runs each
// request in the caller's goroutine, so it works inside a testing/synctest
// bubble, and ends a wait when the request's context ends.
func (e *Emulator) Transport() http.RoundTripper { return transport{e} }

type transport struct{ e *Emulator }

// RoundTrip answers as the server of [Emulator.ServeHTTP] would. Down is an
// error of dialling, a reset one of reading, both with the address of the
// request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.URL.Path != Path {
		return respond(r, response{http.StatusNotFound, "404 page not found\n"}), nil
	}
	in, err := read(r)
	if err != nil {
		return nil, err
	}
	resp, err := t.e.serve(r.Context(), in)
	switch {
	case errors.Is(err, errDown):
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case errors.Is(err, errReset):
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case err != nil:
		return nil, err
	}
	return respond(r, resp), nil
}

func respond(r *http.Request, resp response) *http.Response {
	return &http.Response{
		Status:        http.StatusText(resp.status),
		StatusCode:    resp.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {contentType(resp.body)}},
		Body:          io.NopCloser(strings.NewReader(resp.body)),
		ContentLength: int64(len(resp.body)),
		Request:       r,
	}
}
