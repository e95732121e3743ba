package records

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"deskd/web/api/rest"
)

// Cluster is how a phone system stands.
type Cluster struct {
	Name    string `json:"name"`
	Paused  bool   `json:"paused"`
	Why     string `json:"paused_why,omitempty"`
	Refuses bool   `json:"refuses" doc:"It refuses deskd."`
	Held    int    `json:"held" doc:"Logouts that wait for a person."`
}

// Header implements [rest.Row].
func (Cluster) Header() []string { return []string{"name", "paused", "paused_why", "refuses", "held"} }

// Cells implements [rest.Row].
func (c Cluster) Cells() []string {
	return []string{c.Name, strconv.FormatBool(c.Paused), c.Why, strconv.FormatBool(c.Refuses), strconv.Itoa(c.Held)}
}

func (r records) listClusters(ctx context.Context, q *rest.Paged) (*rest.Listed[Cluster], error) {
	found, err := r.View.ListClusters(ctx, r.Now())
	if err != nil {
		return nil, err
	}
	all := []Cluster{}
	for _, c := range found {
		one := Cluster{Name: c.Name, Refuses: c.Open(), Held: c.Held}
		if c.Pause != nil {
			one.Paused, one.Why = true, c.Pause.Why
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y Cluster) int { return strings.Compare(x.Name, y.Name) })
	return rest.List(*q, rest.Sorted[Cluster]{All: all, Key: func(c Cluster) string { return c.Name }})
}
