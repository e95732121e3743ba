package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
	"deskd/scheduler"
	"deskd/store"
)

func reconcileCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Ask every phone now, repair what differs, and report it by cause",
		Long: `Ask the phone system about every desk now, repair what differs from the bookings,
and print a report of the differences by cause.

When a daemon runs on this database it does the work, and this verb waits for its
report. Exit code 1: some phones did not answer, or are still not as the bookings
say, or a cluster is paused or has logouts held, whatever its phones show, or desks are on
a cluster that is not in the configuration. Standard error says which of these it was.`,
		Args: takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				// Opened before anything is sent: repairs without their report would go unnoticed.
				out, err := createOutput(cmd, path)
				if err != nil {
					return usage("--report: %w", err)
				}
				report, err := a.reconcile(ctx)
				if err == nil && asJSON {
					err = console.JSON(out, report)
				} else if err == nil {
					_, err = report.WriteTo(out)
				}
				err = errors.Join(err, out.Close())
				if err == nil && !report.Right() {
					err = notRight(cmd.ErrOrStderr(), report)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&path, "report", "-", "`file` for the report, - for standard output")
	addOutput(cmd)
	return cmd
}

// notRight says why a report is not right, and is the error of the verb.
func notRight(w io.Writer, r scheduler.Report) error {
	if r.Unknown > 0 {
		console.Say(w, "deskd: %d of %d phones did not answer; deskd doctor says more\n", r.Unknown, r.Desks)
	}
	if r.Differ > 0 {
		console.Say(w, "deskd: %s still not as the bookings say; deskd plan --seen says what is to come\n", console.Count(r.Differ, "phone is", "phones are"))
	}
	if r.Doubted > 0 {
		console.Say(w, "deskd: the last answers about %s may be from the past; ask again in a minute\n", console.Count(r.Doubted, "phone", "phones"))
	}
	for _, p := range r.Problems {
		console.Say(w, "deskd: not right: %s\n", p)
	}
	return errSaid
}

// createOutput creates the file at path, "-" being standard output.
func createOutput(cmd *cobra.Command, path string) (io.WriteCloser, error) {
	if path == "-" {
		return keptOpen{cmd.OutOrStdout()}, nil
	}
	return os.Create(path) //nolint:gosec // whoever runs the verb names the file
}

// keptOpen is a writer that Close leaves open.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }

// reconcile has the running daemon reconcile, or does so itself where none runs.
func (a *parts) reconcile(ctx context.Context) (scheduler.Report, error) {
	var report scheduler.Report
	err := locked(a.config, func() (err error) {
		report, err = a.reconcileHere(ctx)
		return err
	})
	if errors.Is(err, store.ErrLocked) {
		text, err := a.askDaemon(ctx, requestReconcile, "", askPatience)
		if err != nil {
			return report, err
		}
		return report, json.Unmarshal([]byte(text), &report)
	}
	return report, err
}

// reconcileHere lets every cluster run until it has been swept.
func (a *parts) reconcileHere(ctx context.Context) (scheduler.Report, error) {
	s := &scheduler.Scheduler{Journal: a.store, Clock: a.clock, Log: a.log}
	for _, c := range a.config.Clusters {
		access, err := a.access(c)
		if err != nil {
			return scheduler.Report{}, err
		}
		s.Clusters = append(s.Clusters, a.reconciler(c, access, scheduler.Unwatched{}))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	for _, r := range s.Clusters {
		running.Go(func() { r.Run(ctx) })
	}
	report, err := s.Reconcile(ctx)
	if len(report.Problems) > 0 {
		err = nil // the report tells them
	}
	stop()
	running.Wait()
	return report, errors.Join(err, a.view.AddUndriven(context.WithoutCancel(ctx), &report))
}

// askPatience is how long the daemon's report is waited for: longer than it takes, and not
// for ever should it have died over the request.
const askPatience = 15 * time.Minute

// askDaemon leaves a request in the database and waits for its answer, as long
// as patience lasts.
func (a *parts) askDaemon(ctx context.Context, verb, arg string, patience time.Duration) (string, error) {
	id, err := a.store.Ask(ctx, verb, arg, a.clock.Now())
	if err != nil {
		return "", err
	}
	for until := a.clock.Now().Add(patience); a.clock.Now().Before(until); {
		if err := a.clock.Sleep(ctx, 200*time.Millisecond); err != nil {
			return "", err
		}
		r, done, err := a.store.Answer(ctx, id)
		switch {
		case err != nil:
			return "", err
		case done && r.Failed:
			return "", errors.New(r.Result)
		case done:
			return r.Result, nil
		}
	}
	return "", fmt.Errorf("the daemon has not answered in %v; its log says more", patience)
}
