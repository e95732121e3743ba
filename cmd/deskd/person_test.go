package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/store"
)

// Everything about a person is exported, whatever the case of their id, and
// nothing about anybody else.
func TestPersonExport(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	gone := w.book("D2", "user0001", "2030-01-01 09:00", "2030-01-01 10:00")
	w.must("cancel", gone)
	other := w.reserve("D3", "user0003", -time.Hour, time.Hour)
	d := w.serve()
	eventually(t, 5*time.Second, "both are logged in", func() bool {
		return w.session("SEP000000000001") == "user0001" && strings.Count(w.must("list", "attempts"), "done") == 2
	})
	d.stop()
	for _, called := range []string{"user0001", "USER0001", "uno@example.com"} {
		var all store.Personal
		text := w.plain("--config", w.path("deskd.yaml"), "person", "export", called)
		if err := json.Unmarshal([]byte(text.out), &all); err != nil {
			t.Fatalf("%v: %s%s", err, text.out, text.errs)
		}
		if all.Person == nil || all.Person.ID != "user0001" || len(all.Person.Mail) != 2 {
			t.Errorf("%s: person %+v", called, all.Person)
		}
		var ids []string
		for _, r := range all.Reservations {
			ids = append(ids, r.ID)
		}
		if len(ids) != 2 || len(all.Attempts) != 1 || len(all.Phones) != 1 || all.Phones[0].Device != "SEP000000000001" {
			t.Errorf("%s: reservations %v, attempts %v, phones %v", called, ids, all.Attempts, all.Phones)
		}
		var items []string
		for _, row := range all.Audit {
			items = append(items, row.Kind+" "+row.Verb+" "+row.Item)
		}
		if len(items) < 4 || slices.ContainsFunc(items, func(item string) bool { return strings.Contains(item, other) }) {
			t.Errorf("%s: audit %v", called, items)
		}
		if strings.Contains(text.out, "user0003") || strings.Contains(text.out, "user0002") {
			t.Errorf("%s: it tells of others:\n%s", called, text.out)
		}
	}
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D3', 'ghost', '2030-01-01T08:00:00Z', '2030-01-01T09:00:00Z')")
	w.contains(w.run("person", "export", "GHOST"), 0, `"person": null`, `"person": "ghost"`)
	w.contains(w.run("person", "export", "user0009"), 1, `deskd: read what is held about "user0009": `)
	w.contains(w.run("person"), 2, "expected export or erase; see deskd person --help")
}
