package daemon

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/web/view"
)

// clusters is how every cluster stands.
func (d *Instance) clusters() []scheduler.ClusterStatus {
	var all []scheduler.ClusterStatus
	for _, r := range d.scheduler.Clusters {
		all = append(all, r.Status())
	}
	return all
}

// ignoredAhead is how far ahead reservations that are not acted on are shown.
const ignoredAhead = 7 * 24 * time.Hour

// snapshot reads what the page and the probes show.
func (d *Instance) snapshot(ctx context.Context) (view.Snapshot, error) {
	now := d.Clock.Now()
	s := view.Snapshot{Clusters: d.clusters(), Sites: d.shown.Sites}
	s.Notices = d.notices.at(now)
	if lost, losing := d.Pipe.behind(); losing {
		s.Notices = append(s.Notices, view.Notice{
			Kind: view.KindLog, Text: fmt.Sprintf("Lines of the log are dropped, %d so far: nothing reads them.", lost),
			Detail: "Phones are driven as before. Look at what deskd's standard error leads to: a pipe, the journal, a container's log driver.",
		})
	}
	strays, err := d.shown.Strays(ctx, now)
	if err != nil {
		return s, err
	}
	for _, stray := range strays {
		s.Notices = append(s.Notices, stray.Notice)
	}
	if s.People, err = d.shown.Records.People(ctx); err != nil {
		return s, err
	}
	if s.Desks, err = d.shown.Board(ctx, now); err != nil {
		return s, err
	}
	if s.Feeds, err = d.shown.ListFeeds(ctx); err != nil {
		return s, err
	}
	s.Ignored, err = d.shown.Ignored(ctx, reservations.Span{Start: now, End: now.Add(ignoredAhead)})
	return s, err
}
