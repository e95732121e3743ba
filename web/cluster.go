package web

import (
	"fmt"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/plan"
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

// clusterStates are the states that blocks tell, the most important first.
var clusterStates = []struct {
	state clusterState
	kinds []plan.Kind
}{
	{clusterHalted, []plan.Kind{plan.KindRefused, plan.KindUnanswered}},
	{clusterSilent, []plan.Kind{plan.KindSilent, plan.KindCertificate}},
	{clusterTroubled, []plan.Kind{plan.KindDatabaseWrite}},
	{clusterStarting, nil},
	{clusterPaused, []plan.Kind{plan.KindPaused}},
	{clusterJumped, []plan.Kind{plan.KindClock}},
	{clusterDoubtful, []plan.Kind{plan.KindUnit}},
	{clusterLost, []plan.Kind{plan.KindSessionsLost}},
	{clusterHeld, []plan.Kind{plan.KindHeldLogouts}},
}

func clusterStateOf(c scheduler.ClusterStatus) clusterState {
	for _, s := range clusterStates {
		if c.Count(s.kinds...) > 0 || s.state == clusterStarting && c.Swept.IsZero() {
			return s.state
		}
	}
	return clusterGood
}

// clusterRow is a cluster on the page.
type clusterRow struct {
	Name                            string
	State                           clusterState
	Tone                            string
	Desks, Unknown, Waiting, Unsure int
	DrivenBy                        string // the node, where several may
	Since                           moment // when that took it
	AtOnce                          string // logins and logouts, of those that are configured
	Round, Swept                    moment
	Problem                         string
}

func (v wording) cluster(c scheduler.ClusterStatus) clusterRow {
	state := clusterStateOf(c)
	if _, stuck := view.Stuck(c, time.Time{}, v.now); stuck || !c.Undriven.IsZero() {
		state = clusterTroubled
	}
	atOnce := ""
	if c.MaxConcurrent > 0 {
		atOnce = fmt.Sprintf("%d of %d", c.Concurrent, c.MaxConcurrent)
	}
	return clusterRow{
		AtOnce: atOnce, DrivenBy: c.Node, Since: ago(c.Since, v.now),
		Name: c.Cluster, State: state, Tone: clusterTones[state],
		Desks: c.Desks, Unknown: c.Unknown, Waiting: c.Waiting, Unsure: c.Open,
		Round: ago(c.Round, v.now), Swept: ago(c.Swept, v.now), Problem: problem(c),
	}
}
