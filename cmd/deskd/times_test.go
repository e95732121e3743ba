package main

import (
	"strings"
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Every verb that takes times reads them alike, under the names of now and under
// those of before: of today in the site's zone, a day as the end included.
func TestTimesOfVerbs(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	now := time.Now()
	today := now.In(zoneOf(t, "Europe/Berlin"))
	midnight := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, today.Location())
	for name, at := range map[string]time.Time{
		"1": midnight.Add(-9 * time.Hour), "2": midnight.Add(-time.Second), "3": midnight, "4": now.Add(-time.Second),
	} {
		text := at.UTC().Format("2006-01-02T15:04:05.000Z")
		w.exec(`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, cause, why,
			due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
			VALUES ('main', 'login', 'D1', 'SEP000000000001', 'user0001', '', '', '', '', '', '', 'vanished', ?, '', '', 'done', 0, '', ?, ?, '')`,
			"attempt "+name, text, text)
	}
	listed := func(args ...string) string {
		t.Helper()
		var found []string
		out := w.must(args...)
		for _, n := range []string{"1", "2", "3", "4"} {
			if strings.Contains(out, "attempt "+n) {
				found = append(found, n)
			}
		}
		return strings.Join(found, "")
	}
	for _, kind := range []string{"attempts", "drift"} {
		for want, flags := range map[string][]string{
			"34":   {"--from", "00:00"},
			" 34":  {"--since", "00:00"},
			"  34": {"--from", "today"},
			"12":   {"--from", "yesterday", "--to", "00:00"},
			" 12":  {"--since", "yesterday", "--until", "yesterday"},
			"1234": {"--from", "yesterday", "--to", "today"},
			"":     {"--from", "tomorrow"},
			" 12 ": {"--to", "yesterday"},
		} {
			if got := listed(append([]string{"list", kind, "--person", "user0001"}, flags...)...); got != strings.TrimSpace(want) {
				t.Errorf("list %s %q: attempts %q, expected %q", kind, flags, got, want)
			}
		}
	}
	day := midnight.Format("Mon 2006-01-02")
	w.contains(w.run("list", "attempts", "--from", "00:00"), 0, "From "+day+" 00:00 CE", " on. Times are read in Europe/Berlin.")
	w.contains(w.run("list", "attempts", "--from", "00:00", "--desk", "D3"), 0, "Times are read in America/New_York.")
	w.contains(w.run("list", "attempts", "--from", "00:00", "--site", "boston"), 0, "no attempts", "Times are read in America/New_York.")
	w.contains(w.run("list", "audit", "--from", "tomorrow"), 0, "no audit")
	w.contains(w.run("list", "audit", "--from", "yesterday", "--to", "tomorrow"), 0, "import") // midnight may pass meanwhile
	w.contains(w.run("list", "attempts", "--from", "08:00", "--since", "09:00"), 2, `--since "09:00": --from, which means the same, was given as "08:00"`)
	w.contains(w.run("list", "attempts", "--until", "08:00", "--to", "09:00"), 2, `--to "09:00": --until, which means the same, was given as "08:00"`)
	w.contains(w.run("list", "attempts", "--since", "tomorrow", "--since", "00:00"), 0, "attempt 4")
	w.contains(w.run("list", "reservations", "--from", "2030-01-02", "--to", "2030-01-01"), 2, "--to (Wed 2030-01-02 00:00 CET) is not after --from (Wed 2030-01-02 00:00 CET)")
	w.expect(w.run("reserve", "--desk", "D1", "--person", "user0001", "--from", "2030-01-02", "--to", "2030-01-02"),
		result{0, "ID: desk D1 for user0001 from 2030-01-02 00:00 to 2030-01-03 00:00 CET\n", ""})
	w.contains(w.run("reserve", "--desk", "D3", "--person", "user0001", "--start", "2030-01-02 09:00", "--end", "2030-01-02 24:00"), 0,
		"from 2030-01-02 09:00 to 2030-01-03 00:00 EST")
	w.contains(w.run("list", "reservations", "--from", "2030-01-02", "--to", "2030-01-02"), 0, "D1 ", "From Wed 2030-01-02 00:00 CET to Thu 2030-01-03 00:00 CET.")
	w.contains(w.run("explain", "--desk", "D1", "--at", "2030-01-02"), 0, "at 2030-01-02 00:00 CET")
	w.write("hall.ics", calendar(booking{uid: "a", location: "D1", attendee: "one@example.com", start: ":20300102T220000Z"},
		booking{uid: "b", location: "D1", attendee: "one@example.com", start: ":20300102T230000Z"}))
	got := w.run("check", "feed", "hall", "--from", "2030-01-02", "--to", "2030-01-02", "-o", "json")
	if got.code != 0 || strings.Count(got.out, "\n") != 1 || !strings.Contains(got.out, `"uid":"a"`) {
		t.Errorf("check feed of one day: %+v", got)
	}
	w.contains(w.run("check", "feed", "hall", "--from", "00:00", "--to", "23:59"), 0, "no occurrences in the window")
	w.contains(w.run("plan", "--seen", "--desk", "D1", "--at", "2030-01-02 00:30"), 0, "user0001")
}
