package main

import (
	"strings"
	"testing"
	"time"
)

// feedsRead makes the world's feed one that was read.
func (w *world) feedsRead() {
	w.t.Helper()
	w.exec("INSERT INTO feeds (name, url, good, checked) VALUES ('hall', 'file:hall.ics', ?1, ?1)", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
}

// A calendar that names its people in SUMMARY alone, as a published room mailbox
// does, is told as one with the setting that reads it; not where the feed has it.
func TestDoctorOfPublishedRooms(t *testing.T) {
	notShort(t, "runs doctor on many calendars")
	noRaces(t)
	t.Parallel()
	const looks = "odd    feed hall     it looks like a published room mailbox: "
	at := time.Now().Add(time.Hour).UTC().Format("20060102T150405Z")
	event := func(lines ...string) string {
		return "BEGIN:VEVENT\r\nUID:" + strings.Join(append(lines, "DTSTART:"+at, "DURATION:PT1H"), "\r\n") + "\r\nEND:VEVENT\r\n"
	}
	of := func(events ...string) string {
		return strings.Replace(calendar(), "END:VCALENDAR", strings.Join(events, "")+"END:VCALENDAR", 1)
	}
	const busy = "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"
	for _, tc := range []struct{ name, feed, text, want string }{
		{"a name deskd knows", "", of(event("1", "SUMMARY:Three", "LOCATION:D1")), "1 event names nobody but by a text in SUMMARY, which Exchange makes the booker's name; 1 of these"},
		{"a name nobody has", "", of(event("1", "SUMMARY:Mia Berg", "LOCATION:D1", busy)), "1 event names nobody but by a text in SUMMARY, which Exchange makes the booker's name; 0 of these"},
		{"two, at desks nobody knows", "", of(event("1", "SUMMARY:Three", "LOCATION:Desk 12", busy), event("2", "SUMMARY:One", "LOCATION:D2", busy)), "2 events name nobody but by a text in SUMMARY, which Exchange makes the booker's name; 2 of these"},
		{"of a single desk", ", desk: {fixed: D1}", of(event("1", "SUMMARY:Three", busy)), "1 event"},
		{"from the organizer", ", person: {from: organizer}", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy)), "1 event"},
		{"from an attendee", ", person: {from: attendee}", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy)), "1 event"},
		{"from SUMMARY, by ids", ", person: {from: summary}", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy)), "1 event"},
		{"with the setting", ", person: {from: summary, match: name}", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy)), ""},
		{"for one person", ", person: {fixed: user0001}", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy)), ""},
		{"no name and no mailbox", "", of(event("1", "SUMMARY:Lunch", "LOCATION:D1")), ""},
		{"a private one", "", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy, "CLASS:PRIVATE")), ""},
		{"with an attendee", "", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy, "ATTENDEE:mailto:one@example.com")), ""},
		{"with an organizer", "", of(event("1", "SUMMARY:Three", "LOCATION:D1", busy, "ORGANIZER:mailto:one@example.com")), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).furnish()
			w.write("deskd.yaml", strings.Replace(w.config(), "every: 1s", "every: 1s"+tc.feed, 1))
			w.write("hall.ics", tc.text)
			got := w.run("doctor")
			if tc.want == "" {
				if strings.Contains(got.out, "published") {
					t.Errorf("said %s", got.out)
				}
				return
			}
			w.contains(got, 0, looks+tc.want, "person: {from: summary, match: name} of the feed would read it")
		})
	}
}

// What the daemon would hold because a calendar was never read, plan and explain
// show as held, and doctor names the feed.
func TestPlanKnowsUnreadFeeds(t *testing.T) {
	notShort(t, "runs the verbs before calendars are read")
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"policy: {walkups: end, stranger: takeover}\n")
	for phone, person := range map[string]string{"SEP000000000001": "user0002", "SEP000000000002": "user0003"} {
		if err := w.phones.PressLogin(phone, person); err != nil {
			t.Fatal(err)
		}
	}
	w.reserve("D2", "user0001", -time.Hour, time.Hour)
	const waits = "waits for feeds that have never been read: hall"
	w.contains(w.run("plan"), 0, "-     hold  D1", waits)
	if got := w.run("plan"); strings.Contains(got.out, "logout") || strings.Contains(got.out, "login ") {
		t.Errorf("planned:\n%s", got.out)
	}
	w.run("reconcile") // acts by the same rules
	if a, b := w.session("SEP000000000001"), w.session("SEP000000000002"); a != "user0002" || b != "user0003" {
		t.Errorf("on the phones are %q and %q", a, b)
	}
	w.contains(w.run("explain", "--desk", "D2"), 0, "hold user0003", waits)
	w.exec("INSERT INTO feeds (name, url) VALUES ('hall', 'file:hall.ics')")
	w.contains(w.run("doctor"), 0, "odd    feed hall     the daemon has never read it, or not since the database was restored; walk-ups, strangers and moves wait for it -> ")
	w.exec("UPDATE feeds SET failures = 2, problem = 'no such file'")
	w.contains(w.run("doctor"), 0, "moves wait for it: no such file -> ")
	w.exec("UPDATE feeds SET good = '2026-03-02T08:00:00.000Z'")
	w.contains(w.run("doctor"), 0, "odd    feed hall     the daemon last read it at 2026-03-02 09:00, and since then failed 2 times: no such file -> deskd check feed hall")
	w.exec("UPDATE feeds SET failures = 0, problem = '', kept = 1")
	w.contains(w.run("doctor"), 0, "odd    feed hall     1 booking stays as they were, because")
	got := w.run("plan")
	w.contains(got, 0, "login   D2", "logout  D1")
	if strings.Contains(got.out, waits) {
		t.Errorf("planned:\n%s", got.out)
	}
}
