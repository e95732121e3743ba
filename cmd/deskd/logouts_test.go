package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"deskd/web/view"
)

// braked is a world with two bookings that run and a brake that lets one go.
func braked(t *testing.T) (w *world, booked []string) {
	t.Helper()
	w = newWorld(t)
	w.write("deskd.yaml", w.config()+"brake: {share: 0, count: 1}\n")
	w.furnish()
	return w, []string{w.reserve("D1", "user0001", -time.Hour, time.Hour), w.reserve("D2", "user0002", -time.Hour, 2*time.Hour)}
}

// on reports whether these are on the first two phones.
func (w *world) on(first, second string) func() bool {
	return func() bool { return w.session("SEP000000000001") == first && w.session("SEP000000000002") == second }
}

// held waits until a daemon that is asked says so.
func (w *world) held(n string, body func(string) string) {
	w.t.Helper()
	eventually(w.t, 5*time.Second, n+" logouts are held", func() bool { return strings.Contains(body("/metrics"), `deskd_held_logouts{cluster="main"} `+n+"\n") })
}

// Beside a running daemon: another program takes the bookings away, nobody is
// logged out, everything that shows how a cluster stands shows it, and a restart
// and an answer to something else change nothing, until a person accepts.
func TestEndsBesideDaemon(t *testing.T) {
	notShort(t, "lets a daemon hold and release logouts")
	t.Parallel()
	w, _ := braked(t)
	d := w.serve()
	eventually(t, 5*time.Second, "both are logged in", w.on("user0001", "user0002"))
	w.expect(w.run("logouts", "show"), result{0, "No logout of cluster main is held.\n", ""})
	w.expect(w.run("logouts", "release", "main"), result{1, "", "deskd: cluster \"main\": no such change is held; deskd logouts show main says what is\n"})

	w.exec("UPDATE reservations SET status = 'cancelled' WHERE desk = 'D1'; DELETE FROM reservations WHERE desk = 'D2'")
	w.held("2", d.body)
	d.has("/", "Cluster main: many bookings were cut short at once ", "2 people stay logged in.", "deskd logouts show main")
	d.has("/readyz", `"status":"degraded"`, "2 people stay logged in.")
	w.contains(w.run("list", "clusters"), 0, "main     logouts-held  ", "  -            many bookings were cut short at once, and 2 logouts are held: deskd logouts show main\n")
	w.contains(w.run("list", "clusters", "-o", "json"), 0, `"held": 2`)
	w.contains(w.run("list", "desks"), 0, "D1    ending  ", "user0001 had the desk until ")
	w.contains(w.run("plan"), 0, "-     hold  D1    SEP000000000001  user0001  mass-end  user0001 had the desk until ", "many bookings were cut short at once, and a person has to look: deskd logouts show main\n")
	w.contains(w.run("explain", "--desk", "D2"), 0, "What follows\n   hold user0002: user0002 had the desk until ", "What was done\n", "  hold user0002: held (")
	w.contains(w.run("doctor"), 0, "odd    cluster main", "2 logouts are held", "-> deskd logouts release main, or bring the bookings back")
	w.contains(w.run("reconcile"), 1, `cluster "main": 2 logouts are held, for many bookings were cut short at once: deskd logouts show main`, "2 phones are still not as the bookings say")

	shown := w.run("logouts", "show", "main")
	w.contains(shown, 0, "DESK  PERSON    HAD-UNTIL", "D1    user0001  ", "  cancelled  sql  ", "D2    user0002  ", "  deleted    sql  ",
		"\nChange ", " of cluster main would log 2 people out; held since ", "deskd logouts release main --change ")
	var ends []view.HeldLogouts
	if err := json.Unmarshal([]byte(w.must("logouts", "show", "-o", "json")), &ends); err != nil || len(ends) != 1 || len(ends[0].Logouts) != 2 || !strings.Contains(shown.out, "Change "+ends[0].Change+" of") {
		t.Fatalf("as JSON: %+v (%v)", ends, err)
	}
	if d.stop() != 0 {
		t.Errorf("the daemon ended with an error:\n%s", d.log)
	}
	d = w.serve()
	d.ready()
	w.held("2", d.body)
	w.contains(w.run("logouts", "release", "main", "--change", "00000000"), 1, "no such change is held")
	if !w.on("user0001", "user0002")() {
		t.Fatalf("a person was logged out:\n%s", d.log)
	}
	w.contains(w.run("logouts", "release", "main", "--change", ends[0].Change), 0, "D1    user0001", "Released: the daemon carries them out at the configured rate.\n")
	eventually(t, 5*time.Second, "both are logged out", w.on("", ""))
	w.held("0", d.body)
	w.expect(w.run("logouts", "show"), result{0, "No logout of cluster main is held.\n", ""})
	w.contains(w.run("list", "audit"), 0, "release  cluster      main  ", `"logouts":2`)
	for text, n := range map[string]int{`msg="many bookings were cut short at once`: 1, `msg="held logouts are released" cluster=main count=2 by=cli:`: 1, `msg="no logouts are held any more"`: 1} {
		if strings.Count(d.log.String(), text) != n {
			t.Errorf("%q is not in the log %d times:\n%s", text, n, d.log)
		}
	}
}

// What is cancelled by deskd cancel is meant, and goes through.
func TestEndsByDeskd(t *testing.T) {
	notShort(t, "ends bookings in every way")
	t.Parallel()
	w, booked := braked(t)
	d := w.serve()
	eventually(t, 5*time.Second, "both are logged in", w.on("user0001", "user0002"))
	w.must("pause")
	for _, r := range booked {
		w.must("cancel", r)
	}
	w.must("resume")
	eventually(t, 5*time.Second, "both are logged out", w.on("", ""))
	w.held("0", d.body)
	if n := w.count("SELECT count(*) FROM attempts WHERE cause = 'mass-end'"); n != 0 {
		t.Errorf("%d logouts were held", n)
	}
}

// Without a daemon the verbs that plan and reconcile hold as the daemon does, and
// an answer waits for the next one.
func TestEndsWithoutDaemon(t *testing.T) {
	t.Parallel()
	w, _ := braked(t)
	w.contains(w.run("reconcile"), 0, "2 repairs")
	w.exec("UPDATE reservations SET ends_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 minutes') WHERE desk = 'D1'; UPDATE reservations SET person = 'user0003' WHERE desk = 'D2'")
	w.contains(w.run("plan"), 0, "hold  D2  ", "  user0002  mass-end  ", "hold  D1  ", "  user0001  mass-end  ")
	if n := w.count("SELECT count(*) FROM held_logouts"); n != 0 {
		t.Errorf("a plan has written %d rows", n)
	}
	w.contains(w.run("reconcile"), 1, "0 repairs", "2 logouts are held")
	w.contains(w.run("logouts", "show"), 0, "D1    user0001  ", "  shortened to ", "D2    user0002  ", "  given to user0003  ", "  sql  ")
	w.contains(w.run("logouts", "release", "main"), 0, "Released:")
	w.contains(w.run("reconcile"), 0, "3 repairs")
	if !w.on("", "user0003")() {
		t.Error("the phones are not as the bookings say")
	}
	w.expect(w.run("logouts"), result{2, "", "deskd: expected show or release; see deskd logouts --help\n"})
	w.expect(w.run("logouts", "release"), result{2, "", "deskd: expected CLUSTER; see deskd logouts release --help\n"})
	w.expect(w.run("logouts", "release", "annex"), result{2, "", "deskd: there is no cluster \"annex\" in the configuration (known: main)\n"})
}
