package main

import (
	"strings"
	"testing"
	"time"
)

// Additions that come too suddenly are held, and all else of the reading is done. They
// are shown wherever their owner looks, rejected and accepted, beside a running daemon.
func TestAdditionsHeldBesideDaemon(t *testing.T) {
	notShort(t, "lets a daemon hold and apply changes")
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"brake: {added: 3}\n")
	events := week() // a first reading, which is not asked about
	w.write("hall.ics", calendar(events...))
	booked := func() int { return w.count("SELECT count(*) FROM reservations WHERE status = 'confirmed'") }
	d := w.serve()
	eventually(t, 5*time.Second, "the first reading is not held", func() bool { return booked() == 8 })

	flood := func(uid string, n int) []booking {
		all := week()[:n]
		for i := range all {
			all[i].uid, all[i].location, all[i].attendee = uid+all[i].uid, "D2", "three@example.com"
		}
		return all
	}
	one := events[7]
	one.uid, one.location = "other", "D3"
	w.write("hall.ics", calendar(append(append(events[:7:7], one), flood("f", 6)...)...))
	const told = "the feed has 6 new bookings at once, beside 8: nothing of it is done until it has said so for half an hour, or a person has looked: deskd feed show hall"
	eventually(t, 5*time.Second, "they are held", func() bool { return strings.Contains(w.must("list", "feeds"), told) })
	if w.count("SELECT count(*) FROM reservations WHERE desk = 'D3'") != 1 || w.count("SELECT count(*) FROM reservations WHERE desk = 'D2'") != 0 {
		t.Error("what is held is not what is sudden")
	}
	d.has("/", "Feed hall would add 6 bookings at once; the change is held.", "They wait, and all else is done.")
	d.has("/readyz", "Feed hall would add 6 bookings at once; the change is held.")
	d.has("/metrics", `deskd_feed_held{feed="hall"} 0`, `deskd_feed_held_added{feed="hall"} 6`)
	w.contains(w.run("doctor"), 0, "odd    feed hall", told, "-> deskd feed show hall, then feed accept or feed reject")
	if log := d.log.String(); !strings.Contains(log, "the feed has 6 new bookings at once, beside 8") {
		t.Errorf("the log does not say it:\n%s", log)
	}
	first := w.shownChange()
	w.contains(w.run("feed", "show", "hall"), 0, "add     D2    user0003  ", "\nChange "+first+" of feed hall drops 0 bookings of 0 people, replaces 0 and adds 6.\n")

	w.contains(w.run("feed", "reject", "hall", "--change", first), 0, "add     D2", "Rejected: ")
	d.has("/", "Feed hall is not followed: what it says was rejected.", "rejected by cli:")
	d.has("/metrics", `deskd_feed_held_added{feed="hall"} 0`, `deskd_feed_rejected{feed="hall"} 1`)

	w.write("hall.ics", calendar(append(append(events[:7:7], one), flood("g", 5)...)...))
	eventually(t, 5*time.Second, "another change is another question", func() bool {
		return w.count("SELECT count(*) FROM feed_held WHERE answer = '' AND id <> '"+first+"'") == 1
	})
	if n := w.count("SELECT count(*) FROM reservations WHERE desk = 'D2'"); n != 0 || w.session("SEP000000000002") != "" {
		t.Errorf("%d held additions were made", n)
	}
	w.contains(w.run("feed", "accept", "hall", "--change", w.shownChange()), 0, "adds 5", "Done: the bookings are as the feed says now.\n")
	eventually(t, 2*time.Second, "who is booked now is logged in", func() bool { return w.session("SEP000000000002") == "user0003" })
	w.contains(w.run("list", "audit"), 0, `"added":5,"answer":"accepted"`, `"added":6,"answer":"rejected"`)

	w.write("hall.ics", calendar())
	eventually(t, 5*time.Second, "the loss is held", func() bool { return w.count("SELECT count(*) FROM feed_held") == 1 })
	w.contains(w.run("feed", "accept", "hall"), 0, "Done: ")
	w.write("hall.ics", calendar(flood("h", 6)...))
	eventually(t, 5*time.Second, "a feed that was emptied is asked about, too", func() bool {
		return strings.Contains(w.must("list", "feeds"), "the feed has 6 new bookings at once, beside 0")
	})
	same := w.count("SELECT count(*) FROM reservations WHERE status = 'confirmed'")
	if same != 0 {
		t.Errorf("%d bookings", same)
	}
}
