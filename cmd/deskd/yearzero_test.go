package main

import (
	"testing"
	"time"
)

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
	w.past("audit_begins_as_sql", "INSERT INTO audit (at, verb, kind, item, what) VALUES ('0000-13-01', 'insert', 'desk', 'D1', 'no JSON')")
	w.exec("INSERT INTO feeds (name, checked, changed, good, held_since, held_seen) VALUES ('hall', 'never', '', '0000-02-30T00:00:00.000Z', '-1', 5)")
	w.exec("INSERT INTO feed_problems (feed, start_at, what) VALUES ('hall', 'yesterday', 'no end')")
	w.exec("INSERT INTO feed_held (feed, id, change, until_at) VALUES ('hall', 'x', '{', 'never')")
	w.exec(`INSERT INTO cluster_states (cluster, opened_at, refused_at, code, problem, tries, tried_at, units, doubted_at, unit, clocks)
		VALUES ('main', '', '', 0, '', 0, 'never', '', 'never', 0, '{')`)
	w.exec("INSERT INTO held_logouts (session, cluster, device, reservation, until_at, since) VALUES (-7, 'main', 'SEP000000000001', '', 'never', 'never')")
	w.exec("INSERT INTO requests (verb, arg, asked_at) VALUES ('reconcile', '', 'never')")

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
	w.contains(w.run("list", "feeds"), 0, bad("checked", "never"), bad("start_at", "yesterday"), "no end")
	w.contains(w.run("list", "feeds", "-o", "json"), 0, "which is no instant")
	w.contains(w.run("list", "clusters"), 0, bad("tried_at", "never"))
	w.contains(w.run("logouts", "show", "main"), 0, "No logout")
	w.contains(w.run("feed", "show", "hall"), 0, "")
	w.contains(w.run("support-bundle", w.path("bundle.tar.gz")), 0, "")
	d := w.serve()
	d.ready()
	eventually(t, time.Minute, "the feed is read, and the request answered", func() bool {
		return w.count("SELECT count(*) FROM requests WHERE answered_at = ''")+w.count("SELECT count(*) FROM feeds WHERE good < '2020'") == 0
	})
	refused := w.count("SELECT count(*) FROM requests WHERE failed AND result LIKE '%asked_at is \"never\"%'")
	if refused != 1 {
		t.Error("a request that cannot be read was carried out")
	}
	if code := d.stop(); code != 0 {
		t.Errorf("the daemon ended with %d\n%s", code, d.log)
	}
}
