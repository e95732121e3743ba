package main

import (
	"strings"
	"testing"
	"time"

	"deskd/scheduler/clock"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/logs"
	"deskd/cmd/deskd/show"
	"deskd/configs"
	"deskd/store"
)

// explained is what explain prints of a desk as of an instant of the past.
func (w *world) explained(desk string, at time.Time) string {
	w.t.Helper()
	ok := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	c, err := configs.Check(w.path("deskd.yaml"))
	ok(err)
	st, err := store.Open(w.t.Context(), w.path("deskd.db"), store.Options{ReadOnly: true})
	ok(err)
	defer st.Close()
	a, err := daemon.NewParts(c, st, logs.New(&journal{}, c.Log), clock.Clock{})
	ok(err)
	d, err := st.Desk(w.t.Context(), desk)
	ok(err)
	e, err := a.View.ExplainThen(w.t.Context(), d, at)
	ok(err)
	var b strings.Builder
	ok(show.Explanation{Explanation: e}.Print(&b, time.UTC, time.Now()))
	return b.String()
}

func (w *world) tells(text string, want ...string) {
	w.t.Helper()
	rest := text
	for _, part := range want {
		_, after, found := strings.Cut(rest, part)
		if !found {
			w.t.Errorf("%q is missing in\n%s", part, text)
			return
		}
		rest = after
	}
}

// A past instant is explained by what was so then: bookings that were cancelled,
// moved or deleted since, and the phone that the desk had. What nobody has kept is
// not known, and nothing of today stands for it.
func TestExplainThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	later := func() time.Time { // instants of the audit are to the millisecond
		at := time.Now()
		eventually(t, time.Second, "time passes", func() bool { return time.Since(at) > 2*time.Millisecond })
		return at
	}
	before := later()
	later()
	for i, desk := range []string{"D1", "D2", "D3"} {
		w.reserve(desk, []string{"user0001", "user0002", "user0003"}[i], -time.Hour, time.Hour)
	}
	w.must("reconcile")
	later()
	then := later()
	later()
	w.exec("UPDATE reservations SET status = 'cancelled' WHERE desk = 'D1'")
	w.exec("DELETE FROM reservations WHERE desk = 'D2'")
	w.exec("UPDATE desks SET device = 'SEP000000000004' WHERE id = 'D3'")
	w.exec("UPDATE reservations SET desk = 'D2', starts_at = strftime('%Y-%m-%dT%H:%M:%SZ', starts_at, '+30 hours'), ends_at = strftime('%Y-%m-%dT%H:%M:%SZ', ends_at, '+30 hours') WHERE desk = 'D3'")
	w.must("reconcile")

	w.tells(w.explained("D1", then), "phone SEP000000000001 on", "* ", "user0001     confirmed ", "cancelled since",
		"Wanted on the phone\n   user0001 from", "Seen on the phone then\n   not known\n",
		"What deskd did then and after\n", "logout user0001: done", "What it had done before\n", "login user0001: done",
		"Not known\n   who was on the phone: deskd keeps what it saw last. By its journal it had logged user0001 in at ")
	w.tells(w.explained("D2", then), "* ", "user0002     confirmed ", "deleted since", "Wanted on the phone\n   user0002 from")
	w.tells(w.explained("D3", then), "phone SEP000000000003 on", "* ", "user0003     confirmed ", "moved to desk D2 since, from ",
		"Wanted on the phone\n   user0003 from", "Seen on the phone then\n   not known\n")
	w.tells(w.explained("D1", before), "Reservations\n   none", "Wanted on the phone\n   none",
		"What deskd did then and after\n", "login user0001: done", "What it had done before\n   none", "Its journal has no login or logout there in the 12h0m0s before")
	w.tells(w.explained("D1", before.Add(-time.Hour)), "phone - on", "the desk was not there yet")
	if now := w.must("explain", "--desk", "D1"); strings.Contains(now, "Seen on the phone then") {
		t.Errorf("the present is explained as the past:\n%s", now)
	}
	w.contains(w.run("explain", "--desk", "D1", "--at", time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)), 0, "Not known\n")
}

// What was seen last counts for the past as far as it reaches back.
func TestExplainWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.must("reconcile")
	then := time.Now()
	w.must("reconcile") // the phone is asked again
	w.tells(w.explained("D1", then), "Seen on the phone then\n   user0001 since ", "(deskd's session)")
	w.tells(w.explained("D1", then.Add(-time.Hour)), "Seen on the phone then\n   not known\n")
}
