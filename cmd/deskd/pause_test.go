package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A pause beside a running daemon: no phone is touched from then on, everything
// that shows how a cluster stands shows it, a restart keeps it, and resume
// brings the phones in line.
func TestPauseBesideDaemon(t *testing.T) {
	notShort(t, "starts a daemon over and over")
	t.Parallel()
	w := newWorld(t).furnish()
	kept := w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "the booked desk's phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })

	w.expect(w.run("pause", "main", "--why", "new wiring"), result{0, "cluster main is paused: nothing is sent to its phones until deskd resume\n", ""})
	w.must("cancel", kept)
	w.reserve("D2", "user0002", -time.Minute, time.Hour)
	eventually(t, 2*time.Second, "the daemon knows", func() bool { return strings.Contains(d.body("/metrics"), `deskd_cluster_paused{cluster="main"} 1`) })
	eventually(t, 2*time.Second, "what is due waits", func() bool { return strings.Contains(d.body("/metrics"), `deskd_queue_length{cluster="main"} 2`) })
	d.has("/", "Cluster main has been paused for ", "(new wiring)")
	d.has("/readyz", `"status":"degraded"`, "Cluster main has been paused for ")
	w.contains(w.run("list", "clusters"), 0, "main     paused  ", "  -            paused by cli:", " (new wiring)")
	w.contains(w.run("list", "clusters", "-o", "json"), 0, `"paused": {`, `"why": "new wiring"`)
	w.contains(w.run("doctor"), 0, "odd    cluster main", "it is paused by cli:", "-> deskd resume main")
	w.contains(w.run("reconcile"), 1, `cluster "main" is paused by cli:`, "2 phones are still not as the bookings say")
	w.contains(w.run("pause"), 0, "cluster main is paused already, by cli:", " (new wiring) since ")
	w.untouched(d)

	if d.stop() != 0 {
		t.Errorf("the daemon ended with an error:\n%s", d.log)
	}
	d = w.serve()
	d.ready()
	d.has("/readyz", "Cluster main has been paused for ")
	w.untouched(d)
	w.expect(w.run("resume"), result{0, "cluster main is resumed\n", ""})
	eventually(t, 2*time.Second, "the phones are as the bookings say", func() bool {
		return w.session("SEP000000000001") == "" && w.session("SEP000000000002") == "user0002"
	})
	w.expect(w.run("resume", "main"), result{0, "cluster main was not paused\n", ""})
	for text, n := range map[string]int{`msg="cluster is paused: nothing is sent to its phones" cluster=main`: 1, `msg="cluster is resumed"`: 1} {
		if strings.Count(d.log.String(), text) != n {
			t.Errorf("%q is not in the log %d times:\n%s", text, n, d.log)
		}
	}
	w.contains(w.run("list", "audit"), 0, "resume", "cluster", "main", "pause", "cluster", "main")
}

// untouched holds that the phones are as they were when the cluster was paused.
func (w *world) untouched(d *served) {
	w.t.Helper()
	if on1, on2 := w.session("SEP000000000001"), w.session("SEP000000000002"); on1 != "user0001" || on2 != "" {
		w.t.Errorf("on the phones are %q and %q, expected user0001 and nobody\n%s", on1, on2, d.log)
	}
	if status, _ := d.get("/healthz"); status != http.StatusOK {
		w.t.Errorf("/healthz: status %d", status)
	}
}

// Without a daemon a pause waits for it, and the verbs that log in keep to it.
func TestPauseWithoutDaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.must("pause")
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.contains(w.run("reconcile"), 1, "0 repairs, 0 steps in all\n", `cluster "main" is paused by cli:`,
		"1 phones are still not as the bookings say", "deskd: 1 phone is still not as the bookings say", `deskd: not right: cluster "main" is paused by cli:`, "until deskd resume")
	w.exec("DELETE FROM reservations")
	w.contains(w.run("reconcile", "--report", w.path("report")), 1, `deskd: not right: cluster "main" is paused by cli:`)
	w.contains(w.run("reconcile"), 1, "Every phone shows what the bookings say.", "deskd: not right: ")
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.contains(w.run("probe-duration", "--desk", "D2", "--person", "user0002"), 1, "the cluster is paused (deskd resume lets it go on)")
	w.contains(w.run("plan"), 0, "held  login  D1", "the booking has started; held: the cluster is paused by cli:", "\nNothing is sent to cluster main: it is paused by cli:", " since ")
	w.contains(w.run("explain", "--desk", "D1"), 0, "What follows\n   none of it is sent: the cluster is paused by cli:", "\n   login user0001, held: the booking has started")
	if n := len(w.phones.Sessions()); n != 0 {
		t.Errorf("%d sessions on paused phones", n)
	}
	w.must("resume")
	w.contains(w.run("reconcile"), 0, "1 repairs, 1 steps in all\n")
	w.expect(w.run("pause", "annex"), result{2, "", "deskd: there is no cluster \"annex\" in the configuration (known: main)\n"})
	w.expect(w.run("resume", "main", "annex"), result{2, "", "deskd: unexpected argument \"annex\"; see deskd resume --help\n"})
}
