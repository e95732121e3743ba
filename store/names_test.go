package store

import (
	"testing"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// What calendars may name is told as changed, by any program, and nothing else is.
func testNamesChanged(t *testing.T, w world) {
	s, raw := w.open(t), w.raw(t)
	var from int64 = -1
	asks := func(what string, want bool) {
		t.Helper()
		upto, changed, err := s.NamesChanged(ctx, from)
		check(t, err)
		if changed != want || upto < from {
			t.Errorf("%s: changed %v, from %d up to %d", what, changed, from, upto)
		}
		from = upto
	}
	asks("at first", true)
	asks("nothing", false)
	r := book(t, s, "4.12", "jane", span(0, 1))
	must(s.Cancel(ctx, r.ID, at(0, 0)))(t)
	readFeed(t, s, "hq", 0, event("1", "4.12", "jane", 2, 3))
	must(s.PauseClusters(ctx, []string{"main"}, "wiring", at(0, 0)))(t)
	must(s.ResumeClusters(ctx, []string{"main"}))(t)
	must(s.Begin(ctx, plan.Attempt{Cluster: "main", Step: plan.Step{Op: plan.OpLogin}, Outcome: plan.Open, Began: at(0, 0)}))(t)
	must(s.Requests().Ask(ctx, "poll", "hq", at(0, 0)))(t)
	asks("bookings, pauses, attempts and requests", false)
	for _, statement := range []string{
		"UPDATE people SET protected = TRUE WHERE id = 'jane'",
		"UPDATE people SET name = 'J' WHERE id = 'jane'",
		"INSERT INTO person_aliases (key, alias, person) VALUES ('jd', 'jd', 'jane')",
		"UPDATE person_aliases SET alias = 'JD' WHERE key = 'jd'",
		"UPDATE person_mail SET person = 'jane' WHERE person = 'max'",
		"DELETE FROM person_aliases WHERE key = 'jd'",
		"INSERT INTO people (id) VALUES ('eve')",
		"DELETE FROM people WHERE id = 'eve'",
		"INSERT INTO desk_names (key, name, mail, desk) VALUES ('w', 'W', FALSE, '4.11')",
		"UPDATE desk_names SET desk = '4.12' WHERE key = 'w'",
		"UPDATE desks SET name = 'door' WHERE id = '4.11'",
		"DELETE FROM desk_names WHERE key = 'w'",
		"DELETE FROM desks WHERE id = '5.01'",
	} {
		if _, err := raw.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		asks(statement, true)
		asks("after "+statement, false)
	}
	must(s.ChainAudit(ctx))(t)
	asks("chained", false)
	must(s.ImportPeople(ctx, []reservations.Person{{ID: "eve"}}, false))(t)
	asks("import", true)
}

// One feed's state is as in the list of all; of one never polled there is its name.
func testFeedStateOfOne(t *testing.T, w world) {
	s := w.open(t)
	same(t, "never polled", reservations.FeedState{Name: "b"}, must(s.FeedState(ctx, "b"))(t))
	for _, name := range []string{"a", "b", "c"} {
		check(t, s.SaveFeedState(ctx, reservations.FeedState{Name: name, ETag: name, Checked: at(1, 0)}))
	}
	same(t, "the second", must(s.FeedStates(ctx))(t)[1], must(s.FeedState(ctx, "b"))(t))
}
