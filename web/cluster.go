package web

import (
	"cmp"
	"time"

	"deskd/scheduler"
	"deskd/web/view"
)

// clusterState is the state of a cluster, in one word.
type clusterState string

const (
	clusterGood     clusterState = "good"
	clusterHalted   clusterState = "halted"   // it refuses deskd, nothing is sent
	clusterSilent   clusterState = "silent"   // it does not answer
	clusterTroubled clusterState = "troubled" // its rounds fail or stand still
	clusterStarting clusterState = "starting" // not every phone was asked about yet
	clusterPaused   clusterState = "paused"   // a person has paused it
	clusterDoubtful clusterState = "doubtful" // the unit of its sessions looks wrong
	clusterJumped   clusterState = "jumped"   // the clock has jumped, and is not believed yet
	clusterLost     clusterState = "lost"     // many sessions have vanished together
	clusterHeld     clusterState = "held"     // logouts wait for a person
)

var clusterTones = map[clusterState]string{
	clusterGood: "good", clusterHalted: "bad", clusterSilent: "bad", clusterTroubled: "bad", clusterStarting: "busy",
	clusterDoubtful: "bad", clusterPaused: "bad", clusterJumped: "bad", clusterLost: "bad", clusterHeld: "bad",
}

func clusterStateOf(c scheduler.ClusterStatus) clusterState {
	switch {
	case !c.Halted.IsZero():
		return clusterHalted
	case c.Silent > 0:
		return clusterSilent
	case c.Problem != "":
		return clusterTroubled
	case c.Swept.IsZero():
		return clusterStarting
	case c.Pause.On():
		return clusterPaused
	}
	switch {
	case c.Clock != "":
		return clusterJumped
	case c.Units != "":
		return clusterDoubtful
	case c.Lost > 0:
		return clusterLost
	case c.Held > 0:
		return clusterHeld
	}
	return clusterGood
}

// clusterRow is a cluster on the page.
type clusterRow struct {
	Name                            string
	State                           clusterState
	Tone                            string
	Desks, Unknown, Waiting, Unsure int
	Round, Swept                    moment
	Problem                         string
}

func (v wording) cluster(c scheduler.ClusterStatus) clusterRow {
	state := clusterStateOf(c)
	if _, stuck := view.Stuck(c, time.Time{}, v.now); stuck {
		state = clusterTroubled
	}
	return clusterRow{
		Name: c.Cluster, State: state, Tone: clusterTones[state],
		Desks: c.Desks, Unknown: c.Unknown, Waiting: c.Waiting, Unsure: c.Open,
		Round: ago(c.Round, v.now), Swept: ago(c.Swept, v.now), Problem: cmp.Or(c.Problem, c.Clock, c.Units),
	}
}
