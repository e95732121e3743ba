package main

import (
	"testing"
	"time"
)

// A visitor of another cluster (EMCC) is named by the doctor, and by plan and
// explain where a booking waits for them, and where walk-ups are ended. One whose
// user id is that of the person who has booked is taken for them, and is theirs no
// more than the others to be logged out.
func TestVisitorIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"policy: {walkups: end}\n")
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	w.reserve("D2", "user0002", -time.Minute, time.Hour)
	for device, user := range map[string]string{"SEP000000000001": "zoe", "SEP000000000002": "user0002", "SEP000000000003": "yan"} {
		if err := w.phones.PressVisit(device, user); err != nil {
			t.Fatal(err)
		}
	}
	w.contains(w.run("doctor"), 0,
		"odd    desk D1 ", "a visitor of another cluster (EMCC) is on SEP000000000001: deskd leaves them alone, also during a booking",
		"odd    desk D2 ", "(EMCC) is on SEP000000000002", "odd    desk D3 ", "(EMCC) is on SEP000000000003",
		"it knows 3 of 3 phones")
	w.contains(w.run("plan"), 0,
		"-     hold  D3    SEP000000000003  yan       walkup ", "walkups: end does not concern them",
		"-     hold  D1    SEP000000000001  user0001  stranger  zoe of another cluster is on the phone (cross-cluster Extension Mobility), whom deskd never logs out")
	d := w.serve()
	eventually(t, 10*time.Second, "the phones have been asked", func() bool { return w.count("SELECT count(*) FROM observations WHERE visitor") == 3 })
	d.stop()
	w.contains(w.run("plan", "--seen"), 0, "hold  D3 ", "yan of another cluster", "hold  D1 ", "zoe of another cluster")
	w.contains(w.run("explain", "--desk", "D1"), 0, "Seen on the phone\n   zoe, a visitor of another cluster, since ",
		"What follows\n   hold user0001: zoe of another cluster is on the phone")
	w.contains(w.run("explain", "--desk", "D2"), 0, "user0002, a visitor of another cluster, since ", "What follows\n   nothing: ")
	if sent := w.phones.Stats().Requests; sent["login"]+sent["logout"] > 0 {
		t.Errorf("sent: %v", sent)
	}
	if got := w.session("SEP000000000002"); got != "user0002" {
		t.Errorf("%q is on the visitor's phone", got)
	}
}
