package api

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
	"deskd/web/api/rest"
)

// list is what is below a member of an answer.
func (r reply) list(t testing.TB, name string) []any {
	t.Helper()
	all, ok := r.json(t)[name].([]any)
	if !ok {
		t.Fatalf("no %s: %d %s", name, r.status, r.text)
	}
	return all
}

// texts are those of one member of each of a list.
func texts(all []any, name string) string {
	var out []string
	for _, one := range all {
		text, _ := members(one)[name].(string)
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// A series is booked with a result for each of its bookings, once for each key; it is found,
// and one, the rest, or all of it are changed.
func TestSeries(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
		asked := func(conflict string) map[string]any {
			s := wish("D1", "", 1, 2)
			s["rule"], s["on_conflict"] = "FREQ=DAILY;COUNT=4", conflict
			return s
		}
		w.book(boss, "D1", "max", 25, 26)
		refused := w.do(ask{jane, "POST", "/series", asked("fail"), nil})
		if refused.status != 409 || refused.json(t)["code"] != "taken" || texts(refused.list(t, "occurrences"), "outcome") != "not_booked failed not_booked not_booked" {
			t.Fatalf("refused: %d %s", refused.status, refused.text)
		}
		dry := w.do(ask{jane, "POST", "/series?dry_run=true", asked("skip"), nil})
		if dry.status != 200 || strings.Contains(dry.text, `"id"`) || texts(dry.list(t, "occurrences"), "outcome") != "booked skipped booked booked" {
			t.Errorf("dry run: %d %s", dry.status, dry.text)
		}
		made := w.do(ask{jane, "POST", "/series", asked("nearest"), []string{"Idempotency-Key", "s1"}})
		if made.status != 201 || texts(made.list(t, "occurrences"), "outcome") != "booked moved booked booked" || texts(made.list(t, "occurrences"), "desk") != "D1 D2 D1 D1" {
			t.Fatalf("%d %s", made.status, made.text)
		}
		again := w.do(ask{jane, "POST", "/series", asked("nearest"), []string{"Idempotency-Key", "s1"}})
		if again.status != 200 || again.json(t)["id"] != made.json(t)["id"] || again.json(t)["already"] != true {
			t.Errorf("again: %d %s", again.status, again.text)
		}
		path := strings.TrimPrefix(made.header.Get("Location"), rest.Base)
		occurrences := w.do(ask{jane, "GET", path, nil, nil}).list(t, "occurrences")
		id := func(i int) string { return "/reservations/" + members(occurrences[i])["id"].(string) } //nolint:forcetypeassert // validated
		if len(occurrences) != 4 || members(occurrences[0])["series"] != made.json(t)["id"] {
			t.Fatalf("%v", occurrences)
		}

		extended := w.do(ask{jane, "POST", id(2) + "/extend?scope=rest", map[string]any{"until": at(50.5)}, nil})
		if extended.status != 200 || texts(extended.list(t, "others"), "end") != "2026-03-05T10:30:00Z" {
			t.Errorf("extended: %d %s", extended.status, extended.text)
		}
		if moved := w.do(ask{jane, "PATCH", id(0) + "?scope=all", map[string]any{"desk": "D3"}, nil}); moved.status != 200 || texts(moved.list(t, "others"), "desk") != "D3 D3 D3" {
			t.Errorf("moved: %d %s", moved.status, moved.text)
		}
		if one := w.do(ask{jane, "DELETE", id(0), nil, nil}); one.status != 200 || one.json(t)["others"] != nil {
			t.Errorf("one: %d %s", one.status, one.text)
		}
		if stale := w.do(ask{jane, "DELETE", id(1) + "?scope=all", nil, []string{"If-Match", `"old"`}}); stale.status != 412 {
			t.Errorf("stale: %d %s", stale.status, stale.text)
		}
		if none := w.do(ask{jane, "PATCH", "/reservations/" + w.book(jane, "D2", "", 100, 101) + "?scope=all", map[string]any{"desk": "D1"}, nil}); none.status != 422 {
			t.Errorf("of no series: %d %s", none.status, none.text)
		}

		from := path + "?from=2026-03-04T09:00:00Z"
		if would := w.do(ask{jane, "DELETE", from + "&dry_run=true", nil, nil}); would.status != 200 || len(would.list(t, "cancelled")) != 2 {
			t.Errorf("would: %d %s", would.status, would.text)
		}
		if rest := w.do(ask{jane, "DELETE", from, nil, nil}); rest.status != 200 || texts(rest.list(t, "cancelled"), "start") != "2026-03-04T09:00:00Z 2026-03-05T09:00:00Z" {
			t.Errorf("rest: %d %s", rest.status, rest.text)
		}
		if all := w.do(ask{jane, "DELETE", path, nil, nil}); all.status != 200 || texts(all.list(t, "cancelled"), "start") != "2026-03-03T09:00:00Z" {
			t.Errorf("all: %d %s", all.status, all.text)
		}
		if none := w.do(ask{jane, "DELETE", path, nil, nil}); none.status != 200 || none.json(t)["already"] != true {
			t.Errorf("none left: %d %s", none.status, none.text)
		}
		for _, rule := range []string{"FREQ=DAILY", "FREQ=OFTEN;COUNT=2", "=1+1"} {
			s := asked("skip")
			s["rule"] = rule
			if got := w.do(ask{jane, "POST", "/series", s, nil}); got.status != 422 || got.json(t)["code"] != "invalid" {
				t.Errorf("%s: %d %s", rule, got.status, got.text)
			}
		}
		if w.log.Len() > 0 {
			t.Errorf("log: %s", w.log)
		}
	})
}

// book books, and returns the id.
func (w *world) book(secret, desk, person string, from, to float64) string {
	w.t.Helper()
	made := w.do(ask{secret, "POST", "/reservations", wish(desk, person, from, to), nil})
	if made.status != 201 {
		w.t.Fatalf("%d %s", made.status, made.text)
	}
	id, _ := made.json(w.t)["id"].(string)
	return id
}

// Where others have something of one's series, it is neither seen nor changed with it.
func TestSeriesOfTwo(t *testing.T) {
	file := t.TempDir() + "/desk.db"
	w := newWorld(t, file)
	jane := w.secrets[reservations.RoleEmployee]
	made := w.do(ask{jane, "POST", "/series", repeated("D1", "", 1, "fail"), nil})
	path := strings.TrimPrefix(made.header.Get("Location"), rest.Base)
	all := w.do(ask{jane, "GET", path, nil, nil}).list(t, "occurrences")
	first, second := members(all[0])["id"].(string), members(all[1])["id"].(string) //nolint:forcetypeassert // validated
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	_, err = db.ExecContext(ctx, "UPDATE reservations SET person = 'max' WHERE id = ?", second)
	check(t, err)
	if got := w.do(ask{jane, "GET", path, nil, nil}); strings.Contains(got.text, "max") || len(got.list(t, "occurrences")) != 1 {
		t.Errorf("%s", got.text)
	}
	for _, r := range []ask{
		{jane, "DELETE", path, nil, nil},
		{jane, "DELETE", "/reservations/" + first + "?scope=rest", nil, nil},
		{jane, "PATCH", "/reservations/" + first + "?scope=all", map[string]any{"desk": "D2"}, nil},
		{jane, "POST", "/reservations/" + first + "/extend?scope=all", map[string]any{"until": at(3)}, nil},
	} {
		if got := w.do(r); got.status != 403 || strings.Contains(got.text, "max") {
			t.Errorf("%s %s: %d %s", r.method, r.path, got.status, got.text)
		}
	}
	if got := w.do(ask{jane, "GET", "/reservations/" + first, nil, nil}); got.json(t)["status"] != "confirmed" {
		t.Errorf("%s", got.text)
	}
}

// Who has come is kept, and told; too early, over, and of others is refused.
func TestCheckIn(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
		w.rules.CheckIn = rules.CheckIn{Before: 15 * time.Minute, Within: 30 * time.Minute}
		soon, later := w.book(jane, "D1", "", 0.1, 2), w.book(jane, "D1", "", 3, 4)
		theirs := w.book(boss, "D2", "max", 0.2, 2)
		visit := "/reservations/" + soon + "/check-in"
		if got := w.do(ask{jane, "GET", "/arrivals", nil, nil}); len(got.list(t, "items")) != 1 || strings.Contains(got.text, "max") || !strings.Contains(got.text, `"came":false`) {
			t.Errorf("own: %s", got.text)
		}
		if got := w.do(ask{boss, "GET", "/arrivals?zone=quiet", nil, []string{"Accept", "text/csv"}}); strings.Count(got.text, "\n") != 3 || !strings.Contains(got.text, "max") {
			t.Errorf("all: %s", got.text)
		}
		if got := w.do(ask{jane, "POST", visit + "?dry_run=true", nil, nil}); got.status != 200 || got.json(t)["dry_run"] != true {
			t.Errorf("dry run: %d %s", got.status, got.text)
		}
		if got := w.do(ask{jane, "POST", visit, nil, []string{"If-Match", `"old"`}}); got.status != 412 {
			t.Errorf("stale: %d %s", got.status, got.text)
		}
		got := w.do(ask{jane, "POST", visit, nil, nil})
		if got.status != 200 || got.json(t)["already"] != false || got.json(t)["asked"] != true || texts(got.list(t, "evidence"), "source") != "api" {
			t.Errorf("%d %s", got.status, got.text)
		}
		if again := w.do(ask{jane, "POST", visit, nil, nil}); again.status != 200 || again.json(t)["already"] != true {
			t.Errorf("again: %d %s", again.status, again.text)
		}
		if early := w.do(ask{jane, "POST", "/reservations/" + later + "/check-in", nil, nil}); early.status != 409 || early.json(t)["code"] != "not_yet" || early.json(t)["until"] != "2026-03-02T10:45:00Z" {
			t.Errorf("early: %d %s", early.status, early.text)
		}
		if of := w.do(ask{jane, "POST", "/reservations/" + theirs + "/check-in", nil, nil}); of.status != 404 {
			t.Errorf("of another: %d %s", of.status, of.text)
		}
		if got := w.do(ask{boss, "GET", "/arrivals", nil, nil}); !strings.Contains(got.text, `"came":true`) || strings.Count(got.text, `"came":false`) != 1 {
			t.Errorf("then: %s", got.text)
		}
	})
}

// Who stands at a desk has it until the next booking, or the end of the day.
func TestWalkUp(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
	w.book(boss, "D1", "max", 3, 4)
	here := map[string]any{"desk": "D1"}
	if dry := w.do(ask{jane, "POST", "/walkups?dry_run=true", here, nil}); dry.status != 200 || dry.json(t)["id"] != nil {
		t.Errorf("dry run: %d %s", dry.status, dry.text)
	}
	got := w.do(ask{jane, "POST", "/walkups", here, nil})
	if got.status != 201 || got.json(t)["person"] != "jane" || got.json(t)["end"] != "2026-03-02T11:00:00Z" || got.header.Get("Location") == "" || got.header.Get("ETag") == "" {
		t.Errorf("%d %s", got.status, got.text)
	}
	if taken := w.do(ask{boss, "POST", "/walkups", map[string]any{"desk": "D1", "person": "zoe"}, nil}); taken.status != 409 || taken.json(t)["code"] != "taken" {
		t.Errorf("taken: %d %s", taken.status, taken.text)
	}
	program := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes})
	for name, body := range map[string]map[string]any{
		"over": {"desk": "D2", "person": "zoe", "until": at(-1)}, "nobody": {"desk": "D2"}, "too long": {"desk": "D2", "person": "zoe", "until": at(24 * 500)},
	} {
		if got := w.do(ask{program, "POST", "/walkups", body, nil}); got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("log: %s", w.log)
	}
}

// A closure says who is affected, before and when it is made, to those who may know it; it is
// listed, refuses bookings, and is taken back by its whole id.
func TestClosures(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
		w.book(boss, "D1", "max", 1, 2)
		paint := map[string]any{"site": "berlin", "zone": "quiet", "end": at(5), "reason": "paint", "cancel": true}
		if dry := w.do(ask{boss, "POST", "/closures?dry_run=true", paint, nil}); dry.status != 200 || dry.json(t)["id"] != nil || texts(dry.list(t, "gone"), "person") != "max" {
			t.Errorf("dry run: %d %s", dry.status, dry.text)
		}
		writer := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: []reservations.Scope{reservations.ScopeWrite}})
		made := w.do(ask{writer, "POST", "/closures", paint, nil})
		if made.status != 201 || texts(made.list(t, "gone"), "desk") != "D1" || strings.Contains(made.text, "max") {
			t.Fatalf("by one who may not read: %d %s", made.status, made.text)
		}
		if got := w.do(ask{jane, "POST", "/reservations", wish("D1", "", 3, 4), nil}); got.status != 409 || got.json(t)["code"] != "closed" {
			t.Errorf("closed: %d %s", got.status, got.text)
		}
		id, _ := made.json(t)["id"].(string)
		if got := w.do(ask{jane, "GET", "/closures?desk=D2", nil, nil}); texts(got.list(t, "items"), "id") != id || texts(got.list(t, "items"), "reason") != "paint" {
			t.Errorf("%s", got.text)
		}
		if got := w.do(ask{jane, "GET", "/closures?zone=loud", nil, nil}); len(got.list(t, "items")) != 0 {
			t.Errorf("elsewhere: %s", got.text)
		}
		if got := w.do(ask{boss, "DELETE", "/closures/" + id[:len(id)-1], nil, nil}); got.status != 404 {
			t.Errorf("a part of the id: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "DELETE", "/closures/" + id + "?dry_run=true", nil, nil}); got.status != 200 {
			t.Errorf("dry run: %d %s", got.status, got.text)
		}
		if got := w.do(ask{boss, "DELETE", "/closures/" + id, nil, nil}); got.status != 200 || got.json(t)["id"] != id {
			t.Errorf("%d %s", got.status, got.text)
		}
		w.book(jane, "D1", "", 3, 4)
		for name, body := range map[string]map[string]any{
			"nowhere": {"end": at(5), "reason": "paint"}, "no desks": {"site": "berlin", "zone": "none", "end": at(5), "reason": "paint"},
			"no reason": {"site": "berlin", "end": at(5), "reason": " "}, "no such desk": {"desk": "D9", "end": at(5), "reason": "paint"},
		} {
			if got := w.do(ask{boss, "POST", "/closures", body, nil}); got.status != 422 {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
		}
		if w.log.Len() > 0 {
			t.Errorf("log: %s", w.log)
		}
	})
}

// Who is away gives the bookings of their series back, and their own desks to others, whose
// names they are not told.
func TestAbsences(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
		_, err := w.store.ImportDesks(ctx, []reservations.Desk{{ID: "D3", Site: "berlin", Cluster: "main", Device: "SEP000000000003", Floor: "4", Zone: "loud", Owner: "jane"}}, false)
		check(t, err)
		if got := w.do(ask{jane, "POST", "/series", repeated("D1", "", 24, "fail"), nil}); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.text)
		}
		days := map[string]any{"first_day": "2026-03-03", "note": "skiing"}
		if dry := w.do(ask{jane, "POST", "/absences?dry_run=true", days, nil}); dry.status != 200 || dry.json(t)["id"] != nil || len(dry.list(t, "released")) != 1 {
			t.Errorf("dry run: %d %s", dry.status, dry.text)
		}
		made := w.do(ask{jane, "POST", "/absences", days, nil})
		if made.status != 201 || made.json(t)["last_day"] != "2026-03-03" || len(made.list(t, "released")) != 1 || !strings.Contains(made.text, `"desks":["D3"]`) {
			t.Fatalf("%d %s", made.status, made.text)
		}
		if again := w.do(ask{jane, "POST", "/absences", days, nil}); again.status != 422 {
			t.Errorf("again: %d %s", again.status, again.text)
		}
		w.book(boss, "D3", "max", 25, 26)
		w.book(boss, "D1", "max", 24, 25)
		other := w.do(ask{boss, "POST", "/absences", map[string]any{"person": "max", "first_day": "2026-03-05", "last_day": "2026-03-06"}, nil})
		otherID, _ := other.json(t)["id"].(string)
		if own := w.do(ask{jane, "GET", "/absences", nil, nil}); texts(own.list(t, "items"), "person") != "jane" {
			t.Errorf("own: %s", own.text)
		}
		if all := w.do(ask{boss, "GET", "/absences", nil, nil}); texts(all.list(t, "items"), "person") != "jane max" {
			t.Errorf("all: %s", all.text)
		}
		if of := w.do(ask{jane, "DELETE", "/absences/" + otherID, nil, nil}); of.status != 404 {
			t.Errorf("another's: %d %s", of.status, of.text)
		}
		id, _ := made.json(t)["id"].(string)
		back := w.do(ask{jane, "DELETE", "/absences/" + id, nil, nil})
		if back.status != 200 || strings.Contains(back.text, "max") || texts(back.list(t, "guests"), "desk") != "D3" || texts(back.list(t, "lost"), "desk") != "D1" {
			t.Errorf("back: %d %s", back.status, back.text)
		}
		for name, body := range map[string]map[string]any{
			"no day": {"first_day": "tomorrow"}, "backwards": {"first_day": "2026-04-02", "last_day": "2026-04-01"}, "over": {"first_day": "2026-01-02"},
		} {
			if got := w.do(ask{jane, "POST", "/absences", body, nil}); got.status != 422 {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
		}
		if w.log.Len() > 0 {
			t.Errorf("log: %s", w.log)
		}
	})
}
