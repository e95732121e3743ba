package show

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"deskd/cmd/deskd/cli"
	"deskd/web/view"
)

// listClusters tells what is remembered of the configured clusters. SINCE is
// the time of the first of its states.
func listClusters(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListClusters(ctx, f.now)
	if err != nil {
		return nil, nil, err
	}
	var rows [][]string
	for _, c := range all {
		rows = append(rows, f.clusterCells(c, a.View.Zone("")))
	}
	return all, rows, nil
}

func (f filter) clusterCells(c view.Cluster, zone *time.Location) []string {
	var states, problems []string
	since, again := "", f.dash("")
	if c.Pause != nil {
		states, problems = append(states, "paused"), append(problems, fmt.Sprintf("paused %v", *c.Pause))
		since = f.clock(c.Pause.Since, zone)
	}
	if c.Held > 0 {
		states, problems = append(states, "logouts-held"), append(problems, view.LogoutsHeld(c.Name, c.Waiting))
		since = cmp.Or(since, f.clock(c.Waiting.Since(), zone))
	}
	switch {
	case c.Open():
		states, problems = append(states, "refused"), append(problems, c.Problem)
		since = cmp.Or(since, f.clock(c.Opened, zone))
		again = f.clock(c.Until(f.now), zone)
	case c.Doubtful:
		states, problems = append(states, "unit-doubtful"), append(problems, c.Units)
		since = cmp.Or(since, f.clock(c.Doubted, zone))
	}
	if c.Unreadable != "" {
		problems = append(problems, c.Unreadable)
	}
	return []string{c.Name, cmp.Or(strings.Join(states, ","), "not-refused"), f.dash(since), again, f.dash(strings.Join(problems, "; "))}
}
