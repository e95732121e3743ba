package store

import (
	"testing"

	"deskd/scheduler/plan"
)

// What became of a list of calls is written once, and stays when more is learned of the logout.
func testCallList(t *testing.T, w world) {
	s := w.open(t)
	a := attempt("4.12", at(1, 0))
	a.Op = plan.OpLogout
	a = must(s.Begin(ctx, a))(t)
	a.Outcome, a.Ended = plan.Done, at(1, 1)
	check(t, s.Finish(ctx, a))
	same(t, "before", "", must(s.Attempts(ctx, at(0, 0)))(t)[0].CallList)
	check(t, s.NoteCallList(ctx, a.ID, "cleared"))
	check(t, s.NoteCallList(ctx, a.ID, "not cleared: the next person was logged in before"))
	a.Verified = at(1, 2)
	check(t, s.Finish(ctx, a))
	a.CallList = "cleared"
	same(t, "after", []plan.Attempt{a}, must(s.Attempts(ctx, at(0, 0)))(t))
	check(t, s.NoteCallList(ctx, a.ID+1, "cleared")) // pruned by now
}
