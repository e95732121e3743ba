package daemon

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
)

// While a logout waits for a call to end, who asks what follows is told so, and until when at
// most: by the journal, for a verb asks no phone.
func TestExplainTellsWhatWaitsForACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, st := installation(t, "phones: {base_url: \"http://desks.example.com\", networks: [10.0.0.0/24]}\npolicy: {end: {wait_for_call: 10m}}\n")
		cluster, rooms := onePhone(t, st, nil)
		began := time.Now()
		_, err := st.Reserve(t.Context(), reservations.Reservation{Desk: "D1", Person: "user0001", Span: reservations.Span{Start: began, End: began.Add(time.Hour)}, Status: reservations.Confirmed, Source: "test"}, began)
		ok(t, err)
		a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
		ok(t, err)
		a.Transport = func(*tls.Config) http.RoundTripper { return cluster.Transport() }
		a.PhonesBy = rooms
		d, err := New(a)
		ok(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.live(ctx, func(error) {}) }()
		follows := func(after time.Duration) string {
			t.Helper()
			time.Sleep(time.Until(began.Add(after)))
			verb, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
			ok(t, err)
			desk, err := st.Desk(t.Context(), "D1")
			ok(t, err)
			e, err := verb.View.Explain(t.Context(), desk, time.Now())
			ok(t, err)
			var all []string
			for _, s := range e.Steps {
				all = append(all, string(s.Op)+": "+s.Why)
			}
			return strings.Join(all, ", ")
		}
		time.Sleep(time.Minute)
		rooms.Home(emulator.DeviceName(1)).Dial("4711")
		for _, after := range []time.Duration{time.Hour + 30*time.Second, 69 * time.Minute} {
			if got := follows(after); got != "hold: user0001's booking has ended; its person is in a call; waits until 2000-01-01T01:10:00Z at most" {
				t.Errorf("after %s follows %q", after, got)
			}
		}
		if got := follows(71 * time.Minute); got != "" {
			t.Errorf("after the logout follows %q", got)
		}
		stop()
		ok(t, <-done)
		attempts, err := st.Attempts(t.Context(), began)
		ok(t, err)
		var ended time.Duration
		for _, one := range attempts {
			if one.Op == plan.OpLogout && one.Outcome == plan.Done {
				ended = one.Ended.Sub(began)
			}
		}
		if ended.Round(time.Second) != 70*time.Minute {
			t.Errorf("the logout was after %s", ended)
		}
	})
}
