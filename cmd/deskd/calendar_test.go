package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// subscribe makes a calendar's address, and returns it with the id of its token.
func (w *world) subscribe(of ...string) (path, id string) {
	w.t.Helper()
	var made struct{ ID, Path string }
	if err := json.Unmarshal([]byte(w.must(append([]string{"token", "calendar", "-o", "json"}, of...)...)), &made); err != nil || made.Path == "" {
		w.t.Fatalf("%v: %+v", err, made)
	}
	return made.Path, made.ID
}

// An address opens its calendar until it is revoked; what another deskd reads there it books,
// and its own daemon refuses it as a feed.
func TestCalendarOfToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", time.Hour, 2*time.Hour)
	w.reserve("D2", "user0003", time.Hour, 2*time.Hour)
	person, _ := w.subscribe("--person", "one@example.com")
	desk, token := w.subscribe("--desk", "D1", "--expires", "1d", "--note", "door sign")
	site, _ := w.subscribe("--site", "berlin", "--names")
	floor, _ := w.subscribe("--site", "berlin", "--floor", "4", "--zone", "north")
	w.contains(w.run("token", "list"), 0, "calendar", "desk D1", "door sign", "site berlin, with names", "site berlin, floor 4, zone north")

	d := w.serve()
	d.ready()
	calendar := func(path string, has, lacks string) string {
		t.Helper()
		status, text := d.get(path)
		text = strings.ReplaceAll(text, "\r\n ", "")
		for part := range strings.FieldsSeq(has) {
			if status != http.StatusOK || !strings.Contains(text, part) {
				t.Errorf("GET %s: status %d without %q in\n%s", path, status, part, text)
			}
		}
		for part := range strings.FieldsSeq(lacks) {
			if strings.Contains(text, part) {
				t.Errorf("GET %s says %q:\n%s", path, part, text)
			}
		}
		return text
	}
	calendar(person, "LOCATION:D1 one@example.com", "D2 user0003")
	calendar(desk, "SUMMARY:booked LOCATION:D1", "one@example.com One D2")
	text := calendar(site, "one@example.com three@example.com LOCATION:D1 LOCATION:D2", "user0001")
	calendar(floor, "LOCATION:D1", "LOCATION:D2 one@")

	// Another deskd reads it; this one does not.
	other := newWorld(t)
	other.writeLists()
	other.write("hall.ics", text)
	other.importLists()
	for _, person := range []string{"user0001", "user0003"} {
		other.contains(other.run("check", "feed", "hall"), 0, person)
	}
	w.write("hall.ics", text)
	if said := w.run("import", "calendar", w.path("hall.ics"), "--site", "berlin"); said.code != 2 || !strings.HasSuffix(said.errs, "the file is a calendar that this deskd publishes itself\n") {
		t.Errorf("its own calendar as a file: %+v", said)
	}
	if said := w.run("check", "feed", "hall"); !strings.Contains(said.errs, "this deskd publishes itself") {
		t.Errorf("its own calendar: %+v", said)
	}
	eventually(t, 10*time.Second, "the feed is refused", func() bool {
		return strings.Contains(w.run("list", "feeds", "-o", "json").out, "publishes itself")
	})

	w.must("token", "revoke", token)
	guess, _ := d.get("/cal/deskd_0000000000000000000000000000000000000000000.ics")
	if status, _ := d.get(desk); status != http.StatusNotFound || guess != status {
		t.Errorf("revoked: %d, guessed: %d", status, guess)
	}
	for _, wrong := range [][]string{
		{"token", "calendar"}, {"token", "calendar", "--desk", "D1", "--site", "berlin"}, {"token", "calendar", "--site", "rome"},
		{"token", "calendar", "--desk", "D1", "--floor", "4"}, {"token", "calendar", "--site", "berlin", "--floor", "99"},
		{"token", "calendar", "--person", "user0001", "--names"}, {"token", "calendar", "--desk", "D1", "--expires", "soon"},
	} {
		if got := w.run(wrong...); got.code != 2 {
			t.Errorf("%v: %+v", wrong, got)
		}
	}
	w.expect(w.run("token", "calendar", "--site", "berlin", "--floor", "99"), result{2, "", "deskd: there is no desk at site berlin, floor 99\n"})
	w.expect(w.run("token", "calendar"), result{2, "", "deskd: --person, --desk or --site missing; see deskd token calendar --help\n"})
	w.expect(w.run("token", "calendar", "--desk", "D1", "--site", "berlin"), result{2, "", "deskd: --desk and --site exclude each other; see deskd token calendar --help\n"})
	for _, unknown := range [][]string{{"token", "calendar", "--desk", "D99"}, {"token", "calendar", "--person", "nobody"}} {
		if got := w.run(unknown...); got.code != 1 {
			t.Errorf("%v: %+v", unknown, got)
		}
	}
}
