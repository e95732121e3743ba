package store

import (
	"testing"
	"time"

	told "deskd/scheduler/notices"
	"deskd/store/notices"
)

// A notice is begun once, on whichever node; what became of it is written once; what nobody tells
// any more is unknown; and old ones are removed.
func testPhoneNotices(t *testing.T, w world) {
	s, node := w.open(t).PhoneNotices(), w.open(t).PhoneNotices()
	n := told.Notice{Kind: told.BeforeEnd, Cluster: "main", Desk: "4.12", Device: "SEP1", Reservation: "r", Person: "jane", About: at(5, 0), Ahead: 15 * time.Minute, Due: at(4, 45)}
	other := n
	other.About, other.Due = at(6, 0), at(5, 45)
	same(t, "first", true, must(s.Begin(ctx, n, at(4, 45)))(t))
	same(t, "again", false, must(node.Begin(ctx, n, at(4, 46)))(t))
	same(t, "another end", true, must(node.Begin(ctx, other, at(5, 45)))(t))
	check(t, s.End(ctx, n, told.Result{Outcome: told.Sent}, at(4, 46)))
	check(t, node.End(ctx, n, told.Result{Outcome: told.Unknown, Problem: "why"}, at(4, 47)))
	same(t, "abandoned elsewhere", 0, must(s.Abandon(ctx, "annex", "why", at(5, 46)))(t))
	same(t, "abandoned", 1, must(s.Abandon(ctx, "main", "ended meanwhile", at(5, 46)))(t))
	want := []notices.Told{
		{Key: other.Key(), Kind: told.BeforeEnd, Cluster: "main", Desk: "4.12", Device: "SEP1", Reservation: "r", About: at(6, 0), Ahead: 15 * time.Minute, Due: at(5, 45), Began: at(5, 45), Ended: at(5, 46), Outcome: told.Unknown, Problem: "ended meanwhile"},
		{Key: n.Key(), Kind: told.BeforeEnd, Cluster: "main", Desk: "4.12", Device: "SEP1", Reservation: "r", About: at(5, 0), Ahead: 15 * time.Minute, Due: at(4, 45), Began: at(4, 45), Ended: at(4, 46), Outcome: told.Sent},
	}
	same(t, "all", want, must(s.List(ctx, notices.Filter{}))(t))
	same(t, "of a desk, since, at most", want[:1], must(s.List(ctx, notices.Filter{Desk: "4.12", Cluster: "main", From: at(4, 0), Limit: 1}))(t))
	same(t, "before", want[1:], must(s.List(ctx, notices.Filter{To: at(5, 45)}))(t))
	same(t, "of another desk", 0, len(must(s.List(ctx, notices.Filter{Desk: "4.13"}))(t)))
	later := n
	later.About, later.Due = at(7, 0), at(6, 45)
	same(t, "one more", true, must(s.Begin(ctx, later, at(6, 45)))(t))
	check(t, s.Try(ctx, later, "web access off"))
	check(t, s.Try(ctx, n, "it is told already"))
	same(t, "tried", "web access off", must(s.List(ctx, notices.Filter{From: at(6, 0)}))(t)[0].Problem)
	same(t, "abandoned between tries", 0, must(node.Abandon(ctx, "main", "ended meanwhile", at(6, 46)))(t))
	same(t, "begun again", true, must(node.Begin(ctx, later, at(6, 47)))(t))
	check(t, node.Try(ctx, later, "web access off"))
	check(t, node.Try(ctx, later, ""))
	same(t, "abandoned in a try", 1, must(s.Abandon(ctx, "main", "ended meanwhile", at(6, 48)))(t))
	same(t, "what was told", want, must(s.List(ctx, notices.Filter{To: at(6, 0)}))(t))
	same(t, "pruned", 1, must(s.Prune(ctx, at(5, 0)))(t))
	same(t, "left", want[:1], must(s.List(ctx, notices.Filter{To: at(6, 0)}))(t))
}
