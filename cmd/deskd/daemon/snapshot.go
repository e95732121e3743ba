package daemon

import (
	"fmt"
	"slices"
	"time"

	"deskd/scheduler"
	"deskd/web/view"
)

// clusters is how every cluster stands.
func (d *Instance) clusters() []scheduler.ClusterStatus {
	var all []scheduler.ClusterStatus
	for _, r := range d.scheduler.Clusters {
		all = append(all, r.Status())
	}
	if d.shared != nil {
		all = d.shared.drivers(all)
	}
	return all
}

// driven is how the clusters stand that this node drives.
func (d *Instance) driven() []scheduler.ClusterStatus {
	var all []scheduler.ClusterStatus
	for _, c := range d.scheduler.Clusters {
		if r := c.Here(); r != nil {
			all = append(all, r.Status())
		}
	}
	return all
}

// ignoredAhead is how far ahead reservations that are not acted on are told.
const ignoredAhead = 7 * 24 * time.Hour

// say is what the daemon has to say itself.
func (d *Instance) say(now time.Time) []view.Notice {
	all := slices.Concat(d.notices.at(now), d.checking(), d.Identity.Notices(now))
	if lost, losing := d.Pipe.Behind(); losing {
		all = append(all, view.Notice{
			Kind: view.KindLog, Text: fmt.Sprintf("Lines of the log are dropped, %d so far: nothing reads them.", lost),
			Detail: "Phones are driven as before. Look at what deskd's standard error leads to: a pipe, the journal, a container's log driver.",
		})
	}
	return all
}
