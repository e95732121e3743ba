package view

import (
	"context"

	"deskd/reservations"
)

// FeedStates is how the configured feeds stand, in their order, also those that were
// never fetched.
func (m *Model) FeedStates(ctx context.Context) ([]reservations.FeedState, error) {
	states, err := m.Records.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]reservations.FeedState)
	for _, s := range states {
		byName[s.Name] = s
	}
	all := make([]reservations.FeedState, len(m.Feeds))
	for i, f := range m.Feeds {
		all[i] = byName[f.Name]
		all[i].Name = f.Name
	}
	return all, nil
}

// ListFeeds is how the configured feeds stand, in their order, with what was not
// understood of them.
func (m *Model) ListFeeds(ctx context.Context) ([]Feed, error) { return m.listFeeds(ctx, nil) }

// listFeeds is [Model.ListFeeds] where it is known how the feeds stood: one that stands as
// it did has nothing else that was not understood.
func (m *Model) listFeeds(ctx context.Context, before []Feed) ([]Feed, error) {
	states, err := m.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	all := []Feed{}
	for i, f := range m.Feeds {
		if i < len(before) && before[i].FeedState == states[i] {
			all = append(all, before[i])
			continue
		}
		listed := Feed{FeedState: states[i], Every: f.Every, Site: f.Site}
		if listed.Problems, err = m.Records.FeedProblems(ctx, f.Name); err != nil {
			return nil, err
		}
		all = append(all, listed)
	}
	return all, nil
}

// NotConfigured is the problem of a feed that the database knows alone.
const NotConfigured = "not in the configuration: nobody is logged in for its bookings; deskd feed rename or deskd feed drop"

// ListFormerFeeds are the feeds of which the database has something and which the
// configuration does not have, by name.
func (m *Model) ListFormerFeeds(ctx context.Context) ([]Feed, error) {
	names, err := m.FormerFeeds(ctx)
	var all []Feed
	for _, name := range names {
		all = append(all, Feed{FeedState: reservations.FeedState{Name: name, Problem: NotConfigured}, Problems: []reservations.Problem{}})
	}
	return all, err
}

// HeldChange is the held change of a feed for programs.
type HeldChange struct {
	Feed   string                     `json:"feed"`
	Change string                     `json:"change,omitempty"` // its number, empty when none is held
	Answer reservations.Answer        `json:"answer,omitempty"`
	By     string                     `json:"by,omitempty"`
	Drop   []reservations.Reservation `json:"drop"`
	Update []reservations.Reservation `json:"update"`
	Add    []reservations.Reservation `json:"add"`
}

// HeldChangeOf is what is held of the feed called name.
func HeldChangeOf(name string, h reservations.Held) HeldChange {
	c := HeldChange{Feed: name, Answer: h.Answer, By: h.By, Drop: []reservations.Reservation{}, Update: []reservations.Reservation{}, Add: []reservations.Reservation{}}
	if h.Any() {
		c.Change, c.Drop, c.Update, c.Add = h.ID(), h.Change.Drop, h.Change.Update, h.Change.Add
	}
	return c
}
