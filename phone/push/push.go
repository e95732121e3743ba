// Package push has Cisco IP phones carry out URLs and internal URIs.
//
// It owns one exchange with one phone: that it goes to an address that is allowed,
// to the phone that is meant, alone, and comes back with a typed outcome. It knows
// neither when to push nor what; it repeats nothing. Its invariants: no connection
// leaves the networks of [Client.Networks], credentials go to no phone but the one
// that was named, and a doubtful answer is never a success.
//
//	client := &push.Client{User: "deskd", Password: secret, Networks: voice}
//	_, err := client.Push(ctx, push.Phone{Name: "SEP001122334455", Address: ip}, phone.Execute{
//		Items: []phone.ExecuteItem{{URL: "Init:CallHistory"}},
//	})
//	switch push.OutcomeOf(err) {
//	case push.OK:
//	case push.WebAccessOff: // the default of current phones
//	case push.Refused:      // the phone is not among the user's controlled devices
//	}
//
// A phone takes an Execute of at most 512 bytes, as the field XML of a form, with
// Basic authentication and a Content-Length. It asks the cluster's authentication URL
// about the user. Source: Cisco Unified IP Phone Services Application Development
// Notes 5.0(2); where firmware differs, docs/phone.md.
package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"deskd/phone"
)

// MaxExecute is the longest Execute that a phone takes, in bytes.
const MaxExecute = 512

// Phone is the phone that is meant.
type Phone struct {
	// Name is its name in the cluster, which it has to confirm; case does not count.
	Name string
	// Address is where it was last seen.
	Address netip.Addr
	// Port is that of its web server; 0 stands for 80.
	Port uint16
}

// Password shows itself to nobody.
type Password string

func (Password) String() string { return "***" }

// GoString hides it from %#v.
func (Password) GoString() string { return `"***"` }

// MarshalText hides it from encoders.
func (Password) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Client pushes to phones. It is safe for concurrent use, and must not be copied or
// changed after its first use.
type Client struct {
	// User and Password are those of the cluster's user who controls the phones.
	User     string
	Password Password
	// Networks are the only ones that a connection may go to; none, nowhere.
	Networks []netip.Prefix
	// Timeout bounds each request of an exchange; 0 stands for 5 s.
	Timeout time.Duration
	// Transport carries the requests. Nil stands for connections of the client's own,
	// whose address is checked once more as it is dialled.
	Transport http.RoundTripper

	mu   sync.Mutex
	own  http.RoundTripper
	busy map[netip.AddrPort]*turn
}

// turn is one phone's: who holds the token of the channel talks to it.
type turn struct {
	token   chan struct{}
	waiting int
}

// Push has the phone carry out e, after it has confirmed its name. It waits until other
// exchanges with the phone have ended. Its error is an [*Error]; with [Failed] the
// response says what became of each item.
func (c *Client) Push(ctx context.Context, p Phone, e phone.Execute) (phone.Response, error) {
	doc, err := phone.Encode(e, phone.UTF8)
	if err == nil && len(doc.Body) > MaxExecute {
		err = fmt.Errorf("the Execute has %d bytes, more than %d", len(doc.Body), MaxExecute)
	}
	if err != nil {
		return phone.Response{}, p.failed(Unsendable, err)
	}
	var r phone.Response
	err = c.exchange(ctx, p, func() error {
		status, body, err := c.send(ctx, p, "/CGI/Execute", url.Values{"XML": {string(doc.Body)}})
		if err != nil {
			return posted(p.failed(outcomeOf(err), err))
		}
		r, err = answer(p, status, body, len(e.Items))
		return posted(err)
	})
	return r, err
}

// Streaming reports whether a stream is active on the phone, after it has confirmed its
// name: whether someone is in a call. Its error is an [*Error].
func (c *Client) Streaming(ctx context.Context, p Phone) (active bool, err error) {
	err = c.exchange(ctx, p, func() error {
		body, err := c.page(ctx, p, "/StreamingStatisticsX")
		if err != nil {
			return err
		}
		if active, err = phone.DecodeStreaming(body); err != nil {
			return p.failed(Malformed, err)
		}
		return nil
	})
	return active, err
}

// Identify asks which phone is at the address, whatever the name of p. Its error is an
// [*Error].
func (c *Client) Identify(ctx context.Context, p Phone) (phone.Device, error) {
	var d phone.Device
	if err := c.allowed(p); err != nil {
		return d, err
	}
	leave, err := c.enter(ctx, p)
	if err != nil {
		return d, p.failed(Unreachable, err)
	}
	defer leave()
	return c.identify(ctx, p)
}

// exchange talks to the phone alone, once it is known to be the one that is meant.
func (c *Client) exchange(ctx context.Context, p Phone, talk func() error) error {
	if err := c.allowed(p); err != nil {
		return err
	}
	leave, err := c.enter(ctx, p)
	if err != nil {
		return p.failed(Unreachable, err)
	}
	defer leave()
	d, err := c.identify(ctx, p)
	if err != nil {
		return err
	}
	if !strings.EqualFold(d.Name, p.Name) {
		return p.failed(OtherPhone, fmt.Errorf("%s is the address of %q", p.Address, d.Name))
	}
	return talk()
}

func (c *Client) identify(ctx context.Context, p Phone) (phone.Device, error) {
	body, err := c.page(ctx, p, "/DeviceInformationX")
	if err != nil {
		return phone.Device{}, err
	}
	d, err := phone.DecodeDevice(body)
	if err != nil {
		return d, p.failed(Malformed, err)
	}
	return d, nil
}

// page fetches a page of the phone's own.
func (c *Client) page(ctx context.Context, p Phone, path string) ([]byte, error) {
	status, body, err := c.send(ctx, p, path, nil)
	if err != nil {
		o := outcomeOf(err)
		if o == NoAnswer {
			o = Unreachable // nothing was to be done
		}
		return nil, p.failed(o, err)
	}
	if o := outcomeOfStatus(status); o != OK {
		return nil, p.failed(o, fmt.Errorf("%s: HTTP status %d", path, status))
	}
	return body, nil
}

// answer reads what a phone has answered to an Execute of n items.
func answer(p Phone, status int, body []byte, n int) (phone.Response, error) {
	if o := outcomeOfStatus(status); o != OK {
		return phone.Response{}, p.failed(o, fmt.Errorf("HTTP status %d", status))
	}
	r, err := phone.DecodeAnswer(body)
	var answered *phone.Error
	switch {
	case errors.As(err, &answered) && answered.Number == phone.ErrorAuthentication:
		return r, p.failed(Refused, err) // Quirk: within a 200, where others answer 401
	case errors.As(err, &answered):
		return r, p.failed(Failed, err)
	case err != nil:
		return r, p.failed(Malformed, err)
	case len(r.Items) < n:
		return r, p.failed(Malformed, fmt.Errorf("%d items answered, of %d", len(r.Items), n))
	}
	for _, item := range r.Items {
		if item.Status != 0 {
			return r, p.failed(Failed, fmt.Errorf("%s: %q (status %d)", item.URL, item.Data, item.Status))
		}
	}
	return r, nil
}

// send sends a GET, or a POST of a form with credentials, and reads a bounded answer.
// It follows no redirect and keeps no connection.
func (c *Client) send(ctx context.Context, p Phone, path string, form url.Values) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	method, content := http.MethodGet, []byte(nil)
	if form != nil {
		method, content = http.MethodPost, []byte(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.at().String()+path, bytes.NewReader(content))
	if err != nil {
		return 0, nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(c.User, string(c.Password))
	}
	resp, err := c.transport().RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, phone.MaxAnswer+1))
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.StatusCode, body, nil // one byte too many, and the decoder refuses it
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 5 * time.Second
}

// transport returns that of the client, or one of its own: without proxy, redirects,
// compression, and connections that outlive an exchange.
func (c *Client) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == nil {
		dialer := &net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return c.within(at.Addr())
		}}
		c.own = &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			MaxResponseHeaderBytes: 16 << 10,
		}
	}
	return c.own
}

// errOutside is the cause of [Outside].
var errOutside = errors.New("the address is in none of the networks that are allowed")

// within says why an address must not be dialled. The unspecified address is in no
// network: the system would dial this machine for it.
func (c *Client) within(a netip.Addr) error {
	if a.IsUnspecified() || a.IsMulticast() {
		return fmt.Errorf("%s: %w", a, errOutside)
	}
	for _, n := range c.Networks {
		if n.Contains(a.Unmap()) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", a, errOutside)
}

func (c *Client) allowed(p Phone) error {
	if err := c.within(p.Address); err != nil {
		return p.failed(Outside, err)
	}
	return nil
}

// at is where the phone's web server listens.
func (p Phone) at() netip.AddrPort {
	port := p.Port
	if port == 0 {
		port = 80
	}
	return netip.AddrPortFrom(p.Address.Unmap(), port)
}

// enter waits for the phone's turn, and returns what ends it.
func (c *Client) enter(ctx context.Context, p Phone) (leave func(), err error) {
	at := p.at()
	c.mu.Lock()
	if c.busy == nil {
		c.busy = make(map[netip.AddrPort]*turn)
	}
	t := c.busy[at]
	if t == nil {
		t = &turn{token: make(chan struct{}, 1)}
		c.busy[at] = t
	}
	t.waiting++
	c.mu.Unlock()
	gone := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(c.busy, at)
		}
	}
	select {
	case t.token <- struct{}{}:
		return func() { <-t.token; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, ctx.Err()
	}
}
