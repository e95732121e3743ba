package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

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

// guard keeps the marker up to date, and ends the daemon when it is not known
// whether a commit is on disk: only a database opened anew can tell.
func (d *daemon) guard(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	broken := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.store.Failed():
			d.log.Error("a commit failed: deskd ends, to be started again", "err", store.ErrCommit)
			stop(store.ErrCommit)
			return
		case <-tick.C:
			err := d.store.Mark(ctx)
			if (err != nil) != broken && ctx.Err() == nil {
				broken = err != nil
				d.log.Warn("marker of the database", "err", err)
			}
		}
	}
}

// others is told that another program has written: it may want an answer, and
// what it changed gets its place in the audit.
func (d *daemon) others(ctx context.Context) {
	d.answer(ctx)
	if _, err := d.store.ChainAudit(ctx); err != nil && ctx.Err() == nil {
		d.log.Warn("audit", "err", err)
	}
}
