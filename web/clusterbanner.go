package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/web/view"
)

// mostNamed bounds how many desks or nodes a banner names.
const mostNamed = 5

// clusterBanners says what is degraded about c: first what keeps its phones from
// being driven at all, of which one is enough, then everything else.
func clusterBanners(c scheduler.ClusterStatus, now time.Time) []banner {
	var all []banner
	add := func(when, bad bool, kind view.Kind, text, detail string) {
		if when {
			all = append(all, banner{kind, c.Cluster, bad, fmt.Sprintf("Cluster %s%s", c.Cluster, text), detail, "#clusters"})
		}
	}
	add(c.Pause.On(), true, view.KindPaused, fmt.Sprintf(" has been paused for %s; nothing is sent to its phones.", length(now.Sub(c.Pause.Since))),
		fmt.Sprintf("Paused %v. deskd resume %s lets it go on.", c.Pause, c.Cluster))
	add(c.Held > 0, true, view.KindHeldLogouts, fmt.Sprintf(": many bookings were cut short at once %s ago; %s.", length(now.Sub(c.HeldSince)),
		count(c.Held, "person stays logged in", "people stay logged in")),
		fmt.Sprintf("Until a person has looked (deskd logouts show %s), or to the end each booking had.", c.Cluster))
	if b, blocked := blockedBanner(c, now); blocked {
		all = append(all, b)
	}
	_, stuck := view.Stuck(c, time.Time{}, now)
	add(stuck, true, view.KindStuck, fmt.Sprintf(": its last round was %s.", ago(c.Round, now).Text), "Its phones stay as they are. Restart deskd; the log says what it was doing.")
	add(len(c.Down) > 0, false, view.KindNode, ": "+count(len(c.Down), "node does not answer.", "nodes do not answer."), because("Others stand in.", causes(c.Down)))
	add(c.Late, true, view.KindLate, fmt.Sprintf(" is late: %s.", count(c.Waiting, "login or logout waits", "logins and logouts wait")),
		"More is due than max_per_minute lets through in a minute; the most urgent go first.")
	add(len(c.Missing) > 0, false, view.KindUnknownDevice, " does not know "+count(len(c.Missing), "phone.", "phones."),
		fmt.Sprintf("Correct the device name of %s, or add the phones to the cluster.", named(c.Missing)))
	add(len(c.Mute) > 0, false, view.KindNoAnswer, " says nothing about "+count(len(c.Mute), "phone.", "phones."),
		fmt.Sprintf("The phones of %s stay as they are.", named(c.Mute)))
	add(len(c.Futile) > 0, true, view.KindFutile, fmt.Sprintf(": three logins or logouts in a row have come to nothing at %s.", count(len(c.Futile), "phone", "phones")),
		fmt.Sprintf("They are tried every quarter of an hour. deskd explain --desk says what was answered at %s.", named(c.Futile)))
	add(c.Clock != "", true, view.KindClock, ": the clock is in doubt.", because("Empty phones are served, and nobody loses a phone for it.", c.Clock))
	add(len(c.Feeds) > 0, true, view.KindFeeds, ": walk-ups, strangers and moves wait for "+count(len(c.Feeds), "feed that was", "feeds that were")+" never read.",
		fmt.Sprintf("A calendar may name who is there. Repair %s, or take it out of the configuration.", named(c.Feeds)))
	add(c.Units != "", true, view.KindUnit, ": the unit of its sessions looks wrong.", because("Nobody is logged in again whose session has ended too early.", c.Units))
	add(c.Lost > 0, true, view.KindSessionsLost, fmt.Sprintf(" has lost many sessions at once; %s still to be begun again.", count(c.Lost, "is", "are")),
		"The people are logged in again at the cluster's rate.")
	return all
}

// blockedBanner says why nothing at all can be done for c's phones; false when
// it can.
func blockedBanner(c scheduler.ClusterStatus, now time.Time) (banner, bool) {
	b := banner{Of: c.Cluster, Bad: true, Detail: because("Its phones stay as they are.", c.Problem), Link: "#clusters"}
	switch clusterStateOf(c) {
	case clusterHalted:
		b.Kind, b.Text = haltedText(c, now)
	case clusterSilent:
		b.Kind, b.Text = view.KindSilent, fmt.Sprintf("Cluster %s does not answer.", c.Cluster)
		if c.Distrusted {
			b.Kind, b.Text = view.KindCertificate, fmt.Sprintf("Cluster %s is not trusted: its certificate is not accepted.", c.Cluster)
		}
	case clusterTroubled:
		b.Kind, b.Text = view.KindDatabaseWrite, fmt.Sprintf("Cluster %s is in trouble: the database cannot be read or written.", c.Cluster)
	case clusterStarting:
		b.Bad, b.Detail = false, "This takes a moment after a start."
		b.Kind, b.Text = view.KindStarting, fmt.Sprintf("Cluster %s has not been asked about every phone yet.", c.Cluster)
	default:
		return banner{}, false
	}
	return b, true
}

// haltedText says why nothing is sent to c, and for how long.
func haltedText(c scheduler.ClusterStatus, now time.Time) (view.Kind, string) {
	left := ""
	if d := c.Halted.Sub(now); d > 0 {
		left = fmt.Sprintf(" for another %s", length(d))
	}
	if c.Refused.IsZero() {
		return view.KindUnanswered, fmt.Sprintf("Cluster %s is not asked%s; nothing is sent to it.", c.Cluster, left)
	}
	text := "refuses deskd"
	if since := now.Sub(c.Refused); since >= time.Minute {
		text = "has refused deskd for " + length(since)
	}
	return view.KindRefused, fmt.Sprintf("Cluster %s %s; nothing is sent to it%s.", c.Cluster, text, left)
}

func causes(down []phones.NodeDown) string {
	var words []string
	for _, n := range down[:min(mostNamed, len(down))] {
		words = append(words, n.Host+": "+n.Cause)
	}
	return strings.Join(words, "; ")
}

// named lists desks, the first few by name.
func named(desks []string) string {
	desks = slices.Clone(desks)
	slices.SortFunc(desks, naturally)
	if more := len(desks) - mostNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(desks[:mostNamed], ", "), more)
	}
	return strings.Join(desks, ", ")
}
