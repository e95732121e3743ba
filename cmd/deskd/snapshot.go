package main

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/store"
	"deskd/web"
)

// clusters is how every cluster stands.
func (d *daemon) clusters() []scheduler.ClusterStatus {
	var all []scheduler.ClusterStatus
	for _, r := range d.scheduler.Clusters {
		all = append(all, r.Status())
	}
	return all
}

// ignoredAhead is how far ahead reservations that are not acted on are shown.
const ignoredAhead = 7 * 24 * time.Hour

// snapshot reads what the page and the probes show.
func (d *daemon) snapshot(ctx context.Context) (web.Snapshot, error) {
	now := d.clock.Now()
	s := web.Snapshot{Clusters: d.clusters()}
	for _, site := range d.config.Sites {
		s.Sites = append(s.Sites, d.sites[site.Name])
	}
	s.Notices = d.notices.at(now)
	if lost, losing := d.pipe.behind(); losing {
		s.Notices = append(s.Notices, web.Notice{
			Kind: web.KindLog, Text: fmt.Sprintf("Lines of the log are dropped, %d so far: nothing reads them.", lost),
			Detail: "Phones are driven as before. Look at what deskd's standard error leads to: a pipe, the journal, a container's log driver.",
		})
	}
	strays, err := d.shown.strays(ctx, now)
	if err != nil {
		return s, err
	}
	for _, stray := range strays {
		s.Notices = append(s.Notices, stray.Notice)
	}
	if s.People, err = d.shown.store.People(ctx); err != nil {
		return s, err
	}
	if s.Desks, err = d.shown.board(ctx, now); err != nil {
		return s, err
	}
	if s.Feeds, err = d.shown.feeds(ctx); err != nil {
		return s, err
	}
	s.Ignored, err = d.shown.ignored(ctx, reservations.Span{Start: now, End: now.Add(ignoredAhead)})
	return s, err
}

// feeds is how the configured feeds stand, with what was not understood of them.
func (a *app) feeds(ctx context.Context) ([]web.Feed, error) {
	states, err := a.feedStates(ctx)
	if err != nil {
		return nil, err
	}
	var all []web.Feed
	for i, f := range a.config.Feeds {
		feed := web.Feed{FeedState: states[i], Every: time.Duration(f.Every), Site: f.Site}
		if feed.Problems, err = a.store.FeedProblems(ctx, f.Name); err != nil {
			return nil, err
		}
		all = append(all, feed)
	}
	return all, nil
}

// ignored lists the reservations nobody acts on: rows that name unknown desks
// or people, and feeds' bookings of desks that are taken.
func (a *app) ignored(ctx context.Context, span reservations.Span) ([]web.Ignored, error) {
	invalid, err := a.store.InvalidRows(ctx, span)
	if err != nil {
		return nil, err
	}
	var all []web.Ignored
	for _, row := range invalid {
		all = append(all, web.Ignored{Reservation: row.Reservation, Why: row.Why})
	}
	booked, err := a.store.ListReservations(ctx, store.ReservationFilter{Span: span})
	for _, r := range booked {
		if r.Status == reservations.Conflict {
			all = append(all, web.Ignored{Reservation: r, Why: "the desk is already booked in that time"})
		}
	}
	return all, err
}
