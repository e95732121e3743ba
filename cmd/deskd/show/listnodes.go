package show

import (
	"context"
	"strings"
	"time"

	"deskd/cmd/deskd/cli"
	"deskd/store"
)

// node is a daemon as it is listed.
type node struct {
	Node    string     `json:"node"`
	State   string     `json:"state"` // runs, silent, ended
	Started time.Time  `json:"started"`
	Seen    time.Time  `json:"seen"`
	Version string     `json:"version"`
	Page    string     `json:"page,omitempty"`
	Ahead   *float64   `json:"clock_ahead_seconds,omitempty"` // of the database's, where that has one
	Duties  []nodeDuty `json:"duties,omitempty"`
}

// nodeDuty is what a node does, and no other meanwhile.
type nodeDuty struct {
	Duty      string    `json:"duty"`
	Since     time.Time `json:"since"`
	Takeovers int       `json:"takeovers"` // how often it has changed hands
}

// listNodes tells which daemons serve the database, and which of them does what.
func listNodes(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	known, err := a.Store.Nodes().Nodes(ctx)
	if err != nil {
		return nil, nil, err
	}
	duties, err := a.Store.Nodes().Duties(ctx)
	if err != nil {
		return nil, nil, err
	}
	held := false
	if !store.IsServer(a.Config.Database.DSN) { // the only one there can be says so by its lock
		if held, err = store.Held(ctx, a.Config.Database.DSN); err != nil {
			return nil, nil, err
		}
	}
	all, rows := []node{}, [][]string(nil)
	zone := a.View.Zone("")
	for _, n := range known {
		one := node{Node: n.Name, State: n.State(held, f.now), Started: n.Started, Seen: n.Seen, Version: n.Version, Page: n.Page}
		clock := ""
		if n.Ahead != nil {
			ahead := n.Ahead.Seconds()
			one.Ahead, clock = &ahead, n.Ahead.Round(time.Millisecond).String()
		}
		var does []string
		for _, d := range duties {
			if d.Node == n.Name && one.State == "runs" {
				one.Duties = append(one.Duties, nodeDuty{d.Name, d.Since, d.Takeovers})
				does = append(does, d.Name)
			}
		}
		all = append(all, one)
		rows = append(rows, []string{n.Name, one.State, f.clock(n.Started, zone), f.clock(n.Seen, zone), n.Version, f.dash(clock), f.dash(n.Page), f.dash(strings.Join(does, ", "))})
	}
	return all, rows, nil
}
