package emapi

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const busyReply = `<response><failure><error code="26">busy</error></failure></response>`

// backup is a node in good order that counts what it is asked.
type backup struct {
	*httptest.Server
	asked atomic.Int32
}

func newBackup(t *testing.T) *backup {
	t.Helper()
	b := &backup{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, okReply)
	}))
	t.Cleanup(b.Close)
	return b
}

func newNodeClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	cfg.AppID, cfg.Password = "deskd", NewSecret(testPassword)
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// What a first node does decides whether the second one may be asked. Twice the
// same login would be worse than none.
func TestFailover(t *testing.T) {
	header := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
	write := func(text string) func(net.Conn) {
		return func(c net.Conn) { _, _ = io.WriteString(c, text) }
	}
	tests := map[string]struct {
		first  string
		want   error
		second int32 // requests at the second node
	}{
		"success":             {statusServer(t, 200, okReply), nil, 0},
		"refused connection":  {"http://" + closedPort(t), nil, 1},
		"unknown host":        {"http://no-such-host.invalid", nil, 1},
		"unavailable":         {statusServer(t, 503, ""), ErrUnknownOutcome, 0},
		"busy":                {statusServer(t, 200, busyReply), CodeBusy, 0},
		"halt":                {statusServer(t, 200, strings.Replace(busyReply, "26", "3", 1)), CodeBadCredentials, 0},
		"redirect":            {statusServer(t, 302, okReply), ErrUnknownOutcome, 0},
		"not found":           {statusServer(t, 404, ""), ErrUnknownOutcome, 0},
		"server error":        {statusServer(t, 500, ""), ErrUnknownOutcome, 0},
		"bad gateway":         {statusServer(t, 502, ""), ErrUnknownOutcome, 0},
		"closed unanswered":   {rawServer(t, write("")), ErrUnknownOutcome, 0},
		"reset":               {rawServer(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), ErrUnknownOutcome, 0},
		"no HTTP":             {rawServer(t, write("hello\r\n\r\n")), ErrUnknownOutcome, 0},
		"cut off":             {rawServer(t, write(header+okReply)), ErrUnknownOutcome, 0},
		"silent":              {rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), ErrUnknownOutcome, 0},
		"silent after header": {rawServer(t, func(c net.Conn) { write(header)(c); _, _ = io.Copy(io.Discard, c) }), ErrUnknownOutcome, 0},
		"garbage":             {statusServer(t, 200, "<html/>"), ErrUnknownOutcome, 0},
		"oversize":            {statusServer(t, 200, okReply+strings.Repeat("\n", maxReply)), ErrUnknownOutcome, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			second := newBackup(t)
			c := newNodeClient(t, Config{URL: tt.first, Nodes: []string{second.URL}, Timeout: 300 * time.Millisecond})
			err := c.Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"})
			if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
				t.Errorf("error is %v, expected %v", err, tt.want)
			}
			if n := second.asked.Load(); n != tt.second {
				t.Errorf("the second node saw %d requests, expected %d", n, tt.second)
			}
		})
	}
}

// A question changes nothing, so it goes to the second node whatever became of it
// at the first; a refusal is an answer.
func TestQueryGoesOn(t *testing.T) {
	const answers = "<response><deviceUserResults><device name=\"" + testDevice + "\"><none/></device></deviceUserResults></response>"
	header := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
	silent := func(before string) string {
		return rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, before); _, _ = io.Copy(io.Discard, c) })
	}
	for name, tt := range map[string]struct {
		first string
		want  error
		down  bool // the first node counts as down then
	}{
		"answer":              {statusServer(t, 200, answers), nil, false},
		"refused connection":  {"http://" + closedPort(t), nil, true},
		"unavailable":         {statusServer(t, 503, ""), nil, true},
		"redirect":            {statusServer(t, 302, answers), nil, true},
		"server error":        {statusServer(t, 500, answers), nil, true},
		"closed unanswered":   {rawServer(t, func(net.Conn) {}), nil, true},
		"reset":               {rawServer(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), nil, true},
		"cut off":             {rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, header+"<response>") }), nil, true},
		"silent":              {silent(""), nil, true},
		"silent after header": {silent(header), nil, true},
		"garbage":             {statusServer(t, 200, "<html/>"), nil, true},
		"busy":                {statusServer(t, 200, busyReply), CodeBusy, false},
		"halt":                {statusServer(t, 200, strings.Replace(busyReply, "26", "3", 1)), CodeBadCredentials, false},
	} {
		t.Run(name, func(t *testing.T) {
			second := statusServer(t, 200, answers)
			c := newNodeClient(t, Config{URL: tt.first, Nodes: []string{second}, Timeout: 500 * time.Millisecond})
			found, err := c.DeviceUsers(t.Context(), []string{testDevice})
			if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) || (found[0].State == Free) != (tt.want == nil) {
				t.Errorf("found %v, error is %v, expected %v", found[0].State, err, tt.want)
			}
			if down := len(c.Down()) == 1; down != tt.down {
				t.Errorf("down are %v", c.Down())
			}
		})
	}
}

// What no node answers says nothing about the nodes that saw it: it may be the
// phone it is about.
func TestQuestionThatHangsEverywhere(t *testing.T) {
	silent := func() string { return rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }) }
	c := newNodeClient(t, Config{URL: silent(), Nodes: []string{silent()}, Timeout: 200 * time.Millisecond})
	_, err := c.DeviceUsers(t.Context(), []string{testDevice})
	if !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	// Half of the time, less what a busy machine took before the first was asked.
	_, rest, _ := strings.Cut(err.Error(), "no answer within ")
	var share int
	if _, scanned := fmt.Sscanf(rest, "%dms", &share); scanned != nil || share < 1 || share > 100 {
		t.Errorf("the first node had %d ms of 200: %v", share, err)
	}
	if down := c.Down(); len(down) != 0 {
		t.Errorf("down are %v", down)
	}
}

// A kept connection that closes under a request is not a failure to connect,
// even if nobody listens any more.
func TestNoFailoverFromAKeptConnection(t *testing.T) {
	first := newBackup(t)
	second := newBackup(t)
	inner := first.Config.Handler
	first.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first.asked.Load() == 0 {
			inner.ServeHTTP(w, r)
			return
		}
		first.asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		_ = first.Listener.Close()
		panic(http.ErrAbortHandler)
	})
	c := newNodeClient(t, Config{URL: first.URL, Nodes: []string{second.URL}})
	if err := c.Logout(t.Context(), testDevice); err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context(), testDevice); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("error is %v, expected %v", err, ErrUnknownOutcome)
	}
	if a, b := first.asked.Load(), second.asked.Load(); a != 2 || b != 0 {
		t.Errorf("the nodes saw %d and %d requests, expected 2 and 0", a, b)
	}
}

// The password goes to peers that were verified, also on the way to another node.
func TestFailoverOnlyToVerifiedPeers(t *testing.T) {
	var seen atomic.Int32
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, okReply)
	})
	serve := func() *httptest.Server {
		s := httptest.NewUnstartedServer(handler)
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	trusted := serve()
	roots := x509.NewCertPool()
	roots.AddCert(trusted.Certificate())
	wrongName := strings.Replace(serve().URL, "127.0.0.1", "localhost", 1) // the certificate does not name it
	for name, tt := range map[string]struct {
		nodes []string
		want  error
		seen  int32
	}{
		"second is right":  {[]string{wrongName, trusted.URL}, nil, 1},
		"none is right":    {[]string{wrongName, strings.Replace(trusted.URL, "127.0.0.1", "localhost", 1)}, ErrNotSent, 0},
		"second is not":    {[]string{"https://" + closedPort(t), wrongName}, ErrNotSent, 0},
		"first is right":   {[]string{trusted.URL, wrongName}, nil, 1},
		"third of several": {[]string{wrongName, "https://" + closedPort(t), trusted.URL}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			seen.Store(0)
			secure, err := TLSConfig("", nil)
			if err != nil {
				t.Fatal(err)
			}
			secure.RootCAs = roots
			c := newNodeClient(t, Config{URL: tt.nodes[0], Nodes: tt.nodes[1:], HTTP: NewTransport(secure)})
			err = c.Logout(t.Context(), testDevice)
			if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
				t.Errorf("error is %v, expected %v", err, tt.want)
			}
			if n := seen.Load(); n != tt.seen {
				t.Errorf("%d messages arrived, expected %d", n, tt.seen)
			}
		})
	}
}

func TestErrorNamesTheNodesTried(t *testing.T) {
	one, two := closedPort(t), closedPort(t)
	silent := rawServer(t, func(net.Conn) {})
	tests := map[string]struct {
		nodes []string
		kind  error
		named []string
	}{
		"all refuse":          {[]string{"http://" + one, "http://" + two}, ErrNotSent, []string{one, two}},
		"the second is vague": {[]string{"http://" + one, silent}, ErrUnknownOutcome, []string{one, strings.TrimPrefix(silent, "http://")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := newNodeClient(t, Config{URL: tt.nodes[0], Nodes: tt.nodes[1:]}).Logout(t.Context(), testDevice)
			if !errors.Is(err, tt.kind) || errors.Is(err, ErrNotSent) && errors.Is(err, ErrUnknownOutcome) {
				t.Errorf("error is %v, expected %v alone", err, tt.kind)
			}
			for _, host := range tt.named {
				if !strings.Contains(err.Error(), "node "+host+": ") {
					t.Errorf("error %q does not name %s", err, host)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error has more than one line: %q", err)
			}
		})
	}
}

// wire is a network in which each host connects, refuses or swallows, and which
// writes down what was dialled.
type wire struct {
	hosts map[string]string // "down", "dead", anything else is up
	slow  time.Duration     // before each answer

	mu     sync.Mutex
	dialed []string
}

// taken returns what was dialled since the last call.
func (w *wire) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	dialed := w.dialed
	w.dialed = nil
	return dialed
}

func (w *wire) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	w.mu.Lock()
	w.dialed = append(w.dialed, host)
	w.mu.Unlock()
	switch w.hosts[host] {
	case "dead":
		<-ctx.Done()
		return nil, ctx.Err()
	case "down":
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		r, err := http.ReadRequest(bufio.NewReader(server))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(w.slow)
		_, _ = fmt.Fprintf(server, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(okReply), okReply)
	}()
	return client, nil
}

// client returns one for the nodes a, b and c. The dialling time of its transport
// is not in play: the share of each node is.
func (w *wire) client(t *testing.T) *Client {
	t.Helper()
	transport := NewTransport(nil)
	transport.DialContext = w.dial
	return newNodeClient(t, Config{URL: "http://a/", Nodes: []string{"http://b/", "http://c/"}, HTTP: transport})
}

// A node that swallows packets gets its share of the time and no more.
func TestDeadNodesLeaveTimeForTheOthers(t *testing.T) {
	tests := map[string]struct {
		a, b, c string
		took    time.Duration
		want    error
	}{
		"first dead": {"dead", "up", "up", DefaultTimeout / 3, nil},
		"two dead":   {"dead", "dead", "up", DefaultTimeout * 2 / 3, nil},
		"all dead":   {"dead", "dead", "dead", DefaultTimeout, ErrNotSent},
		"one down":   {"down", "dead", "up", DefaultTimeout / 2, nil},
		"all down":   {"down", "down", "down", 0, ErrNotSent},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := wire{hosts: map[string]string{"a": tt.a, "b": tt.b, "c": tt.c}}
				began := time.Now()
				err := w.client(t).Logout(t.Context(), testDevice)
				if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
					t.Errorf("error is %v, expected %v", err, tt.want)
				}
				if took := time.Since(began); took.Round(time.Millisecond) != tt.took.Round(time.Millisecond) {
					t.Errorf("took %v, expected %v", took, tt.took)
				}
				if tt.a == "dead" && err != nil && !strings.Contains(err.Error(), "node a: no connection within 3.333s") {
					t.Errorf("error %q does not say how long the first node had", err)
				}
			})
		})
	}
}

// The share is for connecting. A node that has the request may take all the time
// there is, and one reached by other means than a connection as well.
func TestSlowAnswersAreWaitedFor(t *testing.T) {
	const slow = DefaultTimeout * 9 / 10
	inner := NewTransport(nil)
	inner.DialContext = (&wire{slow: slow}).dial
	for name, door := range map[string]http.RoundTripper{
		"connected": inner,
		"in process": roundTripFunc(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(slow):
				return answer(okReply), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newNodeClient(t, Config{URL: "http://a/", Nodes: []string{"http://b/", "http://c/"}, HTTP: door})
				if err := c.Logout(t.Context(), testDevice); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The end of the caller's own time ends the trying.
func TestNoFailoverAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire{hosts: map[string]string{"a": "dead", "b": "dead", "c": "up"}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := w.client(t).Logout(ctx, testDevice)
		if !errors.Is(err, ErrNotSent) || !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if diff := cmp.Diff([]string{"a"}, w.taken()); diff != "" {
			t.Errorf("dialled (-want +got):\n%s", diff)
		}
	})
}

// Requests begin where the last answer came from; after five minutes one of them
// tries the first node.
func TestRequestsBeginAtTheNodeThatAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire{hosts: map[string]string{"a": "down", "b": "up", "c": "up"}}
		c := w.client(t)
		steps := []struct {
			wait   time.Duration
			change string // host=state
			dialed string
		}{
			{0, "", "a b"},
			{0, "", "b"},
			{returnAfter - time.Second, "", "b"},
			{time.Second, "", "a b"}, // still down
			{time.Second, "", "b"},
			{0, "b=down", "b a c"}, // the others as configured
			{0, "a=up", "c"},       // stays until its time has come
			{returnAfter, "", "a"},
			{returnAfter, "", "a"},
			{0, "a=down", "a b c"},
			{0, "c=down", "c a b"},
			{0, "b=up", "c a b"}, // nobody answered before
			{0, "", "b"},
			{0, "b=down", "b a c"},
			{returnAfter, "", "a b c"}, // none of them twice
		}
		for i, s := range steps {
			time.Sleep(s.wait)
			if host, state, ok := strings.Cut(s.change, "="); ok {
				w.hosts[host] = state
			}
			_ = c.From(Origin{}).Logout(t.Context(), testDevice) // shares the node with c
			if got := strings.Join(w.taken(), " "); got != s.dialed {
				t.Errorf("step %d dialled %q, expected %q", i+1, got, s.dialed)
			}
			synctest.Wait()
		}
	})
}

func TestNodesAreChecked(t *testing.T) {
	for name, nodes := range map[string][]string{
		"scheme":           {"ftp://cucm/"},
		"password":         {"https://user:hunter2@cucm/"},
		"empty":            {""},
		"http after https": {"https://b/", "http://c/"},
	} {
		_, err := New(Config{URL: "https://a/", Nodes: nodes, AppID: "deskd", Password: NewSecret("x")})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// A node that requests pass by is known to be down until it answers again, or
// until nobody asks it any more.
func TestDownNodes(t *testing.T) {
	n, err := newNodes([]string{"http://one/", "http://two/", "http://three/"})
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{nodes: n}
	hosts := func() (all string) {
		for _, d := range c.Down() {
			all += d.Host + ":" + d.Cause.Error() + " "
		}
		return strings.TrimSpace(all)
	}
	now, down := time.Now(), errors.New("down")
	for _, step := range []struct {
		does func()
		want string
	}{
		{func() {}, ""},
		{func() { n.passed(1, down); n.passed(0, errors.New("slow")) }, "one:slow two:down"},
		{func() { n.answered(2, now) }, "one:slow two:down"},
		{func() { n.answered(1, now) }, "one:slow"},
		{func() { n.passed(1, down) }, "one:slow two:down"},
		{func() { n.answered(0, now) }, ""},
	} {
		step.does()
		if got := hosts(); got != step.want {
			t.Errorf("down are %q, want %q", got, step.want)
		}
	}
}
