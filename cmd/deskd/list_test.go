package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// Every kind of list, of a house in which something has happened: a login, a
// logout by hand and its repair, and a walk-up.
func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.reserve("D3", "user0002", time.Hour, 2*time.Hour)
	w.must("reconcile")
	w.age()
	if err := w.phones.PressLogout("SEP000000000001"); err != nil {
		t.Fatal(err)
	}
	if err := w.phones.PressLogin("SEP000000000002", "user0003"); err != nil {
		t.Fatal(err)
	}
	w.must("reconcile")
	tests := map[string]struct {
		args    []string
		entries int
		want    []string // in the text, in this order
	}{
		"reservations":           {[]string{"reservations"}, 2, []string{"ID ", "D1    user0001", "confirmed  cli", "D3    user0002"}},
		"reservations of desk":   {[]string{"reservations", "--desk", "D3"}, 1, []string{"D3    user0002"}},
		"reservations of person": {[]string{"reservations", "--person", "USER0001"}, 1, []string{"D1    user0001"}},
		"reservations until":     {[]string{"reservations", "--until", time.Now().Add(10 * time.Minute).Format(time.RFC3339)}, 1, []string{"D1    user0001"}},
		"reservations since":     {[]string{"reservations", "--since", "2030-01-02 09:00"}, 0, []string{"no reservations"}},
		"desks":                  {[]string{"desks"}, 3, []string{"D1    ready    user0001 until ", "user0001", "SEP000000000001", "D2    walk-up  -", "user0003", "D3    free", "user0002 at "}},
		"one desk":               {[]string{"desks", "--desk", "D2"}, 1, []string{"D2    walk-up"}},
		"people":                 {[]string{"people"}, 3, []string{"user0001  One    one@example.com;uno@example.com", "user0002  Two", "true", "user0003  Three"}},
		"person":                 {[]string{"people", "--person", "USER0002"}, 1, []string{"user0002  Two"}},
		"sessions":               {[]string{"sessions"}, 3, []string{"DESK  DEVICE", "D1    SEP000000000001  true   user0001  true", "D2    SEP000000000002  true   user0003  false", "D3    SEP000000000003  true   -         false"}},
		"sessions of a desk":     {[]string{"sessions", "--desk", "D2"}, 1, []string{"D2    SEP000000000002  true   user0003"}},
		"feeds":                  {[]string{"feeds"}, 1, []string{"hall  0       0       0     0          -          0         not fetched yet; deskd serve does"}},
		"attempts":               {[]string{"attempts"}, 2, []string{"D1    login  user0001  done     -     vanished", "D1    login  user0001  done     -     start"}},
		"newest attempt":         {[]string{"attempts", "--limit", "1"}, 1, []string{"vanished"}},
		"attempts of desk":       {[]string{"attempts", "--desk", "D2"}, 0, []string{"no attempts"}},
		"attempts of person":     {[]string{"attempts", "--person", "user0002"}, 0, []string{"no attempts"}},
		"attempts since":         {[]string{"attempts", "--since", time.Now().Add(time.Hour).Format(time.RFC3339)}, 0, []string{"no attempts"}},
		"attempts until":         {[]string{"attempts", "--until", time.Now().Add(-time.Hour).Format(time.RFC3339)}, 0, []string{"no attempts"}},
		"drift":                  {[]string{"drift"}, 1, []string{"D1    login  user0001  done     -     vanished  logged in for this booking, but nobody is on the phone"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			args := append([]string{"list"}, tt.args...)
			w.contains(w.run(args...), 0, tt.want...)
			var entries []map[string]any
			if err := json.Unmarshal([]byte(w.must(append(args, "-o", "json")...)), &entries); err != nil {
				t.Fatal(err)
			}
			if entries == nil || len(entries) != tt.entries {
				t.Errorf("as JSON %d entries, expected %d", len(entries), tt.entries)
			}
		})
	}
	w.contains(w.run("list", "reservations", "--since", "2030-01-02 09:00", "--until", "2030-01-01 09:00"), 2, "deskd: --to (Tue 2030-01-01 09:00 CET) is not after --from (Wed 2030-01-02 09:00 CET)")
	w.contains(w.run("list", "attempts", "--since", "last week"), 2, `deskd: --from: time "last week": expected `)
}

// A list of an empty house is no error, and as JSON a list.
func TestListNothing(t *testing.T) {
	w := newWorld(t)
	w.contains(w.run("list", "desks"), 1, "deskd: open database DIR/deskd.db: ", "nothing to read yet; deskd serve or deskd import creates it")
	w.must("migrate")
	w.write("deskd.yaml", w.config()[:len(w.config())-len("feeds:\n  - {name: hall, url: \"file:hall.ics\", site: berlin, every: 1s, window: {ahead: 87600h}}\n")])
	for _, kind := range []string{"attempts", "audit", "desks", "drift", "feeds", "people", "reservations"} {
		w.expect(w.run("list", kind), result{0, fmt.Sprintf("no %s\n", kind), ""})
		w.expect(w.run("list", kind, "-o", "json"), result{0, "[]\n", ""})
	}
}

// How much was booked is listed by days and by months, also once retention has removed what
// it was counted from; a file does not bring that back.
func TestListUsage(t *testing.T) {
	notShort(t, "lists, imports and removes")
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at, status) VALUES
		('D1', 'user0001', '2025-01-06T08:00:00Z', '2025-01-06T12:30:00Z', 'confirmed'), ('D2', 'user0002', '2025-01-06T23:30:00Z', '2025-01-07T00:30:00Z', 'confirmed'),
		('D3', 'user0003', '2025-02-03T08:00:00Z', '2025-02-03T09:00:00Z', 'cancelled')`)
	for range 2 {
		w.expect(w.run("list", "days"), result{0, `DAY         SITE    BOOKINGS  HOURS  CANCELLED
2025-01-06  berlin  1         4.5    0
2025-01-07  berlin  1         1.0    0
2025-02-03  boston  0         0.0    1
`, ""})
		w.expect(w.run("list", "usage", "--site", "berlin"), result{0, `MONTH    DESK  SITE    BOOKINGS  HOURS  CANCELLED
2025-01  D1    berlin  1         4.5    0
2025-01  D2    berlin  1         1.0    0
`, ""})
		w.contains(w.run("list", "usage", "--desk", "D2", "-o", "json"), 0, `"period": "2025-01"`, `"desk": "D2"`, `"minutes": 60`)
		w.contains(w.run("list", "days", "--site", "boston", "-o", "csv"), 0, "day,site,bookings,hours,cancelled\n2025-02-03,boston,0,0.0,1\n")
		w.exec("UPDATE reservations SET person = '', anonymised = 1")
		w.exec(`INSERT INTO desk_usage VALUES ('2025-01-06', 'berlin', '', 1, 270, 0), ('2025-01-07', 'berlin', '', 1, 60, 0), ('2025-02-03', 'boston', '', 0, 0, 1),
			('2025-01', 'berlin', 'D1', 1, 270, 0), ('2025-01', 'berlin', 'D2', 1, 60, 0), ('2025-02', 'boston', 'D3', 0, 0, 1) ON CONFLICT DO NOTHING`)
		w.exec("DELETE FROM reservations")
	}
	w.write("old.csv", "desk,person,start,end\nD1,user0001,2025-01-06 09:00,2025-01-06 13:30\n")
	w.contains(w.run("import", "reservations", w.path("old.csv")), 1, "0 added, 0 updated, 0 unchanged, 1 left out", "old.csv:2: reservation of desk \"D1\": it ended before", "retention.reservations")
}
