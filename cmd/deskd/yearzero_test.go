package main

import "testing"

// Rows that another program has spoilt say so, and hide no others: instants of
// year 0, and texts that are none.
func TestUnreadableInstants(t *testing.T) {
	w := newWorld(t).furnish()
	attempt := func(began, ended string) {
		w.exec(`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
			VALUES ('main', 'login', 'D1', 'SEP000000000001', 'user0001', '', 'r', ?1, ?1, ?1, ?1, 'start', 'why', ?1, ?1, 'unknown', 0, '', ?1, ?2, ?1)`, began, ended)
	}
	const day = "2030-01-02T00:00:00.000Z"
	attempt(day, day)
	attempt(day, "yesterday")
	attempt(day, "0000-02-30T00:00:00.000Z")
	attempt("0000-01-01T00:00:00.000Z", "0000-01-01T00:00:00.000Z")
	w.exec(`INSERT INTO observations (device, person, present, known, ours, reservation, since_at, seen_at, doubt) VALUES
		('SEP000000000001', 'user0001', 1, 1, 1, 'r', '0000-01-01T00:00:00.000Z', 'never', ''), ('SEP000000000002', 'user0002', 1, 1, 1, 'r', ?1, ?1, '')`, day)
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'user0001', '0000-01-01T00:00:00Z', '0000-01-02T00:00:00Z')")
	w.exec("INSERT INTO audit (at, verb, kind, item, what) VALUES ('0000-13-01', 'insert', 'desk', 'D1', 'no JSON')")

	bad := func(column, text string) string {
		return "its row in the database cannot be read: " + column + ` is "` + text + `", which is no instant`
	}
	w.contains(w.run("list", "attempts", "--from", "0001-01-01"), 0, bad("ended_at", "0000-02-30T00:00:00.000Z"), bad("ended_at", "yesterday"))
	w.contains(w.run("list", "attempts", "--from", "0001-01-01", "-o", "json"), 0, "which is no instant")
	w.contains(w.run("list", "desks"), 0, "D1", "D2", "user0002")
	w.contains(w.run("list", "desks", "-o", "json"), 0, "seen_at", "which is no instant")
	w.contains(w.run("list", "audit", "--from", "0001-01-01"), 0, "D1")
	w.contains(w.run("list", "audit", "-o", "json"), 0, "D1")
	w.contains(w.run("explain", "--desk", "D1"), 0, "D1")
	w.contains(w.run("plan", "--seen"), 0, "")
	w.contains(w.run("person", "export", "user0001"), 0, "which is no instant")
	w.contains(w.run("backup", w.path("saved")), 0, "is a sound copy")
	d := w.serve()
	d.ready()
	if code := d.stop(); code != 0 {
		t.Errorf("the daemon ended with %d\n%s", code, d.log)
	}
}
