package main

import (
	"strings"
	"testing"
	"time"
)

// After a cluster got another name in the configuration alone, the verbs say what the
// daemon says: its phones are not driven. None says that they are right.
func TestVerbsTellUndrivenClusters(t *testing.T) {
	notShort(t, "runs the verbs without a daemon and with one")
	w := newWorld(t).furnish()
	const told = `cluster "main" is not in the configuration: its phones are not driven`
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.write("deskd.yaml", strings.Replace(w.config(), "name: main", "name: core", 1))

	for _, args := range [][]string{{"plan"}, {"plan", "--seen"}, {"plan", "--desk", "D1"}} {
		w.contains(w.run(args...), 0, "hold", "D1", "user0001", "no-cluster", told,
			"Cluster main is not in the configuration: the phones of its 3 desks are not driven. What to do: put it back under clusters")
	}
	w.contains(w.run("plan", "--desk", "D2"), 0, "hold", "D2", told)
	w.contains(w.run("plan", "-o", "json"), 0, `"desk": "D1"`, `"cause": "no-cluster"`)
	w.contains(w.run("explain", "--desk", "D1"), 0, "What follows\n   hold user0001: "+told)
	w.contains(w.run("explain", "--desk", "D2"), 0, "What follows\n   hold -: "+told)
	got := w.run("reconcile")
	w.contains(got, 1, "Every phone that was asked about shows what the bookings say.", "Cluster main is not in the configuration")
	w.contains(w.run("reconcile", "-o", "json"), 1, `"undriven": 3`)
	for _, args := range [][]string{{"plan"}, {"explain", "--desk", "D1"}, {"explain", "--desk", "D2"}, {"reconcile"}} {
		if out := w.run(args...).out; strings.Contains(out, "as the bookings say") || strings.Contains(out, "Every phone shows") {
			t.Errorf("%v says that all is right:\n%s", args, out)
		}
	}

	// Beside a daemon, which does the work.
	d := w.serve()
	w.contains(w.run("reconcile"), 1, "Cluster main is not in the configuration")
	d.stop()

	// No booking, and still not right.
	w.exec("UPDATE reservations SET status = 'cancelled'")
	w.contains(w.run("plan"), 0, "Nothing to do on the clusters that are configured.", "the phones of its 3 desks are not driven")
	w.contains(w.run("reconcile"), 1, "Cluster main is not in the configuration")
	w.write("deskd.yaml", w.config())
	w.contains(w.run("plan", "--seen"), 0, "Nothing to do: every phone is as the bookings say.")
}
