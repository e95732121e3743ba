package main

import (
	"encoding/json"
	"testing"
)

// A forecast lists the phones that will be late, the worst news first, and says what would
// suffice; it writes nothing, and its exit code says whether a phone will be late.
func TestPlanWave(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.contains(w.run("plan", "--wave"), 0, "Cluster main, from ", ": nobody is to be logged in.\n")
	w.book("D1", "user0001", "2030-01-02 09:00", "2030-01-02 12:00")
	w.book("D2", "user0002", "2030-01-02 09:00", "2030-01-02 12:00")
	w.book("D3", "user0003", "2030-01-02 03:30", "2030-01-02 06:00") // in Boston, six hours behind
	in := []string{"plan", "--wave", "--at", "2030-01-02 09:00"}
	w.expect(w.run(in...), result{0, "Cluster main, from Wed 2030-01-02 09:00 CET: 3 of 3 phones need a login, and will be ready in time.\n", ""})
	w.expect(w.run("plan", "--wave"), w.run(in...)) // the next hour with bookings
	w.contains(w.run(append(in, "--all")...), 0, `

READY     LATE  START                 DESK  PHONE            PERSON    LOGIN     WHY
08:59:59  -     2030-01-02 09:00 CET  D1    SEP000000000001  user0001  08:59:39  -
09:00:00  -     2030-01-02 09:00 CET  D2    SEP000000000002  user0002  08:59:40  -
03:30:00  -     2030-01-02 03:30 EST  D3    SEP000000000003  user0003  03:29:40  -
`)

	w.reconfigure("    max_per_minute: 6000\n", "    max_per_minute: 2\n    max_concurrent: 1\npolicy: {lead: 20s}\n")
	late := w.run(in...)
	w.contains(late, 1, "Cluster main, from Wed 2030-01-02 09:00 CET: 1 of 3 phones will not be ready in time, the last 30s after its start.\n",
		"lead: 1m would suffice.\n", "READY", "30s   2030-01-02 09:00 CET  D2    SEP000000000002  user0002", "more is due than 2 logins and logouts a minute let through (max_per_minute)")
	w.contains(w.run("plan", "--wave", "--at", "2030-01-02 09:00", "--seen", "--desk", "D2"), 0, "1 are held as things stand")
	w.contains(w.run(append(in, "--desk", "D1")...), 0, "1 of 1 phones need a login, and will be ready in time")

	var waves []struct {
		Cluster string
		Late    int
		Phones  []struct {
			Desk        string
			LateSeconds float64 `json:"late_seconds"`
			Cause       string
		}
		Enough struct{ Lead string }
	}
	r := w.run(append(in, "-o", "json")...)
	if err := json.Unmarshal([]byte(r.out), &waves); err != nil || r.code != 1 {
		t.Fatal(err, r)
	}
	if f := waves[0]; f.Cluster != "main" || f.Late != 1 || len(f.Phones) != 3 || int(f.Phones[1].LateSeconds) != 30 || f.Phones[1].Cause != "rate" || f.Enough.Lead != "1m" {
		t.Errorf("as JSON: %+v", f)
	}

	w.contains(w.run("pause", "main", "--why", "wiring"), 0)
	w.contains(w.run(in...), 0, "3 are held as things stand.\n", "-      held  2030-01-02 09:00 CET  D1", "the cluster is paused by ")
	w.contains(w.run("plan", "--wave", "--at", "2020-01-02 09:00"), 2, "that hour is over")
	w.contains(w.run("plan", "--all"), 2, "--all belongs to --wave")
	if sent := w.phones.Stats().Requests; sent["login"]+sent["logout"] > 0 {
		t.Errorf("requests: %v", sent)
	}
}
