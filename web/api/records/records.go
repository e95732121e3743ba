package records

import (
	"context"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/reservations/reports"
	"deskd/web/access"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Tokens are those that are listed.
type Tokens interface {
	List(ctx context.Context) ([]reservations.Token, error)
}

// Deps is what the records are read from.
type Deps struct {
	Tokens Tokens
	View   *view.Model
	Board  func(ctx context.Context) (view.Snapshot, error)
	Nodes  func(ctx context.Context) ([]Node, error)
	// Statistics counts what is booked.
	Statistics func(ctx context.Context, s Span) ([]reservations.Statistic, error)
	// Report says how desks were used.
	Report  func(ctx context.Context, asked reports.Asked) (reports.Report, error)
	Notices Noticed
	Now     func() time.Time
}

type records struct{ Deps }

// Add adds the operations to a frame.
func Add(f *rest.Frame, d Deps) {
	r := records{d}
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/people", ID: "list-people", Summary: "People", Action: access.SeePeople, List: true}, r.listPeople)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/attempts", ID: "list-attempts", Summary: "Logins, logouts and holds, the newest first", Action: access.SeePhones, List: true}, r.listAttempts)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/drift", ID: "list-drift", Summary: "Attempts that no booking's start or end explains", Action: access.SeePhones, List: true}, r.listDrift)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/notices", ID: "list-notices", Summary: "What people were told on their phones without having asked, the newest first", Action: access.SeePhones, List: true}, r.listNotices)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/sessions", ID: "list-sessions", Summary: "Who was seen on which phone last", Action: access.SeePhones, List: true}, r.listSessions)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/feeds", ID: "list-feeds", Summary: "How the calendars stand", Action: access.SeeFeeds, List: true}, r.listFeeds)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/clusters", ID: "list-clusters", Summary: "How the phone systems stand", Action: access.SeeClusters, List: true}, r.listClusters)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/audit", ID: "list-audit", Summary: "Who changed what, the newest first", Action: access.SeeAudit, List: true}, r.listAudit)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/tokens", ID: "list-tokens", Summary: "Tokens, without their secrets", Action: access.SeeTokens, List: true}, r.listTokens)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/nodes", ID: "list-nodes", Summary: "The daemons that serve the database, and what each does", Action: access.SeeClusters, List: true}, r.listNodes)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/statistics", ID: "list-statistics", Summary: "How much was booked, used, released and cancelled, by days, sites and floors", Action: access.SeeStatistics, List: true}, r.listStatistics)
	rest.Add(f, rest.Route{Method: http.MethodGet, Path: "/reports", ID: "list-reports", Summary: "How desks were used and how their phones served them, by sites, floors, zones or desks, and by weekdays", Action: access.SeeStatistics, List: true}, r.listReports)
}
