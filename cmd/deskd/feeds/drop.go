package feeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/reservations"
	"deskd/scheduler/drive"
	"deskd/store"
)

// farAhead is later than any booking: one lasts 400 days at most, and no feed's
// window reaches so far.
const farAhead = 100 * 365 * 24 * time.Hour

func feedDropCommand() *cobra.Command {
	var o dropOptions
	cmd := &cobra.Command{
		Use:   "drop NAME",
		Short: "End the bookings of a feed that the configuration no longer has",
		Long: `Withdraw the bookings of a feed that was taken out of the configuration: those that
have not begun, with --running also those that run, whose people are logged out. They
are shown first; --dry-run ends there, --yes does not ask. Bookings that waited for
these desks are confirmed.

A feed that is configured is not dropped: its next poll would bring everything back.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, o.dryRun, func(ctx context.Context, a *opened) error { return a.dropFeed(ctx, cmd, args[0], o) })
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be dropped, and drop nothing")
	cmd.Flags().BoolVar(&o.running, "running", false, "end the bookings that run, too")
	return cmd
}

// dropOptions are the flags of feed drop.
type dropOptions struct{ yes, dryRun, running bool }

func (a *opened) dropFeed(ctx context.Context, cmd *cobra.Command, name string, o dropOptions) error {
	out, now := cli.Prose(cmd), a.Clock.Now()
	if err := a.away(ctx, name, "it cannot be dropped: take it out of the configuration first"); err != nil {
		return err
	}
	kept, err := a.printLeaving(ctx, out, leaving{name, now, o.running})
	if err != nil {
		return err
	}
	if o.dryRun {
		return cli.Finish(cmd, map[string]any{"feed": name, "dry_run": true, "run_on": kept})
	}
	if err := a.unread(ctx, name); err != nil {
		return err
	}
	if !o.yes {
		typed, err := cli.Confirm(cmd.InOrStdin(), out, fmt.Sprintf("Type %s to drop them: ", name))
		if err != nil {
			return err
		}
		if typed != name {
			return errors.New("nothing was changed")
		}
	}
	n, err := a.Store.DropFeed(ctx, name, o.running, now)
	if err != nil {
		return err
	}
	console.Say(out, "Dropped: %s.\n", console.Count(n, "booking is withdrawn", "bookings are withdrawn"))
	if kept > 0 {
		console.Say(out, "%s to the end of the booking; deskd feed drop %s --running ends them now, deskd cancel one of them.\n",
			console.Count(kept, "that runs stays", "that run stay"), name)
	}
	return cli.Finish(cmd, map[string]any{"feed": name, "withdrawn": n, "run_on": kept})
}

func feedRenameCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Carry the bookings of a feed over to its new name",
		Long: `Carry over the bookings and the state of a feed that has another name in the
configuration now: nobody is logged out, what was cancelled by hand stays cancelled, and
the next poll changes nothing that the calendar has not changed. It makes no difference
whether the feed was read under its new name before.

First give the feed its new name in the configuration, and have a daemon that runs read
that (systemctl reload deskd).`,
		Args: cli.Takes(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, dryRun, func(ctx context.Context, a *opened) error {
				return a.renameFeed(ctx, cmd, [2]string{args[0], args[1]}, dryRun)
			})
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be carried over, and change nothing")
	return cmd
}

// renameFeed carries over what the first of two feeds has booked to the second.
func (a *opened) renameFeed(ctx context.Context, cmd *cobra.Command, names [2]string, dryRun bool) error {
	from, to, out, now := names[0], names[1], cli.Prose(cmd), a.Clock.Now()
	fd, err := a.feedNamed(to)
	if err != nil {
		return fmt.Errorf("%w: give the feed its new name there first", err)
	}
	if err := a.away(ctx, from, "it cannot be renamed: give it its new name in the configuration first"); err != nil {
		return err
	}
	if _, err := a.printLeaving(ctx, out, leaving{from, now, true}); err != nil {
		return err
	}
	if dryRun {
		return cli.Finish(cmd, map[string]any{"feed": to, "was": from, "dry_run": true})
	}
	if err := a.unread(ctx, from); err != nil {
		return err
	}
	since := now.Add(-fd.Back - 48*time.Hour) // what a poll looks at, in any zone
	done, err := a.Store.RenameFeed(ctx, store.FeedRename{From: from, To: to, Since: since}, now)
	if err != nil {
		return err
	}
	console.Say(out, "Carried over to feed %s: %s, %d of which it had read already.\n", to, console.Count(done.Moved, "booking", "bookings"), done.Merged)
	return cli.Finish(cmd, map[string]any{"feed": to, "was": from, "carried_over": done.Moved, "read_already": done.Merged})
}

// away is an error when a feed of that name is in the configuration, with what
// follows from it, or has left nothing in the database.
func (a *opened) away(ctx context.Context, name, so string) error {
	if slices.Contains(a.View.FeedNames(), name) {
		return cli.Usagef("feed %q is in the configuration (key feeds): %s", name, so)
	}
	known, err := a.View.FormerFeeds(ctx)
	if err != nil || slices.Contains(known, name) {
		return err
	}
	near := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
	switch {
	case near >= 0:
		return cli.Usagef("there is nothing of a feed %q; did you mean %q?", name, known[near])
	case len(known) == 0:
		return cli.Usagef("there is nothing of a feed %q, nor of any other that the configuration does not have", name)
	}
	return cli.Usagef("there is nothing of a feed %q; those that the configuration does not have are: %s", name, strings.Join(known, ", "))
}

// unread is an error when the daemon still reads the feed of that name, by a
// configuration from before: it would bring back what is taken away.
func (a *opened) unread(ctx context.Context, name string) error {
	err := daemon.Locked(a.Config, func() error { return nil })
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	err = a.AskPoll(ctx, name)
	switch {
	case err == nil:
		return fmt.Errorf("the daemon still reads feed %q: have it read the configuration (systemctl reload deskd, or SIGHUP) and try again", name)
	case strings.Contains(err.Error(), drive.ErrNoFeed.Error()):
		return nil
	}
	return err
}

// leaving are the bookings that leave a feed at an instant: all that are not over, or
// all but those that run then.
type leaving struct {
	feed    string
	at      time.Time
	running bool
}

// printLeaving shows the bookings of a feed that are not over. Those that run are
// marked, and counted if they stay.
func (a *opened) printLeaving(ctx context.Context, w io.Writer, l leaving) (kept int, err error) {
	booked, err := a.Store.ListReservations(ctx, reservations.Filter{
		Source: reservations.FeedSource(l.feed), Span: reservations.Span{Start: l.at, End: l.at.Add(farAhead)},
	})
	if err != nil {
		return 0, err
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return 0, err
	}
	if len(booked) == 0 {
		_, err := console.Printf(w, "Feed %s has no bookings that are not over.\n", l.feed)
		return 0, err
	}
	var rows [][]string
	for _, r := range booked {
		note := string(r.Status)
		if r.Contains(l.at) {
			note += ", runs"
			if !l.running {
				note += ": stays"
				kept++
			}
		}
		zone := zones(r.Desk)
		rows = append(rows, []string{r.Desk, console.Dash(r.Person), r.Start.In(zone).Format("2006-01-02 15:04"), r.End.In(zone).Format("2006-01-02 15:04"), note})
	}
	return kept, console.Table(w, "DESK PERSON START END NOW", rows)
}
