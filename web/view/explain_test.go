package view_test

import (
	"context"
	"deskd/scheduler/guard"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/web/view"
)

// The explanation of a desk is its own part of what a round would do, with the bookings
// around it, also those that do not count, and what keeps steps from being sent.
func TestExplain(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	running := o.book("D1", "jane", hours(-1, 1))
	gone := o.book("D1", "max", hours(2, 3))
	_, err := o.store.Cancel(ctx, gone, now)
	o.ok(err)
	o.book("D2", "max", hours(-1, 1))
	o.book("D1", "jane", hours(20, 21)) // too far away
	o.exec(`INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES ('00000000000000000000000000000001', 'D1', 'nemo', ?, ?)`,
		after(4).Format(time.RFC3339), after(5).Format(time.RFC3339))
	o.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D2', 'nobody', ?, ?)`, after(4).Format(time.RFC3339), after(5).Format(time.RFC3339))
	for n := range view.MostAttempts + 1 {
		o.attempt("D1", "jane", -1+float64(n)/100, plan.OpLogin, plan.CauseStart, plan.Refused)
	}
	both := func(desk string) plan.Login {
		return plan.Login{Desk: desk, Device: "SEP00000000000" + desk[1:], Person: "jane"}
	}
	o.plans["main 09:00:00"] = scheduler.Preview{
		Want:     []plan.Login{both("D1"), both("D2")},
		Observed: []plan.Observation{{Desk: "D2", Device: "SEP000000000002", Person: "max"}, {Desk: "D1", Device: "SEP000000000001", Person: "jane"}},
		Steps:    []plan.Step{{Op: plan.OpHold, Login: both("D2")}, {Op: plan.OpLogin, Login: both("D1")}},
		Ends:     map[string]time.Time{"SEP000000000001": after(1), "SEP000000000002": after(2)},
		Clock:    "set back",
	}
	_, err = o.store.PauseClusters(ctx, []string{"main"}, "moving", now)
	o.ok(err)
	o.ok(o.store.SaveClusterState(ctx, guard.ClusterState{Cluster: "main", Refusals: guard.Refusals{Opened: after(-1), Refused: after(-1), Code: 3, Problem: "wrong password"}}))

	d, err := o.store.Desk(ctx, "D1")
	o.ok(err)
	e, err := o.Explain(ctx, d, now)
	o.ok(err)
	same(t, "reservations", []string{running, gone, "00000000000000000000000000000001"}, ids(e.Reservations, func(r reservations.Reservation) string { return r.ID }))
	same(t, "invalid", []string{"nemo"}, ids(e.Invalid, func(i reservations.Invalid) string { return i.Person }))
	same(t, "wanted", []plan.Login{both("D1")}, e.Wanted)
	same(t, "steps", []plan.Step{{Op: plan.OpLogin, Login: both("D1")}}, e.Steps)
	same(t, "seen", "jane", e.Seen.Person)
	same(t, "end of the session", after(1), e.Ends)
	same(t, "clock", "set back", e.Clock)
	if e.Pause == nil || e.Pause.Why != "moving" || e.Refused == nil || e.Refused.Problem != "wrong password" {
		t.Errorf("paused %+v, refused %+v", e.Pause, e.Refused)
	}
	if len(e.Attempts) != view.MostAttempts || !e.Earlier || e.Attempts[0].Began.Before(e.Attempts[1].Began) || e.Past {
		t.Errorf("%d attempts, earlier ones %v, past %v", len(e.Attempts), e.Earlier, e.Past)
	}

	// Nothing keeps the cluster, and the desk of one that is not configured is held.
	_, err = o.store.ResumeClusters(ctx, []string{"main"})
	o.ok(err)
	o.ok(o.store.SaveClusterState(ctx, guard.ClusterState{Cluster: "main"}))
	if e, err = o.Explain(ctx, d, now); err != nil || e.Pause != nil || e.Refused != nil {
		t.Errorf("paused %+v, refused %+v, %v", e.Pause, e.Refused, err)
	}
	d.ID, d.Cluster = "D4", "old"
	e, err = o.Explain(ctx, d, now)
	o.ok(err)
	if len(e.Steps) != 1 || e.Steps[0].Op != plan.OpHold || e.Steps[0].Desk != "D4" {
		t.Errorf("steps of a desk that is not driven: %+v", e.Steps)
	}
}

// past is a history of its own: a desk as it was, and the audit of it.
type past struct {
	then reservations.DeskThen
	rows []reservations.AuditEntry
	asks []reservations.AuditFilter
}

func (p *past) Audit(_ context.Context, f reservations.AuditFilter) ([]reservations.AuditEntry, error) {
	p.asks = append(p.asks, f)
	return p.rows, nil
}

func (p *past) DeskAsOf(context.Context, reservations.Desk, time.Time, reservations.Span) (reservations.DeskThen, error) {
	return p.then, nil
}

// An instant of the past is explained by what was written down then: nothing of today
// stands for it, and what nothing tells is said.
func TestExplainThen(t *testing.T) {
	o := newOffice(t)
	ctx, at := t.Context(), after(-3)
	d, err := o.store.Desk(ctx, "D1")
	o.ok(err)
	was := d
	was.Device = "SEP000000000009"
	booked := reservations.Reservation{ID: "a", Desk: "D1", Person: "jane", Span: hours(-4, -2), Status: reservations.Confirmed}
	cancelled := reservations.Reservation{ID: "b", Desk: "D1", Person: "max", Span: hours(-4, -1), Status: reservations.Cancelled}
	history := &past{
		then: reservations.DeskThen{Desk: was, Reservations: []reservations.Reservation{booked, cancelled}, Since: map[string]string{"a": "deleted since"}, NotKnown: []string{"names"}},
		rows: []reservations.AuditEntry{{Verb: "pause", Actor: "cli:max", At: after(-5)}},
	}
	o.Records.History = history
	o.attempt("D1", "jane", -20, plan.OpLogin, plan.CauseStart, plan.Done) // too long ago
	before := o.attempt("D1", "jane", -3.9, plan.OpLogin, plan.CauseStart, plan.Done)
	later := o.attempt("D1", "jane", -2, plan.OpLogout, plan.CauseEnd, plan.Done)
	o.attempt("D2", "max", -3.5, plan.OpLogin, plan.CauseStart, plan.Done)
	o.see("SEP000000000009", "max") // since half an hour, and this is about three hours ago

	e, err := o.Explain(ctx, d, at)
	o.ok(err)
	if !e.Past || e.Desk.Device != "SEP000000000009" || len(e.Steps) != 0 {
		t.Errorf("past %v, phone %s, steps %v", e.Past, e.Desk.Device, e.Steps)
	}
	same(t, "wanted", []string{"jane"}, ids(e.Wanted, func(l plan.Login) string { return l.Person }))
	same(t, "since", map[string]string{"a": "deleted since"}, e.Since)
	same(t, "before", []int64{before.ID}, ids(e.Attempts, func(a plan.Attempt) int64 { return a.ID }))
	same(t, "after", []int64{later.ID}, ids(e.Followed, func(a plan.Attempt) int64 { return a.ID }))
	same(t, "seen", plan.Observation{Desk: "D1", Device: "SEP000000000009"}, e.Seen)
	if !slices.Contains(e.NotKnown, "names") || !slices.ContainsFunc(e.NotKnown, func(s string) bool { return strings.HasPrefix(s, "who was on the phone: ") }) {
		t.Errorf("not known: %q", e.NotKnown)
	}
	same(t, "asked of the audit", []reservations.AuditFilter{{Kind: "cluster", Item: "main", Until: at, Limit: 1}}, history.asks)
	if e.Pause == nil || e.Pause.By != "cli:max" || !e.Pause.Since.Equal(after(-5)) {
		t.Errorf("paused %+v", e.Pause)
	}
	history.rows[0].Verb = "resume"
	if e, err = o.Explain(ctx, d, at); err != nil || e.Pause != nil {
		t.Errorf("paused %+v though it was resumed, %v", e.Pause, err)
	}

	if e, err = o.Explain(ctx, d, after(-1.5)); err != nil || len(e.Wanted) != 0 {
		t.Errorf("a booking that was cancelled wants %+v, %v", e.Wanted, err)
	}

	// What was seen last is about an instant between its first and its last sight.
	e, err = o.Explain(ctx, d, after(-0.25))
	o.ok(err)
	same(t, "seen a quarter of an hour ago", "max", e.Seen.Person)
	if slices.ContainsFunc(e.NotKnown, func(s string) bool { return strings.HasPrefix(s, "who was on the phone: ") }) {
		t.Errorf("not known: %q", e.NotKnown)
	}
}
