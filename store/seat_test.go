package store

import (
	"errors"
	"testing"
	"time"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
	"deskd/store/nodes"
)

// Nodes and duties are read as they were written; a duty that goes to another node has changed
// hands.
func testNodes(t *testing.T, w world) {
	k := w.open(t).Nodes()
	ahead := 1500 * time.Millisecond
	a := nodes.Node{Name: "a", Version: "1", Page: "127.0.0.1:8080", Started: at(8, 0), Seen: at(8, 1), Ahead: &ahead}
	check(t, k.Say(ctx, nodes.Node{Name: "a", Version: "0", Started: at(7, 0), Seen: at(7, 0)}))
	check(t, k.Say(ctx, a))
	b := nodes.Node{Name: "b", Version: "1", Started: at(8, 0), Seen: at(8, 0), Ended: at(9, 0)}
	check(t, k.Say(ctx, b))
	same(t, "nodes", []nodes.Node{a, b}, must(k.Nodes(ctx))(t))
	same(t, "run", []bool{true, false, false}, []bool{a.Runs(at(8, 1)), a.Runs(at(8, 2)), b.Runs(at(8, 0))})

	check(t, k.Took(ctx, "cluster main", "a", at(8, 0)))
	check(t, k.Tell(ctx, "cluster main", `{"Cluster":"main"}`, at(8, 1)))
	same(t, "told", []nodes.Duty{{Name: "cluster main", Node: "a", Since: at(8, 0), Told: `{"Cluster":"main"}`, ToldAt: at(8, 1)}}, must(k.Duties(ctx))(t))
	check(t, k.Took(ctx, "cluster main", "a", at(8, 2))) // a restart
	check(t, k.Took(ctx, "cluster main", "b", at(8, 3)))
	check(t, k.Took(ctx, "feeds", "a", at(8, 3)))
	same(t, "taken", []nodes.Duty{{Name: "cluster main", Node: "b", Since: at(8, 3), Takeovers: 1}, {Name: "feeds", Node: "a", Since: at(8, 3)}}, must(k.Duties(ctx))(t))

	c := nodes.Node{Name: "c", Started: at(8, 0), Seen: at(8, 0).Add(31 * 24 * time.Hour)}
	check(t, k.Say(ctx, c))
	same(t, "kept for a month", []nodes.Node{c}, must(k.Nodes(ctx))(t))
}

// A duty is that of who took it last as long as its lock is held and its node runs and tells; that of a
// cluster which nobody drives any more is nobody's, whatever was told of it.
func TestHeldDuties(t *testing.T) {
	w := newPostgres(t)
	s := w.open(t)
	k := s.Nodes()
	check(t, k.Say(ctx, nodes.Node{Name: "a", Started: at(8, 0), Seen: at(8, 0)}))
	has := func(when string, now time.Time, want ...string) {
		t.Helper()
		var got []string
		for _, d := range must(k.Held(ctx, now))(t) {
			if d.Node == "a" {
				got = append(got, d.Name)
			}
		}
		same(t, when, want, got)
	}
	all := []string{"cluster annex", "cluster main", "feeds", "inventory main"}
	for _, duty := range all {
		check(t, k.Took(ctx, duty, "a", at(8, 0)))
	}
	has("without a lock", at(8, 0), "inventory main")
	annex, main := must(s.Take(ctx, "cluster annex"))(t), must(s.Take(ctx, "cluster main"))(t)
	feeds := must(s.Take(ctx, "feeds"))(t)
	has("with locks", at(8, 0), all...)
	check(t, annex.Session.Close())
	has("one is given back", at(8, 0), all[1:]...)
	check(t, k.Tell(ctx, "cluster main", `{}`, at(8, 1)))
	has("just told", at(8, 1), all[1:]...)
	has("told a minute ago", at(8, 2), all[2:]...)
	check(t, k.Say(ctx, nodes.Node{Name: "a", Started: at(8, 0), Seen: at(8, 1), Ended: at(8, 1)}))
	has("its node has ended", at(8, 1))
	check(t, errors.Join(main.Session.Close(), feeds.Session.Close()))
}

// What one writes who has a duty is there for all; over SQLite nobody else can have it.
func testSeat(t *testing.T, w world) {
	s := w.open(t)
	seat := must(s.Take(ctx, "cluster main"))(t)
	check(t, seat.Session.Fence())
	a := must(seat.Begin(ctx, attempt("D1", at(8, 0))))(t)
	a.Outcome, a.Ended = plan.Done, at(8, 1)
	check(t, seat.Finish(ctx, a))
	same(t, "journal", []plan.Attempt{a}, must(s.Attempts(ctx, time.Time{}))(t))
	check(t, seat.Session.Close())
}

// The answer to a request of one who has lost the duty meanwhile is written down, unless the
// outcome was found out by then; nothing else of it is.
func TestSeatLost(t *testing.T) {
	w := newPostgres(t)
	s := w.open(t)
	seat := must(s.Take(ctx, "cluster main"))(t)
	open := must(seat.Begin(ctx, attempt("D1", at(8, 0))))(t)
	known := must(seat.Begin(ctx, attempt("D2", at(8, 0))))(t)
	check(t, seat.Session.Close())
	if _, err := seat.Begin(ctx, attempt("D3", at(8, 0))); !errors.Is(err, dialect.ErrLost) {
		t.Fatalf("begun by one who has lost the duty: %v", err)
	}
	known.Outcome, known.Error, known.Ended = plan.Abandoned, "found out", at(8, 2)
	check(t, s.Finish(ctx, known))
	open.Outcome, open.Ended = plan.Done, at(8, 1)
	late := known
	late.Outcome, late.Error = plan.Done, ""
	for _, a := range []plan.Attempt{open, late} {
		seen := plan.Observation{Device: a.Device, Known: true, Person: "jane", At: at(8, 1)}
		if err := seat.Finish(ctx, a, seen); !errors.Is(err, dialect.ErrLost) {
			t.Errorf("finished by one who has lost the duty: %v", err)
		}
	}
	same(t, "journal", []plan.Attempt{open, known}, must(s.Attempts(ctx, time.Time{}))(t))
	same(t, "seen", 0, len(must(s.Seen(ctx))(t)))
}
