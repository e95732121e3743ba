package web

import (
	"cmp"
	"fmt"
	"time"

	"deskd/scheduler"
)

// clusterState is how a cluster stands, in one word.
type clusterState string

const (
	clusterGood     clusterState = "good"
	clusterHalted   clusterState = "halted"   // it refuses deskd, nothing is sent
	clusterSilent   clusterState = "silent"   // it does not answer
	clusterTroubled clusterState = "troubled" // its rounds fail
	clusterStarting clusterState = "starting" // not every phone was asked about yet
	clusterPaused   clusterState = "paused"   // somebody has stopped it
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

func (v view) cluster(c scheduler.ClusterStatus) clusterRow {
	state := clusterStateOf(c)
	return clusterRow{
		Name: c.Cluster, State: state, Tone: clusterTones[state],
		Desks: c.Desks, Unknown: c.Unknown, Waiting: c.Waiting, Unsure: c.Open,
		Round: ago(c.Round, v.now), Swept: ago(c.Swept, v.now), Problem: cmp.Or(c.Problem, c.Clock, c.Units),
	}
}

// pauseBanner says that somebody has paused c; false when nobody has.
func pauseBanner(c scheduler.ClusterStatus, now time.Time) (banner, bool) {
	return banner{
		Bad: true, Link: "#clusters",
		Text:   fmt.Sprintf("Cluster %s has been paused for %s; nothing is sent to its phones.", c.Cluster, length(now.Sub(c.Pause.Since))),
		Detail: fmt.Sprintf("Paused %v. deskd resume %s lets it go on.", c.Pause, c.Cluster),
	}, c.Pause.On()
}

// heldBanner says that logouts of c wait for a person; false when none does.
func heldBanner(c scheduler.ClusterStatus, now time.Time) (banner, bool) {
	return banner{
		Bad: true, Link: "#clusters",
		Text: fmt.Sprintf("Cluster %s: many bookings were cut short at once %s ago; %s.", c.Cluster, length(now.Sub(c.HeldSince)),
			count(c.Held, "person stays logged in", "people stay logged in")),
		Detail: fmt.Sprintf("Until somebody has looked (deskd ends show %s), or to the end each booking had.", c.Cluster),
	}, c.Held > 0
}

// clusterBanner says what is degraded about c; false when nothing is.
func clusterBanner(c scheduler.ClusterStatus, now time.Time) (banner, bool) {
	b := banner{Bad: true, Detail: because("Its phones stay as they are.", c.Problem), Link: "#clusters"}
	switch clusterStateOf(c) {
	case clusterHalted:
		b.Text = fmt.Sprintf("Cluster %s refuses deskd", c.Cluster)
		if since := now.Sub(c.Refused); !c.Refused.IsZero() && since >= time.Minute {
			b.Text = fmt.Sprintf("Cluster %s has refused deskd for %s", c.Cluster, length(since))
		}
		b.Text += "; nothing is sent to it"
		if left := c.Halted.Sub(now); left > 0 {
			b.Text += fmt.Sprintf(" for another %s", length(left))
		}
		b.Text += "."
	case clusterSilent:
		b.Text = fmt.Sprintf("Cluster %s does not answer.", c.Cluster)
	case clusterTroubled:
		b.Text = fmt.Sprintf("Cluster %s is in trouble.", c.Cluster)
	case clusterStarting:
		b.Bad, b.Detail = false, "This takes a moment after a start."
		b.Text = fmt.Sprintf("Cluster %s has not been asked about every phone yet.", c.Cluster)
	case clusterPaused, clusterHeld:
		return banner{}, false // has one of its own, whatever else is wrong
	case clusterDoubtful:
		b.Detail = because("Nobody is logged in again whose session has ended too early.", c.Units)
		b.Text = fmt.Sprintf("Cluster %s: the unit of its sessions looks wrong.", c.Cluster)
	case clusterJumped:
		b.Detail = because("Bookings that are due by either time are served.", c.Clock)
		b.Text = fmt.Sprintf("Cluster %s: the clock has jumped.", c.Cluster)
	case clusterLost:
		b.Detail = "The people are logged in again at the cluster's rate."
		b.Text = fmt.Sprintf("Cluster %s has lost many sessions at once; %s still to be begun again.", c.Cluster, count(c.Lost, "is", "are"))
	default:
		return banner{}, false
	}
	return b, true
}
