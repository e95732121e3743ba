package api

import (
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// No sentence of an answer names other people to those who may not see names: neither what
// stood against a booking that was made even so, nor why one waits, nor who may have been
// meant.
func TestSentencesNameNobody(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	_, err := w.store.ImportDesks(ctx, []reservations.Desk{{ID: "D3", Site: "berlin", Cluster: "main", Device: "SEP000000000003", Floor: "4", Zone: "loud", Owner: "zoe"}}, false)
	check(t, err)
	jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
	writer := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: []reservations.Scope{reservations.ScopeWrite}})
	w.book(boss, "D1", "max", 1, 2)
	waiting, err := w.store.ApplyFeed(ctx, reservations.FeedState{Name: "hall", Checked: eight}, reservations.Change{Add: []reservations.Reservation{
		{UID: "1", Occurrence: "1", Desk: "D1", Person: "jane", Span: reservations.Span{Start: at(1), End: at(2)}},
	}}, nil)
	check(t, err)
	path := "/reservations/" + waiting[0].ID
	daily := map[string]any{"desk": "D3", "start": at(30), "end": at(31), "rule": "FREQ=DAILY;COUNT=2", "on_conflict": "skip"}
	for _, c := range []struct {
		ask
		want    int
		sayings string // it says so
		names   string // and who may see names, is told it
	}{
		{ask{writer, "POST", "/reservations?even_so=true", wish("D3", "max", 4, 5), nil}, 201, "the desk is someone's own", "is zoe's"},
		{ask{writer, "POST", "/reservations?even_so=true&dry_run=true", wish("D3", "max", 6, 7), nil}, 200, "the desk is someone's own", "is zoe's"},
		{ask{writer, "POST", "/walkups?even_so=true&dry_run=true", map[string]any{"desk": "D3", "person": "max", "until": at(1)}, nil}, 200, "the desk is someone's own", "is zoe's"},
		{ask{jane, "POST", "/reservations", wish("D3", "", 6, 7), nil}, 409, "the desk is someone's own", "zoe"},
		{ask{jane, "POST", "/series", daily, nil}, 409, "the desk is someone's own", "zoe"},
		{ask{jane, "POST", "/walkups", map[string]any{"desk": "D3"}, nil}, 409, "the desk is someone's own", "zoe"},
		{ask{jane, "POST", "/reservations", wish("D1", "", 1, 2), nil}, 409, "the desk is taken in that time", "max"},
		{ask{writer, "POST", "/reservations", wish("D2", "zo", 1, 2), nil}, 422, "no such person", "did you mean"},
		{ask{writer, "POST", "/absences", map[string]any{"person": "zo", "first_day": day(3)}, nil}, 422, "no such person", "did you mean"},
		{ask{jane, "GET", path, nil, nil}, 200, "the desk is taken in that time", "max"},
		{ask{jane, "GET", "/reservations", nil, nil}, 200, "the desk is taken in that time", "max"},
		{ask{jane, "DELETE", path + "?dry_run=true", nil, nil}, 200, "the desk is taken in that time", "max"},
	} {
		about, asked := c.method+" "+c.path, c.ask
		if asked.secret = boss; asked.method != "GET" && !strings.Contains(asked.path, "dry_run") {
			asked.path += map[bool]string{true: "&", false: "?"}[strings.Contains(asked.path, "?")] + "dry_run=true"
		}
		if whole := w.do(asked); !strings.Contains(whole.text, c.names) {
			t.Errorf("%s, of one who may see names: %d %s", about, whole.status, whole.text)
		}
		got := w.do(c.ask)
		text := strings.ReplaceAll(got.text, `"person":"max"`, "") // whom it was booked for
		if got.status != c.want || !strings.Contains(text, c.sayings) || strings.Contains(text, "max") || strings.Contains(text, "zoe") {
			t.Errorf("%s: %d %s, want %d, %q, and no name", about, got.status, got.text, c.want, c.sayings)
		}
	}
}

// Why a booking was released is told to the person who has not come.
func TestReleasedIsTold(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	jane := w.secrets[reservations.RoleEmployee]
	w.rules.CheckIn = rules.CheckIn{Before: 15 * time.Minute, Within: 30 * time.Minute}
	r, err := w.store.Reserve(ctx, reservations.Reservation{Desk: "D1", Person: "jane", Span: reservations.Span{Start: at(-1), End: at(2)}}, at(-2))
	check(t, err)
	_, err = w.deps().Bookings.Release(ctx, booking.Actor{}, r.ID, eight)
	check(t, err)
	if got := w.do(ask{jane, "GET", "/reservations/" + r.ID, nil, nil}); !strings.Contains(got.text, "nobody had checked in by") {
		t.Errorf("%s", got.text)
	}
}

// A rule that a calendar's booking breaks is shown with it, to those who may read names with
// them, and enforced on nobody; with the rules of one that keeps them nothing is.
func TestBrokenRulesAreShown(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane, boss := w.secrets[reservations.RoleEmployee], w.secrets[reservations.RoleFacilities]
		_, err := w.store.ImportDesks(ctx, []reservations.Desk{{ID: "D3", Site: "berlin", Cluster: "main", Device: "SEP000000000003", Floor: "4", Zone: "loud", Owner: "zoe"}}, false)
		check(t, err)
		w.rules.Longest = 2 * time.Hour
		_, err = w.store.ApplyFeed(ctx, reservations.FeedState{Name: "hall", Checked: eight}, reservations.Change{Add: []reservations.Reservation{
			{UID: "1", Occurrence: "1", Desk: "D3", Person: "jane", Span: reservations.Span{Start: at(1), End: at(5)}},
			{UID: "2", Occurrence: "2", Desk: "D1", Person: "jane", Span: reservations.Span{Start: at(6), End: at(7)}},
		}}, nil)
		check(t, err)
		list := "/reservations?person=jane&from=" + at(0).Format(time.RFC3339)
		for _, secret := range []string{jane, boss} {
			got := w.do(ask{secret, "GET", list + "&broken=true", nil, nil})
			if rows := got.list(t, "items"); len(rows) != 1 || texts(rows, "desk") != "D3" || !strings.Contains(got.text, `"code":"too_long"`) || strings.Contains(got.text, "zoe") != (secret == boss) {
				t.Errorf("those that break rules: %s", got.text)
			}
		}
		if got := w.do(ask{boss, "GET", list + "&broken=true", nil, []string{"Accept", "text/csv"}}); !strings.Contains(got.text, ",series,broken\n") || !strings.Contains(got.text, ",owner;longest\n") {
			t.Errorf("as CSV: %s", got.text)
		}
		if got := w.do(ask{boss, "GET", list, nil, nil}); len(got.list(t, "items")) != 2 || strings.Contains(got.text, "broken") {
			t.Errorf("all: %s", got.text)
		}
		if got := w.do(ask{boss, "GET", list + "&broken=true&to=" + at(15*24).Format(time.RFC3339), nil, nil}); got.status != 422 {
			t.Errorf("more than 14 days: %d", got.status)
		}
		for _, desk := range []string{"D1", "D3"} {
			got := w.do(ask{boss, "GET", "/desks/" + desk + "/explain?at=" + at(6.5).Format(time.RFC3339), nil, nil})
			if rows := got.list(t, "reservations"); len(rows) != 1 || texts(rows, "desk") != desk || strings.Contains(got.text, `"code":"too_long"`) != (desk == "D3") {
				t.Errorf("%s is explained by %s", desk, got.text)
			}
		}
		all, err := w.store.ListReservations(ctx, reservations.Filter{})
		check(t, err)
		for _, r := range all {
			path := "/reservations/" + r.ID
			own, whole := w.do(ask{jane, "GET", path, nil, nil}), w.do(ask{boss, "GET", path, nil, nil})
			if r.Desk == "D1" {
				if own.json(t)["broken"] != nil || own.json(t)["status"] != "confirmed" {
					t.Errorf("one that keeps the rules: %s", own.text)
				}
				continue
			}
			if texts(own.list(t, "broken"), "code") != "owned too_long" || strings.Contains(own.text, "zoe") || own.json(t)["status"] != "confirmed" {
				t.Errorf("own: %s", own.text)
			}
			if !strings.Contains(whole.text, `"value":"zoe"`) {
				t.Errorf("with names: %s", whole.text)
			}
			_, err := w.store.Cancel(ctx, r.ID, eight)
			check(t, err)
			if gone := w.do(ask{jane, "GET", path, nil, nil}); gone.json(t)["broken"] != nil {
				t.Errorf("cancelled: %s", gone.text)
			}
		}
	})
}
