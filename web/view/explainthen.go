package view

import (
	"context"
	"deskd/scheduler/guard"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// presentFor is how long an instant counts as the present: what was seen last
// is about it.
const presentFor = 10 * time.Second

// MostAttempts bounds how many attempts before an instant, and after it, are shown.
const MostAttempts = 20

// ExplainThen explains a desk as of an instant of the past: its phone and who had
// booked it by the audit, what was seen there as far as that was kept, and what
// deskd did by its journal. What nothing tells is said; nothing of today stands
// for it.
func (m *Model) ExplainThen(ctx context.Context, d reservations.Desk, at time.Time) (Explanation, error) {
	e := Explanation{At: at.UTC(), Past: true, Desk: d, Wanted: []plan.Login{}, Steps: []plan.Step{}, Followed: []plan.Attempt{}}
	around := reservations.Span{Start: at.Add(-ExplainAround), End: at.Add(ExplainAround)}
	then, err := m.Records.DeskAsOf(ctx, d, at, around)
	if err != nil {
		return e, err
	}
	e.Desk, e.Reservations, e.Since, e.NotKnown = then.Desk, then.Reservations, then.Since, then.NotKnown
	after := at.Add(time.Millisecond) // instants are kept to the millisecond
	e.Attempts, e.Earlier, err = m.firstAttempts(ctx, plan.AttemptFilter{Desk: d.ID, Since: around.Start, Until: after})
	if err != nil {
		return e, err
	}
	e.Followed, e.Later, err = m.firstAttempts(ctx, plan.AttemptFilter{Desk: d.ID, Since: after, Until: around.End, Oldest: true})
	if err != nil {
		return e, err
	}
	if err := m.wantedThen(ctx, &e); err != nil {
		return e, err
	}
	if err := m.seenThen(ctx, &e); err != nil {
		return e, err
	}
	return e, m.pausedThen(ctx, &e)
}

// firstAttempts are the first [MostAttempts] of those asked for, and whether there
// are more.
func (m *Model) firstAttempts(ctx context.Context, f plan.AttemptFilter) (all []plan.Attempt, more bool, err error) {
	f.Limit = MostAttempts + 1
	all, err = m.Records.ListAttempts(ctx, f)
	return all[:min(len(all), MostAttempts)], len(all) > MostAttempts, err
}

// wantedThen works out who was wanted by the bookings of then. Policy, feeds and
// people are today's.
func (m *Model) wantedThen(ctx context.Context, e *Explanation) error {
	people, err := m.Records.People(ctx)
	if err != nil {
		return err
	}
	var booked []reservations.Reservation
	for _, r := range e.Reservations {
		if r.Status == reservations.Confirmed {
			booked = append(booked, r)
		}
	}
	for _, c := range m.Clusters {
		if c.Name == e.Desk.Cluster && e.Desk.Device != "" {
			w := plan.NewWorld(c.Name, []reservations.Desk{e.Desk}, people, booked)
			w.Feeds = m.FeedsByName()
			e.Wanted = plan.Wanted(w, c.Policy, e.At)
		}
	}
	return nil
}

// seenThen fills in what was seen on the phone, if the last observation of it is
// about that instant.
func (m *Model) seenThen(ctx context.Context, e *Explanation) error {
	seen, err := m.Records.Seen(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(seen, func(h plan.Observation) bool { return h.Device == e.Desk.Device })
	if i >= 0 && !seen[i].Since.After(e.At) && !e.At.After(seen[i].At) {
		e.Seen = seen[i]
		e.Seen.Desk = e.Desk.ID
		return nil
	}
	e.Seen = plan.Observation{Desk: e.Desk.ID, Device: e.Desk.Device}
	e.NotKnown = append(e.NotKnown, "who was on the phone: deskd keeps what it saw last. "+e.journalSays())
	return nil
}

// journalSays is what the attempts before the instant tell of the phone.
func (e *Explanation) journalSays() string {
	for _, r := range e.Attempts {
		if r.Op == plan.OpHold || r.Outcome != plan.Done || r.Device != e.Desk.Device {
			continue
		}
		did := "in"
		if r.Op == plan.OpLogout {
			did = "out"
		}
		return fmt.Sprintf("By its journal it had logged %s %s at %s", Whose(r.Person, r.Anonymised), did, r.Began.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("Its journal has no login or logout there in the %v before", ExplainAround)
}

// pausedThen tells by the audit whether the cluster was paused.
func (m *Model) pausedThen(ctx context.Context, e *Explanation) error {
	rows, err := m.Records.Audit(ctx, reservations.AuditFilter{Kind: "cluster", Item: e.Desk.Cluster, Until: e.At, Limit: 1})
	if err == nil && len(rows) > 0 && rows[0].Verb == "pause" {
		e.Pause = &guard.Pause{Since: rows[0].At, By: rows[0].Actor}
	}
	return err
}
