package operate

import (
	"context"
	"net/http"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/web/access"
	"deskd/web/api/rest"
)

// Clusters are paused and resumed.
type Clusters interface {
	Pause(ctx context.Context, cluster string) (guard.Pause, error)
	PauseClusters(ctx context.Context, clusters []string, why string, now time.Time) (paused []string, err error)
	ResumeClusters(ctx context.Context, clusters []string) (resumed []string, err error)
}

// Feeds are answered.
type Feeds interface {
	HeldChange(ctx context.Context, feed string) (reservations.Held, error)
	// Answer records what is said to a held change. The error is [reservations.ErrNotHeld]
	// where it is not held.
	Answer(ctx context.Context, s Said, now time.Time) (reservations.Held, error)
	// Poll has a feed read soon, and waits for nothing.
	Poll(ctx context.Context, feed string, now time.Time) error
}

// Said is what is said to the held change of a feed: to the one of that number, if one is given.
type Said struct {
	Feed, Change string
	Answer       reservations.Answer
}

// Tokens are made and revoked.
type Tokens interface {
	Create(ctx context.Context, t reservations.Token, now time.Time) (made reservations.Token, secret string, err error)
	Revoke(ctx context.Context, id string, now time.Time) (reservations.Token, error)
}

// Deps is what is operated.
type Deps struct {
	Clusters Clusters
	Feeds    Feeds
	Tokens   Tokens
	// The names of the configuration.
	ClusterNames, FeedNames []string
	// Changed lets the daemon act at once on what was changed.
	Changed func(ctx context.Context)
	Now     func() time.Time
}

type operations struct{ Deps }

// Add adds the operations to a frame.
func Add(f *rest.Frame, d Deps) {
	o := operations{d}
	post := func(path, id, summary string, action access.Action) rest.Route {
		return rest.Route{Method: http.MethodPost, Path: path, ID: id, Summary: summary, Action: action}
	}
	rest.Add(f, post("/clusters/{name}/pause", "pause-cluster", "Send nothing to the phones of a cluster until it is resumed", access.Operate), o.pause)
	rest.Add(f, post("/clusters/{name}/resume", "resume-cluster", "Let a paused cluster go on", access.Operate), o.resume)
	rest.Add(f, post("/freeze", "freeze", "Pause all clusters: send nothing to any phone", access.Operate), o.freeze)
	rest.Add(f, post("/thaw", "thaw", "Resume all clusters", access.Operate), o.thaw)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/feeds/{name}/held", ID: "get-held", Summary: "The change of a feed that is held, and whom it concerns", Action: access.SeeFeeds}, o.held)
	rest.Add(f, post("/feeds/{name}/accept", "accept-feed", "Apply the held change of a feed", access.AnswerFeeds), o.accept)
	rest.Add(f, post("/feeds/{name}/reject", "reject-feed", "Keep the bookings of a feed as they were", access.AnswerFeeds), o.reject)
	made := post("/tokens", "grant-token", "Make a token, and show its secret once", access.GrantTokens)
	made.Status = http.StatusCreated
	rest.Add(f, made, o.grant)
	rest.Add(f, rest.Route{Method: http.MethodDelete, Path: "/tokens/{id}", ID: "revoke-token", Summary: "Let a token open nothing any more", Action: access.GrantTokens}, o.revoke)
}

// Named is a thing of the configuration, by its name.
type Named struct {
	Name string `path:"name" maxLength:"200"`
}

// known is an error for a name that the configuration does not have.
func (n Named) known(names []string, what string) error {
	if slices.Contains(names, n.Name) {
		return nil
	}
	return rest.NewProblem(http.StatusNotFound, "not_found", "the configuration has no such "+what)
}
