package fetch

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// realServers are those that testdata/servers can start.
var realServers = []string{"radicale", "xandikos", "davical", "sabre", "cyrus", "sogo"}

// realServer is a calendar server as Debian packages it, run for one test.
type realServer struct {
	t              *testing.T
	host           string // http://127.0.0.1:PORT
	home           string // path of the folder of calendars
	known          string // path that is known of the server
	user, password string
}

// asked are the servers that DESKD_CALENDARS names: they take a minute, and
// some need root.
func asked(t *testing.T, name string) {
	t.Helper()
	names := os.Getenv("DESKD_CALENDARS")
	if names != "all" && !slices.Contains(strings.Split(names, ","), name) {
		t.Skip("runs with DESKD_CALENDARS=all, or a list with " + name + " in it; make calendars does")
	}
}

func startServer(t *testing.T, name string) *realServer {
	t.Helper()
	asked(t, name)
	dir, err := os.MkdirTemp("", "deskd-"+name+"-") // not t.TempDir: other users have to get in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	port := freePorts(t, 3)
	script, err := filepath.Abs("testdata/servers/" + name + ".sh")
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("bash", script, dir, strconv.Itoa(port))
	server.Stdout, server.Stderr = said, said
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- server.Wait() }()
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		select {
		case <-over:
		case <-time.After(10 * time.Second):
		}
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		if text, err := os.ReadFile(said.Name()); err == nil && t.Failed() {
			t.Logf("%s said:\n%s", name, text[max(0, len(text)-4000):])
		}
	})
	s := &realServer{t: t, host: "http://127.0.0.1:" + strconv.Itoa(port)}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if text, err := os.ReadFile(filepath.Join(dir, "ready")); err == nil {
			values := make(map[string]string)
			for line := range strings.Lines(string(text)) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				values[key] = value
			}
			s.home, s.known, s.user, s.password = values["calendar"], values["known"], values["user"], values["password"]
			return s
		}
		select {
		case err := <-over:
			over <- err
			text, _ := os.ReadFile(said.Name())
			if server.ProcessState.ExitCode() == 77 {
				t.Skip(strings.TrimSpace(string(text)))
			}
			t.Fatalf("%s does not start: %v\n%s", name, err, text)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not get ready", name)
		}
	}
}

// freePorts is the first of n ports in a row that nobody listens at.
func freePorts(t *testing.T, n int) int {
	t.Helper()
search:
	for first := 20000 + os.Getpid()%10000; first < 60000; first += n {
		for port := first; port < first+n; port++ {
			listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
			if err != nil {
				continue search
			}
			listener.Close()
		}
		return first
	}
	t.Fatal("no ports are free")
	return 0
}

// fetcher is a new fetcher of what is at path.
func (s *realServer) fetcher(scheme, path string) *Fetcher {
	source := Source{URL: scheme + s.host + path, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if s.user != "" {
		source.Credentials = Credentials{Username: s.user, Secret: func() (string, error) { return s.password, nil }}
	}
	return NewFetcher(source)
}

// writer sends requests that change a calendar.
type writer struct {
	*realServer
	browser browser
}

func (s *realServer) writer() writer {
	at, err := url.Parse(s.host + s.home)
	if err != nil {
		s.t.Fatal(err)
	}
	return writer{s, s.fetcher("caldav+", s.home).browser(at)}
}

func (w writer) do(method, path, body string, want ...int) error {
	at, err := url.Parse(w.host + path)
	if err != nil {
		return err
	}
	c := call{method: method, header: make(http.Header), body: []byte(body)}
	if body != "" {
		c.header.Set("Content-Type", "text/calendar; charset=utf-8")
	}
	resp, err := w.browser.send(w.t.Context(), at, c)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if !slices.Contains(want, resp.StatusCode) {
		return fmt.Errorf("%s %s: %s\n%s", method, path, resp.Status, text[:min(len(text), 1000)])
	}
	return nil
}

// followed is a calendar on a real server, and the feed that follows it.
type followed struct {
	writer
	path string
	feed *Fetcher
	now  time.Time
}

// follow makes a calendar and a feed for it.
func (s *realServer) follow(name string) *followed {
	c := &followed{writer: s.writer(), path: s.home + name + "/", now: time.Now()}
	c.make()
	c.feed = s.fetcher("caldav+", c.path)
	return c
}

func (c *followed) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *followed) make() {
	c.t.Helper()
	c.must(c.do("MKCALENDAR", c.path, "", http.StatusCreated))
}

// remove deletes the calendar. Quirk: Cyrus deletes it and answers 404. It names what
// is deleted by the second, and answers 500 to a second time within one.
func (c *followed) remove() {
	c.t.Helper()
	var err error
	for range 3 {
		if err = c.do(http.MethodDelete, c.path, "", http.StatusOK, http.StatusNoContent, http.StatusNotFound); err == nil {
			return
		}
		time.Sleep(time.Second) // by the server's clock
	}
	c.must(err)
}

func (c *followed) put(uid, start string, more ...string) error {
	return c.do(http.MethodPut, c.path+uid+".ics", objectText(uid, start, append([]string{"DTSTAMP:20260301T000000Z", "SUMMARY:Hot desk"}, more...)...),
		http.StatusCreated, http.StatusNoContent, http.StatusOK)
}

func (c *followed) drop(uid string) {
	c.t.Helper()
	c.must(c.do(http.MethodDelete, c.path+uid+".ics", "", http.StatusOK, http.StatusNoContent))
}

// poll fetches the calendar five minutes later, and returns the start of each event.
func (c *followed) poll() (map[string]string, error) {
	c.now = c.now.Add(5 * time.Minute)
	body, err := c.feed.Fetch(c.t.Context(), anyWindow, Validators{}, c.now)
	if err != nil {
		return nil, err
	}
	if len(body.Unread) > 0 {
		return nil, fmt.Errorf("unread: %v", body.Unread)
	}
	starts := make(map[string]string)
	err = ical.Decode(body.Text.Reader(), ical.Handler{Event: func(_ *ical.Calendar, e *ical.Event) error {
		said := make(map[ical.Name]string)
		for p, err := range e.Properties() {
			if err != nil {
				return err
			}
			said[p.Name] = string(p.Value)
		}
		if said[ical.PropStatus] != "CANCELLED" {
			starts[said[ical.PropUID]] = said[ical.PropStart]
		}
		if e.Fault != nil {
			return e.Fault
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return starts, nil
}

// shows polls until the calendar is as it should be, a few times.
func (c *followed) shows(what string, want map[string]string) {
	c.t.Helper()
	const most = 3
	for n := 1; ; n++ {
		got, err := c.poll()
		c.must(err)
		diff := cmp.Diff(want, got)
		if diff == "" {
			c.t.Logf("%s: %d after %d polls", what, len(got), n)
			return
		}
		if n == most {
			c.t.Fatalf("%s: wrong after %d polls (-want +got):\n%s", what, n, diff)
		}
	}
}

// TestServers lets a feed follow a calendar of each real server through what
// happens to calendars.
func TestServers(t *testing.T) {
	for _, name := range realServers {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, name)
			c := s.follow("desks")
			s.isFound(t, c.path)
			c.changes()
			c.oldToken()
			c.burst()
			c.recreated()
			c.fresh()
		})
	}
}

// isFound looks for the calendar from the address that is known of the server.
func (s *realServer) isFound(t *testing.T, path string) {
	t.Helper()
	_, err := s.fetcher("caldav+", s.known).Fetch(t.Context(), anyWindow, Validators{}, someTime)
	var paths []string
	for _, calendar := range Found(err) {
		paths = append(paths, calendar.URL)
	}
	if !slices.Contains(paths, "caldav+"+s.host+path) {
		t.Errorf("found %q: %v", paths, err)
	}
}

// changes are those of single events.
func (c *followed) changes() {
	c.t.Helper()
	const monday, tuesday = "20260302T090000Z", "20260303T090000Z"
	c.shows("an empty calendar", map[string]string{})
	c.must(c.put("a", monday))
	c.must(c.put("b", monday))
	c.shows("two events", map[string]string{"a": monday, "b": monday})
	c.must(c.put("a", tuesday, "SEQUENCE:1"))
	c.shows("one moved", map[string]string{"a": tuesday, "b": monday})
	c.must(c.put("a", tuesday, "SEQUENCE:2", "STATUS:CANCELLED"))
	c.shows("one cancelled", map[string]string{"b": monday})
	c.drop("b")
	c.must(c.put("c", monday))
	c.shows("one deleted, one new", map[string]string{"c": monday})
}

// tokens replaces the token in every question by another.
type tokens struct {
	http.RoundTripper
	by string
}

var tokenElement = regexp.MustCompile(`<sync-token>[^<]+</sync-token>`)

func (s tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		text = tokenElement.ReplaceAll(text, []byte("<sync-token>"+s.by+"</sync-token>"))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	}
	return s.RoundTripper.RoundTrip(r)
}

// oldToken asks with tokens that the server does not know.
func (c *followed) oldToken() {
	c.t.Helper()
	right := c.feed.transport
	defer func() { c.feed.server.browser.transport = right }()
	for _, token := range []string{
		"data:,99999999", "http://radicale.org/ns/sync/" + strings.Repeat("0", 64), "http://sabre.io/ns/sync/99999",
		"0123456789012345678901234567890123456789", "nonsense", "data:,1-1",
	} {
		const wednesday = "20260304T090000Z"
		c.must(c.put("t", wednesday))
		c.feed.server.browser.transport = tokens{right, token}
		c.shows("token "+token, map[string]string{"c": "20260302T090000Z", "t": wednesday})
		c.drop("t")
		c.shows("token "+token+" and an event less", map[string]string{"c": "20260302T090000Z"})
	}
}

// burst polls while many events are written and some are taken away.
func (c *followed) burst() {
	c.t.Helper()
	const writers, each = 4, 45
	want := map[string]string{"c": "20260302T090000Z"}
	var writing sync.WaitGroup
	errs := make(chan error, writers)
	for w := range writers {
		own := *c
		own.writer = c.realServer.writer()
		for n := range each {
			if n%3 != 0 {
				want[fmt.Sprintf("w%d-%d", w, n)] = "20260310T090000Z"
			}
		}
		writing.Go(func() {
			for n := range each {
				uid := fmt.Sprintf("w%d-%d", w, n)
				err := own.put(uid, "20260310T090000Z")
				if err == nil && n%3 == 0 {
					err = own.do(http.MethodDelete, own.path+uid+".ics", "", http.StatusOK, http.StatusNoContent)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	polls := 0
	for done := false; !done; polls++ {
		select {
		case <-written:
			done = true
		case err := <-errs:
			c.t.Fatal(err)
		default:
		}
		if _, err := c.poll(); err != nil {
			c.t.Logf("while it is written to: %.100v", err) // objects that were listed are gone when they are asked for
		}
	}
	c.shows(fmt.Sprintf("%d events, after %d polls while they were written", len(want), polls), want)
}

// recreated deletes the calendar and makes it again at the same address, seen
// in between and unseen.
func (c *followed) recreated() {
	c.t.Helper()
	const friday, saturday = "20260306T090000Z", "20260307T090000Z"
	c.remove()
	c.make()
	c.must(c.put("c", friday))
	c.must(c.put("n", friday))
	c.shows("made again", map[string]string{"c": friday, "n": friday})
	c.remove()
	if got, err := c.poll(); err == nil {
		c.t.Errorf("a calendar that is not there shows %v", slices.Sorted(maps.Keys(got)))
	} else {
		c.t.Logf("without it: %v", err)
	}
	c.make()
	c.must(c.put("c", saturday))
	c.shows("made again after it was missed", map[string]string{"c": saturday})
}

// fresh looks at the calendar with new connections, one check after the other.
func (c *followed) fresh() {
	c.t.Helper()
	for n := range 20 {
		body, err := c.fetcher("caldav+", c.path).Fetch(c.t.Context(), anyWindow, Validators{}, c.now)
		if err != nil || len(body.Objects) != 1 {
			c.t.Errorf("check %d: %d objects, error %v", n, len(body.Objects), err)
		}
	}
}

// TestApacheDigest reads a file behind the Digest of a real server, whose nonces
// last two seconds.
func TestApacheDigest(t *testing.T) {
	s := startServer(t, "digest")
	f := s.fetcher("", s.home)
	for n := range 3 {
		body, err := f.Fetch(t.Context(), reservations.Span{Start: anyWindow.Start, End: anyWindow.End}, Validators{}, someTime)
		if err != nil || body.Text.Size() == 0 {
			t.Errorf("fetch %d: error %v", n, err)
		}
		if n == 1 {
			time.Sleep(3 * time.Second) // the nonce gets stale by the server's clock
		}
	}
	s.password = "wrong"
	if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err == nil || !strings.Contains(err.Error(), "wrong or too old") {
		t.Errorf("a wrong password: error %v", err)
	}
}
