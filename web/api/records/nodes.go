package records

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/web/api/rest"
)

// Node is a daemon that serves the database.
type Node struct {
	Name    string    `json:"node"`
	State   string    `json:"state" enum:"runs,silent,ended"`
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen" doc:"When it last said that it is there."`
	Version string    `json:"version"`
	Page    string    `json:"page,omitempty" doc:"The address that it serves."`
	Ahead   *float64  `json:"clock_ahead_seconds,omitempty" doc:"Of that of the database's server, where there is one."`
	Unlike  []string  `json:"unlike" nullable:"false" doc:"The keys of the configuration that it has otherwise than the node that answers."`
	Duties  []Duty    `json:"duties" nullable:"false"`
}

// Duty is what one node does at a time.
type Duty struct {
	Name      string    `json:"duty"`
	Since     time.Time `json:"since"`
	Takeovers int       `json:"takeovers" doc:"How often it has changed hands."`
}

// Header implements [rest.Row].
func (Node) Header() []string {
	return []string{"node", "state", "started", "seen", "version", "page", "clock_ahead_seconds", "duties", "unlike"}
}

// Cells implements [rest.Row].
func (n Node) Cells() []string {
	ahead := ""
	if n.Ahead != nil {
		ahead = strconv.FormatFloat(*n.Ahead, 'f', 3, 64)
	}
	var does []string
	for _, d := range n.Duties {
		does = append(does, d.Name)
	}
	return []string{n.Name, n.State, rest.Instant(n.Started), rest.Instant(n.Seen), n.Version, n.Page, ahead, strings.Join(does, ";"), strings.Join(n.Unlike, ";")}
}

func (r records) listNodes(ctx context.Context, q *rest.Paged) (*rest.Listed[Node], error) {
	all, err := r.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	return rest.List(*q, rest.InOrder(slices.Clone(all), func(n Node) string { return n.Name }))
}
