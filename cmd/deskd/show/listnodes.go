package show

import (
	"context"
	"strings"
	"time"

	"deskd/cmd/deskd/cli"
	"deskd/scheduler/drive"
	"deskd/store"
	"deskd/store/nodes"
)

// node is a daemon as it is listed.
type node struct {
	Node    string     `json:"node"`
	State   string     `json:"state"` // runs, silent, ended; nobody for the duties that no node has
	Started time.Time  `json:"started,omitzero"`
	Seen    time.Time  `json:"seen,omitzero"`
	Version string     `json:"version,omitempty"`
	Page    string     `json:"page,omitempty"`
	Ahead   *float64   `json:"clock_ahead_seconds,omitempty"` // of the database's, where that has one
	Unlike  []string   `json:"unlike,omitempty"`              // keys that it has otherwise than the configuration at hand
	Duties  []nodeDuty `json:"duties,omitempty"`
}

// nodeDuty is what a node does, and no other meanwhile.
type nodeDuty struct {
	Duty      string    `json:"duty"`
	Since     time.Time `json:"since,omitzero"` // the last node to have it took it
	Takeovers int       `json:"takeovers"`      // how often it has changed hands
}

// listNodes tells which daemons serve the database, and which of them does what.
func listNodes(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	known, err := a.Store.Nodes().Nodes(ctx)
	if err != nil {
		return nil, nil, err
	}
	duties, err := a.Store.Nodes().Held(ctx, f.now)
	if err != nil {
		return nil, nil, err
	}
	held := false
	file := !store.IsServer(a.Config.Database.DSN)
	if file { // the only one there can be says so by its lock
		if held, err = store.Held(ctx, a.Config.Database.DSN); err != nil {
			return nil, nil, err
		}
	}
	settings, err := a.Config.Settings()
	if err != nil {
		return nil, nil, err
	}
	all, rows := []node{}, [][]string(nil)
	zone := a.View.Zone("")
	for _, n := range known {
		one := node{Node: n.Name, State: n.State(held, f.now), Started: n.Started, Seen: n.Seen, Version: n.Version, Page: n.Page}
		if file && !held && one.State == "runs" { // it was killed a moment ago
			one.State = "silent"
		}
		clock := ""
		if n.Ahead != nil {
			ahead := n.Ahead.Seconds()
			one.Ahead, clock = &ahead, n.Ahead.Round(time.Millisecond).String()
		}
		if one.State == "runs" {
			one.Duties, one.Unlike = dutiesOf(n.Name, duties), settings.Unlike(n.Settings)
		}
		all = append(all, one)
		rows = append(rows, []string{n.Name, one.State, f.clock(n.Started, zone), f.clock(n.Seen, zone), n.Version, f.dash(clock), f.dash(n.Page), f.dash(named(one.Duties)), f.dash(strings.Join(one.Unlike, ", "))})
	}
	if free := nobodys(a, duties); len(free) > 0 {
		all = append(all, node{State: nobody, Duties: free})
		rows = append(rows, []string{nobody, f.dash(""), f.dash(""), f.dash(""), f.dash(""), f.dash(""), f.dash(""), named(free), f.dash("")})
	}
	return all, rows, nil
}

// dutiesOf are those that a node has.
func dutiesOf(name string, duties []nodes.Duty) (own []nodeDuty) {
	for _, d := range duties {
		if d.Node == name {
			own = append(own, nodeDuty{d.Name, d.Since, d.Takeovers})
		}
	}
	return own
}

// named are the names of duties.
func named(duties []nodeDuty) string {
	names := make([]string, len(duties))
	for i, d := range duties {
		names[i] = d.Duty
	}
	return strings.Join(names, ", ")
}

// nobody is who has the duties that no node has.
const nobody = "nobody"

// nobodys are the duties that no node has, of those that the configuration wants done, where
// several nodes may have them.
func nobodys(a *cli.App, duties []nodes.Duty) (free []nodeDuty) {
	if !store.IsServer(a.Config.Database.DSN) {
		return nil
	}
	for _, d := range nodes.Vacant(drive.Wanted(a.View.ClusterNames(), len(a.Config.Feeds) > 0), duties) {
		free = append(free, nodeDuty{d.Name, d.Since, d.Takeovers})
	}
	return free
}
