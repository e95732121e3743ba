// Package programs fits a database to what the interface for programs asks of a daemon.
package programs

import (
	"context"
	"time"

	"deskd/configs"
	"deskd/reservations"
	"deskd/store"
	"deskd/store/nodes"
	"deskd/store/notices"
	"deskd/web/api/operate"
	"deskd/web/api/records"
	"deskd/web/view"
)

// Feeds are the feeds as programs answer them.
type Feeds struct {
	Store       *store.Store
	PollRequest string // the verb of a request that a feed be read
	Asked       func() // that there is one
}

// HeldChange implements [operate.Feeds].
func (f Feeds) HeldChange(ctx context.Context, feed string) (reservations.Held, error) {
	return f.Store.HeldChange(ctx, feed)
}

// Answer implements [operate.Feeds].
func (f Feeds) Answer(ctx context.Context, s operate.Said, now time.Time) (reservations.Held, error) {
	return f.Store.AnswerHeld(ctx, store.HeldAnswer(s), now)
}

// Poll implements [operate.Feeds]: the node that reads the feeds meets the request.
func (f Feeds) Poll(ctx context.Context, feed string, now time.Time) error {
	if _, err := f.Store.Requests().Ask(ctx, f.PollRequest, feed, now); err != nil {
		return err
	}
	f.Asked()
	return nil
}

// Nodes are the daemons that serve the database. The one that asks, self, runs, whatever it has
// said.
func Nodes(ctx context.Context, s *store.Store, self nodes.Node, now time.Time) ([]records.Node, error) {
	known, err := s.Nodes().Nodes(ctx)
	if err != nil {
		return nil, err
	}
	duties, err := s.Nodes().Held(ctx, now)
	if err != nil {
		return nil, err
	}
	all := make([]records.Node, len(known))
	for i, n := range known {
		one := records.Node{Name: n.Name, State: n.State(n.Name == self.Name, now), Started: n.Started, Seen: n.Seen, Version: n.Version, Page: n.Page, Duties: []records.Duty{}, Unlike: []string{}}
		if n.Ahead != nil {
			one.Ahead = new(n.Ahead.Seconds())
		}
		if one.State == "runs" {
			one.Unlike = append(one.Unlike, configs.Settings(self.Settings).Unlike(n.Settings)...)
		}
		for _, duty := range duties {
			if duty.Node == n.Name && one.State == "runs" {
				one.Duties = append(one.Duties, records.Duty{Name: duty.Name, Since: duty.Since, Takeovers: duty.Takeovers})
			}
		}
		all[i] = one
	}
	return all, nil
}

// Notices are what people were told on phones, by a store.
func Notices(s *store.Store) records.Noticed {
	return func(ctx context.Context, f view.Filter) ([]records.Notice, error) {
		told, err := s.PhoneNotices().List(ctx, notices.Filter{Desk: f.Desk, From: f.From, To: f.Until, Limit: f.Limit})
		all := make([]records.Notice, len(told))
		for i, n := range told {
			all[i] = records.NoticeCalled(n.Key, records.Notice{
				Began: n.Began, Kind: string(n.Kind), Cluster: n.Cluster, Desk: n.Desk, Device: n.Device, Reservation: n.Reservation,
				Due: n.Due, About: n.About, Other: n.Other, Outcome: string(n.Outcome), Problem: n.Problem,
			})
		}
		return all, err
	}
}
