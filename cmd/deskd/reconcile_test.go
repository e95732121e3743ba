package main

import (
	"deskd/scheduler/clock"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/emapi/emulator"
	"deskd/scheduler/report"
	"deskd/store"
)

// Without a daemon the verb does the work itself.
func TestReconcile(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.contains(w.run("reconcile"), 0, "Reconciliation of 20", "3 desks asked, 0 without an answer, 1 repairs, 1 steps in all\n", "\nstart (1)\n  D1         login  user0001                 done       the booking has started\n")
	if got := w.session("SEP000000000001"); got != "user0001" {
		t.Errorf("on the phone is %q", got)
	}
	w.contains(w.run("reconcile"), 0, "0 repairs", "Every phone shows what the bookings say.")

	// So soon after the login this may be an answer from the past.
	if err := w.phones.PressLogout("SEP000000000001"); err != nil {
		t.Fatal(err)
	}
	doubted := w.run("reconcile")
	w.contains(doubted, 1, "0 repairs", "1 phones show otherwise than the phone system confirmed within the last minute: they are asked again before anything is done")
	if strings.Contains(doubted.out, "Every phone shows") {
		t.Errorf("in doubt all is said to be well:\n%s", doubted.out)
	}
	w.age()
	w.must("reconcile")
	w.age()
	if err := w.phones.PressLogout("SEP000000000001"); err != nil {
		t.Fatal(err)
	}
	w.expect(w.run("reconcile", "--report", w.path("report.txt")), result{0, "", ""})
	text, err := os.ReadFile(w.path("report.txt"))
	if err != nil {
		t.Fatal(err)
	}
	w.contains(result{0, string(text), ""}, 0, "vanished (1)", "D1         login  user0001")
	var found report.Report
	if err := json.Unmarshal([]byte(w.must("reconcile", "-o", "json")), &found); err != nil || found.Desks != 3 {
		t.Errorf("as JSON: %+v (%v)", found, err)
	}
}

// A report that cannot be written costs no repair, and none is done in silence.
func TestReconcileReportFirst(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.expect(w.run("reconcile", "--report", w.path("no/such/report.txt")), result{2, "", "deskd: --report: open DIR/no/such/report.txt: no such file or directory\n"})
	if got := w.session("SEP000000000001"); got != "" {
		t.Errorf("on the phone is %q", got)
	}
}

func TestReconcileWithoutAnswer(t *testing.T) {
	w := newWorld(t).furnish()
	w.fault(emulator.Fault{Action: emulator.Omit, Device: "SEP000000000002"})
	w.contains(w.run("reconcile"), 1, "3 desks asked, 1 without an answer", "deskd: 1 of 3 phones did not answer; deskd doctor says more\n")
	w.phones.Down(true)
	w.contains(w.run("reconcile"), 1, "3 desks asked, 3 without an answer", "deskd: 3 of 3 phones did not answer; deskd doctor says more\n")
}

// With a daemon the verb asks it, and gets its report.
func TestReconcileByDaemon(t *testing.T) {
	notShort(t, "starts a daemon that does the work")
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.must("reconcile")
	w.age()
	d := w.serve()
	d.ready()
	if err := w.phones.PressLogout("SEP000000000001"); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("reconcile"), 0, "3 desks asked, 0 without an answer, 1 repairs", "vanished (1)\n  D1         login  user0001")
	w.contains(result{0, d.log.String(), ""}, 0, "cause=vanished")
	w.phones.RemoveDevice("SEP000000000003")
	w.contains(w.run("reconcile", "-o", "json"), 0, `"desks": 3`, `"unknown": 0`)
	if d.stop() != 0 {
		t.Errorf("the daemon ended with an error:\n%s", d.log)
	}
}

// A daemon that holds the database and does nothing is not waited for for ever.
func TestReconcileDaemonSilent(t *testing.T) {
	w := newWorld(t).furnish()
	c := configOf(w)
	st, err := store.Open(t.Context(), c.Database.DSN, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	a, err := daemon.NewParts(c, st, slog.New(slog.DiscardHandler), clock.FastClock(time.Now(), 10_000))
	if err != nil {
		t.Fatal(err)
	}
	err = daemon.Locked(c, func() error {
		_, err := a.Reconcile(t.Context())
		return err
	})
	if err == nil || err.Error() != "the daemon has not answered in 15m0s; its log says more" {
		t.Errorf("error is %v", err)
	}
}

// A request the daemon does not know is answered too, so that nobody waits.
func TestDaemonAnswersEveryRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.serve()
	for _, verb := range []string{"dance", "reconcile"} {
		w.exec("INSERT INTO requests (verb, arg, asked_at) VALUES (?, '', '2020-01-01T00:00:00.000Z')", verb)
	}
	w.exec("INSERT INTO requests (verb, arg, asked_at) VALUES ('dance', '', ?)", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	eventually(t, 5*time.Second, "all requests are answered", func() bool {
		return w.count("SELECT count(*) FROM requests WHERE failed AND answered_at <> ''") == 3
	})
	if n := w.count("SELECT count(*) FROM requests WHERE result LIKE '%too late'"); n != 2 {
		t.Errorf("%d requests were too late, expected 2", n)
	}
	if n := w.count(`SELECT count(*) FROM requests WHERE result = 'this deskd does not know the request "dance"'`); n != 1 {
		t.Errorf("%d requests were unknown, expected 1", n)
	}
}
