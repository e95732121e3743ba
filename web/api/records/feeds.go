package records

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/web/api/rest"
)

// Feed is how a calendar stands.
type Feed struct {
	Name     string    `json:"name"`
	Checked  time.Time `json:"checked,omitzero"`
	Good     time.Time `json:"good,omitzero" doc:"When it was last read."`
	Failures int       `json:"failures"`
	Problem  string    `json:"problem,omitempty"`
	Events   int       `json:"events"`
	Unread   int       `json:"unread" doc:"Events that were not understood."`
}

// Header implements [rest.Row].
func (Feed) Header() []string {
	return []string{"name", "checked", "good", "failures", "problem", "events", "unread"}
}

// Cells implements [rest.Row].
func (f Feed) Cells() []string {
	return []string{f.Name, rest.Instant(f.Checked), rest.Instant(f.Good), strconv.Itoa(f.Failures), f.Problem, strconv.Itoa(f.Events), strconv.Itoa(f.Unread)}
}

func (r records) listFeeds(ctx context.Context, q *rest.Paged) (*rest.Listed[Feed], error) {
	found, err := r.View.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	all := []Feed{}
	for _, f := range found {
		all = append(all, Feed{f.Name, f.Checked, f.Good, f.Failures, f.Problem, f.Events, f.Unread})
	}
	slices.SortFunc(all, func(x, y Feed) int { return strings.Compare(x.Name, y.Name) })
	return rest.List(*q, rest.Sorted[Feed]{All: all, Key: func(f Feed) string { return f.Name }})
}
