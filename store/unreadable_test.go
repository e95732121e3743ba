package store

import (
	"deskd/scheduler/guard"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Instants that another program has written so that they cannot be read hide
// nothing and stop nobody: what depends on them is taken on the side of those on
// the phones, and the next writing of deskd puts them right.
func TestUnreadable(t *testing.T) {
	noRaces(t)
	const never = "0000-02-30T00:00:00.000Z"
	is := func(column string) string {
		return "its row in the database cannot be read: " + column + ` is "` + never + `", which is no instant`
	}
	spoil := func(t *testing.T, s *Store, statements ...string) {
		t.Helper()
		for _, statement := range statements {
			check(t, writer(s).Exec(strings.ReplaceAll(statement, "NEVER", "'"+never+"'")).Error)
		}
	}
	for _, column := range []string{"checked", "changed", "good", "held_since"} {
		t.Run("feeds "+column, func(t *testing.T) {
			s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
			good := reservations.FeedState{Name: "hq", Inputs: "x", Checked: at(0, 0), Changed: at(0, 0), Good: at(0, 0), HeldSince: at(0, 0), HeldSeen: 9, Problem: "slow"}
			check(t, s.SaveFeedState(ctx, good))
			spoil(t, s, "UPDATE feeds SET "+column+" = NEVER")
			state := must(s.FeedStates(ctx))(t)[0]
			same(t, "problem", is(column)+"; slow", state.Problem)
			same(t, "to be read again", "", state.Inputs)
			same(t, "a held change counts from now on", 0, state.HeldSeen)
			must(s.Newest(ctx))(t)
			check(t, s.SaveFeedState(ctx, good))
			same(t, "put right", []reservations.FeedState{good}, must(s.FeedStates(ctx))(t))
		})
	}
	t.Run("feed_problems", func(t *testing.T) {
		s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
		check(t, s.SaveFeedState(ctx, reservations.FeedState{Name: "hq"}))
		spoil(t, s, "INSERT INTO feed_problems (feed, what, start_at) VALUES ('hq', 'no end', NEVER), ('hq', 'no start', '')")
		problems := must(s.FeedProblems(ctx, "hq"))(t)
		same(t, "spoilt", is("start_at")+"; no end", problems[0].What)
		same(t, "next", "no start", problems[1].What)
	})
	for _, what := range []string{"until_at = NEVER", "answered_at = NEVER", "change = 'no JSON'", `change = '{"Drop":[{"Start":"never"}]}'`} {
		t.Run("feed_held "+what, func(t *testing.T) {
			s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
			check(t, s.SaveFeedState(ctx, reservations.FeedState{Name: "hq"}))
			h := reservations.Held{Until: at(9, 0), Change: reservations.Change{Drop: []reservations.Reservation{event("1", "4.11", "jane", 1, 2)}}}
			check(t, s.HoldChange(ctx, "hq", h))
			must(s.AnswerHeld(ctx, HeldAnswer{Feed: "hq", Answer: reservations.Accepted}, at(0, 0)))(t)
			spoil(t, s, "UPDATE feed_held SET "+what)
			same(t, "none is held", false, must(s.HeldChange(ctx, "hq"))(t).Any())
			check(t, s.HoldChange(ctx, "hq", h))
			again := must(s.HeldChange(ctx, "hq"))(t)
			same(t, "it is asked again", true, again.Any() && again.Answer == "")
		})
	}
	standing := guard.ClusterState{
		Cluster:   "main",
		Refusals:  guard.Refusals{Opened: at(0, 0), Refused: at(1, 0), Code: 3, Problem: "wrong password", Tries: 2, Tried: at(0, 0)},
		UnitDoubt: guard.UnitDoubt{Units: "x", Doubted: at(0, 0)},
	}
	for _, column := range []string{"opened_at", "refused_at", "tried_at", "doubted_at"} {
		t.Run("cluster_states "+column, func(t *testing.T) {
			s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
			check(t, s.SaveClusterState(ctx, standing))
			spoil(t, s, "UPDATE cluster_states SET "+column+" = NEVER")
			got := must(s.ClusterState(ctx, "main"))(t)
			same(t, "said", is(column), got.Unreadable)
			same(t, "refused still", true, got.Open() && got.Problem == standing.Problem && got.Units == "x")
			check(t, s.SaveClusterState(ctx, standing))
			same(t, "put right", standing, must(s.ClusterState(ctx, "main"))(t))
		})
	}
	for _, clocks := range []string{"no JSON", `{"former":[{"at":"never"}]}`, "[]"} {
		t.Run("cluster_states clocks "+clocks, func(t *testing.T) {
			s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
			check(t, s.SaveClusterState(ctx, standing))
			check(t, writer(s).Exec("UPDATE cluster_states SET clocks = ?", clocks).Error)
			got := must(s.ClusterState(ctx, "main"))(t)
			same(t, "said", true, strings.Contains(got.Unreadable, "clocks is "))
			same(t, "none", 0, len(got.Clocks.Former))
		})
	}
	t.Run("requests", func(t *testing.T) {
		s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
		id := must(s.Requests().Ask(ctx, "poll", "hq", at(0, 0)))(t)
		spoil(t, s, "UPDATE requests SET asked_at = NEVER")
		same(t, "said", is("asked_at"), must(s.Requests().Take(ctx))(t)[0].Unreadable)
		spoil(t, s, "UPDATE requests SET answered_at = NEVER")
		_, done, err := s.Requests().Answered(ctx, id)
		check(t, err)
		same(t, "answered", true, done)
		same(t, "open", 0, len(must(s.Requests().Take(ctx))(t)))
		must(s.Requests().Ask(ctx, "poll", "hq", at(0, 0)))(t)
		_, _, err = s.Requests().Answered(ctx, id)
		same(t, "removed with the next", true, err != nil)
	})
	for _, column := range []string{"until_at", "since", "released_at"} {
		t.Run("held_logouts "+column, func(t *testing.T) {
			s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
			a := must(s.Begin(ctx, plan.Attempt{Cluster: "main", Outcome: plan.Done, Began: at(0, 0), Step: plan.Step{
				Op: plan.OpLogin, Login: plan.Login{Desk: "4.11", Device: "SEP000000000011", Person: "jane", Until: at(5, 0)}}}))(t)
			held := plan.HeldLogouts{{EarlyLogout: plan.EarlyLogout{Session: -3, Device: "SEP000000000012", Until: at(24, 0)}, Since: at(1, 0)},
				{EarlyLogout: plan.EarlyLogout{Session: a.ID, Device: "SEP000000000011", Until: at(5, 0)}, Since: at(1, 0)}}
			check(t, s.KeepLogouts(ctx, "main", held, nil))
			spoil(t, s, "UPDATE held_logouts SET "+column+" = NEVER")
			got := must(s.HeldLogouts(ctx, "main"))(t)
			same(t, "said", is(column), got[1].Unreadable)
			same(t, "held still", 2, len(got.Waiting(at(2, 0))))
			same(t, "until the booking's own end", at(5, 0), got[1].Until)
			same(t, "no instant before all others", false, got.Since().IsZero() && column != "since")
		})
	}
	t.Run("audit", func(t *testing.T) {
		s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
		check(t, writer(s).Exec("DROP TRIGGER audit_begins_as_sql").Error)
		spoil(t, s, "INSERT INTO audit (at, actor, verb, kind, item, what) VALUES (NEVER, 'sql', 'delete', 'reservation', 'r', '{}')")
		fates := must(s.Fates(ctx, []plan.EarlyLogout{{Session: 1, Reservation: "r"}}, at(0, 0)))(t)
		same(t, "at no known time", time.Time{}, fates[0].At)
	})
}
