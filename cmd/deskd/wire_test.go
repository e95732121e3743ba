//go:build !race

// A dozen processes under the race detector are too slow to be on time.

package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/emapi/emulator"
)

// wireFaults are what happens to the connections between deskd and the phone
// system while bookings begin and end.
var wireFaults = []struct {
	name   string
	toxics toxics
	tls    bool
	serves bool   // the phones are right while it lasts, too
	says   string // by the doctor, meanwhile
}{
	{"slow", toxics{up: toxic{delay: 200 * time.Millisecond, jitter: 200 * time.Millisecond}, down: toxic{delay: 100 * time.Millisecond}}, false, true, well},
	{"in pieces", toxics{up: toxic{pieces: 3}, down: toxic{pieces: 3}}, false, true, well},
	{"narrow", toxics{up: toxic{rate: 500}, down: toxic{rate: 500}}, false, false, well},
	{"dripping", toxics{down: toxic{rate: 20}}, false, false, "it has not answered in full within 10s"},
	{"request cut", toxics{up: toxic{end: byReset, after: 300}}, false, false, ended},
	{"reset", toxics{down: toxic{end: byReset}}, false, false, ended},
	{"closed", toxics{down: toxic{end: byClose}}, false, false, ended},
	{"headers cut", toxics{down: toxic{end: byClose, after: 40}}, false, false, brokenOff},
	{"answer cut", toxics{down: toxic{end: byClose, after: 200}}, false, false, brokenOff},
	{"answer reset", toxics{down: toxic{end: byReset, after: 200}}, false, false, brokenOff},
	{"swallowed", toxics{up: toxic{swallow: true}}, false, false, silent},
	{"answers swallowed", toxics{down: toxic{swallow: true}}, false, false, silent},
	{"rotten", toxics{rot: true}, false, false, well},
	{"refused", toxics{refuse: true}, false, false, "the connection is refused"},

	{"login lost", toxics{only: aLogin, up: toxic{end: byReset}}, false, false, well},
	{"login applied, then reset", toxics{only: aLogin, down: toxic{end: byReset}}, false, true, well},
	{"login applied, answer cut", toxics{only: aLogin, down: toxic{end: byClose, after: 150}}, false, true, well},
	{"login swallowed", toxics{only: aLogin, up: toxic{swallow: true}}, false, false, well},
	{"login applied, then silence", toxics{only: aLogin, down: toxic{swallow: true}}, false, false, well},
	{"logout lost", toxics{only: aLogout, up: toxic{end: byReset}}, false, false, well},
	{"logout applied, then reset", toxics{only: aLogout, down: toxic{end: byReset}}, false, true, well},
	{"logout applied, then silence", toxics{only: aLogout, down: toxic{swallow: true}}, false, false, well},

	{"TLS cut", toxics{down: toxic{end: byReset, after: 300}}, true, false, ended},
	{"TLS swallowed", toxics{up: toxic{swallow: true}}, true, false, "it took the connection and did not begin TLS"},
	{"TLS answer reset", toxics{down: toxic{end: byReset, after: 1500}}, true, false, ended},
}

// Requests of the wire, and what the doctor says.
const (
	aLogin    = "%3Clogin%3E"
	aLogout   = "%3Clogout%3E"
	well      = "it answers and accepts deskd's credentials"
	ended     = "it ended the connection without an answer"
	brokenOff = "it broke off in the middle of its answer"
	silent    = "it took the question and has not answered within 10s"
)

const wireDesks = 6

// wired is a world whose phone system is reached through a proxy.
type wired struct {
	*world
	name   string
	proxy  *proxy
	wire   *wire
	daemon *process
	told   chan result // by the doctor
	stop   context.CancelFunc
	worst  chan time.Duration // that a page took
}

// TestWire spoils, between the daemon and the phone system, the bytes of TCP
// over which bookings begin, end, change hands and are cancelled. Pages answer
// all the while, the doctor says what is wrong, nobody loses their phone, and
// when it is over the phones are right.
func TestWire(t *testing.T) {
	notShort(t, "spoils the connections of 25 daemons")
	var all []*wired
	for _, f := range wireFaults {
		all = append(all, newWired(t, f.name, f.tls))
	}
	for _, w := range all {
		w.daemon = w.start()
	}
	eventually(t, 60*time.Second, "the phones show what is booked", func() bool {
		return !slices.ContainsFunc(all, func(w *wired) bool { return !w.wellBefore() })
	})
	for i, w := range all {
		w.proxy.set(t, wireFaults[i].toxics)
		w.edges()
		w.watch()
	}
	over := time.NewTimer(12 * time.Second) // more than the deadline of a request
	for _, w := range all {
		w.examine()
	}
	<-over.C
	for i, w := range all {
		said, worst := <-w.told, w.watched()
		if !strings.Contains(said.out, wireFaults[i].says) {
			t.Errorf("%s: the doctor says\n%s%s", w.name, said.out, said.errs)
		}
		if worst > 5*time.Second {
			t.Errorf("%s: a page took %v", w.name, worst)
		}
		if wireFaults[i].serves && !w.wellAfter() {
			t.Errorf("%s: the phones show %v\n%s", w.name, w.phones.Sessions(), w.daemon.log)
		}
		connections, passed := w.proxy.passed()
		t.Logf("%-28s %3d connections, %6d bytes; the slowest page took %v", w.name, connections, passed, worst.Round(time.Millisecond))
	}
	for _, w := range all {
		w.proxy.set(t, toxics{})
	}
	began, after := time.Now(), make(map[string]time.Duration)
	eventually(t, 2*time.Minute, "the phones are right again", func() bool {
		for _, w := range all {
			if _, known := after[w.name]; !known && w.wellAfter() {
				after[w.name] = time.Since(began).Round(100 * time.Millisecond)
			}
		}
		return len(after) == len(all)
	})
	t.Logf("right again after %v", after)
	for _, w := range all {
		w.isSpared()
	}
}

func newWired(t *testing.T, name string, secure bool) *wired {
	t.Helper()
	w := &wired{world: newWorld(t), name: name, told: make(chan result, 1), worst: make(chan time.Duration, 1)}
	w.phones.Populate(wireDesks, wireDesks+1)
	w.phones.Change(func(o *emulator.Options) {
		o.MaxConcurrent = -1 // it counts, and refuses nothing
		o.Times = emulator.Times{Login: 200 * time.Millisecond, Logout: 100 * time.Millisecond, Query: 10 * time.Millisecond}
	})
	w.wire = &wire{phones: w.phones, logins: make(map[string]int)}
	if secure {
		w.secured(func(*x509.Certificate) {})
	} else {
		server := httptest.NewServer(w.wire)
		t.Cleanup(server.Close)
		w.url = server.URL + emulator.Path
	}
	at, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	w.proxy = newProxy(t, at.Host)
	w.url = strings.Replace(w.url, at.Host, w.proxy.at, 1)
	w.write("deskd.yaml", w.config())
	if secure {
		w.trusting("ca_file: cucm.pem")
	}
	w.write("hall.ics", calendar())
	desks, people := "id,site,cluster,device,name,floor,zone\n", "person,mail,name,profile,protected\n"
	for n := range wireDesks {
		desks += fmt.Sprintf("D%d,berlin,main,SEP%012d,,,\n", n+1, n+1)
	}
	for n := range wireDesks + 1 {
		people += fmt.Sprintf("user%04d,,,,\n", n+1)
	}
	w.write("desks.csv", desks)
	w.write("people.csv", people)
	w.must("import", "desks", w.path("desks.csv"))
	w.must("import", "people", w.path("people.csv"))
	for _, n := range []int{1, 2, 4, 6} {
		w.row(fmt.Sprintf("D%d", n), fmt.Sprintf("user%04d", n), -time.Hour, time.Hour)
	}
	if err := w.phones.PressLogin("SEP000000000005", "user0005"); err != nil {
		t.Fatal(err)
	}
	return w
}

// row books a desk as another program.
func (w *wired) row(desk, person string, from, to time.Duration) {
	w.t.Helper()
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES (?, ?, ?, ?)", desk, person, fromNow(from), fromNow(to))
}

func fromNow(from time.Duration) string {
	return time.Now().UTC().Add(from).Format("2006-01-02T15:04:05Z")
}

// wellBefore reports whether the phones show what is booked, and deskd has seen it: it
// does not end in the same second a session that no look has shown to it.
func (w *wired) wellBefore() bool {
	return w.count("SELECT count(*) FROM attempts WHERE op = 'login' AND outcome = 'done' AND verified_at <> ''") == 4 &&
		w.shows("user0001", "user0002", "", "user0004", "user0005", "user0006")
}

// edges lets bookings begin and end in two seconds: that of the second desk is
// over, the third's begins, the fourth changes hands, and the sixth's is cancelled.
func (w *wired) edges() {
	w.t.Helper()
	const soon = 2 * time.Second
	w.exec("UPDATE reservations SET ends_at = ? WHERE desk IN ('D2', 'D4')", fromNow(soon))
	w.row("D3", "user0003", 20*time.Second+soon, time.Hour) // the phone's restart comes before
	w.row("D4", "user0007", soon+time.Second, time.Hour)
	w.exec("UPDATE reservations SET status = 'cancelled' WHERE desk = 'D6'")
}

func (w *wired) wellAfter() bool {
	return w.shows("user0001", "", "user0003", "user0007", "user0005", "")
}

// shows reports whether the phones show people, in this order.
func (w *wired) shows(people ...string) bool {
	on := make([]string, wireDesks)
	for _, s := range w.phones.Sessions() {
		var n int
		if _, err := fmt.Sscanf(s.Device, "SEP%d", &n); err == nil {
			on[n-1] = s.User
		}
	}
	return slices.Equal(on, people)
}

// watch asks for pages, until watched.
func (w *wired) watch() {
	ctx, stop := context.WithCancel(w.t.Context())
	w.stop = stop
	go func() {
		worst := time.Duration(0)
		for ctx.Err() == nil {
			for _, path := range []string{"/", "/healthz", "/readyz", "/metrics"} {
				began := time.Now()
				resp, err := http.Get(w.daemon.page + path)
				if err != nil {
					w.t.Errorf("%s: GET %s: %v", w.name, path, err)
					continue
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				worst = max(worst, time.Since(began))
			}
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
		w.worst <- worst
	}()
}

// watched is the longest that a page took.
func (w *wired) watched() time.Duration {
	w.stop()
	return <-w.worst
}

// examine lets the doctor find what is wrong.
func (w *wired) examine() {
	go func() {
		var out, errs bytes.Buffer
		code := run(w.t.Context(), []string{"--config", w.path("deskd.yaml"), "doctor"}, &out, &errs)
		w.told <- result{code, out.String(), errs.String()}
	}()
}

// isSpared holds what the phone system has seen against what was booked, and
// against the journal.
func (w *wired) isSpared() {
	w.t.Helper()
	seen := make(map[string]int)
	for _, e := range w.phones.Events() {
		seen[fmt.Sprint(e.Kind, " ", strings.TrimLeft(e.Device, "SEP0"), " ", e.User)]++
	}
	want := map[string]int{
		"login 1 user0001": 1, "login 2 user0002": 1, "login 3 user0003": 1, "login 4 user0004": 1, "login 4 user0007": 1,
		"login 5 user0005": 1, "login 6 user0006": 1, "logout 2 user0002": 1, "logout 4 user0004": 1, "logout 6 user0006": 1,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		w.t.Errorf("%s: sessions began and ended otherwise (-want +got):\n%s\n%s", w.name, diff, w.daemon.log)
	}
	for device, n := range w.wire.asked() {
		if known := w.count("SELECT count(*) FROM attempts WHERE op = 'login' AND outcome <> 'held' AND device = '" + device + "'"); n > known {
			w.t.Errorf("%s: %s was sent %d logins, and the journal has %d", w.name, device, n, known)
		}
	}
	// Nothing is repeated but what has certainly not happened.
	if n := w.count(`SELECT count(*) FROM attempts a JOIN attempts b ON a.op = b.op AND a.device = b.device AND a.person = b.person AND a.id < b.id
		WHERE a.outcome NOT IN ('no-effect', 'not-sent', 'held') AND b.outcome <> 'held'`); n > 0 {
		w.t.Errorf("%s: %d attempts follow one that may have succeeded\n%s", w.name, n, w.daemon.log)
	}
	if peak := w.phones.Stats().Peak; peak > 2 {
		w.t.Errorf("%s: %d logins and logouts were at the phone system at once", w.name, peak)
	}
}
