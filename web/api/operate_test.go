package api

import (
	"encoding/json"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Clusters are paused and resumed, one or all, as the command line does it: who paused first
// stays, a dry run does nothing, and the audit says which token it was.
func TestPause(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		boss := w.secrets[reservations.RoleTelephony]
		is := func(what string, got reply, paused, changed bool) {
			t.Helper()
			p := got.json(t)
			if list, several := p["clusters"].([]any); several {
				p, _ = list[0].(map[string]any)
			}
			if got.status != 200 || p["cluster"] != "main" || p["paused"] != paused || p["changed"] != changed {
				t.Errorf("%s: %d %s", what, got.status, got.text)
			}
			if tried := strings.HasPrefix(what, "tried"); (w.acted == 0) != tried {
				t.Errorf("%s: the daemon was to act %d times", what, w.acted)
			}
			w.acted = 0
		}
		why := map[string]any{"why": "wiring"}
		is("tried", w.do(ask{boss, "POST", "/clusters/main/pause?dry_run=true", why, nil}), false, true)
		paused := w.do(ask{boss, "POST", "/clusters/main/pause", why, nil})
		is("paused", paused, true, true)
		if p := paused.json(t); p["why"] != "wiring" || !strings.HasPrefix(p["by"].(string), "token:") {
			t.Errorf("paused: %s", paused.text)
		}
		again := w.do(ask{boss, "POST", "/freeze", nil, nil})
		is("frozen", again, true, false)
		if !strings.Contains(again.text, "wiring") {
			t.Errorf("who paused first is forgotten: %s", again.text)
		}
		if got := w.do(ask{boss, "GET", "/clusters", nil, nil}); !strings.Contains(got.text, `"paused":true,"paused_why":"wiring"`) {
			t.Errorf("listed: %s", got.text)
		}
		is("tried to thaw", w.do(ask{boss, "POST", "/thaw?dry_run=true", nil, nil}), true, true)
		is("thawed", w.do(ask{boss, "POST", "/thaw", nil, nil}), false, true)
		is("resumed", w.do(ask{boss, "POST", "/clusters/main/resume", nil, nil}), false, false)
		if got := w.do(ask{boss, "POST", "/clusters/other/pause", nil, nil}); got.status != 404 {
			t.Errorf("another cluster: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "POST", "/freeze", map[string]any{"why": "a\nb"}, nil}); got.status != 422 {
			t.Errorf("a line break: %d %s", got.status, got.text)
		}
	})
}

// What a feed would drop is seen, and accepted or rejected: the change that is named, and no
// other; then the feed is to be read.
func TestHeld(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		boss := w.secrets[reservations.RoleFacilities]
		if got := w.do(ask{boss, "GET", "/feeds/hall/held", nil, nil}); got.status != 200 || got.json(t)["change"] != nil {
			t.Errorf("nothing: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "POST", "/feeds/hall/accept", nil, nil}); got.status != 409 || got.json(t)["code"] != "not_held" {
			t.Errorf("nothing to accept: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "POST", "/feeds/hall/accept?dry_run=true", nil, nil}); got.status != 409 {
			t.Errorf("nothing to accept, tried: %d %s", got.status, got.text)
		}
		h := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{{ID: "r1", Desk: "D1", Person: "max", Span: reservations.Span{Start: at(1), End: at(2)}}}}, at(24))
		check(t, w.store.HoldChange(ctx, "hall", h))
		got := w.do(ask{boss, "GET", "/feeds/hall/held", nil, nil})
		if got.json(t)["change"] != h.ID() || !strings.Contains(got.text, `"drop":[{"id":"r1","desk":"D1","person":"max"`) {
			t.Errorf("held: %s", got.text)
		}
		if got := w.do(ask{boss, "POST", "/feeds/hall/accept", map[string]any{"change": "another"}, nil}); got.status != 409 {
			t.Errorf("another change: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "POST", "/feeds/hall/accept?dry_run=true", map[string]any{"change": "another"}, nil}); got.status != 409 {
			t.Errorf("another change, tried: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "POST", "/feeds/hall/reject?dry_run=true", nil, nil}); got.status != 200 || got.json(t)["answer"] != nil {
			t.Errorf("tried: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "POST", "/feeds/hall/reject", map[string]any{"change": h.ID()}, nil}); got.status != 200 || got.json(t)["answer"] != "rejected" {
			t.Errorf("rejected: %d %s", got.status, got.text)
		}
		open, err := w.store.Requests().Take(ctx)
		check(t, err)
		if len(open) != 1 || open[0].Verb != "poll" || open[0].Arg != "hall" {
			t.Errorf("requests: %v", open)
		}
		if got := w.do(ask{boss, "GET", "/feeds/attic/held", nil, nil}); got.status != 404 {
			t.Errorf("another feed: %d", got.status)
		}
	})
}

// A token that is made opens what it says, is shown once, and gives nobody more than they
// have; revoked, it opens nothing.
func TestGrant(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	made := w.do(ask{boss, "POST", "/tokens", map[string]any{"scopes": []string{"read"}, "role": "employee", "person": "max", "note": "screen", "expires": at(24)}, nil})
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.text)
	}
	secret, _ := made.json(t)["secret"].(string)
	if got := w.do(ask{secret, "GET", "/people", nil, nil}); got.status != 200 || !strings.Contains(got.text, `"person":"max"`) {
		t.Errorf("with it: %d %s", got.status, got.text)
	}
	if got := w.do(ask{boss, "GET", "/tokens", nil, nil}); strings.Contains(got.text, secret) || !strings.Contains(got.text, `"note":"screen"`) {
		t.Errorf("listed: %s", got.text)
	}
	path := "/tokens/" + made.json(t)["id"].(string)
	if got := w.do(ask{boss, "DELETE", path, nil, nil}); got.status != 200 || got.json(t)["revoked"] == nil {
		t.Errorf("revoked: %d %s", got.status, got.text)
	}
	if got := w.do(ask{secret, "GET", "/people", nil, nil}); got.status != 401 {
		t.Errorf("with a revoked one: %d", got.status)
	}
	reader := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: []reservations.Scope{reservations.ScopeAdmin, reservations.ScopeRead}})
	for what, c := range map[string]struct {
		secret string
		body   map[string]any
		want   int
	}{
		"another role":         {boss, map[string]any{"scopes": []string{"read"}, "role": "auditor"}, 403},
		"a scope it has not":   {reader, map[string]any{"scopes": []string{"write"}, "role": "facilities"}, 403},
		"no role":              {boss, map[string]any{"scopes": []string{"read"}, "person": "max"}, 422},
		"a scope there is not": {boss, map[string]any{"scopes": []string{"fly"}, "role": "employee", "person": "max"}, 422},
		"an unknown person":    {boss, map[string]any{"scopes": []string{"read"}, "role": "employee", "person": "mo"}, 422},
		"a note of two lines":  {boss, map[string]any{"scopes": []string{"read"}, "role": "facilities", "note": "a\nb"}, 422},
		"over":                 {boss, map[string]any{"scopes": []string{"read"}, "role": "facilities", "expires": at(-1)}, 422},
	} {
		if got := w.do(ask{c.secret, "POST", "/tokens", c.body, nil}); got.status != c.want || strings.Contains(got.text, "secret") {
			t.Errorf("%s: %d %s, want %d", what, got.status, got.text, c.want)
		}
	}
}

// Counts name nobody, are those of each floor and day, and go on when bookings are removed.
func TestStatistics(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		boss := w.secrets[reservations.RoleFacilities]
		book := func(desk string, from, to float64) string {
			made := w.do(ask{boss, "POST", "/reservations", wish(desk, "max", from, to), nil})
			id, _ := made.json(t)["id"].(string)
			return id
		}
		came := book("D1", 0, 2)
		book("D2", 4, 5.5)
		w.do(ask{boss, "DELETE", "/reservations/" + book("D3", 6, 7), nil, nil})
		book("D1", 24, 25)
		book("D1", 24*8, 24*8+1) // another week
		if got := w.do(ask{boss, "POST", "/reservations/" + came + "/check-in", nil, nil}); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.text)
		}
		var got struct {
			Items []map[string]any
		}
		r := w.do(ask{boss, "GET", "/statistics?site=berlin&floor=4&from=2026-03-02", nil, nil})
		check(t, json.Unmarshal([]byte(r.text), &got))
		if len(got.Items) != 2 || got.Items[0]["day"] != "2026-03-02" || got.Items[0]["bookings"] != 2.0 || got.Items[0]["hours"] != 3.5 || got.Items[0]["used"] != 1.0 ||
			got.Items[0]["cancelled"] != 1.0 || got.Items[1]["bookings"] != 1.0 {
			t.Errorf("%s", r.text)
		}
		if strings.Contains(r.text, "max") {
			t.Errorf("names: %s", r.text)
		}
		for _, query := range []string{"?from=2026-03-02&to=2026-04-02", "?from=2026-03-02&to=2026-03-01", "?from=tomorrow"} {
			if r := w.do(ask{boss, "GET", "/statistics" + query, nil, nil}); r.status != 422 {
				t.Errorf("%s: %d %s", query, r.status, r.text)
			}
		}
		if r := w.do(ask{boss, "GET", "/statistics?from=2026-03-02&floor=5", nil, nil}); r.status != 422 {
			t.Errorf("another floor: %s", r.text)
		}
	})
}

// Reports count by the place that is asked for, as CSV too, and say since when what is known.
func TestReports(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		w.rules.Week = &[7]rules.Hours{1: {From: 480, To: 1080}} // Mondays, of which 2026-03-02 is one
		boss := w.secrets[reservations.RoleFacilities]
		w.do(ask{boss, "POST", "/reservations", wish("D1", "max", 1, 3.5), nil})
		w.do(ask{boss, "POST", "/walkups", map[string]any{"desk": "D3", "person": "jane", "until": at(1)}, nil})
		get := func(query string, headers ...string) string {
			t.Helper()
			got := w.do(ask{boss, "GET", "/reports" + query, nil, headers})
			if got.status != 200 {
				t.Fatalf("%s: %d %s", query, got.status, got.text)
			}
			return got.text
		}
		const days = "?from=2026-03-02&to=2026-03-08"
		zones := get(days+"&by=zone", "Accept", "text/csv")
		want := `site,floor,zone,desk,weekday,desks,bookings,hours,open_hours,taken_hours,share,used,asked,unseen,released,walkups,cancelled,nameless,logins,late,late_p50,late_p95,late_max,busy,failed,details_since,presence_since,logins_since
berlin,,loud,,,1,1,1,10,1,0.1,1,0,0,0,1,0,0,0,0,0,0,0,0,0,,2026-02-02,
berlin,,quiet,,,2,1,2.5,20,2.5,0.125,0,0,0,0,0,0,0,0,0,0,0,0,0,0,,2026-02-02,
`
		if zones != want {
			t.Errorf("by zone:\n%s\nwant\n%s", zones, want)
		}
		var page struct {
			Items []map[string]any
			Next  string
		}
		check(t, json.Unmarshal([]byte(get(days+"&by=desk&weekdays=true&limit=9")), &page))
		if len(page.Items) != 9 || page.Items[0]["weekday"] != "mon" || page.Items[6]["weekday"] != "sun" || page.Items[7]["desk"] != "D1" || page.Items[7]["share"] != 0.25 {
			t.Errorf("by desk: %v", page.Items)
		}
		check(t, json.Unmarshal([]byte(get(days+"&by=desk&weekdays=true&limit=100&cursor="+page.Next)), &page))
		if len(page.Items) != 12 {
			t.Errorf("the rest: %v", page.Items)
		}
		for _, name := range []string{`"max"`, "jane"} {
			if all := get(days + "&by=desk"); strings.Contains(all, name) {
				t.Errorf("names: %s", all)
			}
		}
		for _, query := range []string{"?from=2026-03-02&to=2026-06-02", "?from=2026-03-02&to=2026-03-01", "?from=tomorrow", "?by=chair"} {
			if r := w.do(ask{boss, "GET", "/reports" + query, nil, nil}); r.status != 422 {
				t.Errorf("%s: %d %s", query, r.status, r.text)
			}
		}
	})
}

// The daemons are listed with what they do.
func TestNodesListed(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	if got := w.do(ask{w.secrets[reservations.RoleTelephony], "GET", "/nodes", nil, []string{"Accept", "text/csv"}}); got.status != 200 || !strings.Contains(got.text, "\none,runs,") || !strings.Contains(got.text, ",feeds,policy.grace\n") {
		t.Errorf("%d %s", got.status, got.text)
	}
}
