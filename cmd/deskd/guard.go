package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"deskd/reservations"
	"deskd/store"
)

// markEvery is how often the marker beside the database is brought up to date:
// a copy that is put in the database's place is recognised as older when it
// lacks more than this.
const markEvery = time.Minute

// actor names who runs the verb, for the audit: the person behind sudo, else the
// user of the process.
func actor(cmd *cobra.Command) string {
	if cmd.Name() == "serve" {
		return "daemon"
	}
	if name := os.Getenv("SUDO_USER"); name != "" {
		return "cli:" + name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return fmt.Sprintf("cli:%d", os.Getuid())
}

// examine refuses a damaged database before anything is done by what it says. It
// reads all of it: four seconds for a million reservations.
func (a *app) examine(ctx context.Context) error {
	began := time.Now()
	if err := a.store.Check(ctx); err != nil {
		return err
	}
	a.log.Debug("database checked", "took", time.Since(began))
	lost, err := a.store.Orphans(ctx)
	if err == nil && lost > 0 {
		a.log.Warn("rows refer to sites, clusters, people or feeds that are not there", "count", lost)
	}
	return err
}

// guard keeps the marker up to date, looks whether the rounds go on and which
// reservations nobody acts on, and ends the daemon when it is not known whether
// a commit is on disk: only a database opened anew can tell.
func (d *daemon) guard(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	unmarked, ignored := false, false
	d.tellStrays(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.store.Failed():
			d.log.Error("a commit failed: deskd ends, to be started again", "err", store.ErrCommit)
			stop(store.ErrCommit)
			return
		case <-tick.C:
			d.alive()
			d.tellStrays(ctx)
			ignored = d.tellIgnored(ctx, ignored)
			unmarked = d.mark(ctx, unmarked)
		}
	}
}

// mark brings the marker up to date. It says when it cannot, and when it can
// again, and reports whether it could not.
func (d *daemon) mark(ctx context.Context, failed bool) bool {
	err := d.store.Mark(ctx)
	switch {
	case ctx.Err() != nil:
		return failed
	case err != nil && !failed:
		d.log.Warn("marker of the database cannot be written", "err", err)
	case err == nil && failed:
		d.log.Info("marker of the database is written again")
	}
	return err != nil
}

// tellIgnored says when there are reservations that nobody acts on, and when
// there are none any more, and reports whether there are.
func (d *daemon) tellIgnored(ctx context.Context, were bool) bool {
	now := d.clock.Now()
	ignored, err := d.ignored(ctx, reservations.Span{Start: now, End: now.Add(ignoredAhead)})
	switch {
	case err != nil:
		return were // the rounds meet the same error, and say it
	case len(ignored) > 0 && !were:
		first := ignored[0]
		d.log.Warn("reservations are not acted on: the page lists them", "count", len(ignored),
			"reservation", first.ID, "desk", first.Desk, "person", first.Person, "err", first.Why)
	case len(ignored) == 0 && were:
		d.log.Info("every reservation is acted on")
	}
	return len(ignored) > 0
}

// others is told that another program has written: it may want an answer, and
// what it changed gets its place in the audit.
func (d *daemon) others(ctx context.Context) {
	d.answer(ctx)
	if _, err := d.store.ChainAudit(ctx); err != nil && ctx.Err() == nil {
		d.log.Warn("audit", "err", err)
	}
}
