package view

import (
	"context"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
)

// Board is how every desk of every cluster stands at now, by desk.
func (m *Model) Board(ctx context.Context, now time.Time) ([]board.Desk, error) {
	desks, err := m.Records.Desks(ctx)
	if err != nil {
		return nil, err
	}
	people, err := m.Records.People(ctx)
	if err != nil {
		return nil, err
	}
	booked, err := m.Records.Reservations(ctx, reservations.Span{Start: now, End: now.Add(24 * time.Hour)})
	if err != nil {
		return nil, err
	}
	seen, err := m.Records.Seen(ctx)
	if err != nil {
		return nil, err
	}
	have := make(map[string]plan.Observation, len(seen))
	for _, h := range seen {
		have[h.Device] = h
	}
	m.undriven(desks, have)
	last, err := m.Records.LastAttempts(ctx)
	if err != nil {
		return nil, err
	}
	w := plan.World{Desks: desks, Calendar: reservations.NewCalendar(booked), People: make(map[string]reservations.Person)}
	for _, p := range people {
		w.People[reservations.PersonKey(p.ID)] = p
	}
	return board.Of(w, have, last, now), nil
}

// undriven takes from what was seen the phones of desks whose cluster is not
// configured: nobody asks them any more.
func (m *Model) undriven(desks []reservations.Desk, have map[string]plan.Observation) {
	names := m.ClusterNames()
	for _, d := range desks {
		if h, seen := have[d.Device]; seen && !slices.Contains(names, d.Cluster) {
			h.Known = false
			have[d.Device] = h
		}
	}
}

// Ignored lists the reservations in span that nobody acts on: rows that name unknown
// desks or people, and feeds' bookings of desks that are taken.
func (m *Model) Ignored(ctx context.Context, span reservations.Span) ([]Ignored, error) {
	unknown, err := m.Records.Unknown(ctx, span.Start)
	if err != nil {
		return nil, err
	}
	return m.ignored(ctx, unknown, span)
}

// ignored is [Model.Ignored] where it is known which names are unknown.
func (m *Model) ignored(ctx context.Context, unknown reservations.Unknown, span reservations.Span) ([]Ignored, error) {
	invalid, err := m.Records.InvalidRowsOf(ctx, unknown, span)
	if err != nil {
		return nil, err
	}
	var all []Ignored
	for _, row := range invalid {
		all = append(all, Ignored{Reservation: row.Reservation, Why: row.Why})
	}
	waiting, err := m.Records.Conflicts(ctx, span)
	for _, r := range waiting {
		all = append(all, Ignored{Reservation: r, Why: "the desk is already booked in that time"})
	}
	return all, err
}

// StuckAfter is the age of a cluster's last round from which on its rounds are taken
// to stand still: many times what a round takes whose questions are answered at the
// last moment.
const StuckAfter = 5 * time.Minute

// Stuck reports whether the rounds of a cluster stand still, and for how long.
// Before the first round the age counts from began, when the daemon did; with a zero
// began, a cluster without any round is not stuck.
func Stuck(c scheduler.ClusterStatus, began, now time.Time) (age time.Duration, stuck bool) {
	last := reservations.Latest(c.Round, began)
	if last.IsZero() {
		return 0, false
	}
	age = now.Sub(last)
	return age, age > StuckAfter
}
