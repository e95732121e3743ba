package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// heard are the events of one who listens.
type heard struct {
	t      testing.TB
	lines  chan string // closed at the end
	status int
	stop   context.CancelFunc
}

// listen listens over a socket, from an event on if one is given.
func (w *world) listen(at, secret, last string) *heard {
	w.t.Helper()
	within, stop := context.WithTimeout(ctx, 20*time.Second)
	r, err := http.NewRequestWithContext(within, http.MethodGet, at+rest.Base+"/events", nil)
	check(w.t, err)
	r.Header.Set("Authorization", "Bearer "+secret)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	got, err := http.DefaultClient.Do(r)
	check(w.t, err)
	h := &heard{w.t, make(chan string, 1000), got.StatusCode, stop}
	w.t.Cleanup(stop)
	go func() {
		defer close(h.lines)
		defer func() { _ = got.Body.Close() }()
		for s := bufio.NewScanner(got.Body); s.Scan(); {
			h.lines <- s.Text()
		}
	}()
	return h
}

// until is all up to a line that contains text.
func (h *heard) until(text string) string {
	h.t.Helper()
	var all strings.Builder
	for line := range h.lines {
		all.WriteString(line + "\n")
		if strings.Contains(line, text) {
			return all.String()
		}
	}
	h.t.Fatalf("no %q in %s", text, &all)
	return ""
}

// serve serves a world over sockets.
func (w *world) serve() string {
	s := httptest.NewServer(w.handler)
	w.t.Cleanup(s.Close)
	return s.URL
}

// Who listens is told what changes, as far as they may know it, by any program; who comes back
// is told what they missed.
func TestEvents(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		at0 := w.serve()
		boss, jane := w.listen(at0, w.secrets[reservations.RoleFacilities], ""), w.listen(at0, w.secrets[reservations.RoleEmployee], "")
		first := boss.until("id: ")
		jane.until("id: ")
		r, err := w.store.Reserve(ctx, reservations.Reservation{Desk: "D1", Person: "max", Span: reservations.Span{Start: at(1), End: at(2)}}, eight)
		check(t, err)
		if text := boss.until("data: "); !strings.Contains(text, "event: reservation\n") || !strings.Contains(text, `"desk":"D1","person":"max","start":"2026-03-02T09:00:00Z"`) {
			t.Errorf("all of it: %s", text)
		}
		_, err = w.store.Reserve(ctx, reservations.Reservation{Desk: "D2", Person: "jane", Span: reservations.Span{Start: at(1), End: at(2)}}, eight)
		check(t, err)
		text := jane.until(`"person":"jane"`)
		if strings.Contains(text, "max") || strings.Contains(text, r.ID) || !strings.Contains(text, "event: desk\ndata: {\"desk\":\"D1\"}\n") {
			t.Errorf("of others: %s", text)
		}
		_, err = w.store.PauseClusters(ctx, []string{"main"}, "wiring", eight)
		check(t, err)
		boss.until("event: cluster")
		_, err = w.store.Cancel(ctx, r.ID, eight)
		check(t, err)
		if text := jane.until(`"desk":"D1"`); strings.Contains(text, "cluster") || strings.Contains(text, "cancelled") {
			t.Errorf("of others: %s", text)
		}
		boss.until(`"status":"cancelled"`)

		from := strings.TrimSpace(first[strings.Index(first, "id: ")+4:])
		again := w.listen(at0, w.secrets[reservations.RoleFacilities], from).until("event: cluster")
		if strings.Count(again, "event: reservation") != 2 || !strings.Contains(again, `"status":"cancelled"`) { // as they are by now
			t.Errorf("missed: %s", again)
		}
		w.listen(at0, w.secrets[reservations.RoleFacilities], "999999").until("event: all")
		for _, none := range []string{"x", "-1"} {
			if got := w.do(ask{w.secrets[reservations.RoleFacilities], "GET", "/events", nil, []string{"Last-Event-ID", none}}); got.status != 422 {
				t.Errorf("id %s: %d", none, got.status)
			}
		}
	})
}

// There is a bound of those who listen, and who goes makes room.
func TestListeners(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	at0 := w.serve()
	var all []*heard
	for i := range 200 {
		if i%100 == 0 { // rates are limited
			w.secrets[reservations.RoleAuditor] = w.token(reservations.Token{Role: reservations.RoleAuditor, Scopes: reservations.Scopes})
		}
		all = append(all, w.listen(at0, w.secrets[reservations.RoleAuditor], ""))
	}
	if got := w.do(ask{w.secrets[reservations.RoleFacilities], "GET", "/events", nil, nil}); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("one more: %d %s", got.status, got.text)
	}
	for _, h := range all {
		h.stop()
	}
	for range 100 {
		if got := w.do(ask{w.secrets[reservations.RoleFacilities], "GET", "/events", nil, nil}); got.status == 200 {
			return
		}
	}
	t.Error("nobody may listen after those have gone")
}

// The end of the daemon is told, and nobody begins to listen after it.
func TestEventsEnd(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	running, stop := context.WithCancel(ctx)
	defer stop()
	w.events = nil
	d := w.deps()
	go w.events.Run(running)
	var err error
	w.handler, err = Handler(d)
	check(t, err)
	at0 := w.serve()
	boss := w.listen(at0, w.secrets[reservations.RoleFacilities], "")
	boss.until("id: ")
	stop()
	boss.until("deskd ends")
	if line, more := <-boss.lines; more && line != "" {
		t.Errorf("after the end: %q", line)
	}
	if got := w.do(ask{w.secrets[reservations.RoleFacilities], "GET", "/events", nil, nil}); got.status != 503 {
		t.Errorf("after the end: %d", got.status)
	}
}
