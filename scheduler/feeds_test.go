package scheduler_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/fetch"
	"deskd/scheduler"
	"deskd/scheduler/drive"
	"deskd/scheduler/poll"
	"deskd/store"
)

// polls is a feed poller over a database with three desks and one person, or more.
type polls struct {
	*poll.Poller
	t     testing.TB
	path  string // of the database
	store *store.Store
	now   time.Time
}

// threeDesks is a database with D1 to D3, and jane.
var threeDesks = furnished([]reservations.Desk{
	{ID: "D1", Site: "here", Cluster: "main", Device: "SEP000000000001"},
	{ID: "D2", Site: "here", Cluster: "main", Device: "SEP000000000002"},
	{ID: "D3", Site: "here", Cluster: "main", Device: "SEP000000000003"},
}, []reservations.Person{{ID: "jane", Mail: []string{"jane@example.com"}}})

func newPolls(t testing.TB, urls ...string) *polls {
	t.Helper()
	return pollsOver(t, threeDesks, urls...)
}

func pollsOver(t testing.TB, begin *template, urls ...string) *polls {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deskd.db")
	st := begin.open(t, path)
	t.Cleanup(func() { _ = st.Close() })
	p := &polls{t: t, path: path, store: st, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	site := reservations.Site{Name: "here", Zone: time.UTC}
	var feeds []reservations.Feed
	for n, url := range urls {
		feeds = append(feeds, reservations.Feed{
			Name: fmt.Sprintf("feed%d", n+1), URL: url, Every: time.Second, Site: "here", Back: time.Hour, Ahead: 30 * 24 * time.Hour,
			Desk: reservations.Rule{From: reservations.FromLocation}, Person: reservations.Rule{From: reservations.FromAttendee},
		})
	}
	p.Poller = &poll.Poller{
		Feeds: feeds, Sites: map[string]reservations.Site{"here": site}, Brake: reservations.Brake{Share: 0.25, Count: 5, Added: 200},
		Book: st, States: st, Store: st, Held: st, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Watch: scheduler.Unwatched{},
	}
	p.restart()
	return p
}

// restart forgets what is only in memory.
func (p *polls) restart() {
	p.Fetchers = make(map[string]*fetch.Fetcher)
	for _, fd := range p.Feeds {
		p.Fetchers[fd.Name] = fetch.NewFetcher(fetch.Source{URL: fd.URL, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	}
}

func (p *polls) poll(after time.Duration) error {
	p.now = p.now.Add(after)
	_, err := p.Poll(p.t.Context(), p.Feeds[0], p.now)
	return err
}

// booked lists the UIDs of the first feed's reservations.
func (p *polls) booked() string {
	p.t.Helper()
	window := reservations.Span{Start: p.now.Add(-time.Hour), End: p.now.AddDate(0, 0, 30)}
	all, err := p.store.FeedReservations(context.WithoutCancel(p.t.Context()), reservations.FeedSource("feed1"), window)
	if err != nil {
		p.t.Fatal(err)
	}
	var uids []string
	for _, r := range all {
		uids = append(uids, r.UID)
	}
	return strings.Join(uids, " ")
}

func eventOf(uid string, desk, hour int) string {
	return fmt.Sprintf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTART:20260303T%02d0000Z\r\nDURATION:PT1H\r\nLOCATION:D%d\r\n"+
		"ATTENDEE:mailto:jane@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", uid, hour, desk)
}

// A server that asks for rest has it.
func TestPollRests(t *testing.T) {
	var asked atomic.Int64
	busy := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if busy {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, eventOf("a", 1, 9))
	}))
	defer server.Close()
	p := newPolls(t, server.URL)
	if err := p.poll(0); err == nil {
		t.Fatal("no error")
	}
	for range 9 {
		if err := p.poll(time.Minute); err != nil || asked.Load() != 1 {
			t.Fatalf("asked %d times, error %v", asked.Load(), err)
		}
	}
	busy = false
	if err := p.poll(time.Minute); err != nil || asked.Load() != 2 || p.booked() != "a" {
		t.Errorf("asked %d times, error %v, booked %q", asked.Load(), err, p.booked())
	}
	if err := p.poll(time.Second); err != nil || asked.Load() != 3 {
		t.Errorf("recovered: asked %d times, error %v", asked.Load(), err)
	}
}

// davServer is a calendar of objects, some of which it lists and does not have.
func davServer(t *testing.T, objects map[string]string, missing map[string]bool) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asks := func(word string) bool { return strings.Contains(string(body), word) }
		if r.Method == http.MethodGet || asks("sync-collection") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusMultiStatus)
		io.WriteString(w, `<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>/c/</href><propstat><prop>`+
			`<resourcetype><C:calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>`)
		for name, text := range objects {
			if asks("calendar-query") || asks("/c/"+name) && !missing[name] {
				fmt.Fprintf(w, `<response><href>/c/%s</href><propstat><prop><getetag>"%d"</getetag><C:calendar-data>%s</C:calendar-data></prop>`+
					`<status>HTTP/1.1 200 OK</status></propstat></response>`, name, len(text), text)
			}
		}
		io.WriteString(w, `</multistatus>`)
	}))
	t.Cleanup(server.Close)
	return "caldav+" + server.URL + "/c/"
}

// Bookings that may stand in an object nobody could read stay, also when the
// daemon has just started; everything else goes on.
func TestPollTakesNothingAwayInDoubt(t *testing.T) {
	objects := map[string]string{"a.ics": eventOf("a", 1, 9), "b.ics": eventOf("b", 2, 10)}
	missing := map[string]bool{}
	p := newPolls(t, davServer(t, objects, missing))
	for _, step := range []struct {
		name   string
		change func()
		want   string
	}{
		{"both", func() {}, "a b"},
		{"one cannot be had", func() { missing["a.ics"] = true; objects["a.ics"] += "\r\n" }, "a b"},
		{"nor after a restart, while another is added", func() { p.restart(); objects["c.ics"] = eventOf("c", 3, 11) }, "a b c"},
		{"one is deleted, but who knows", func() { delete(objects, "b.ics") }, "a b c"},
		{"it is repaired", func() { delete(missing, "a.ics") }, "a c"},
		{"it is deleted", func() { delete(objects, "a.ics") }, "c"},
	} {
		step.change()
		err := p.poll(time.Minute)
		if got := p.booked(); err != nil || got != step.want {
			t.Errorf("%s: booked %q, want %q, error %v", step.name, got, step.want, err)
		}
		problems, err := p.store.FeedProblems(t.Context(), "feed1")
		if named := strings.Contains(fmt.Sprint(problems), "a.ics: the server answered 403"); err != nil || named != missing["a.ics"] {
			t.Errorf("%s: problems %v, error %v", step.name, problems, err)
		}
	}
}

// A server that never answers delays its own feed only.
func TestHangingFeedDelaysNoOther(t *testing.T) {
	hangs := make(chan struct{})
	var asked, good atomic.Int64
	hanging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "BEGIN:VCALENDAR\r\n")
		_ = http.NewResponseController(w).Flush()
		<-hangs
	}))
	defer hanging.Close()
	defer close(hangs)
	healthy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		good.Add(1)
		io.WriteString(w, eventOf("a", 1, 9))
	}))
	defer healthy.Close()
	p := newPolls(t, healthy.URL, hanging.URL, hanging.URL)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := &drive.Scheduler{Feeds: p.Poller, Jobs: drive.Jobs{Sweep: "@every 1h", Nightly: "@every 24h"}, Log: p.Log, Journal: p.store}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	patience := time.NewTimer(20 * time.Second)
	defer patience.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for good.Load() < 3 {
		select {
		case <-tick.C:
		case <-patience.C:
			t.Fatalf("the healthy feed was fetched %d times", good.Load())
		}
	}
	if asked.Load() != 2 {
		t.Errorf("the hanging feeds were asked %d times, while their first fetches had not ended", asked.Load())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
