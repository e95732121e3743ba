package main

import (
	"context"
	"deskd/scheduler/guard"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
)

func pauseCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "pause [CLUSTER]",
		Short: "Send nothing to the phones until deskd resume",
		Long: `Pause a cluster, or all that the configuration names: nobody is logged in or out
there until deskd resume, however often the daemon is started. The phones are still
asked who is on them, so that the page stays true.

It takes effect at once, with a daemon or without: a login or logout that has not
begun when this verb returns is not sent. A request that is under way cannot be called
back; there are at most max_concurrent of them, and they end within seconds.`,
		Args: cli.AtMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				clusters, err := a.clustersNamed(args)
				if err != nil {
					return err
				}
				paused, err := a.Store.PauseClusters(ctx, clusters, why, a.Clock.Now())
				if err != nil {
					return err
				}
				return a.answerPauses(ctx, cmd, clusters, func(c string, p guard.Pause) string {
					if slices.Contains(paused, c) {
						return "is paused: nothing is sent to its phones until deskd resume"
					}
					return fmt.Sprintf("is paused already, %v since %s", p, console.ZonedTime(p.Since, a.View.Zone(""), a.Clock.Now()))
				})
			})
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "a `text` for the page, the log and the audit")
	cli.AddOutput(cmd)
	return cmd
}

// pausedCluster is how a cluster stands, for programs.
type pausedCluster struct {
	Cluster string       `json:"cluster"`
	Pause   *guard.Pause `json:"paused"` // null when nobody has paused it
}

// answerPauses says of each cluster how it stands now, in the words of tell.
func (a *app) answerPauses(ctx context.Context, cmd *cobra.Command, clusters []string, tell func(cluster string, p guard.Pause) string) error {
	all := make([]pausedCluster, len(clusters))
	text := ""
	for i, c := range clusters {
		p, err := a.Store.Pause(ctx, c)
		if err != nil {
			return err
		}
		all[i].Cluster = c
		if p.On() {
			all[i].Pause = &p
		}
		text += console.Sprintf("cluster %s %s\n", c, tell(c, p))
	}
	return cli.Answer(cmd, all, text)
}

func resumeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resume [CLUSTER]",
		Short: "Go on after deskd pause",
		Long: `Let a paused cluster go on, or all that the configuration names. A running daemon
does within two seconds: it brings the phones in line with the bookings of now, at the
configured rate. Bookings that passed meanwhile, or have less than min_left to go, are
not served any more.`,
		Args: cli.AtMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				clusters, err := a.clustersNamed(args)
				if err != nil {
					return err
				}
				resumed, err := a.Store.ResumeClusters(ctx, clusters)
				if err != nil {
					return err
				}
				return a.answerPauses(ctx, cmd, clusters, func(c string, _ guard.Pause) string {
					if slices.Contains(resumed, c) {
						return "is resumed"
					}
					return "was not paused"
				})
			})
		},
	}
	cli.AddOutput(cmd)
	return cmd
}

// clustersNamed are the clusters that a verb's arguments mean: the one that is
// named, or all of the configuration.
func (a *app) clustersNamed(args []string) ([]string, error) {
	var known []string
	for _, c := range a.Config.Clusters {
		known = append(known, c.Name)
	}
	if len(args) == 0 {
		return known, nil
	}
	if !slices.Contains(known, args[0]) {
		return nil, cli.NoSuch("cluster", args[0], known)
	}
	return args, nil
}
