package pushes

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"deskd/configs"
	"deskd/scheduler"
	"deskd/scheduler/callhistory"
	"deskd/scheduler/clock"
	"deskd/scheduler/phones"
	"deskd/store"
)

// Setup is what pushes are made of.
type Setup struct {
	Config configs.Config
	Store  *store.Store
	Aside  *store.Store // read while rounds write
	// Transport leads to phones; nil for connections that are checked as they are dialled.
	Transport http.RoundTripper
	Count     func(outcome string) // of each list of calls, in words
	// Told is called with what has become of a list, and why.
	Told  func(device string, attempt int64, outcome string)
	Clock clock.Clock
	Log   *slog.Logger
}

// Pushes are those of a daemon.
type Pushes struct {
	Setup
	client *Client
}

// New are the pushes by a configuration that has been checked.
func New(s Setup) *Pushes {
	c := s.Config.Phones
	return &Pushes{s, &Client{User: c.Push.User, Password: c.Push.Password, Networks: c.Prefixes(), Transport: s.Transport}}
}

// Lists are those of a cluster: nil where they are not cleared. Here is the reconciler that drives
// it, nil while another node does.
func (p *Pushes) Lists(cluster string, access *phones.Access, here func() *scheduler.Reconciler) *Lists {
	if !p.Config.Phones.ClearHistory {
		return nil
	}
	return NewLists(&Lists{
		Cluster: cluster, Here: here, Attempts: p.Aside.EachAttempt, Logins: access.Logins,
		Booked: p.Aside.Reservations, Ready: time.Duration(p.Config.Policy.Ready),
		Where: func(ctx context.Context, device string) (netip.Addr, error) {
			is, _, err := p.Aside.Phones().Of(ctx, cluster, device)
			return is.Address, err
		},
		Push: p.client.Push, Record: p.Store.NoteCallList, Told: p.Told, Count: func(o callhistory.Outcome) { p.Count(string(o)) }, Clock: p.Clock, Log: p.Log,
	})
}
