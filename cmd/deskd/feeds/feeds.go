package feeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/reservations"
	"deskd/store"
	"deskd/web/view"
)

// Command is deskd feed, with its verbs.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "feed show|accept|reject|drop|rename",
		Short: "Decide about the held change of a feed, and about feeds that are no longer configured",
		Long: `A change of a feed that takes away too many bookings at once (key brake) is held: the
bookings stay until a person has decided, or the feed has said the same for half an
hour. Look at it with show, and then accept or reject it.

Nobody is logged in by a feed that was taken out of the configuration, or has another
name there. Drop it, or rename it.`,
		Args: cli.VerbOf,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("expected show, accept, reject, drop or rename; see deskd feed --help")
		},
	}
	cmd.AddCommand(feedShowCommand(),
		feedAnswerCommand("accept", reservations.Accepted, "Apply the held change of a feed", `Apply the held change of a feed, with a daemon or without: the feed is polled, and if it
still says so, the bookings it has dropped are withdrawn. People who are on a phone by
one of them are logged out. If it says something else by now, that is held in its turn.`),
		feedAnswerCommand("reject", reservations.Rejected, "Keep the bookings of a feed as they were", `Keep the bookings of a feed as they were when its change was held, for as long as it says
the same. Nothing of the feed is applied meanwhile and nobody is asked, though the page
says so; when it says something else, that is looked at again.`),
		feedDropCommand(), feedRenameCommand())
	return cmd
}

func feedShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show who is affected by the held change of a feed",
		Long: `Show the bookings that the held change of a feed would drop, replace and add, and the
number of the change, by which it can be accepted or rejected and no other.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			return open(cmd, true, func(ctx context.Context, a *opened) error {
				if _, err := a.feedNamed(args[0]); err != nil {
					return err
				}
				h, err := a.Store.HeldChange(ctx, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return console.JSON(cmd.OutOrStdout(), view.HeldChangeOf(args[0], h))
				}
				return a.printHeld(ctx, cmd.OutOrStdout(), args[0], h)
			})
		},
	}
	cli.AddOutput(cmd)
	return cmd
}

// feedAnswerCommand is a verb that gives answer to a held change.
func feedAnswerCommand(verb string, answer reservations.Answer, short, long string) *cobra.Command {
	var change string
	cmd := &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Long:  long,
		Args:  cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, false, func(ctx context.Context, a *opened) error {
				fd, err := a.feedNamed(args[0])
				if err != nil {
					return err
				}
				h, err := a.Store.AnswerHeld(ctx, store.HeldAnswer{Feed: fd.Name, Change: change, Answer: answer}, a.Clock.Now())
				if errors.Is(err, reservations.ErrNotHeld) {
					return fmt.Errorf("feed %q: %w; deskd feed show %s says what is", fd.Name, reservations.ErrNotHeld, fd.Name)
				}
				if err != nil {
					return err
				}
				if err := a.printHeld(ctx, cli.Prose(cmd), fd.Name, h); err != nil {
					return err
				}
				followed := a.follow(ctx, cli.Prose(cmd), fd, answer)
				return errors.Join(followed, cli.Finish(cmd, view.HeldChangeOf(fd.Name, h)))
			})
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().StringVar(&change, "change", "", "answer to the change of this `number` only")
	return cmd
}

// feedNamed is a feed of the configuration.
func (a *opened) feedNamed(name string) (reservations.Feed, error) {
	all := daemon.Feeds(a.Config)
	i := slices.IndexFunc(all, func(f reservations.Feed) bool { return f.Name == name })
	if i < 0 {
		return reservations.Feed{}, cli.NoSuch("feed", name, a.View.FeedNames())
	}
	return all[i], nil
}

// follow polls the feed, so that the answer is heeded now, and says what came
// of it. The answer stands whatever happens to the poll.
func (a *opened) follow(ctx context.Context, out io.Writer, fd reservations.Feed, answer reservations.Answer) error {
	trouble := a.PollNow(ctx, fd)
	h, err := a.Store.HeldChange(ctx, fd.Name)
	if err != nil {
		return err
	}
	switch {
	case h.Any() && h.Answer == reservations.Unanswered:
		_, err = console.Printf(out, "The feed says something else by now, which is held in its turn: deskd feed show %s\n", fd.Name)
		return errors.Join(err, cli.ErrSaid)
	case !h.Any(): // a rejected change, too, when the feed has its bookings back
		_, err = fmt.Fprintln(out, "Done: the bookings are as the feed says now.")
	case answer == reservations.Rejected:
		_, err = fmt.Fprintln(out, "Rejected: the bookings stay until the feed says something else.")
	case trouble != nil:
		_, err = console.Printf(out, "Accepted: it will be applied when the feed is read again (%v).\n", trouble)
	default:
		_, err = fmt.Fprintln(out, "Accepted: the next poll of the daemon applies it.")
	}
	return err
}

// opened is an opened installation, with what verbs about feeds do with it.
type opened struct{ *cli.App }

// open is [cli.Open] for these verbs.
func open(cmd *cobra.Command, readOnly bool, run func(ctx context.Context, a *opened) error) error {
	return cli.Open(cmd, readOnly, func(ctx context.Context, a *cli.App) error { return run(ctx, &opened{a}) })
}
