package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskd/web/view"
)

// week is a calendar of eight bookings, the first of which runs, on D1.
func week() []booking {
	var all []booking
	start := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	for i := range 8 {
		all = append(all, booking{
			uid: fmt.Sprint(i), location: "D1", attendee: "one@example.com",
			start: start.Add(time.Duration(i) * 24 * time.Hour).Format(":20060102T150405Z"),
		})
	}
	return all
}

var changeNumber = regexp.MustCompile(`Change ([0-9a-f]{8}) of`)

// shownChange is the number of the held change.
func (w *world) shownChange() string {
	w.t.Helper()
	found := changeNumber.FindStringSubmatch(w.must("feed", "show", "hall"))
	if found == nil {
		w.t.Fatal("no change is held")
	}
	return found[1]
}

// heldChange lets a daemon read a feed of events, of which only those left stay,
// and ends when that is held. It returns what counts the confirmed bookings.
func (w *world) heldChange(events []booking, left ...booking) (booked func() int) {
	w.t.Helper()
	booked = func() int { return w.count("SELECT count(*) FROM reservations WHERE status = 'confirmed'") }
	w.write("hall.ics", calendar(events...))
	d := w.serve()
	eventually(w.t, 5*time.Second, "the feed is read", func() bool { return booked() == len(events) })
	w.write("hall.ics", calendar(left...))
	eventually(w.t, 5*time.Second, "the change is held", func() bool { return w.count("SELECT count(*) FROM feed_held") == 1 })
	d.stop()
	return booked
}

// A change is held, shown, rejected, put again when the feed changes, and
// accepted, beside a running daemon.
func TestFeedAnswersBesideDaemon(t *testing.T) {
	notShort(t, "lets a daemon hold and apply changes")
	t.Parallel()
	w := newWorld(t).furnish()
	events := week()
	w.write("hall.ics", calendar(events...))
	d := w.serve()
	eventually(t, 5*time.Second, "the feed's booking is acted on", func() bool { return w.session("SEP000000000001") == "user0001" })
	w.expect(w.run("feed", "show", "hall"), result{0, "No change of feed hall is held.\n", ""})

	w.write("hall.ics", calendar(events[7]))
	eventually(t, 5*time.Second, "the change is held", func() bool {
		return strings.Contains(w.must("list", "feeds"), "the feed has lost 7 of 8 bookings at once: they stay until it has said so for half an hour, or a person has looked: deskd feed show hall")
	})
	d.has("/", "Feed hall would drop 7 bookings at once; the change is held.")
	d.has("/readyz", "Feed hall would drop 7 bookings at once; the change is held.")
	d.has("/metrics", `deskd_feed_held{feed="hall"} 7`)
	w.contains(w.run("doctor"), 0, "odd    feed hall", "-> deskd feed show hall, then feed accept or feed reject")
	first := w.shownChange()
	w.contains(w.run("feed", "show", "hall"), 0, "CHANGE  DESK  PERSON    START", "drop    D1    user0001  ", "it runs\n",
		"\nChange "+first+" of feed hall drops 7 bookings of 1 person, replaces 0 and adds 0.\n",
		"deskd feed accept hall --change "+first+" applies it, deskd feed reject hall --change "+first+" keeps the bookings.\n")
	w.expect(w.run("feed", "accept", "hall", "--change", "00000000"), result{1, "", "deskd: feed \"hall\": no such change is held; deskd feed show hall says what is\n"})

	w.contains(w.run("feed", "reject", "hall", "--change", first), 0, "drop    D1", "Rejected: the bookings stay until the feed says something else.\n")
	d.has("/", "Feed hall is not followed: what it says was rejected.", "rejected by cli:")
	d.has("/metrics", `deskd_feed_held{feed="hall"} 0`, `deskd_feed_rejected{feed="hall"} 1`)

	w.write("hall.ics", calendar(events[6]))
	eventually(t, 5*time.Second, "another change is another question", func() bool { return w.shownChange() != first })
	if got := w.session("SEP000000000001"); got != "user0001" {
		t.Errorf("a held change took the booking: on the phone is %q", got)
	}
	w.contains(w.run("feed", "accept", "hall", "--change", first), 1, "no such change is held")
	w.contains(w.run("feed", "accept", "hall", "--change", w.shownChange()), 0, "drops 7 bookings", "Done: the bookings are as the feed says now.\n")
	eventually(t, 2*time.Second, "who had a booking is logged out", func() bool { return w.session("SEP000000000001") == "" })
	w.contains(w.run("list", "feeds"), 0, "hall  1       0       0     0          ", "  0         -\n")
	w.expect(w.run("feed", "accept", "hall"), result{1, "", "deskd: feed \"hall\": no such change is held; deskd feed show hall says what is\n"})
	w.contains(w.run("list", "audit"), 0, `"answer":"accepted"`, `"answer":"rejected"`)
}

// Without a daemon an answer polls the feed by itself, and one to a feed that
// cannot be read stands until it can.
func TestFeedAnswersWithoutDaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	events := week()
	booked := w.heldChange(events)

	var shown view.HeldChange
	if err := json.Unmarshal([]byte(w.must("feed", "show", "hall", "-o", "json")), &shown); err != nil || len(shown.Drop) != 8 || shown.Change == "" {
		t.Errorf("as JSON: %+v (%v)", shown, err)
	}
	w.contains(w.run("feed", "reject", "hall"), 0, "Rejected: the bookings stay")
	if err := os.Remove(w.path("hall.ics")); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("feed", "accept", "hall"), 0, "Accepted: it will be applied when the feed is read again (", "no such file or directory")
	if n := booked(); n != 8 {
		t.Errorf("%d bookings are left of a feed that cannot be read", n)
	}
	w.write("hall.ics", calendar(events[1]))
	w.contains(w.run("feed", "accept", "hall"), 0, "Done: the bookings are as the feed says now.")
	if n := booked(); n != 1 {
		t.Errorf("%d bookings are left, expected 1", n)
	}
	w.expect(w.run("feed", "show", "attic"), result{2, "", "deskd: there is no feed \"attic\" in the configuration (known: hall)\n"})
	w.expect(w.run("feed"), result{2, "", "deskd: expected show, accept, reject, drop or rename; see deskd feed --help\n"})
}

// A feed that says something else by the time of the answer is asked about again.
func TestFeedChangesBeforeAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	events := week()
	booked := w.heldChange(events, events[0])
	w.write("hall.ics", calendar())
	w.contains(w.run("feed", "accept", "hall"), 1, "drops 7 bookings", "The feed says something else by now, which is held in its turn: deskd feed show hall\n")
	if n := booked(); n != 8 {
		t.Errorf("%d bookings are left", n)
	}
	w.write("hall.ics", calendar(events...))
	w.contains(w.run("feed", "accept", "hall"), 0, "Done: the bookings are as the feed says now.\n")
	if n := booked(); n != 8 {
		t.Errorf("%d bookings are left", n)
	}
}
