package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/configs"
)

// served is a daemon that runs.
type served struct {
	*world
	log   *journal
	page  string // its address
	end   context.CancelFunc
	ended chan int
}

// journal keeps what a daemon writes while it runs.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var pageAddress = regexp.MustCompile(`msg"?[=:]"deskd serves",? ?"?page"?[=:]"?(http://[^\s"]+)/`)

// serve runs the daemon, and ends it with the test.
func (w *world) serve() *served {
	w.t.Helper()
	ctx, end := context.WithCancel(context.Background())
	d := &served{world: w, log: &journal{}, end: end, ended: make(chan int, 1)}
	go func() { d.ended <- run(ctx, []string{"--config", w.path("deskd.yaml"), "serve"}, io.Discard, d.log) }()
	w.t.Cleanup(func() { d.stop() })
	eventually(w.t, 10*time.Second, "the daemon says where it serves", func() bool {
		select {
		case code := <-d.ended:
			d.ended <- code
			w.t.Fatalf("the daemon ended with exit code %d:\n%s", code, d.log)
		default:
		}
		found := pageAddress.FindStringSubmatch(d.log.String())
		if found != nil {
			d.page = found[1]
		}
		return found != nil
	})
	return d
}

// stop ends the daemon as SIGTERM does, and returns its exit code.
func (d *served) stop() int {
	d.end()
	code := <-d.ended
	d.ended <- code // for the next who asks
	return code
}

// get asks the daemon over HTTP.
func (d *served) get(path string) (status int, body string) {
	d.t.Helper()
	resp, err := http.Get(d.page + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// has checks that a page answers 200 with all of want. Probes and metrics are told what
// was so within the last two seconds.
func (d *served) has(path string, want ...string) {
	d.t.Helper()
	status, body := d.get(path)
	lacks := func(part string) bool { return !strings.Contains(body, part) }
	for end := time.Now().Add(3 * time.Second); path != "/" && slices.ContainsFunc(want, lacks) && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
		status, body = d.get(path)
	}
	for _, part := range want {
		if status != http.StatusOK || !strings.Contains(body, part) {
			d.t.Errorf("GET %s: status %d without %q in\n%s", path, status, part, body)
		}
	}
}

func (d *served) ready() {
	d.t.Helper()
	eventually(d.t, 30*time.Second, "the first sweep is through", func() bool {
		status, _ := d.get("/readyz")
		return status == http.StatusOK
	})
}

// A day in small: a booking is acted on, others are told of it, and the end is
// in order.
func TestServe(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "the booked desk's phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	d.has("/", "<html", "D1", "user0001", "D3")
	d.has("/healthz", `"status":"ok"`)
	eventually(t, 5*time.Second, "the login is counted", func() bool {
		_, body := d.get("/metrics")
		return strings.Contains(body, `deskd_logins_total{cluster="main",code="",outcome="done"} 1`)
	})
	if status, _ := d.get("/nothing"); status != http.StatusNotFound {
		t.Errorf("GET /nothing: status %d", status)
	}
	w.contains(w.run("list", "attempts"), 0, "D1    login  user0001  done", "the booking has started")
	w.contains(w.run("doctor"), 0, "ok     daemon", "it runs; a phone last answered at ")

	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if text := d.log.String(); !strings.HasSuffix(text, "msg=\"deskd has ended\"\n") {
		t.Errorf("log ends\n%s", text)
	}
	if got := w.session("SEP000000000001"); got != "user0001" {
		t.Errorf("the session ended with the daemon, on the phone is %q", got)
	}
}

// What other programs and verbs write is acted on within two seconds, the one
// of the watch and some for the round.
func TestServeActsOnChanges(t *testing.T) {
	const soon = 2 * time.Second
	w := newWorld(t).furnish()
	d := w.serve()
	d.ready()
	now := time.Now().UTC()
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D2', 'user0002', ?, ?)",
		now.Add(-time.Minute).Format("2006-01-02T15:04:05Z"), now.Add(time.Hour).Format("2006-01-02T15:04:05Z"))
	eventually(t, soon, "a row of another program is acted on", func() bool { return w.session("SEP000000000002") == "user0002" })
	id := w.reserve("D3", "user0003", -time.Minute, time.Hour)
	eventually(t, soon, "a new booking is acted on", func() bool { return w.session("SEP000000000003") == "user0003" })
	w.must("cancel", id)
	eventually(t, soon, "a cancelled booking is acted on", func() bool { return w.session("SEP000000000003") == "" })
}

// A feed is polled, and what it says is acted on.
func TestServeFeed(t *testing.T) {
	w := newWorld(t).furnish()
	started := time.Now().Add(-time.Minute).UTC().Format(":20060102T150405Z")
	w.write("hall.ics", calendar(
		booking{uid: "a", location: "D1", attendee: "one@example.com", start: started},
		booking{uid: "b", location: "D77", attendee: "one@example.com", start: started},
	))
	d := w.serve()
	eventually(t, 5*time.Second, "the feed's booking is acted on", func() bool { return w.session("SEP000000000001") == "user0001" })
	d.has("/", "hall", "D77")
	w.contains(w.run("list", "feeds"), 0, "FEED  EVENTS  UNREAD  KEPT  TENTATIVE  LAST-GOOD  FAILURES  PROBLEM\nhall  1       1       0     0          ", "  0         -\n")
	w.write("hall.ics", "<html>Sign in</html>")
	eventually(t, 5*time.Second, "the feed's failure shows", func() bool {
		return strings.Contains(w.must("list", "feeds"), "the feed is a web page")
	})
	if got := w.session("SEP000000000001"); got != "user0001" {
		t.Errorf("a feed that cannot be read took the booking: on the phone is %q", got)
	}
}

// One daemon per database, and what keeps one from starting.
func TestServeRefusals(t *testing.T) {
	w := newWorld(t).furnish()
	d := w.serve()
	for _, verb := range []string{"serve", "migrate"} {
		w.contains(w.run(verb), 75, "deskd: lock database DIR/deskd.db: another deskd holds the database: process ", " since 20")
	}
	if d.stop() != 0 {
		t.Errorf("the first daemon was disturbed:\n%s", d.log)
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w.write("deskd.yaml", strings.Replace(w.config(), "127.0.0.1:0", taken.Addr().String(), 1))
	w.contains(w.run("serve"), 1, "deskd: listen on "+taken.Addr().String()+" (key listen): ", "address already in use", "(another program listens there, or another deskd: ")

	w.write("deskd.yaml", strings.Replace(w.config(), "em-password", "gone", 1))
	w.contains(w.run("serve"), 2, "DIR/deskd.yaml:9:5: clusters[0].app_password_file: open DIR/gone: no such file or directory")
}

// The lock comes first: a database that a daemon holds is not touched.
func TestServeLocksBeforeItMigrates(t *testing.T) {
	w := newWorld(t)
	w.write("deskd.yaml", w.config())
	err := daemon.Locked(configOf(w), func() error {
		w.contains(w.run("serve"), 75, "another deskd holds the database")
		w.contains(w.run("list", "desks"), 1, "nothing to read yet")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func configOf(w *world) configs.Config {
	w.t.Helper()
	c, err := configs.Load(w.path("deskd.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
