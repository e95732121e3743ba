package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"deskd/scheduler"
	"deskd/store"
)

func reconcileCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Ask every phone now, repair what differs, and report it by cause",
		Long: `Ask the phone system about every desk now, repair what differs from the bookings,
and print a report of the differences by cause.

When a daemon runs on this database it does the work, and this verb waits for its
report. Exit code 1: some phones did not answer.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				report, err := a.reconcile(ctx)
				if err != nil {
					return err
				}
				path, err := cmd.Flags().GetString("report")
				if err != nil {
					return err
				}
				err = writeFile(cmd, path, func(w io.Writer) error {
					if asJSON {
						return printJSON(w, report)
					}
					_, err := report.WriteTo(w)
					return err
				})
				if err == nil && report.Unknown > 0 {
					fmt.Fprintf(cmd.ErrOrStderr(), "deskd: %d of %d phones did not answer; deskd doctor says more\n", report.Unknown, report.Desks)
					return errSaid
				}
				return err
			})
		},
	}
	cmd.Flags().String("report", "-", "file for the report, - for standard output")
	addOutput(cmd)
	return cmd
}

// reconcile has the running daemon reconcile, or does so itself where none runs.
func (a *app) reconcile(ctx context.Context) (scheduler.Report, error) {
	lock, err := store.Acquire(a.config.Database.DSN, a.clock.Now())
	if errors.Is(err, store.ErrLocked) {
		return a.askDaemon(ctx)
	}
	if err != nil {
		return scheduler.Report{}, err
	}
	defer lock.Close()
	s := &scheduler.Scheduler{Journal: a.store, Clock: a.clock, Log: a.log}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, c := range a.config.Clusters {
		r, err := a.reconciler(c, scheduler.Unwatched{})
		if err != nil {
			stop()
			return scheduler.Report{}, err
		}
		s.Clusters = append(s.Clusters, r)
	}
	for _, r := range s.Clusters {
		running.Go(func() { r.Run(ctx) })
	}
	report, err := s.Reconcile(ctx)
	if report.Unknown > 0 {
		err = nil // the report counts them
	}
	stop()
	running.Wait()
	return report, err
}

// askDaemon leaves the request in the database and waits for the answer.
func (a *app) askDaemon(ctx context.Context) (scheduler.Report, error) {
	id, err := a.store.Ask(ctx, requestReconcile, "", a.clock.Now())
	if err != nil {
		return scheduler.Report{}, err
	}
	for {
		if err := a.clock.Sleep(ctx, 200*time.Millisecond); err != nil {
			return scheduler.Report{}, err
		}
		r, done, err := a.store.Answer(ctx, id)
		switch {
		case err != nil:
			return scheduler.Report{}, err
		case done && r.Failed:
			return scheduler.Report{}, errors.New(r.Result)
		case done:
			var report scheduler.Report
			err := json.Unmarshal([]byte(r.Result), &report)
			return report, err
		}
	}
}
