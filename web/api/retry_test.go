package api

import (
	"strings"
	"testing"

	"deskd/reservations"
)

// Who was not heard, asks again with the same key: a walk-up, a closure and an absence are made
// once, and told as they are. Asked for something else, the key is refused; another token's is
// another key.
func TestRetried(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		boss := w.secrets[reservations.RoleFacilities]
		another := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes})
		with := func(key string) []string { return []string{"Idempotency-Key", key} }
		w.book(boss, "D3", "zoe", 1, 2)
		for _, c := range []struct {
			path        string
			body, other map[string]any
			undo        string // its address, but for the id
			after       int    // the status of asking once more then
		}{
			{"/walkups", map[string]any{"desk": "D1", "person": "max"}, map[string]any{"desk": "D1", "person": "max", "until": at(1)}, "/reservations/", 409},
			{"/closures", map[string]any{"desk": "D3", "end": at(5), "reason": "paint"}, map[string]any{"desk": "D3", "end": at(5), "reason": "paint", "cancel": true}, "/closures/", 409},
			{"/absences", map[string]any{"person": "zoe", "first_day": day(0)}, map[string]any{"person": "zoe", "first_day": day(0), "note": "ill"}, "/absences/", 201},
		} {
			if got := w.do(ask{boss, "POST", c.path + "?dry_run=true", c.body, with(c.path)}); got.status != 200 || got.json(t)["id"] != nil {
				t.Fatalf("%s tried: %d %s", c.path, got.status, got.text)
			}
			made := w.do(ask{boss, "POST", c.path, c.body, with(c.path)})
			id, _ := made.json(t)["id"].(string)
			if made.status != 201 || id == "" {
				t.Fatalf("%s: %d %s", c.path, made.status, made.text)
			}
			for _, query := range []string{"", "?dry_run=true"} {
				again := w.do(ask{boss, "POST", c.path + query, c.body, with(c.path)})
				if again.status != 200 || again.json(t)["id"] != id || again.json(t)["already"] != true {
					t.Errorf("%s again%s: %d %s", c.path, query, again.status, again.text)
				}
			}
			if c.path != "/walkups" {
				if again := w.do(ask{boss, "POST", c.path, c.body, with(c.path)}); !strings.Contains(again.text, `"person":"zoe","start":"2026-03-02T09:00:00Z"`) {
					t.Errorf("%s: who is booked is not told again: %s", c.path, again.text)
				}
			}
			for what, r := range map[string]ask{
				"another body":   {boss, "POST", c.path, c.other, with(c.path)},
				"a booking":      {boss, "POST", "/reservations", wish("D2", "max", 5, 6), with(c.path)},
				"another kind":   {boss, "POST", "/absences", map[string]any{"person": "jane", "first_day": day(9)}, with(c.path)},
				"a closure":      {boss, "POST", "/closures", map[string]any{"desk": "D2", "end": at(5), "reason": "paint"}, with(c.path)},
				"another series": {boss, "POST", "/series", repeated("D2", "max", 30, "fail"), with(c.path)},
			} {
				if got := w.do(r); got.status != 422 || got.json(t)["code"] != "key_used" {
					t.Errorf("%s with the key of %s: %d %s", what, c.path, got.status, got.text)
				}
			}
			if got := w.do(ask{another, "POST", c.path, c.body, with(c.path)}); got.status == 200 || got.status == 201 && c.path != "/closures" {
				t.Errorf("%s with another token's key: %d %s", c.path, got.status, got.text)
			}
			if got := w.do(ask{boss, "DELETE", c.undo + id, nil, nil}); got.status != 200 {
				t.Fatalf("%s: %d %s", c.undo, got.status, got.text)
			}
			if got := w.do(ask{boss, "POST", c.path, c.body, with(c.path)}); got.status != c.after {
				t.Errorf("%s when it is gone: %d %s, want %d", c.path, got.status, got.text, c.after)
			}
			if got := w.do(ask{boss, "POST", c.path, c.body, with("\x01")}); got.status != 422 {
				t.Errorf("%s with a key that cannot be: %d %s", c.path, got.status, got.text)
			}
		}
		if w.log.Len() > 0 {
			t.Errorf("log: %s", w.log)
		}
	})
}
