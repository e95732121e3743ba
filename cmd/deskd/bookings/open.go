package bookings

import (
	"context"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/reservations/booking"
)

// opened is an opened installation, with what the verbs of this package do with it.
type opened struct{ *cli.App }

// operator is who runs a verb: they could write to the database as well.
var operator = booking.Actor{Operator: true}

// open is [cli.Open] for verbs that write.
func open(cmd *cobra.Command, run func(ctx context.Context, a *opened) error) error {
	return cli.Open(cmd, false, func(ctx context.Context, a *cli.App) error { return run(ctx, &opened{a}) })
}

// addHow adds the flags that say how a verb is meant.
func addHow(cmd *cobra.Command, how *booking.How, ruled bool) {
	cmd.Flags().BoolVar(&how.DryRun, "dry-run", false, "say what would be done, and do nothing")
	if ruled {
		cmd.Flags().BoolVar(&how.EvenSo, "even-so", false, "do it although rules are against it")
	}
}

// addMeant adds the flags by which a reservation is meant that is not named by its id.
func addMeant(cmd *cobra.Command) {
	cmd.Flags().String("desk", "", "the `desk` whose reservation is meant")
	cmd.Flags().String("at", "", "the `time` or day at which the desk has it")
	cli.AddOutput(cmd)
}
