package main

import (
	"deskd/scheduler/plan/forecast"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// A phone at which nobody will be logged in is told as that, in the sentence and in the table.
func TestPlanWaveNever(t *testing.T) {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	booked := func(desk string) forecast.Booking {
		return forecast.Booking{Desk: desk, Device: "SEP" + desk, Person: "jane", Start: nine}
	}
	w := forecast.Wave{Bookings: 3, Phones: []forecast.Phone{
		{Booking: booked("D1"), Login: nine.Add(-time.Minute), Ready: nine},
		{Booking: booked("D2"), Login: nine, Ready: nine.Add(90 * time.Second), Late: 90 * time.Second, Why: "slow"},
		{Booking: booked("D3"), Never: true, Why: "slow; nobody is logged in then"},
	}}
	w.Sum()
	c := clusterWave{Cluster: "main", Wave: w}
	if got, want := c.sentence(), "2 of 3 phones will not be ready in time, the last 1m30s after its start; at 1 of them nobody will be logged in, because too little of the booking will be left."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	zone := func(string) *time.Location { return time.UTC }
	want := [][]string{
		{"09:01:30", "1m30s", "2026-03-02 09:00 UTC", "D2", "SEPD2", "jane", "09:00:00", "slow"},
		{"never", "-", "2026-03-02 09:00 UTC", "D3", "SEPD3", "jane", "-", "slow; nobody is logged in then"},
		{"09:00:00", "-", "2026-03-02 09:00 UTC", "D1", "SEPD1", "jane", "08:59:00", "-"},
	}
	if diff := cmp.Diff(want, c.rows(zone, nine.Add(-time.Hour), true)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got, want := (clusterWave{Wave: ofDesk(w, "D3")}).sentence(), "1 of 1 phones will not be ready in time; at 1 of them nobody will be logged in, because too little of the booking will be left."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A booking of which too little is left is told as held for as long as it lasts, also where that
// is written down.
func TestExplainTooLate(t *testing.T) {
	notShort(t, "starts daemons")
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, 3*time.Minute)
	w.run("reconcile")
	for range 2 {
		w.contains(w.run("explain", "--desk", "D1"), 0, "hold user0001: less than 5m0s of the booking is left")
		w.run("reconcile")
	}
	w.contains(w.run("list", "attempts", "--desk", "D1"), 0, "too-late")
}
