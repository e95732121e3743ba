package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"deskd/scheduler/plan"
	"deskd/web/view"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.expect(w.run("plan"), result{0, "Nothing to do: every phone is as the bookings say.\n", ""})
	w.book("D2", "user0001", "2030-01-02 09:00", "2030-01-02 12:00")
	w.book("D3", "user0002", "2030-01-02 09:00", "2030-01-02 12:00")
	w.reserve("D1", "user0003", -time.Hour, time.Hour)
	header := "WHEN  STEP   DESK  PHONE            PERSON    CAUSE  WHY\n"
	w.expect(w.run("plan"), result{0, header + "now   login  D1    SEP000000000001  user0003  start  the booking has started\n", ""})
	w.expect(w.run("plan", "--desk", "D2"), result{0, "Nothing to do: every phone is as the bookings say.\n", ""})
	w.expect(w.run("plan", "--at", "2030-01-02 08:55"), result{0, `WHEN          STEP   DESK  PHONE            PERSON    CAUSE  WHY
08:59:40 CET  login  D2    SEP000000000002  user0001  start  the booking starts
`, ""})
	// A desk's times are those of its site.
	w.expect(w.run("plan", "--at", "2030-01-02 08:55", "--desk", "D3"), result{0, `WHEN          STEP   DESK  PHONE            PERSON    CAUSE  WHY
08:59:40 EST  login  D3    SEP000000000003  user0002  start  the booking starts
`, ""})
	w.expect(w.run("plan", "--desk", "D7"), result{1, "", `deskd: no such desk: "D7"; did you mean "D1"?` + "\n"})
	w.contains(w.run("plan", "--at", "soon"), 2, `deskd: --at: time "soon": expected`, "in the zone Europe/Berlin")
	w.contains(w.run("plan", "--seen"), 0, "-     hold  D1    SEP000000000001  user0003  unknown  the phone system has not said who is on this device")

	var steps []plan.Step
	if err := json.Unmarshal([]byte(w.must("plan", "-o", "json")), &steps); err != nil {
		t.Fatal(err)
	}
	if len(steps) != 1 || steps[0].Op != plan.OpLogin || steps[0].Desk != "D1" || steps[0].Person != "user0003" {
		t.Errorf("as JSON: %+v", steps)
	}
	w.expect(w.run("plan", "--desk", "D2", "-o", "json"), result{0, "[]\n", ""})

	// Nothing was sent and nothing was written.
	if sent := w.phones.Stats().Requests; sent["login"]+sent["logout"] > 0 {
		t.Errorf("requests: %v", sent)
	}
	w.expect(w.run("list", "attempts"), result{0, "no attempts\n", ""})
}

// A plan asks the phones; what it cannot ask it does not guess.
func TestPlanWithoutAnswer(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("em-password", "wrong\n")
	w.contains(w.run("plan"), 1, `deskd: cluster "main": `, "application id or password wrong (code 3)", "Correct the application user's password", "(with --seen, what was last seen is planned on)")
	w.phones.Down(true)
	w.contains(w.run("plan"), 1, `deskd: cluster "main": `, "(with --seen, what was last seen is planned on)")
	w.write("em-password", "")
	w.contains(w.run("plan"), 2, `deskd: read password of cluster "main": DIR/em-password is empty`)
	w.expect(w.run("plan", "--seen"), result{0, "Nothing to do: every phone is as the bookings say.\n", ""})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("hall.ics", calendar(booking{uid: "standup@example.com", location: "D2", attendee: "three@example.com", start: ";TZID=Europe/Berlin:20300102T090000"}))
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "the feed is read", func() bool {
		return !strings.HasPrefix(w.run("list", "reservations", "--since", "2030-01-01 00:00").out, "no reservations\n")
	})
	d.stop()
	// It asks no phone and needs no password.
	w.phones.Down(true)
	w.write("em-password", "")
	got := w.run("explain", "--desk", "D2", "--at", "2030-01-02 09:30")
	w.contains(got, 0, `Desk D2 (Door, left), phone SEP000000000002 on cluster main, site berlin, at 2030-01-02 09:30 CET

Reservations
 * 2030-01-02 09:00 to 2030-01-02 10:00  user0003     confirmed  from feed:hall line 4, UID standup@example.com, id ID

Wanted on the phone
   user0003 from 2030-01-02 09:00 to 2030-01-02 10:00, session until 2030-01-02 10:00, login from 2030-01-02 08:50 on

Seen on the phone
   nobody since `, `
What follows
   login user0003 now: the booking has started

What was done
   none
`)
	w.contains(w.run("explain", "--desk", "D2", "--at", "2030-01-02 08:52"), 0, "   login user0003 at 2030-01-02 08:59: the booking starts")
	w.contains(w.run("explain", "--desk", "D1"), 0, "Reservations\n   none", "Wanted on the phone\n   none", "What follows\n   nothing: the phone is as the bookings say", "What was done\n   none")
	w.contains(w.run("explain", "--desk", "D1", "-o", "json"), 0, `"reservations": []`, `"wanted": []`, `"steps": []`, `"attempts": []`)
	w.expect(w.run("explain", "--desk", "D9"), result{1, "", `deskd: no such desk: "D9"; did you mean "D1"?` + "\n"})
}

// Rows that nobody acts on are explained too.
func TestExplainInvalidRow(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'user0008', '2030-01-02T08:00:00Z', '2030-01-02T09:00:00Z')`)
	w.contains(w.run("explain", "--desk", "D1", "--at", "2030-01-02 09:30"), 0, `Reservations
 * 2030-01-02 09:00 to 2030-01-02 10:00  user0008     confirmed  from sql, id ID
   not acted on: no such person: "user0008"; did you mean "user0001"?

Wanted on the phone
   undecided: the booking names "user0008", whom deskd does not know: import the person, or correct the booking
`)
}

// A running session cannot be extended with its booking: what is shown is when
// it ends, not until when a login of now would be asked for.
func TestExplainExtended(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	now := time.Now()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.must("reconcile")
	ends := func(want string) {
		t.Helper()
		var e view.Explanation
		if err := json.Unmarshal([]byte(w.must("explain", "--desk", "D1", "-o", "json")), &e); err != nil {
			t.Fatal(err)
		}
		after := e.Ends.Sub(now.Add(time.Hour)) // the pad of five minutes, rounded up to a minute
		if after < 4*time.Minute || after > 7*time.Minute {
			t.Errorf("the session ends %v after what it was asked for", after)
		}
		w.contains(w.run("explain", "--desk", "D1"), 0, "Wanted on the phone\n   user0001 from ", ", their session ends by itself at ", want)
	}
	ends(" unless deskd ends it\n")
	w.exec(`UPDATE reservations SET ends_at = '` + now.Add(4*time.Hour).UTC().Format(time.RFC3339) + `'`)
	ends(", before the booking does, and a new one follows\n")
}

// The chain of desks on which something happened: an own session, a walk-up, a
// phone that is gone, and a login the phone system refuses.
func TestExplainWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("more.csv", "person\nuser0009\n")
	w.must("import", "people", w.path("more.csv"))
	w.write("more.csv", "id,site,cluster,device\nD4,berlin,main,SEP000000000004\n")
	w.must("import", "desks", w.path("more.csv"))
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.reserve("D4", "user0009", -time.Hour, time.Hour)
	if err := w.phones.PressLogin("SEP000000000002", "user0003"); err != nil {
		t.Fatal(err)
	}
	w.phones.RemoveDevice("SEP000000000003")
	w.contains(w.run("reconcile"), 1, "1 phones are still not as the bookings say")
	w.contains(w.run("explain", "--desk", "D1"), 0, "user0001     confirmed  from cli, id ID",
		"Seen on the phone\n   user0001 since ", " (deskd's session), asked at ",
		"What was done\n", "  login user0001: done (the booking has started)")
	w.contains(w.run("explain", "--desk", "D2"), 0, "   user0003 since ", " (not deskd's session), asked at ", "nothing: the phone is as the bookings say")
	w.contains(w.run("explain", "--desk", "D3"), 0, "   the phone system does not know the device, asked at ")
	refused := `no such user (code 23): "User not found"`
	w.contains(w.run("explain", "--desk", "D4"), 0, "   nobody since ", "What was done\n", "  login user0009: refused (the booking has started)", refused)
	w.contains(w.run("list", "attempts", "--desk", "D4"), 0, "login  user0009  refused  23    start  the booking has started: ", refused)
	w.contains(w.run("list", "desks"), 0, "D3    no device", "the phone system does not know this device", "D4    missing", refused)
}

// A login that was refused because its person is logged in elsewhere is planned
// with that in mind, asked or seen.
func TestPlanElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"policy: {elsewhere: refuse}\n")
	if err := w.phones.PressLogin("SEP000000000002", "user0001"); err != nil {
		t.Fatal(err)
	}
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.contains(w.run("reconcile"), 1, "1 phones are still not as the bookings say")
	const why = "user0001 is logged in elsewhere (elsewhere: refuse)"
	for _, args := range [][]string{{"plan"}, {"plan", "--seen"}, {"explain", "--desk", "D1"}} {
		w.contains(w.run(args...), 0, "hold", why)
	}
	w.write("deskd.yaml", w.config())
	w.contains(w.run("plan"), 0, "hold  D2    SEP000000000002  user0001  feeds")
	w.feedsRead()
	for _, args := range [][]string{{"plan"}, {"plan", "--seen"}} {
		w.contains(w.run(args...), 0, "logout  D2    SEP000000000002  user0001  elsewhere", "login   D1    SEP000000000001  user0001  start")
	}
	if err := w.phones.PressLogout("SEP000000000002"); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("plan"), 0, "now   login  D1    SEP000000000001  user0001  start")
	if sent := w.phones.Stats().Requests["login"]; sent != 1 {
		t.Errorf("%d logins were sent", sent)
	}
}
