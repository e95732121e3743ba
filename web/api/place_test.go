package api

import (
	"net/http"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// What is over cannot be had, and is not offered as free.
func TestFreeInThePast(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	for _, person := range []string{"", "&person=max"} {
		if got := w.do(ask{boss, "GET", "/desks?free_from=2020-03-02T08:00:00Z&free_to=2020-03-02T09:00:00Z" + person, nil, nil}); got.status != 422 {
			t.Errorf("%d %s", got.status, got.text)
		}
	}
}

// Where no desk of a place can be had it is said why, and what else is free; a place without
// desks is a mistake, and so is a rule to be broken at whichever desk.
func TestNoneFree(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss, employee := w.secrets[reservations.RoleFacilities], w.secrets[reservations.RoleEmployee]
	w.book(boss, "D1", "max", 1, 2)
	w.book(boss, "D2", "zoe", 1, 2)
	body := map[string]any{"zone": "quiet", "start": at(1), "end": at(2)}
	got := w.do(ask{employee, "POST", "/reservations", body, nil})
	if p := got.json(t); got.status != http.StatusConflict || p["code"] != "none_free" || len(got.list(t, "alternatives")) == 0 || strings.Contains(got.text, "max") || p["until"] == nil {
		t.Errorf("%d %s", got.status, got.text)
	}
	first := got.json(t)["alternatives"].([]any)[0] //nolint:forcetypeassert // validated
	if members(first)["desk"] != "D3" {
		t.Errorf("offers %v first", first)
	}
	if got := w.do(ask{boss, "POST", "/reservations?even_so=true", body, nil}); got.status != 422 {
		t.Errorf("even so: %d %s", got.status, got.text)
	}
	body["zone"] = "nowhere"
	if got := w.do(ask{employee, "POST", "/reservations", body, nil}); got.status != 422 || got.json(t)["code"] != "no_desks" {
		t.Errorf("nowhere: %d %s", got.status, got.text)
	}
}

// A series that is asked for again is answered as it is by then: with what was cancelled of it
// since, whichever that is, and as cancelled where nothing counts any more.
func TestRetriedSeries(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss, key := w.secrets[reservations.RoleFacilities], []string{"Idempotency-Key", "4711"}
	again := func() (int, string) {
		got := w.do(ask{boss, "POST", "/series", repeated("D1", "max", 1, "fail"), key})
		var told []string
		if got.status < 300 {
			for _, o := range got.list(t, "occurrences") {
				outcome, _ := members(o)["outcome"].(string)
				told = append(told, outcome)
			}
		}
		return got.status, strings.Join(told, " ")
	}
	made := w.do(ask{boss, "POST", "/series", repeated("D1", "max", 1, "fail"), key})
	all := made.list(t, "occurrences")
	n := len(all)
	for i, o := range all {
		id, _ := members(o)["id"].(string)
		w.do(ask{boss, "DELETE", "/reservations/" + id, nil, nil})
		status, told := again()
		want := strings.TrimSpace(strings.Repeat("cancelled ", i+1) + strings.Repeat("booked ", n-i-1))
		if i == n-1 {
			if status != http.StatusConflict {
				t.Errorf("nothing is left: %d %s", status, told)
			}
		} else if status != http.StatusOK || told != want {
			t.Errorf("%d cancelled: %d %s", i+1, status, told)
		}
	}
}

// Who cancels a series while its person is away does not get its bookings back with the end of
// the absence, whichever of them was first.
func TestSeriesCancelledWhileAway(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	made := w.do(ask{boss, "POST", "/series", repeated("D1", "max", 1, "fail"), nil})
	path := strings.TrimPrefix(made.header.Get("Location"), rest.Base)
	start, _ := members(made.list(t, "occurrences")[1])["start"].(string)
	away := w.do(ask{boss, "POST", "/absences", map[string]any{"person": "max", "first_day": start[:10]}, nil})
	if len(away.list(t, "released")) == 0 {
		t.Fatalf("nothing is released: %s", away.text)
	}
	left := len(made.list(t, "occurrences")) - len(away.list(t, "released"))
	if got := w.do(ask{boss, "DELETE", path, nil, nil}); len(got.list(t, "cancelled")) != left || got.json(t)["already"] != false {
		t.Errorf("cancelled: %s", got.text)
	}
	back := w.do(ask{boss, "DELETE", "/absences/" + away.json(t)["id"].(string), nil, nil}) //nolint:forcetypeassert // validated
	if len(back.list(t, "released")) != 0 {
		t.Errorf("booked again: %s", back.text)
	}
	if got := w.do(ask{boss, "DELETE", path, nil, nil}); got.json(t)["already"] != true {
		t.Errorf("again: %s", got.text)
	}
}

// Where people were is not for them to say afterwards: a booking of theirs begins today at the
// earliest, and one that runs does not begin sooner than it did. Those who run the desks may.
func TestNothingIsBookedInThePast(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss, jane := w.secrets[reservations.RoleFacilities], w.secrets[reservations.RoleEmployee]
	past := func(what string, got reply) {
		t.Helper()
		if got.status != 422 || !strings.Contains(got.text, "it would begin in the past") {
			t.Errorf("%s: %d %s", what, got.status, got.text)
		}
	}
	for _, query := range []string{"", "?dry_run=true"} {
		past("from days ago"+query, w.do(ask{jane, "POST", "/reservations" + query, wish("D1", "", -26, 2), nil}))
	}
	whole := w.book(jane, "D1", "", -8, 16) // today, from midnight on
	sooner := map[string]any{"start": at(-9)}
	past("sooner than it began", w.do(ask{jane, "PATCH", "/reservations/" + whole, sooner, nil}))
	if got := w.do(ask{jane, "PATCH", "/reservations/" + whole, map[string]any{"end": at(10)}, nil}); got.status != 200 {
		t.Errorf("another end: %d %s", got.status, got.text)
	}
	if got := w.do(ask{boss, "PATCH", "/reservations/" + whole, sooner, nil}); got.status != 200 {
		t.Errorf("by one who runs the desks: %d %s", got.status, got.text)
	}
	w.book(boss, "D2", "max", -100, 2)
	later := w.book(jane, "D3", "", 5, 6)
	if got := w.do(ask{jane, "PATCH", "/reservations/" + later, map[string]any{"start": at(4)}, nil}); got.status != 200 {
		t.Errorf("sooner, but not yet: %d %s", got.status, got.text)
	}
}
