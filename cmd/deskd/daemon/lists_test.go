package daemon

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/clock"
)

// A daemon clears the list of a session that it has ended, and says so in the journal and as a
// metric.
func TestListIsCleared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, st := installation(t, "phones: {base_url: \"http://desks.example.com\", networks: [10.0.0.0/24], clear_history: true, push: {user: pusher, password_file: em-password}}\n")
		cluster, rooms := onePhone(t, st, nil)
		_, err := st.Reserve(t.Context(), reservations.Reservation{Desk: "D1", Person: "user0001", Span: reservations.Span{Start: time.Now(), End: time.Now().Add(time.Hour)}, Status: reservations.Confirmed, Source: "test"}, time.Now())
		ok(t, err)
		a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
		ok(t, err)
		a.Transport = func(*tls.Config) http.RoundTripper { return cluster.Transport() }
		a.PhonesBy = rooms
		d, err := New(a)
		ok(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.live(ctx, func(error) {}) }()
		time.Sleep(30 * time.Minute)
		home := rooms.Home(emulator.DeviceName(1))
		if home.Miss("4711"); home.User() != "user0001" {
			t.Errorf("%q is on the phone", home.User())
		}
		time.Sleep(time.Hour)
		page := httptest.NewRecorder()
		d.metrics.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		shown, err := d.board.Look(t.Context())
		ok(t, err)
		stop()
		ok(t, <-ended)
		if got := shown.Desks[0].CallList; got != "cleared" {
			t.Errorf("the page has %q", got)
		}
		attempts, err := st.Attempts(t.Context(), time.Time{})
		ok(t, err)
		if len(attempts) != 2 || attempts[1].CallList != "cleared" || len(home.Calls()) > 0 {
			t.Errorf("%+v, the list has %v", attempts, home.Calls())
		}
		if !strings.Contains(page.Body.String(), "deskd_call_lists_total{outcome=\"cleared\"} 1\n") {
			t.Error("it is not counted")
		}
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
