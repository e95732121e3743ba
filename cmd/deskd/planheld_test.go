package main

import (
	"testing"
	"time"
)

// What a round would not send now is not planned for now: while an outcome is
// open, while the phone system refuses deskd, and by a feed that is not configured.
func TestPlanOfWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.serve()
	eventually(t, 10*time.Second, "the booking is served", func() bool { return w.session("SEP000000000001") == "user0001" })
	d.stop()
	w.contains(w.run("plan", "--seen"), 0, "Nothing to do")
	w.exec("UPDATE observations SET person = '', ours = 0")
	w.exec("UPDATE attempts SET outcome = 'refused', code = 1, reservation = 'another'")
	w.contains(w.run("plan", "--seen"), 0, "login  D1    SEP000000000001  user0001  start  the booking has started\n")
	w.exec("UPDATE attempts SET outcome = 'open', ended_at = ''")
	w.contains(w.run("plan", "--seen"), 0, "held  login  D1", "held: a login there at ", " has no known outcome yet, which is asked for first")
	w.contains(w.run("explain", "--desk", "D1"), 0, "   login user0001, held (a login there at ", " has no known outcome yet, which is asked for first): the booking has started")
	w.exec("UPDATE attempts SET outcome = 'refused', code = 1, ended_at = began_at")
	w.exec("INSERT INTO cluster_states (cluster, opened_at, refused_at, code, problem, tries, tried_at, units, doubted_at, unit) VALUES ('main', ?1, ?1, 3, 'wrong password', 0, '', '', '', 0)",
		time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	w.contains(w.run("plan", "--seen"), 0, "held  login  D1", "the booking has started; held: the cluster refuses deskd since ", ": wrong password")
	w.contains(w.run("explain", "--desk", "D1"), 0, "   none of it is sent: the cluster refuses deskd since ", "   login user0001, held: the booking has started")
	w.exec("DELETE FROM cluster_states")
	w.exec("UPDATE reservations SET source = 'feed:gone'")
	w.contains(w.run("plan", "--seen"), 0, "-     hold  D1    SEP000000000001  user0001  no-feed", `the booking is of feed "gone", which is not in the configuration`)
}

// Nobody who can be logged in is nothing that is in order.
func TestDoctorOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.exec("UPDATE people SET id = 'nobody' || id")
	w.contains(w.run("doctor"), 1, "wrong  cluster main", "0 of 3 people can be logged in", "check that this is the phone system of these people")
	w.exec("UPDATE people SET id = 'user0001' WHERE id = 'nobodyuser0001'")
	w.contains(w.run("doctor"), 1, "odd    cluster main", "1 of 3 people can be logged in")
}
