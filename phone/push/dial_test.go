package push

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"

	"deskd/phone"
)

// TestDialledAddress holds that the networks bind what the client's own transport dials,
// whatever has been checked before.
func TestDialledAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepted atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			_ = conn.Close()
		}
	}()
	defer func() { _ = listener.Close() }()
	for network, allowed := range map[string]bool{"10.0.0.0/8": false, "127.0.0.1/32": true} {
		c := &Client{Networks: []netip.Prefix{netip.MustParsePrefix(network)}}
		for _, host := range []string{"127.0.0.1", "localhost"} {
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(host, port), nil)
			if err != nil {
				t.Fatal(err)
			}
			before := accepted.Load()
			_, err = c.transport().RoundTrip(r)
			if errors.Is(err, errOutside) == allowed || outcomeOf(err) == Outside == allowed || !allowed && accepted.Load() != before {
				t.Errorf("%s, %s: %v", network, host, err)
			}
		}
	}
}

// endless answers without an end.
type endless struct{ read int }

func (e *endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(e)}, nil
}

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return len(b), nil
}

// TestLeavesNothing holds that an answer is read up to a bound, and that no turn is kept
// for a phone that nobody talks to.
func TestLeavesNothing(t *testing.T) {
	answers := &endless{}
	c := &Client{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Transport: answers}
	_, err := c.Push(t.Context(), Phone{Name: "SEP1", Address: netip.MustParseAddr("10.0.0.1")}, phone.Execute{Items: []phone.ExecuteItem{{URL: "Init:Services"}}})
	if OutcomeOf(err) != Malformed || answers.read > 2*phone.MaxAnswer {
		t.Errorf("%v after %d bytes", err, answers.read)
	}
	if len(c.busy) != 0 {
		t.Errorf("%d turns are left", len(c.busy))
	}
}
