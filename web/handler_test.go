package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

var update = flag.Bool("update", false, "write the golden files")

// serve returns the handler of a daemon that stands as read says, and its log.
func serve(t testing.TB, read func(context.Context) (view.Snapshot, error)) (http.Handler, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	h, err := Handler(Deps{
		Reads:   NewReads(read, slog.New(slog.NewTextHandler(&log, nil))),
		Metrics: NewMetrics("1.2.3", func() []scheduler.ClusterStatus { return nil }, func() time.Time { return noon }).Handler(),
		Hosts:   []string{"example.com"}, // that of httptest
		Now:     func() time.Time { return noon },
		Log:     slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, &log
}

func always(s view.Snapshot) func(context.Context) (view.Snapshot, error) {
	return func(context.Context) (view.Snapshot, error) { return s, nil }
}

func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:50000", "127.0.0.1:8484"
	h.ServeHTTP(w, r)
	return w
}

func TestPageGolden(t *testing.T) {
	for name, c := range map[string]struct {
		snapshot view.Snapshot
		target   string
	}{
		"everything": {example(t), "/"},
		"filtered":   {example(t), "/?site=berlin&floor=4&q=jane&still=1"},
		"trouble":    {example(t), "/?trouble=1"},
		"calm":       {calm(t, 3), "/"},
		"empty":      {view.Snapshot{}, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := serve(t, always(c.snapshot))
			got := ask(h, "GET", c.target)
			if got.Code != http.StatusOK {
				t.Fatalf("status %d", got.Code)
			}
			golden := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(golden, got.Body.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.Body.String(), "\n")); diff != "" {
				t.Errorf("page differs from %s (-want +got); -update writes it:\n%s", golden, diff)
			}
		})
	}
}

// Every string from outside carries markup; none of it may arrive as such.
func TestPageEscapes(t *testing.T) {
	const evil = `"><script>alert(1)</script><a href='javascript:x'>`
	s := view.Snapshot{
		Sites:  []reservations.Site{{Name: evil, Zone: time.UTC}},
		People: []reservations.Person{{ID: "p", Name: evil}},
		Desks: []*board.Desk{{
			Desk:    reservations.Desk{ID: evil, Site: evil, Floor: evil, Name: evil, Zone: evil, Device: evil},
			State:   board.Missing,
			Booking: booked(evil, evil, 0, time.Hour), Next: booked(evil, "p", time.Hour, time.Hour),
			Phone: shown(evil, time.Hour), Problem: evil,
		}},
		Clusters: []scheduler.ClusterStatus{{Cluster: evil, Blocks: slices.Concat(blocked(plan.KindSilent, evil), blocked(plan.KindPaused, "by "+evil+" ("+evil+")"), blocked(plan.KindNode, evil, evil), blocked(plan.KindStale, evil, evil))}},
		Feeds: []view.Feed{{Site: evil, FeedState: reservations.FeedState{Name: evil, Checked: noon, Failures: 3, Problem: evil, Unread: 9},
			Problems: []reservations.Problem{{UID: evil, What: evil, Hint: evil}}}},
		Ignored: []view.Ignored{{Reservation: *booked(evil, evil, 0, time.Hour), Why: evil}},
		Notices: []view.Notice{{Text: evil, Detail: evil}},
	}
	s.Ignored[0].Source = evil
	h, _ := serve(t, always(s))
	for _, target := range []string{"/", "/?site=%22%3E%3Cscript%3E&floor=%22%3E%3Cscript%3E&q=%22%3E%3Cscript%3E"} {
		body := ask(h, "GET", target).Body.String()
		for _, bad := range []string{"<script>", "alert(1)</", "<a href='javascript", "'javascript:x'"} {
			if strings.Contains(body, bad) {
				t.Errorf("GET %s: page contains %q", target, bad)
			}
		}
	}
	if body := ask(h, "GET", "/").Body.String(); !strings.Contains(body, "&lt;script&gt;") {
		t.Error("page does not show the text at all")
	}
}

func TestRoutes(t *testing.T) {
	h, _ := serve(t, always(calm(t, 2)))
	for _, c := range []struct {
		method, target string
		status         int
		contentType    string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8"},
		{"HEAD", "/", 200, "text/html; charset=utf-8"},
		{"GET", "/healthz", 200, "application/json"},
		{"GET", "/readyz", 200, "application/json"},
		{"GET", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"},
		{"GET", "/static/style.css", 200, "text/css; charset=utf-8"},
		{"GET", "/static/live.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/static/icon.svg", 200, "image/svg+xml"},
		{"GET", "/static/", 404, ""},
		{"GET", "/static/../status.html", 307, ""},
		{"GET", "/status.html", 404, ""},
		{"GET", "/favicon.ico", 404, ""},
		{"GET", "/healthz/", 404, ""},
		{"POST", "/", 405, ""},
		{"DELETE", "/metrics", 405, ""},
		{"PUT", "/readyz", 405, ""},
		{"POST", "/nowhere", 404, ""},
	} {
		got := ask(h, c.method, c.target)
		if got.Code != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.target, got.Code, c.status)
		}
		if ct := got.Header().Get("Content-Type"); c.contentType != "" && ct != c.contentType {
			t.Errorf("%s %s: content type %q, want %q", c.method, c.target, ct, c.contentType)
		}
	}
}

func TestHeaders(t *testing.T) {
	h, _ := serve(t, always(calm(t, 2)))
	broken, _ := serve(t, func(context.Context) (view.Snapshot, error) { panic("boom") })
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",

		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Cache-Control":                "no-store",
	}
	for name, got := range map[string]*httptest.ResponseRecorder{
		"page":      ask(h, "GET", "/"),
		"readiness": ask(h, "GET", "/readyz"),
		"metrics":   ask(h, "GET", "/metrics"),
		"not found": ask(h, "GET", "/nowhere"),
		"bad verb":  ask(h, "POST", "/"),
		"panic":     ask(broken, "GET", "/"),
	} {
		for key, value := range want {
			if v := got.Header().Get(key); v != value {
				t.Errorf("%s: %s is %q, want %q", name, key, v, value)
			}
		}
	}
	style := ask(h, "GET", "/static/style.css").Header()
	if v := style.Get("Cache-Control"); v != "public, max-age=31536000, immutable" {
		t.Errorf("style sheet: Cache-Control is %q", v)
	}
	if style.Get("Content-Security-Policy") == "" {
		t.Error("style sheet: no policy")
	}
}

// The page has to work under its own policy: nothing inline, nothing foreign.
func TestPageObeysPolicy(t *testing.T) {
	h, _ := serve(t, always(example(t)))
	body := ask(h, "GET", "/").Body.String()
	own := regexp.MustCompile(`<script type="module" src="/static/live\.js\?v=[0-9a-f]{12}"></script>`)
	if n := len(own.FindAllString(body, -1)); n != 1 {
		t.Errorf("page has its own script %d times, want once", n)
	}
	body = own.ReplaceAllString(body, "")
	for _, bad := range []string{" style=", "<style", "<script", " onclick", `href="http`, `src="http`} {
		if strings.Contains(body, bad) {
			t.Errorf("page contains %q", bad)
		}
	}
}

func TestForeignPostIsRefused(t *testing.T) {
	h, _ := serve(t, always(calm(t, 2)))
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d, want 403", w.Code)
	}
}

func TestPanicIsLoggedWithoutQuery(t *testing.T) {
	h, log := serve(t, func(context.Context) (view.Snapshot, error) { panic("boom") })
	got := ask(h, "GET", "/?q=jane")
	if got.Code != http.StatusInternalServerError || strings.Contains(got.Body.String(), "boom") {
		t.Errorf("status %d, body %q", got.Code, got.Body)
	}
	if !strings.Contains(log.String(), `msg="handler panicked" err=boom`) || strings.Contains(log.String(), "jane") || strings.Contains(log.String(), "database") {
		t.Errorf("log: %s", log)
	}
	aborts := recovered(slog.New(slog.DiscardHandler), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // net/http knows it unwrapped only
			t.Error("the panic that drops a connection did not reach the server")
		}
	}()
	ask(aborts, "GET", "/")
}

func TestProbes(t *testing.T) {
	ok := scheduler.ClusterStatus{Cluster: "main", Swept: noon}
	for name, c := range map[string]struct {
		clusters []scheduler.ClusterStatus
		err      error
		status   int
		want     health
	}{
		"well": {[]scheduler.ClusterStatus{ok}, nil, 200, health{Status: "ready"}},
		"before the first sweep": {[]scheduler.ClusterStatus{ok, {Cluster: "annex"}}, nil, 503, health{Status: "not ready",
			Reasons: []string{"Cluster annex has not been asked about every phone yet."}}},
		"silent before the first sweep": {[]scheduler.ClusterStatus{{Cluster: "annex", Blocks: blocked(plan.KindSilent, "")}}, nil, 503, health{Status: "not ready",
			Reasons: []string{"Cluster annex does not answer."}}},
		"silent": {[]scheduler.ClusterStatus{{Cluster: "main", Swept: noon, Blocks: blocked(plan.KindSilent, "")}}, nil, 200, health{Status: "degraded",
			Reasons: []string{"Cluster main does not answer."}}},
		"paused": {[]scheduler.ClusterStatus{{Cluster: "main", Swept: noon, Blocks: []plan.Block{{Kind: plan.KindPaused, Since: noon.Add(-2 * time.Hour), Text: "by cli:jane"}}}}, nil, 200, health{Status: "degraded",
			Reasons: []string{"Cluster main has been paused for 2 h; nothing is sent to its phones."}}},
		"no database": {nil, errors.New("open secret.db: disk I/O error"), 503, health{Status: "not ready",
			Reasons: []string{"The database does not answer."}}},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := serve(t, func(context.Context) (view.Snapshot, error) { return view.Snapshot{Clusters: c.clusters}, c.err })
			w := ask(h, "GET", "/readyz")
			var got health
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || w.Code != c.status {
				t.Errorf("status %d, want %d; body (-want +got):\n%s", w.Code, c.status, diff)
			}
			if w := ask(h, "GET", "/healthz"); w.Code != 200 || w.Body.String() != `{"status":"ok"}`+"\n" {
				t.Errorf("healthz: status %d, body %s", w.Code, w.Body)
			}
		})
	}
}

// A database that is away is said on the page without its error, and logged
// once, however often the page refreshes.
func TestDatabaseAway(t *testing.T) {
	var away error
	h, log := serve(t, func(context.Context) (view.Snapshot, error) { return view.Snapshot{}, away })
	away = errors.New("secret.db is locked")
	for range 3 {
		w := ask(h, "GET", "/")
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("status %d, body %q", w.Code, w.Body)
		}
	}
	away = nil
	ask(h, "GET", "/")
	ask(h, "GET", "/")
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), `err="secret.db is locked"`) {
		t.Errorf("log has %d lines, want one when it falls silent and one when it is back:\n%s", n, log)
	}
}

// A client that goes away says nothing about the database.
func TestClientGone(t *testing.T) {
	h, log := serve(t, func(ctx context.Context) (view.Snapshot, error) { return view.Snapshot{}, ctx.Err() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	if log.Len() > 0 {
		t.Errorf("log: %s", log)
	}
}

// TestPageIsCompressed bounds what a wall display loads four times a minute.
func TestPageIsCompressed(t *testing.T) {
	h, _ := serve(t, always(calm(t, 2000)))
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:50000", "127.0.0.1:8484"
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 64<<10 {
		t.Errorf("encoding %q, %d bytes", w.Header().Get("Content-Encoding"), w.Body.Len())
	}
	packed, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(packed)
	if plain := ask(h, "GET", "/"); err != nil || !bytes.Equal(body, plain.Body.Bytes()) || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("unpacked %d bytes (%v), plain %d", len(body), err, plain.Body.Len())
	}
}

// A browser that has the page gets none, until the page says something else.
func TestPageIsSentOnce(t *testing.T) {
	s := calm(t, 3)
	h, _ := serve(t, func(context.Context) (view.Snapshot, error) { return s, nil })
	get := func(path, tag, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("If-None-Match", tag)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	tag := get("/", "", "gzip").Header().Get("ETag")
	if got := get("/", tag, "gzip"); tag == "" || got.Code != http.StatusNotModified || got.Body.Len() > 0 || got.Header().Get("ETag") != tag {
		t.Errorf("tag %q: status %d, %d bytes, tag %q", tag, got.Code, got.Body.Len(), got.Header().Get("ETag"))
	}
	if got := get("/", tag, ""); got.Code != http.StatusNotModified {
		t.Errorf("without compression: status %d", got.Code)
	}
	if got := get("/?q=1.1", tag, "gzip"); got.Code != http.StatusOK {
		t.Errorf("another page has the tag: status %d", got.Code)
	}
	desk := *s.Desks[0]
	desk.State = board.Missing
	s.Desks = append([]*board.Desk{&desk}, s.Desks[1:]...)
	if got := get("/", tag, "gzip"); got.Code != http.StatusOK || got.Header().Get("ETag") == tag {
		t.Errorf("after a change: status %d, tag %q", got.Code, got.Header().Get("ETag"))
	}
}

// BenchmarkProbeOfSilentHouse is a probe of a building none of whose 50,000 phones answers.
func BenchmarkProbeOfSilentHouse(b *testing.B) {
	s, names := calm(b, 1), make([]string, 50_000)
	for i := range names {
		names[i] = fmt.Sprintf("%d.%d", i/50, i%50)
	}
	s.Clusters[0].Blocks = blocked(plan.KindNoAnswer, "no answer", names...)
	h, _ := serve(b, always(s))
	for b.Loop() {
		ask(h, "GET", "/readyz")
	}
}

func BenchmarkPage500(b *testing.B) {
	h, _ := serve(b, always(calm(b, 500)))
	for b.Loop() {
		ask(h, "GET", "/")
	}
}
