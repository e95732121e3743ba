package main

import (
	"strings"
	"testing"
	"time"
)

// A person checks in, and is listed; too early, or for what is over, they are told so.
func TestCheckIn(t *testing.T) {
	t.Parallel()
	w := ruled(t, "check_in: 20m")
	id := w.reserve("D1", "user0001", 10*time.Minute, 2*time.Hour)
	other := w.reserve("D2", "user0003", 3*time.Hour, 4*time.Hour)
	w.contains(w.run("list", "arrivals"), 0, "RESERVATION", "D1", "user0001", "expected")
	w.contains(w.run("explain", "--desk", "D1"), 0, "released at ", "unless user0001 comes")
	w.contains(w.run("check-in", id, "--dry-run"), 0, "would be checked in: desk D1 for user0001 from ")
	w.contains(w.run("check-in", id), 0, "checked in: desk D1 for user0001 from ")
	w.contains(w.run("check-in", id, "-o", "json"), 0, `"desk": "D1"`, `"deadline": "`, `"evidence": [`, `"source": "cli"`, `"asked": true`, `"already": true`)
	w.contains(w.run("list", "arrivals", "-o", "csv"), 0, "reservation,desk,person,start,end,state,by,evidence", ",came,", "cli ")
	w.contains(w.run("check-in", other), 1, "it begins ", "until: ")
	w.contains(w.run("check-in"), 2, "--desk missing; see deskd check-in --help")
	w.contains(w.run("person", "export", "user0001"), 0, `"evidence": [`, `"source": "cli"`)
	w.must("cancel", id)
	w.contains(w.run("check-in", id), 1, "the reservation does not count any more")
	w.contains(w.run("list", "arrivals"), 0, "no arrivals")

	w.contains(w.run("walkup", "--desk", "D1", "--person", "user0001", "--dry-run"), 0, "would be booked: desk D1 for user0001 from now to ")
	w.contains(w.run("walkup", "--desk", "D1", "--person", "user0001", "--until", "+1h"), 0, "ID: desk D1 for user0001 from now to ")
	w.contains(w.run("walkup", "--desk", "D1", "--person", "user0003"), 1, `take desk "D1": the desk is already booked in that time: "user0001" has it`)
	w.contains(w.run("walkup", "--desk", "D1"), 2, "--person missing")
	w.contains(w.run("walkup", "--desk", "D2", "--person", "user0003", "--until", "-1h"), 2, "is over already")
	w.contains(w.run("list", "audit"), 0, "walkup ")
}

// Who does not come by the deadline loses the desk, the phone is free, and page and metrics
// said so before.
func TestReleaseBesideDaemon(t *testing.T) {
	notShort(t, "starts a daemon")
	t.Parallel()
	w := ruled(t, "check_in: 8s")
	w.reserve("D1", "user0001", 4*time.Second, time.Hour)
	w.exec("UPDATE reservations SET updated_at = '2026-01-01T00:00:00.000Z', seen_at = '2026-01-01T00:00:00.000Z'")
	d := w.serve()
	d.ready()
	_, page := d.get("/")
	if !strings.Contains(page, "unless user0001 comes") {
		t.Error("the page does not say who has to come")
	}
	eventually(t, 5*time.Second, "the booked desk's phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	eventually(t, 10*time.Second, "the metrics tell who is waited for", func() bool {
		_, text := d.get("/metrics")
		return strings.Contains(text, "deskd_check_in_expected 1\n")
	})
	eventually(t, 40*time.Second, "the phone is free", func() bool { return w.session("SEP000000000001") == "" })
	w.contains(w.run("list", "audit"), 0, "daemon", "release ")
	w.contains(w.run("explain", "--desk", "D1"), 0, "released at ", "nobody had checked in by ")
	_, text := d.get("/metrics")
	if !strings.Contains(text, "deskd_releases_total 1\n") {
		t.Error("the metrics do not count the release")
	}
}
