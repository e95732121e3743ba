package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/web/view"
)

func logoutsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logouts show|release",
		Short: "Look at logouts that are held because many bookings were cut short at once",
		Long: `When other programs delete, cancel, shorten or move too many bookings that run (key
brake) within ten minutes, their people stay logged in: until the bookings are back,
until a person releases the logouts, or until the end that each booking had. Look at
them with show. To leave it so, nothing has to be done.`,
		Args: cli.VerbOf,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("expected show or release; see deskd logouts --help")
		},
	}
	cmd.AddCommand(logoutsShowCommand(), logoutsReleaseCommand())
	return cmd
}

func logoutsShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [CLUSTER]",
		Short: "Show who would be logged out, and why",
		Long: `Show who would be logged out of a cluster, or of all that the configuration names:
until when they had the desk, what has become of the booking, by whom and when, and the
number by which these logouts can be released and no others.`,
		Args: cli.AtMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			return openApp(cmd, true, func(ctx context.Context, a *app) error {
				clusters, err := a.clustersNamed(args)
				if err != nil {
					return err
				}
				all, err := a.View.ListHeldLogouts(ctx, clusters, a.Clock.Now())
				if err != nil {
					return err
				}
				if asJSON {
					return console.JSON(cmd.OutOrStdout(), all)
				}
				for _, e := range all {
					err = errors.Join(err, a.printLogouts(ctx, cmd.OutOrStdout(), e))
				}
				return err
			})
		},
	}
	cli.AddOutput(cmd)
	return cmd
}

func logoutsReleaseCommand() *cobra.Command {
	var change string
	cmd := &cobra.Command{
		Use:   "release CLUSTER",
		Short: "Let the held logouts of a cluster go out",
		Long: `Let the logouts of a cluster that are held at this moment go out, with a daemon or
without: one that runs begins within two seconds, at the configured rate, and logs in
who has the desks now. Bookings that are cut short later count again.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				if _, err := a.clustersNamed(args); err != nil {
					return err
				}
				released, err := a.Store.ReleaseLogouts(ctx, args[0], change, a.Clock.Now())
				if errors.Is(err, reservations.ErrNotHeld) {
					return fmt.Errorf("cluster %q: %w; deskd logouts show %s says what is", args[0], reservations.ErrNotHeld, args[0])
				}
				if err != nil {
					return err
				}
				shown, err := a.View.HeldLogouts(ctx, args[0], released, a.Clock.Now())
				if err != nil {
					return err
				}
				if err := a.printLogouts(ctx, cli.Prose(cmd), shown); err != nil {
					return err
				}
				fmt.Fprintln(cli.Prose(cmd), "Released: the daemon carries them out at the configured rate.")
				return cli.Finish(cmd, shown)
			})
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().StringVar(&change, "change", "", "release the logouts of this `number` only")
	return cmd
}

func (a *app) printLogouts(ctx context.Context, w io.Writer, s view.HeldLogouts) error {
	if len(s.Logouts) == 0 {
		_, err := console.Printf(w, "No logout of cluster %s is held.\n", s.Cluster)
		return err
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	now := a.Clock.Now()
	var rows [][]string
	for _, e := range s.Logouts {
		rows = append(rows, []string{e.Desk, e.Person, console.ZonedTime(e.Until, zones(e.Desk), now), became(e, zones(e.Desk), now), console.Dash(e.Actor), console.ShortTime(e.Fate.At, zones(e.Desk), now)})
	}
	if err := console.Table(w, "DESK PERSON HAD-UNTIL BOOKING BY AT", rows); err != nil {
		return err
	}
	for _, e := range s.Logouts {
		if e.Unreadable != "" {
			console.Say(w, "%s: %s\n", e.Desk, e.Unreadable)
		}
	}
	_, err = console.Printf(w, "\nChange %s of cluster %s would log %s out; held since %s.\n", s.Change, s.Cluster,
		console.Count(len(s.Logouts), "person", "people"), console.ZonedTime(s.Since, a.View.Zone(""), now))
	if s.Waiting {
		console.Say(w, "deskd logouts release %s --change %s lets them go out; otherwise each stays until the end it had, or its booking is back.\n", s.Cluster, s.Change)
	}
	return err
}

// became says in words what has become of the booking.
func became(e view.HeldLogout, zone *time.Location, now time.Time) string {
	clock := func(t time.Time) string { return console.ZonedTime(t, zone, now) }
	switch r := e.Row; {
	case e.Session < 0:
		return "none: a walk-up (walkups: end)"
	case e.Kind == "desk":
		return "the desk has another phone, or is gone"
	case e.Kind == "person":
		return "protected from calendars"
	case e.Kind == "":
		return "as it was"
	case r.ID == "":
		return "deleted"
	case r.Status != reservations.Confirmed:
		return string(r.Status)
	case r.Desk != e.Desk:
		return "moved to desk " + r.Desk
	case !reservations.SamePerson(r.Person, e.Person):
		return "given to " + console.Dash(r.Person)
	case r.Start.After(now):
		return fmt.Sprintf("moved to %s until %s", clock(r.Start), clock(r.End))
	default:
		return "shortened to " + clock(r.End)
	}
}
