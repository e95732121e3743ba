package main

import (
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"strings"
	"testing"
	"time"
)

// Who runs with other settings than the configuration at hand is told by list nodes and the doctor, as
// a daemon that has not read its file again.
func TestListNodesUnlike(t *testing.T) {
	w := newWorld(t)
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "it is listed", func() bool { return strings.Contains(w.run("list", "nodes").out, "runs") })
	if got := w.run("list", "nodes", "-o", "json"); strings.Contains(got.out, "unlike") {
		t.Errorf("a daemon is unlike its own configuration:\n%s", got.out)
	}
	const odd = "it runs with other settings than this configuration"
	if got := w.run("doctor"); strings.Contains(got.out, odd) {
		t.Errorf("the doctor finds a daemon unlike its own configuration:\n%s", got.out)
	}
	w.write("deskd.yaml", w.config()+"policy: {stranger: wait, grace: 2m}\nlog: {level: debug}\n")
	w.contains(w.run("list", "nodes"), 0, "policy.grace, policy.stranger")
	w.contains(w.run("list", "nodes", "-o", "json"), 0, `"policy.grace",`, `"policy.stranger"`)
	w.contains(w.run("doctor"), 1, odd+": policy.grace, policy.stranger")
}

// A duty that no node has is found by the doctor while a node runs.
func TestDoctorNobody(t *testing.T) {
	w, db := onServer(t)
	d := w.serve()
	d.ready()
	const missing = "no node does it"
	eventually(t, 10*time.Second, "a node has all duties", func() bool { return !strings.Contains(w.run("list", "nodes").out, "nobody") })
	if got := w.run("doctor"); strings.Contains(got.out, missing) {
		t.Errorf("the doctor misses a node:\n%s", got.out)
	}
	if _, err := db.Exec(`INSERT INTO nodes (name, version, started_at, seen_at) VALUES ('dead', 'x', now() - interval '1 day', now() - interval '1 hour'), ('over', 'x', now() - interval '1 day', now() - interval '1 hour')`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE nodes SET ended_at = now() - interval '1 hour' WHERE name = 'over'`); err != nil {
		t.Fatal(err)
	}
	doctor := w.run("doctor")
	w.contains(doctor, doctor.code, "node dead", "it has said nothing since 20", "start it again")
	if strings.Contains(doctor.out, "node over") {
		t.Errorf("the doctor misses one that has ended:\n%s", doctor.out)
	}
	if _, err := db.Exec(`UPDATE duties SET node = 'gone' WHERE name = 'cluster main'`); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("doctor"), 1, "cluster main", missing)
}

// A daemon over a file that was killed a moment ago does not run: nobody has the file's lock.
func TestListNodesKilled(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO nodes (name, version, started_at, seen_at) VALUES ('dead', 'x', strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`)
	w.contains(w.run("list", "nodes"), 0, "dead  silent")
	c, err := configs.Load(w.path("deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Locked(c, func() error {
		w.contains(w.run("list", "nodes"), 0, "dead  runs")
		return nil
	}); err != nil {
		t.Error(err)
	}
}
