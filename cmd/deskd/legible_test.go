package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
)

// forged is a name that clears a terminal, turns what follows it around and
// writes a line of its own, with every kind of line end.
const forged = "a\x1b[2J\u202eb\nFORGED ok\r\nFORGED\rFORGED\u2028FORGED\u0085FORGED\vFORGED\u009b1mc\u2066\x00\x7f\ufeff\U000e0041\u3164\u115f\u034f\ufe0f"

// TestNoForgedLines writes such names wherever another program may, and looks
// for what they would do in the words of every verb, on the page and in the log.
func TestNoForgedLines(t *testing.T) {
	notShort(t, "runs every verb over hostile names")
	noRaces(t)
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.must("reconcile")
	w.must("cancel", w.reserve("D2", "user0002", -time.Hour, time.Hour))
	for _, change := range []string{
		"UPDATE people SET name = ?1, profile = ?1 WHERE id = 'user0001'",
		"UPDATE desks SET name = ?1, floor = ?1, zone = ?1 WHERE id = 'D1'",
		"INSERT INTO desk_names (key, name, mail, desk) VALUES (?1, ?1, 0, 'D1')",
		"INSERT INTO person_aliases (key, alias, person) VALUES (?1, ?1, 'user0001')",
		"INSERT INTO person_mail (mail, person) VALUES (?1, 'user0001')",
		"UPDATE reservations SET note = ?1, source = ?1, uid = ?1",
		"INSERT INTO reservations (desk, person, starts_at, ends_at, id) SELECT 'D3', 'user0003', starts_at, ends_at, ?1 FROM reservations LIMIT 1",
		"INSERT INTO reservations (desk, person, starts_at, ends_at) SELECT ?1, 'user0003', starts_at, ends_at FROM reservations LIMIT 1",
		"INSERT INTO reservations (desk, person, starts_at, ends_at) SELECT 'D4', ?1, starts_at, ends_at FROM reservations LIMIT 1",
		"UPDATE attempts SET why = ?1, error = ?1, profile = ?1",
		"INSERT INTO attempts SELECT NULL, cluster, op, ?1, ?1, ?1, profile, ?1, from_at, until_at, through_at, stays_at, release_at, known_at, cause, why, due_at, not_before, outcome, code, class, error, began_at, ended_at, verified_at, ?1, 0 FROM attempts LIMIT 1",
		"INSERT INTO phone_notices (key, kind, cluster, desk, device, reservation, other, due_at, began_at, outcome, problem) SELECT ?1, ?1, cluster, 'D1', ?1, ?1, ?1, began_at, began_at, ?1, ?1 FROM attempts LIMIT 1",
		"UPDATE observations SET person = ?1, doubt = ?1",
		"INSERT INTO pauses (cluster, since, by, why) VALUES ('main', '2026-03-02T08:00:00.000Z', ?1, ?1)",
		"INSERT INTO feeds (name, problem) VALUES (?1, ?1)",
		"INSERT INTO feed_problems (feed, uid, what, hint, title, organizer) SELECT name, name, name, name, name, name FROM feeds",
		"INSERT INTO requests (verb, arg, asked_at, answered_at, result) VALUES (?1, ?1, ?1, ?1, ?1)",
		"INSERT OR REPLACE INTO cluster_states (cluster, opened_at, refused_at, code, problem, tries, tried_at, units, doubted_at, unit) VALUES ('main', '', '2026-03-02T08:00:00.000Z', 3, ?1, 1, '2026-03-02T08:00:00.000Z', '', '', 0)",
	} {
		w.exec(change, forged)
	}
	w.write("people.csv", "person,name\nuser0002,\"a\nFORGED\"\n\"user\nFORGED\",x\n")
	w.write("feed.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\x1bFORGED\r\nSUMMARY:a\\nFORGED\u202e\r\nLOCATION:\\nFORGED\u202e\r\nDTSTART:20260302T080000Z\r\nDTEND:20260302T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	shown := 0
	for _, verb := range []string{
		"list reservations --from 2000-01-01 --to 2100-01-01", "list reservations --from 2000-01-01 --to 2100-01-01 -o csv", "list desks", "list people", "list attempts", "list drift", "list notices",
		"list feeds", "list clusters", "list audit", "explain --desk D1", "explain --desk D2", "explain --desk D1 --at 2026-03-02T08:00:00Z", "plan", "plan --seen",
		"doctor", "reconcile", "audit verify", "check config", "import people people.csv", "import people people.csv --dry-run",
		"person export user0001", "person erase user0001 --yes", "resume main", "pause main", "cancel nosuch", "check feed feed.ics --site berlin",
		"reserve --desk D1 --person user0001 --from 2030-01-02 --to 2030-01-03 --note " + strings.ReplaceAll(forged, " ", ""),
	} {
		for _, form := range []string{"", " -o json"} {
			if strings.Contains(verb, "-o csv") && form != "" {
				continue
			}
			got := w.run(strings.Split(verb+form, " ")...)
			if form != "" && got.out != "" && !json.Valid([]byte(got.out)) {
				t.Errorf("deskd %s%s is no JSON:\n%s", verb, form, got.out)
			}
			shown += strings.Count(got.out+got.errs, "FORGED")
			unforged(t, "deskd "+verb+form, got.out+got.errs)
		}
	}
	if shown < 100 {
		t.Errorf("FORGED is shown %d times: what could be forged is not printed", shown)
	}
	d := w.serve()
	_, page := d.get("/")
	unforged(t, "the page", strings.ReplaceAll(page, "\nFORGED", " FORGED")) // a blank in HTML
	_, ready := d.get("/readyz")
	unforged(t, "readyz", ready)
	unforged(t, "the log", d.log.String())
	if !strings.Contains(page, "FORGED") || !strings.Contains(page, "<bdi") {
		t.Error("the page shows none of it")
	}
}

// unforged checks that a text has no line of a forger's, and nothing that
// cannot be seen.
func unforged(t *testing.T, where, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "FORGED") {
			t.Errorf("%s has the line %q", where, line)
		}
		for _, r := range strings.TrimSuffix(line, "\n") {
			if r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
				t.Errorf("%s has %U: %q", where, r, line)
				break
			}
		}
	}
}
