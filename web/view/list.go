package view

import (
	"context"
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
)

// ListReservations are the reservations that share a moment with the filter's times,
// by start.
func (m *Model) ListReservations(ctx context.Context, f Filter) ([]reservations.Reservation, error) {
	all, err := m.Records.ListReservations(ctx, reservations.Filter{
		Span: reservations.Span{Start: f.From, End: f.Until}, Desk: f.Desk, Person: f.Person, IncludeCancelled: f.Cancelled,
	})
	return slices.DeleteFunc(all, func(r reservations.Reservation) bool { return !f.keeps(r.Desk) }), err
}

// ListDesks are the desks of the [Model.Board] that the filter keeps.
func (m *Model) ListDesks(ctx context.Context, f Filter) ([]board.Desk, error) {
	desks, err := m.Board(ctx, m.Now())
	return slices.DeleteFunc(desks, func(n board.Desk) bool { return !f.keeps(n.Desk.ID) }), err
}

// ListPeople are all people, or the filter's one.
func (m *Model) ListPeople(ctx context.Context, f Filter) ([]reservations.Person, error) {
	all, err := m.Records.People(ctx)
	if f.Person != "" {
		all = slices.DeleteFunc(all, func(p reservations.Person) bool { return !reservations.SamePerson(p.ID, f.Person) })
	}
	return all, err
}

// ListAttempts are the logins, logouts and holds that began within the filter's
// times, the newest first.
func (m *Model) ListAttempts(ctx context.Context, f Filter) ([]plan.Attempt, error) {
	return m.attempts(ctx, f, func(plan.Attempt) bool { return true })
}

// ListDrift are those of [Model.ListAttempts] that no booking's start or end explains.
func (m *Model) ListDrift(ctx context.Context, f Filter) ([]plan.Attempt, error) {
	return m.attempts(ctx, f, func(at plan.Attempt) bool { return at.Cause.Drift() })
}

// attempts reads the journal until as many as are asked for are found.
func (m *Model) attempts(ctx context.Context, f Filter, keep func(plan.Attempt) bool) ([]plan.Attempt, error) {
	kept := []plan.Attempt{}
	err := m.Records.WalkAttempts(ctx, plan.AttemptFilter{Since: f.From, Until: f.Until, Desk: f.Desk}, func(at plan.Attempt) bool {
		if !keep(at) || !f.keeps(at.Desk) || f.Person != "" && !reservations.SamePerson(at.Person, f.Person) {
			return true
		}
		kept = append(kept, at)
		return len(kept) != f.Limit
	})
	return kept, err
}

// ListAudit is who changed what within the filter's times, the newest first.
func (m *Model) ListAudit(ctx context.Context, f Filter) ([]reservations.AuditEntry, error) {
	return m.Records.Audit(ctx, reservations.AuditFilter{Since: f.From, Until: f.Until, Limit: f.Limit})
}

// NamesRemoved stands in the place of what named a person, since retention or an
// erasure has removed it.
const NamesRemoved = "(names removed)"

// Whose is a person, or why there is none: a dash for nobody, [NamesRemoved] where
// the name was taken out.
func Whose(person string, anonymised bool) string {
	switch {
	case anonymised:
		return NamesRemoved
	case person == "":
		return "-"
	}
	return person
}

// Origin says where a reservation comes from: its source, and the line of a feed.
func Origin(r reservations.Reservation) string {
	if r.Line > 0 {
		return fmt.Sprintf("%s line %d, UID %s", r.Source, r.Line, r.UID)
	}
	return r.Source
}
