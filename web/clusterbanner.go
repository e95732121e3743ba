package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/web/view"
)

// mostNamed bounds how many desks or nodes a banner names.
const mostNamed = 5

// saying is what a banner says of the blocks of one kind: a sentence that begins with the
// cluster's name, and what follows from it.
type saying struct {
	text, detail string
	mild         bool // nothing to do at once
}

// phrase words the blocks of one kind, of which there is one at least.
type phrase func(c scheduler.ClusterStatus, blocks []plan.Block, now time.Time) saying

// stay is what follows where nothing is sent to a cluster's phones.
const stay = "Its phones stay as they are."

// phrases are those kinds whose banner counts, names or dates. Any other shows its
// block's own words.
var phrases = map[plan.Kind]phrase{
	plan.KindPaused: func(c scheduler.ClusterStatus, b []plan.Block, now time.Time) saying {
		return saying{text: fmt.Sprintf(" has been paused for %s; nothing is sent to its phones.", length(now.Sub(b[0].Since))),
			detail: fmt.Sprintf("Paused %s. deskd resume %s lets it go on.", b[0].Text, c.Cluster)}
	},
	plan.KindHeldLogouts: func(c scheduler.ClusterStatus, b []plan.Block, now time.Time) saying {
		first := slices.MinFunc(b, func(a, b plan.Block) int { return a.Since.Compare(b.Since) })
		return saying{text: fmt.Sprintf(": many bookings were cut short at once %s ago; %s.", length(now.Sub(first.Since)),
			count(len(b), "person stays logged in", "people stay logged in")),
			detail: fmt.Sprintf("Until a person has looked (deskd logouts show %s), or to the end each booking had.", c.Cluster)}
	},
	plan.KindRefused: func(_ scheduler.ClusterStatus, b []plan.Block, now time.Time) saying {
		text := " refuses deskd"
		if since := now.Sub(b[0].Since); since >= time.Minute {
			text = " has refused deskd for " + length(since)
		}
		return saying{text: text + "; nothing is sent to it" + stillFor(b[0], now) + ".", detail: because(stay, b[0].Text)}
	},
	plan.KindUnanswered: func(_ scheduler.ClusterStatus, b []plan.Block, now time.Time) saying {
		return saying{text: " is not asked" + stillFor(b[0], now) + "; nothing is sent to it.", detail: because(stay, b[0].Text)}
	},
	plan.KindSilent: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: " does not answer.", detail: because(stay, b[0].Text)}
	},
	plan.KindCertificate: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: " is not trusted: its certificate is not accepted.", detail: because(stay, b[0].Text)}
	},
	plan.KindDatabaseWrite: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: " is in trouble: the database cannot be read or written.", detail: because(stay, b[0].Text)}
	},
	plan.KindNode: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		var causes []string
		for _, n := range b[:min(mostNamed, len(b))] {
			causes = append(causes, n.Scope.Name()+": "+n.Text)
		}
		return saying{mild: true, text: ": " + count(len(b), "node does not answer.", "nodes do not answer."),
			detail: because("Others stand in.", strings.Join(causes, "; "))}
	},
	plan.KindLate: func(c scheduler.ClusterStatus, _ []plan.Block, _ time.Time) saying {
		return saying{text: fmt.Sprintf(" is late: %s.", count(c.Waiting, "login or logout waits", "logins and logouts wait")),
			detail: "More is due than max_per_minute lets through in a minute; the most urgent go first."}
	},
	plan.KindUnknownDevice: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{mild: true, text: " does not know " + count(len(b), "phone.", "phones."),
			detail: fmt.Sprintf("Correct the device name of %s, or add the phones to the cluster.", named(b))}
	},
	plan.KindNoAnswer: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{mild: true, text: " says nothing about " + count(len(b), "phone.", "phones."),
			detail: fmt.Sprintf("The phones of %s stay as they are.", named(b))}
	},
	plan.KindTriesFailed: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: fmt.Sprintf(": logins or logouts come to nothing again and again at %s.", count(len(b), "phone", "phones")),
			detail: fmt.Sprintf("They are tried again, in the end every quarter of an hour. deskd explain --desk says what was answered at %s.", named(b))}
	},
	plan.KindClock: func(c scheduler.ClusterStatus, _ []plan.Block, _ time.Time) saying {
		return saying{text: ": the clock is in doubt.", detail: because("Empty phones are served, and nobody loses a phone for it.", clockText(c))}
	},
	plan.KindFeeds: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: ": walk-ups, strangers and moves wait for " + count(len(b), "feed that was", "feeds that were") + " never read.",
			detail: fmt.Sprintf("A calendar may name who is there. Repair %s, or take it out of the configuration.", named(b))}
	},
	plan.KindUnit: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: ": the unit of its sessions looks wrong.", detail: because("Nobody is logged in again whose session has ended too early.", b[0].Text)}
	},
	plan.KindSessionsLost: func(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
		return saying{text: fmt.Sprintf(" has lost many sessions at once; %s still to be begun again.", count(len(b), "is", "are")),
			detail: "The people are logged in again at the cluster's rate."}
	},
}

// plainly words a kind without a phrase of its own.
func plainly(_ scheduler.ClusterStatus, b []plan.Block, _ time.Time) saying {
	if b[0].Scope.Name() == "" {
		return saying{text: ": " + b[0].Text + "."}
	}
	return saying{text: ": " + count(len(b), "desk", "desks") + ": " + b[0].Text + ".", detail: "It concerns " + named(b) + "."}
}

// blocking are the kinds that keep a cluster's phones from being asked about at all.
var blocking = []plan.Kind{plan.KindRefused, plan.KindUnanswered, plan.KindCertificate, plan.KindSilent, plan.KindDatabaseWrite}

// clusterBanners says what is degraded about c, by its blocks and in their order, after
// what only its age tells: that it is starting, or stands still.
func clusterBanners(c scheduler.ClusterStatus, now time.Time) []banner {
	var all []banner
	add := func(kind plan.Kind, s saying) {
		all = append(all, banner{kind, c.Cluster, !s.mild, fmt.Sprintf("Cluster %s%s", c.Cluster, s.text), s.detail, "#clusters"})
	}
	if !c.Undriven.IsZero() {
		add(view.KindUndriven, saying{fmt.Sprintf(" is driven by nobody: nothing was heard of a node that does for %s.", length(now.Sub(c.Undriven))), because(stay, c.Untaken), false})
	} else if c.Swept.IsZero() && c.Count(blocking...) == 0 {
		add(view.KindStarting, saying{" has not been asked about every phone yet.", "This takes a moment after a start.", true})
	}
	if _, stuck := view.Stuck(c, time.Time{}, now); stuck && c.Undriven.IsZero() { // nor would it help to restart deskd
		add(view.KindStuck, saying{fmt.Sprintf(": its last round was %s.", ago(c.Round, now).Text), "Its phones stay as they are. Restart deskd; the log says what it was doing.", false})
	}
	told := make(map[plan.Kind]bool)
	for _, b := range c.Blocks {
		if told[b.Kind] {
			continue
		}
		told[b.Kind] = true
		say, ok := phrases[b.Kind]
		if !ok {
			say = plainly
		}
		add(b.Kind, say(c, c.Of(b.Kind), now))
	}
	return all
}

// stillFor is for how long a block lasts yet, in words; empty where that is not known.
func stillFor(b plan.Block, now time.Time) string {
	if d := b.Until.Sub(now); d > 0 {
		return fmt.Sprintf(" for another %s", length(d))
	}
	return ""
}

// clockText says what waits for the clock; empty while nothing does.
func clockText(c scheduler.ClusterStatus) string {
	blocks := c.Of(plan.KindClock)
	if len(blocks) == 0 || blocks[0].Scope.Name() == "" {
		return c.First(plan.KindClock).Text
	}
	return fmt.Sprintf("phones that wait for the clock: %d, the first on desk %s: %s", len(blocks), blocks[0].Scope.Desk, blocks[0].Text)
}

// named lists what blocks are about, the first few by name.
func named(blocks []plan.Block) string {
	var first []string // in order, of those seen
	for _, b := range blocks {
		name := b.Scope.Name()
		if len(first) == mostNamed {
			if view.Naturally(name, first[mostNamed-1]) >= 0 {
				continue
			}
			first = first[:mostNamed-1]
		}
		at, _ := slices.BinarySearchFunc(first, name, view.Naturally)
		first = slices.Insert(first, at, name)
	}
	text := strings.Join(first, ", ")
	if more := len(blocks) - len(first); more > 0 {
		return fmt.Sprintf("%s and %d more", text, more)
	}
	return text
}

// problem is why a cluster's phones cannot be driven, or the doubt about its clock or
// unit, in words; empty when all is well.
func problem(c scheduler.ClusterStatus) string {
	return cmp.Or(c.Untaken, c.First(blocking...).Text, clockText(c), c.First(plan.KindUnit).Text)
}
