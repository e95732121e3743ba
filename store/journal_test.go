package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/imports"
)

// attempt has every field set, as far as an open attempt can.
func attempt(desk string, began time.Time) plan.Attempt {
	return plan.Attempt{
		Cluster: "main",
		Step: plan.Step{
			Op: plan.OpLogin,
			Login: plan.Login{
				Desk: desk, Device: "SEP000000000012", Person: "jane", Profile: "UDP_jane", Reservation: "r1",
				From: at(0, 0), Until: at(4, 0), Through: at(5, 0), Stays: at(6, 0), Release: at(0, -10),
			},
			Cause: plan.CauseStart, Why: "the booking starts", Due: at(0, 0), NotBefore: at(0, -1),
		},
		Outcome: plan.Open, Began: began,
	}
}

func testJournal(t *testing.T, w world) {
	s := w.open(t)
	a, err := s.Begin(ctx, attempt("4.12", at(0, 0)))
	check(t, err)
	b, err := s.Begin(ctx, attempt("4.11", at(0, 0).Add(time.Millisecond)))
	check(t, err)
	if a.ID == 0 || b.ID <= a.ID {
		t.Fatalf("ids %d and %d", a.ID, b.ID)
	}
	// What Begin returned is there for another program at once.
	same(t, "begun", []plan.Attempt{a, b}, must(w.open(t).Attempts(ctx, at(0, 0)))(t))
	same(t, "since", []plan.Attempt{b}, must(s.Attempts(ctx, b.Began))(t))

	a.Outcome, a.Code, a.Error = plan.Refused, 18, "another user logged in"
	a.Ended, a.Verified = at(0, 1), at(0, 2)
	seen := plan.Observation{Device: a.Device, Person: "max", Exists: true, Known: true, At: at(0, 2)}
	check(t, s.Finish(ctx, a, seen))
	same(t, "finished", []plan.Attempt{a, b}, must(s.Attempts(ctx, time.Time{}))(t))
	same(t, "seen", []plan.Observation{seen}, must(s.Seen(ctx))(t))

	missing := a
	missing.ID = 99
	seen.Person = "nobody"
	if err := s.Finish(ctx, missing, seen); !errors.Is(err, ErrNoAttempt) {
		t.Errorf("finish of an attempt never begun: %v", err)
	}
	same(t, "nothing of it stays", "max", must(s.Seen(ctx))(t)[0].Person)
	for _, b.Outcome = range []plan.Outcome{
		plan.Open, plan.Done, plan.Refused, plan.Unknown, plan.NotSent, plan.NoEffect, plan.Abandoned, plan.Held,
	} {
		check(t, s.Finish(ctx, b)) // without an observation
		same(t, "outcome", b.Outcome, must(s.ListAttempts(ctx, plan.AttemptFilter{Desk: "4.11"}))(t)[0].Outcome)
	}
	b.Outcome = "lost"
	if err := s.Finish(ctx, b); err == nil || !strings.Contains(err.Error(), "outcome must be") {
		t.Errorf("unknown outcome: %v", err)
	}
}

func testJournalFilters(t *testing.T, w world) {
	s := w.open(t)
	for i, desk := range []string{"4.12", "4.11", "4.12", "5.01"} {
		a := attempt(desk, at(i, 0))
		a.Reservation = fmt.Sprint("r", i)
		a, err := s.Begin(ctx, a)
		check(t, err)
		a.Outcome = plan.Done
		if i < 2 {
			check(t, s.Finish(ctx, a))
		}
	}
	for _, c := range []struct {
		name string
		f    plan.AttemptFilter
		want string
	}{
		{"all", plan.AttemptFilter{}, "[r3 r2 r1 r0]"},
		{"since", plan.AttemptFilter{Since: at(2, 0)}, "[r3 r2]"},
		{"desk", plan.AttemptFilter{Desk: "4.12"}, "[r2 r0]"},
		{"reservation", plan.AttemptFilter{Reservation: "r1"}, "[r1]"},
		{"outcome", plan.AttemptFilter{Outcome: plan.Done}, "[r1 r0]"},
		{"limit", plan.AttemptFilter{Limit: 1}, "[r3]"},
		{"none", plan.AttemptFilter{Desk: "4.12", Reservation: "r1"}, "[]"},
	} {
		var got []string
		for _, a := range must(s.ListAttempts(ctx, c.f))(t) {
			got = append(got, a.Reservation)
		}
		same(t, c.name, c.want, fmt.Sprint(got))
	}
	same(t, "pruned", 1, must(s.PruneAttempts(ctx, at(1, 0)))(t))
	same(t, "pruned", 1, must(s.PruneAttempts(ctx, at(9, 0)))(t))
	same(t, "open ones stay", 2, len(must(s.ListAttempts(ctx, plan.AttemptFilter{}))(t)))
}

// testSent asks for the newest logins and logouts of a cluster, whatever became of them.
func testSent(t *testing.T, w world) {
	s := w.open(t)
	same(t, "before the first", []plan.Attempt{}, must(s.Sent(ctx, "main", 9))(t))
	var want []plan.Attempt
	for i, op := range []plan.Op{plan.OpLogin, plan.OpHold, plan.OpLogout, plan.OpLogin} {
		a := attempt("4.12", at(i, 0))
		a.Op = op
		a = must(s.Begin(ctx, a))(t)
		a.Outcome, a.Class, a.Ended = plan.Refused, plan.ClassBusy, at(i, 1)
		check(t, s.Finish(ctx, a))
		if op != plan.OpHold {
			want = append([]plan.Attempt{a}, want...)
		}
	}
	other := attempt("4.12", at(5, 0))
	other.Cluster = "annex"
	must(s.Begin(ctx, other))(t)
	same(t, "newest first", want, must(s.Sent(ctx, "main", 9))(t))
	same(t, "no more than asked for", want[:2], must(s.Sent(ctx, "main", 2))(t))
}

func testLastAttempts(t *testing.T, w world) {
	s := w.open(t)
	same(t, "before the first", map[string]plan.Attempt{}, must(s.LastAttempts(ctx))(t))
	begin := func(device string, began time.Time) plan.Attempt {
		a := attempt("4.12", began)
		a.Device = device
		return must(s.Begin(ctx, a))(t)
	}
	begin(testDesks[0].Device, at(3, 0))
	begin(testDesks[1].Device, at(1, 0))
	begin("SEP0000000000FF", at(4, 0)) // no desk has this phone
	want := map[string]plan.Attempt{
		// The number decides: the machine's clock may have been set back.
		testDesks[0].Device: begin(testDesks[0].Device, at(2, 0)),
		testDesks[1].Device: begin(testDesks[1].Device, at(5, 0)),
	}
	same(t, "by device", want, must(s.LastAttempts(ctx))(t))

	a := want[testDesks[0].Device]
	a.Outcome, a.Code, a.Error, a.Ended = plan.Refused, 18, "another user logged in", at(2, 1)
	check(t, s.Finish(ctx, a))
	want[a.Device] = a
	begun := a.ID
	same(t, "finished", want, must(s.LastAttempts(ctx))(t))

	_, lately, err := s.SeenAndDone(ctx, at(4, 0))
	check(t, err)
	want["SEP0000000000FF"] = must(s.Attempts(ctx, at(4, 0)))(t)[0]
	delete(want, a.Device)
	same(t, "of the last hour", want, lately)
	_, lately, err = s.SeenAndDone(ctx, at(1, 0))
	check(t, err)
	same(t, "the newest by number", begun, lately[testDesks[0].Device].ID)
	_, lately, err = s.SeenAndDone(ctx, time.Time{})
	check(t, err)
	want[a.Device] = a
	delete(want, "SEP0000000000FF")
	same(t, "all of it", want, lately)

	moved := testDesks[1]
	moved.Device = "SEP0000000000FE"
	same(t, "new phone", imports.Imported{Updated: 1}, must(s.ImportDesks(ctx, []reservations.Desk{moved}, false))(t))
	delete(want, testDesks[1].Device)
	same(t, "the desk has a new phone", want, must(s.LastAttempts(ctx))(t))
}

func testObservations(t *testing.T, w world) {
	s := w.open(t)
	check(t, s.See(ctx, nil))
	full := plan.Observation{Device: "B", Person: "jane", Exists: true, Known: true, Ours: true, Reservation: "r1", Since: at(0, 0), At: at(1, 0)}
	check(t, s.See(ctx, []plan.Observation{full, {Device: "A"}}))
	same(t, "seen", []plan.Observation{{Device: "A"}, full}, must(s.Seen(ctx))(t))
	lately, _, err := s.SeenAndDone(ctx, at(1, 0))
	check(t, err)
	same(t, "of the last hour", []plan.Observation{full}, lately)
	lately, _, err = s.SeenAndDone(ctx, at(1, 1))
	check(t, err)
	same(t, "of the last minutes", []plan.Observation{}, lately)
	lately, _, err = s.SeenAndDone(ctx, time.Time{})
	check(t, err)
	same(t, "all of it", must(s.Seen(ctx))(t), lately)
	many := []plan.Observation{{Device: "B"}}
	for i := range 1200 { // more than one batch
		many = append(many, plan.Observation{Device: fmt.Sprintf("C%04d", i), Known: true})
	}
	check(t, s.See(ctx, append(many, plan.Observation{Device: "A", Person: "x"}, plan.Observation{Device: "A", Person: "max"})))
	seen := must(s.Seen(ctx))(t)
	same(t, "replaced", []plan.Observation{{Device: "A", Person: "max"}, {Device: "B"}}, seen[:2])
	same(t, "count", 1202, len(seen))
}
