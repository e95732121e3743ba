package main

import (
	"fmt"
	"testing"
	"time"

	"deskd/store"
)

// A clock in doubt is told by the doctor, and plan and explain say what waits for
// it: before a daemon's start what that would hold, and beside one what the daemon
// has written down that it holds.
func TestClockInDoubtIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES ('then', 'D1', 'user0001', ?, ?)`,
		time.Now().Add(-6*time.Hour).UTC().Format(time.RFC3339), time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	w.reserve("D2", "user0002", -time.Minute, time.Hour)
	if got := w.run("doctor"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	ago := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format("2006-01-02T15:04:05.000Z") }
	see := func(at string) {
		w.exec("DELETE FROM observations")
		w.exec("DELETE FROM feeds")
		w.exec(`INSERT INTO observations (device, person, present, known, doubt, ours, visitor, reservation, since_at, seen_at, spared)
			VALUES ('SEP000000000001', 'user0001', 1, 1, '', 1, 0, '', ?1, ?1, 0),
			('SEP000000000002', '', 1, 1, '', 0, 0, '', ?1, ?1, 0)`, at)
	}
	see(ago(10 * time.Minute))
	w.contains(w.run("plan", "--seen"), 0, "now   login   D2", "now   logout  D1")

	see(ago(5 * time.Hour)) // a daemon that was off for so long
	w.contains(w.run("doctor"), 0, "odd    cluster main  the clock is in doubt: the clock is 5h0m", " past when deskd last ran: who was on a phone before stays until both times agree, or until ",
		"; now that concerns 1 -> look at this machine's clock (timedatectl)")
	w.contains(w.run("plan", "--seen"), 0, "now   login  D2", "-     hold   D1", "clock", "they stay until both agree, or until ", "The clock is in doubt on cluster main: the clock is 5h0m")
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339) // of an instant to come as of now
	w.contains(w.run("plan", "--seen", "--at", later), 0, "-     hold  D1", "they stay until both agree, or until ")
	w.contains(w.run("explain", "--desk", "D1"), 0, "the clock is in doubt: the clock is 5h0m", "hold user0001: ", "past when deskd last ran")

	// Beside a daemon that has not asked for as long: its clock has not jumped.
	daemon, err := store.Acquire(t.Context(), w.path("deskd.db"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	w.contains(w.run("plan", "--seen"), 0, "now   login   D2", "now   logout  D1")
	jumped := time.Now().Add(-time.Minute)
	w.exec(`INSERT INTO cluster_states (cluster, opened_at, refused_at, code, problem, tries, tried_at, units, doubted_at, unit, clocks) VALUES ('main', '', '', 0, '', 0, '', '', '', 0, ?)`,
		fmt.Sprintf(`{"former":[{"by":%d,"at":%q,"after":0}]}`, 3*time.Hour, jumped.UTC().Format(time.RFC3339Nano)))
	w.contains(w.run("doctor"), 0, "odd    cluster main  the clock is in doubt: the clock went ahead by 3h0m0s: what is due only by that waits until ")
	got := w.run("plan", "--seen", "--desk", "D2")
	w.contains(got, 0, "login  D2", "the clock went ahead by 3h0m0s: what is due only by that waits until ")
	until := jumped.Add(2 * time.Minute).In(zoneOf(t, "Europe/Berlin")).Format("15:04:05")
	w.contains(got, 0, until)
	w.contains(w.run("explain", "--desk", "D2"), 0, "login user0002 at "+until)
}
