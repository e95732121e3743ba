package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

func planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show the steps a round would take now, with reasons, and take none",
		Long: `Show the steps a round would take now, or at another time, and why. The phones are
asked who is logged in (a question changes nothing there); --seen plans on what the
daemon saw last instead. A step whose time has come and that is not sent all the same,
because the cluster is paused or refuses deskd, or an outcome is still open, is "held";
one that waits for another step of its phone or person goes out "then". A booked desk whose
cluster is not in the configuration is a "hold": nobody drives its phone. Nothing is sent to a phone, and nothing is written but that
the phone system refuses the password.

With --wave it is a forecast: when each phone of the bookings that begin in the hour from
now (or from --at TIME, or from the next booking where none begins so soon) will be ready,
which phones will be late, by how much and why, and which max_per_minute, max_concurrent
or lead alone would suffice. Listed are those that will be late or are held; --all lists
every one, and so does -o json. A desk that changes hands at its start is late a minute
after that. The exit code is 1 where a phone will be late, else 0.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.json, err = cli.WantsJSON(cmd); err != nil {
				return err
			}
			if o.all && !o.wave {
				return cli.Usagef("--all belongs to --wave: without it every step is listed anyway")
			}
			err = openApp(cmd, true, func(ctx context.Context, a *app) error {
				var err error
				if o.at, err = o.time(ctx, cmd, a); err != nil {
					return err
				}
				return a.showPlan(ctx, cmd, o)
			})
			if errors.Is(err, store.ErrNoDatabase) && o.desk == "" {
				return planNothing(cmd.OutOrStdout(), o)
			}
			return err
		},
	}
	cmd.Flags().String("at", "", "plan as if it were this `time`")
	cmd.Flags().StringVar(&o.desk, "desk", "", "only this `desk`")
	cmd.Flags().BoolVar(&o.seen, "seen", false, "plan on what was last seen instead of asking the phones")
	cmd.Flags().BoolVar(&o.wave, "wave", false, "say when the phones of coming bookings will be ready, and which will be late")
	cmd.Flags().BoolVar(&o.all, "all", false, "with --wave: list the phones that will be in time too")
	cli.AddOutput(cmd)
	return cmd
}

// showPlan writes the steps of a plan, and what is to be said about them; or the forecast,
// where that is asked for.
func (a *app) showPlan(ctx context.Context, cmd *cobra.Command, o planOptions) error {
	if o.wave {
		return a.showWave(ctx, cmd, o)
	}
	w := cmd.OutOrStdout()
	steps, doubts, err := a.steps(ctx, o)
	if err != nil {
		return err
	}
	if o.json {
		return console.JSON(w, steps)
	}
	strays, err := a.View.StrayClusters(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(steps) == 0 && len(strays) > 0:
		_, err = fmt.Fprintln(w, "Nothing to do on the clusters that are configured.")
	case len(steps) == 0:
		_, err = fmt.Fprintln(w, "Nothing to do: every phone is as the bookings say.")
	default:
		err = a.printSteps(ctx, w, steps, o.at)
	}
	if err != nil {
		return err
	}
	for _, s := range strays {
		fmt.Fprintf(w, "\n%s What to do: %s.\n", s.Text, s.Fix)
	}
	for _, doubt := range doubts {
		fmt.Fprintf(w, "\n%s.\n", console.LocalTimes(doubt, a.View.Zone(""), o.at))
	}
	return nil
}

// planNothing is the plan of an installation that has no database yet, and its forecast.
func planNothing(w io.Writer, o planOptions) error {
	if o.json { // no step, and no cluster
		return console.JSON(w, []plan.Step{})
	}
	_, err := fmt.Fprintln(w, "Nothing to do: there is no database yet, hence no desk and no booking; deskd import desks FILE.csv creates it.")
	return err
}

// planOptions are the flags of plan.
type planOptions struct {
	desk string
	seen bool
	json bool
	wave bool // a forecast is asked for
	all  bool // of every phone
	at   time.Time
}

// time is the instant that is planned for, read in the zone of the desk if one
// is named, which then has to exist.
func (o planOptions) time(ctx context.Context, cmd *cobra.Command, a *app) (time.Time, error) {
	zone := a.View.Zone("")
	if o.desk != "" {
		d, err := a.Store.Desk(ctx, o.desk)
		if err != nil {
			return time.Time{}, err
		}
		zone = a.View.Zone(d.Site)
	}
	return cli.TimeFlag(cmd, "at", zone, a.Clock.Now())
}

// steps previews every cluster, and keeps the steps that are asked for. Doubts are
// sentences about clocks that are not believed.
func (a *app) steps(ctx context.Context, o planOptions) (steps []plan.Step, doubts []string, err error) {
	steps = []plan.Step{}
	for _, c := range a.Config.Clusters {
		var access *phones.Access
		if !o.seen {
			if access, err = a.Access(c); err != nil {
				return nil, nil, err
			}
		}
		p, err := a.Preview(ctx, c, access, o.at)
		if err != nil {
			err = errors.Join(err, a.Remember(ctx, c, err))
			return nil, nil, fmt.Errorf("cluster %q: %w (with --seen, what was last seen is planned on)", c.Name, err)
		}
		steps = append(steps, p.Steps...)
		if p.Clock != "" {
			doubts = append(doubts, fmt.Sprintf("The clock is in doubt on cluster %s: %s", c.Name, p.Clock))
		}
	}
	undriven, err := a.View.UndrivenSteps(ctx, o.desk, o.at)
	if err != nil {
		return nil, nil, err
	}
	steps = append(steps, undriven...)
	if o.desk != "" {
		steps = slices.DeleteFunc(steps, func(s plan.Step) bool { return s.Desk != o.desk })
	}
	return steps, doubts, nil
}

// printSteps writes the steps as a table, and which clusters get none of them.
func (a *app) printSteps(ctx context.Context, w io.Writer, steps []plan.Step, at time.Time) error {
	zone, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range steps {
		when, why := "now", s.Why
		switch {
		case s.Op == plan.OpHold:
			when = "-"
		case s.Held == scheduler.Behind:
			when = "then"
		case s.Held != "":
			when, why = "held", why+"; held: "+s.Held
		case s.NotBefore.After(at):
			when = console.ZonedTime(s.NotBefore, zone(s.Desk), at)
		}
		rows = append(rows, []string{when, string(s.Op), console.Dash(s.Desk), s.Device, console.Dash(s.Person), string(s.Cause), console.LocalTimes(why, zone(s.Desk), at)})
	}
	if err := console.Table(w, "WHEN STEP DESK PHONE PERSON CAUSE WHY", rows); err != nil {
		return err
	}
	for _, c := range a.Config.Clusters {
		p, err := a.Store.Pause(ctx, c.Name)
		if err != nil {
			return err
		}
		if p.On() {
			console.Say(w, "\nNothing is sent to cluster %s: it is paused %v since %s.\n", c.Name, p, console.ZonedTime(p.Since, a.View.Zone(""), at))
		}
	}
	return nil
}
