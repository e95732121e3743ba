package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"deskd/cmd/deskd/console"
	"deskd/scheduler"
)

// listedCluster is what is remembered of a cluster.
type listedCluster struct {
	scheduler.Standing
	Pause *scheduler.Pause `json:"paused,omitempty"` // nil when nobody has paused it
	Held  int              `json:"held,omitempty"`   // logouts that wait for a person
}

// listClusters tells what is remembered of the configured clusters. SINCE is
// the time of the first of its states. Nothing is remembered of a cluster that
// has never refused deskd, and of one that was never asked.
func listClusters(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	all := []listedCluster{}
	var rows [][]string
	for _, c := range a.config.Clusters {
		s, err := a.store.Standing(ctx, c.Name)
		if err != nil {
			return nil, nil, err
		}
		p, err := a.store.Pause(ctx, c.Name)
		if err != nil {
			return nil, nil, err
		}
		listed := listedCluster{Standing: s}
		var states, problems []string
		since, again := "", f.dash("")
		if p.On() {
			listed.Pause = &p
			states, problems = append(states, "paused"), append(problems, fmt.Sprintf("paused %v", p))
			since = f.clock(p.Since, a.zone(""))
		}
		held, err := a.store.HeldEnds(ctx, c.Name)
		if err != nil {
			return nil, nil, err
		}
		if waiting := held.Waiting(f.now); len(waiting) > 0 {
			listed.Held = len(waiting)
			states, problems = append(states, "logouts-held"), append(problems, heldLogouts(c.Name, waiting))
			since = cmp.Or(since, f.clock(waiting.Since(), a.zone("")))
		}
		switch {
		case s.Open():
			states, problems = append(states, "refused"), append(problems, s.Problem)
			since = cmp.Or(since, f.clock(s.Opened, a.zone("")))
			again = f.clock(s.Until(f.now), a.zone(""))
		case s.Doubts(a.duration(c)):
			states, problems = append(states, "unit-doubtful"), append(problems, s.Units)
			since = cmp.Or(since, f.clock(s.Doubted, a.zone("")))
		}
		if s.Unreadable != "" {
			problems = append(problems, s.Unreadable)
		}
		all = append(all, listed)
		rows = append(rows, []string{c.Name, cmp.Or(strings.Join(states, ","), "not-refused"), f.dash(since), again, f.dash(strings.Join(problems, "; "))})
	}
	return all, rows, nil
}

// heldLogouts says in words that logouts of a cluster wait for a person.
func heldLogouts(cluster string, waiting scheduler.HeldEnds) string {
	return fmt.Sprintf("many bookings were cut short at once, and %s: deskd ends show %s", console.Count(len(waiting), "logout is held", "logouts are held"), cluster)
}
