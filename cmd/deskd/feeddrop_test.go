package main

import (
	"strings"
	"testing"
	"time"
)

// reconfigure writes a configuration in which something is replaced.
func (w *world) reconfigure(was, is string) {
	w.t.Helper()
	text := strings.ReplaceAll(w.config(), was, is)
	if text == w.config() {
		w.t.Fatalf("the configuration has no %q", was)
	}
	w.write("deskd.yaml", text)
}

const hallFeed = `  - {name: hall, url: "file:hall.ics", site: berlin, every: 1s, window: {ahead: 87600h}}
`

func (w *world) of(source string) int {
	w.t.Helper()
	return w.count("SELECT count(*) FROM reservations WHERE status = 'confirmed' AND source = '" + source + "'")
}

// A feed that is called otherwise in the configuration is shown, and carried over
// without anybody noticing: with the daemon that has read both names.
func TestFeedRename(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("hall.ics", calendar(week()...))
	d := w.serve()
	eventually(t, 10*time.Second, "the feed's booking is acted on", func() bool { return w.session("SEP000000000001") == "user0001" })

	w.reconfigure("name: hall", "name: Hall")
	w.contains(w.run("feed", "drop", "hall", "--yes"), 1, "", `the daemon still reads feed "hall"`)
	d.stop()
	d = w.serve()
	eventually(t, 10*time.Second, "the feed is read by its new name", func() bool {
		return w.count("SELECT count(*) FROM reservations WHERE source = 'feed:Hall' AND status = 'conflict'") == 8
	})
	d.ready()
	d.has("/", "Feed hall is not in the configuration: nobody is logged in for its 8 bookings.", "if it is called Hall now, deskd feed rename hall Hall")
	d.has("/readyz", "Feed hall is not in the configuration")
	d.has("/metrics", `deskd_degraded{kind="feed_unconfigured",of="hall"} 1`)
	w.contains(w.run("list", "feeds"), 0, "hall  -       -       -     -          -          -         not in the configuration")
	w.contains(w.run("doctor"), 1, "wrong  feed hall", "if it is called Hall now, deskd feed rename hall Hall")

	w.contains(w.run("feed", "rename", "hall", "Hall", "--dry-run"), 0, "confirmed, runs")
	if n := w.of("feed:hall"); n != 8 {
		t.Errorf("%d bookings are left by a dry run", n)
	}
	w.contains(w.run("feed", "rename", "hall", "Hall"), 0, "Carried over to feed Hall: 8 bookings, 8 of which it had read already.\n")
	if w.of("feed:Hall") != 8 || w.of("feed:hall") != 0 {
		t.Errorf("%d and %d bookings", w.of("feed:Hall"), w.of("feed:hall"))
	}
	changes := func() int {
		return w.count("SELECT count(*) FROM audit WHERE kind = 'reservation' AND actor = 'feed:Hall' AND id > (SELECT max(id) FROM audit WHERE verb = 'rename')")
	}
	polls := w.count("SELECT count(*) FROM feeds WHERE name = 'Hall' AND inputs = ''")
	eventually(t, 10*time.Second, "the feed is polled again", func() bool {
		return polls == 0 || w.count("SELECT count(*) FROM feeds WHERE name = 'Hall' AND inputs <> ''") == 1
	})
	if n := changes(); n != 0 {
		t.Errorf("the next poll has changed %d rows", n)
	}
	if who := w.session("SEP000000000001"); who != "user0001" {
		t.Errorf("on the phone is %q", who)
	}
	if _, page := d.get("/"); strings.Contains(page, "is not in the configuration") {
		t.Error("the page still says so")
	}
	d.stop()
	if n := w.count("SELECT count(*) FROM attempts WHERE op <> 'hold'"); n != 1 {
		t.Errorf("%d requests in all, want the first login alone", n)
	}
}

// A feed that is taken out of the configuration is dropped when a person says so:
// what is to come at once, what runs only if that is meant.
func TestFeedDrop(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("hall.ics", calendar(week()...))
	d := w.serve()
	eventually(t, 10*time.Second, "the feed's booking is acted on", func() bool { return w.session("SEP000000000001") == "user0001" })
	d.stop()

	w.contains(w.run("feed", "drop", "hall", "--yes"), 2, "", `feed "hall" is in the configuration (key feeds): it cannot be dropped`)
	w.contains(w.run("feed", "rename", "hall", "hall"), 2, "", `feed "hall" is in the configuration`)
	w.contains(w.run("feed", "rename", "hall", "lobby"), 2, "", `there is no feed "lobby" in the configuration (known: hall): give the feed its new name there first`)
	w.reconfigure("feeds:\n"+hallFeed, "")
	w.contains(w.run("feed", "drop", "lobby"), 2, "", `there is nothing of a feed "lobby"; those that the configuration does not have are: hall`)
	w.contains(w.run("feed", "drop", "HALL"), 2, "", `there is nothing of a feed "HALL"; did you mean "hall"?`)

	d = w.serve()
	w.contains(w.run("feed", "drop", "hall", "--dry-run"), 0, "DESK  PERSON    START", "confirmed, runs: stays\n")
	if n := w.of("feed:hall"); n != 8 {
		t.Errorf("%d bookings are left by a dry run", n)
	}
	w.contains(w.run("feed", "drop", "hall", "--yes"), 0, "Dropped: 7 bookings are withdrawn.\n", "1 that runs stays to the end of the booking; deskd feed drop hall --running ends them now")
	if n := w.of("feed:hall"); n != 1 {
		t.Errorf("%d bookings are left", n)
	}
	w.must("reconcile")
	if who := w.session("SEP000000000001"); who != "user0001" {
		t.Errorf("on the phone is %q", who)
	}
	w.contains(w.run("feed", "drop", "hall", "--yes", "--running"), 0, "Dropped: 1 booking is withdrawn.\n")
	eventually(t, 10*time.Second, "the person is logged out", func() bool { return w.session("SEP000000000001") == "" })
	if _, page := d.get("/"); strings.Contains(page, "is not in the configuration") {
		t.Error("the page still says so")
	}
	d.stop()
	w.contains(w.run("list", "audit"), 0, "drop")
}
