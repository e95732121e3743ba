package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/api/guide"
	"deskd/web/view"
)

// browse lets testdata/browser/check.mjs look at pages in Chromium, and returns
// what it finds wrong. It skips where the machine has no browser.
func browse(t *testing.T, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds to start: not with -short")
	}
	if raceDetector {
		t.Skip("the browser's checks are run without the race detector")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed (Debian: nodejs)")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed (Debian: chromium)")
	}
	if _, err := os.Stat("testdata/browser/node_modules/playwright-core"); err != nil {
		t.Skip("playwright-core and axe-core are not installed: npm ci --prefix web/testdata/browser")
	}
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, node, append([]string{"testdata/browser/check.mjs"}, args...)...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	var said, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &failed
	if err := cmd.Run(); err != nil {
		t.Fatalf("check.mjs %s: %v\n%s%s", args[0], err, said.String(), failed.String())
	}
	return said.String()
}

// worlds are pages as buildings have them, by name; pages serves them.
func worlds(t *testing.T) map[string]view.Snapshot {
	long := calm(t, 12)
	const word = "Wirtschaftsprüfungsgesellschaftssekretariat"
	for i := range long.Desks {
		d := long.Desks[i]
		d.Desk.ID = fmt.Sprintf("Gebäude-7.Nord.%s.%d", word, i)
		d.Desk.Name, d.Desk.Zone, d.State = strings.Repeat("Fenster ", 8), word+word, board.Stranger
		d.Phone.Person = strings.Repeat("x", 128)
		d.Problem = "login " + strings.Repeat("y", 128) + ": " + strings.Repeat("the profile is not known, ", 20)
	}
	long.Clusters[0].Cluster, long.Clusters[0].Blocks = strings.Repeat("cluster", 12), blocked(plan.KindDatabaseWrite, "https://"+strings.Repeat("a", 200))
	long.Feeds[0].Name, long.Feeds[0].Problem = strings.Repeat("feed", 20), strings.Repeat("z", 300)
	long.Feeds[0].Unread = 1
	long.Feeds[0].Problems = []reservations.Problem{{Line: 1 << 30, UID: strings.Repeat("u", 255), What: strings.Repeat("w", 200), Hint: strings.Repeat("h", 200)}}
	large := calm(t, 5_000)
	for i := range 70 {
		large.Desks[i*37].State, large.Desks[i*37].Problem = board.Stranger, "booked, and another person is on the phone"
	}
	return map[string]view.Snapshot{"everything": example(t), "calm": calm(t, 12), "long": long, "large": large, "empty": {}}
}

func pages(t *testing.T) []string {
	var list []string
	for name, s := range worlds(t) {
		h, _ := serve(t, always(s))
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		list = append(list, name+"="+server.URL+"/")
	}
	return append(list, "interface="+guided(t)+"/api/")
}

// guided serves the page of the interface for programs, with all of its parts open, as the
// daemon does.
func guided(t *testing.T) string {
	document, err := os.ReadFile("../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := guide.New(document, "/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	inner, opened := http.NewServeMux(), http.NewServeMux()
	page.Add(inner)
	opened.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		got := httptest.NewRecorder()
		inner.ServeHTTP(got, r)
		w.Header().Set("Content-Type", got.Header().Get("Content-Type"))
		fmt.Fprint(w, strings.ReplaceAll(got.Body.String(), "<details>", "<details open>"))
	})
	h, err := Handler(Deps{API: opened, Metrics: http.NotFoundHandler(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// TestPageFits opens the page in windows from 320 to 1920 pixels: nothing is
// wider than its window.
func TestPageFits(t *testing.T) {
	if found := browse(t, append([]string{"layout"}, pages(t)...)...); found != "" {
		t.Error(found)
	}
}

// TestPageIsAccessible holds the page against every rule of axe.
func TestPageIsAccessible(t *testing.T) {
	if found := browse(t, append([]string{"axe"}, pages(t)...)...); found != "" {
		t.Error(found)
	}
}

// TestPageRefreshesInPlace lets a page stand while its server changes, fails,
// asks for a sign-in and is updated.
func TestPageRefreshesInPlace(t *testing.T) {
	first, changed := calm(t, 30), calm(t, 30)
	first.People[0].Name, changed.People[0].Name = "Jane Doe", "Ada Changed"
	changed.Desks[4].State = board.Missing
	answers := map[string]http.Handler{}
	for kind, s := range map[string]view.Snapshot{"first": first, "changed": changed} {
		h, _ := serve(t, always(s))
		answers[kind] = h
	}
	answers["broken"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) })
	answers["away"] = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	answers["elsewhere"] = http.RedirectHandler("/sign-in", http.StatusFound)
	answers["foreign"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><title>Sign in</title>") })
	answers["updated"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := httptest.NewRecorder()
		r.Header.Del("If-None-Match") // the page of another version is another one
		answers["first"].ServeHTTP(page, r)
		fmt.Fprint(w, strings.ReplaceAll(page.Body.String(), "?v=", "?v=0"))
	})
	var now atomic.Value
	now.Store("first")
	var asked, unchanged atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/control", func(w http.ResponseWriter, r *http.Request) {
		now.Store(r.FormValue("answer"))
		fmt.Fprint(w, asked.Load())
	})
	mux.Handle("/static/", answers["first"])
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		r.Header.Del("Accept-Encoding")
		answers[now.Load().(string)].ServeHTTP(w, r)
		if w.Header().Get("ETag") != "" && w.Header().Get("ETag") == r.Header.Get("If-None-Match") {
			unchanged.Add(1)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	if found := browse(t, "live", server.URL+"/", server.URL+"/control"); found != "" {
		t.Error(found)
	}
	if unchanged.Load() == 0 {
		t.Error("a page that has not changed is sent again")
	}
}
