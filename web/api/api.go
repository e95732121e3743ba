package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/reports"
	"deskd/web/api/events"
	"deskd/web/api/operate"
	"deskd/web/api/records"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Tokens are what requests are let in by.
type Tokens interface {
	rest.Keys
	records.Tokens
	operate.Tokens
}

// Deps is what the interface needs of the daemon.
type Deps struct {
	Tokens   Tokens
	Bookings booking.Bookings // that write
	Reading  booking.Bookings // by connections aside, so that the rounds do not wait
	View     *view.Model      // likewise
	Board    func(ctx context.Context) (view.Snapshot, error)
	// WithActor names who asks for what is done with a context, for the audit.
	WithActor func(ctx context.Context, actor string) context.Context
	// Uncertain reports whether an error leaves it open if something was done.
	Uncertain func(error) bool
	CheckKey  func(key string) error // what is wrong with an idempotency key
	Clusters  operate.Clusters
	Feeds     operate.Feeds
	// Changed lets the daemon act at once on what was changed but by Bookings.
	Changed    func(ctx context.Context)
	Nodes      func(ctx context.Context) ([]records.Node, error)
	Statistics func(ctx context.Context, s records.Span) ([]reservations.Statistic, error)
	// Report says how desks were used.
	Report  func(ctx context.Context, asked reports.Asked) (reports.Report, error)
	Notices records.Noticed
	Events  *events.Hub
	Now     func() time.Time
	Log     *slog.Logger
}

type api struct {
	Deps
	frame *rest.Frame
}

// Handler answers everything below /api/.
func Handler(d Deps) (http.Handler, error) { return assemble(d).frame.Handler() }

// assemble makes the interface, with all of its operations.
func assemble(d Deps) *api {
	a := &api{Deps: d, frame: rest.NewFrame(rest.Deps{Keys: d.Tokens, WithActor: d.WithActor, Uncertain: d.Uncertain, Now: d.Now, Log: d.Log})}
	a.desks()
	a.reservations()
	records.Add(a.frame, records.Deps{Tokens: d.Tokens, View: d.View, Board: d.Board, Nodes: d.Nodes, Statistics: d.Statistics, Report: d.Report, Notices: d.Notices, Now: d.Now})
	run := operate.Deps{Clusters: d.Clusters, Feeds: d.Feeds, Tokens: d.Tokens, Changed: d.Changed, Now: d.Now}
	if d.View != nil {
		run.ClusterNames, run.FeedNames = d.View.ClusterNames(), d.View.FeedNames()
	}
	operate.Add(a.frame, run)
	events.Add(a.frame, d.Events)
	return a
}

// Document is the OpenAPI document of the interface.
func Document() ([]byte, error) { return assemble(Deps{}).frame.Document() }
