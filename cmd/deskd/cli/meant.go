package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
)

// IDOrDesk is the check of a verb that takes the id of a reservation, or the
// flags that it needs without one.
func IDOrDesk(needed ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			if !cmd.Flags().Changed("desk") && !cmd.Flags().Changed("at") && len(needed) > 1 {
				return Takes(1)(cmd, args)
			}
			return Required(cmd, needed...)
		}
		if cmd.Flags().Changed("desk") {
			return Usagef("an ID and --desk: give one of the two; see %s --help", cmd.CommandPath())
		}
		return Takes(1)(cmd, args)
	}
}

// leastDigits is how many digits of an id are needed to mean it.
const leastDigits = 4

// ReservationCalled is the id that begins with the digits of text, which itself
// where none does.
func (a *App) ReservationCalled(ctx context.Context, text string) (string, error) {
	if _, err := a.Store.Desk(ctx, text); err == nil { // no id of a reservation looks like one
		return "", fmt.Errorf("no such reservation: %q; it is a desk: --desk %[1]s", text)
	}
	if len(text) < leastDigits {
		return text, nil
	}
	found, err := a.Store.ReservationsCalled(ctx, text)
	switch {
	case err != nil:
		return "", err
	case len(found) > 1:
		return "", a.Several(ctx, fmt.Sprintf("the id %q", text), found)
	case len(found) == 1:
		return found[0].ID, nil
	}
	return text, nil
}

// Several is the error of words that mean more than one reservation.
func (a *App) Several(ctx context.Context, what string, found []reservations.Reservation) error {
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	text := ""
	for _, r := range found {
		zone := zones(r.Desk)
		text += console.Sprintf("\n  %s  desk %s for %s from %s to %s, %s", r.ID, r.Desk, cmp.Or(r.Person, "nobody"), console.DayTime(r.Start, zone), console.DayTime(r.End, zone), r.Status)
	}
	return Usagef("%s means several reservations; name one by its id:%s", what, text)
}
