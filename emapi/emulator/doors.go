package emulator

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// ServeHTTP is the door for real connections. Serve it on a listener of
// [Emulator.Listen] for a service that refuses connections while it is down; on
// any other it closes them unread.
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
	w.Header().Set("Content-Type", resp.contentType)
	w.Header().Set("Date", e.date())
	w.Header().Set("Content-Length", strconv.Itoa(len(resp.body)))
	w.WriteHeader(resp.status)
	// A client that has gone is no error. A body that ends before its length
	// makes the server close the connection, as is wanted.
	_, _ = io.Copy(flushing{w}, e.stream(r.Context(), resp))
}

// date is the header of that name, by the emulator's own clock.
func (e *Emulator) date() string {
	now, release := e.access()
	defer release()
	return now.UTC().Format(http.TimeFormat)
}

// flushing sends what is written at once.
type flushing struct{ http.ResponseWriter }

// Write also fails where the connection cannot be flushed.
func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	return n, err
}

// breakOff ends the connection without an answer, with a reset where it can.
func breakOff(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// Only HTTP/2 has no connection to take over; its stream is aborted instead.
		http.Error(w, "connection lost", http.StatusInternalServerError)
		return
	}
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn() // no farewell
	}
	if tcp, ok := conn.(interface{ SetLinger(sec int) error }); ok {
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
// request; a certificate that is wrong fails requests to https, as it does with
// clients that verify.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if err := t.e.handshake(r); err != nil {
		return nil, err
	}
	if r.URL.Path != Path {
		return t.respond(r, response{status: http.StatusNotFound, contentType: "text/plain", body: "404 page not found\n"}), nil
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return t.respond(r, response{status: http.StatusMethodNotAllowed, contentType: "text/plain", body: "method not allowed\n"}), nil
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
	return t.respond(r, resp), nil
}

func (t transport) respond(r *http.Request, resp response) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(resp.status) + " " + http.StatusText(resp.status),
		StatusCode:    resp.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {resp.contentType}, "Date": {t.e.date()}},
		Body:          io.NopCloser(t.e.stream(r.Context(), resp)),
		ContentLength: int64(len(resp.body)),
		Request:       r,
	}
}
