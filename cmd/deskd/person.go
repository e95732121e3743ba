package main

import (
	"context"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
)

func personCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "Show and remove what is held about a person",
		Args:  cli.VerbOf,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("expected export or erase; see deskd person --help")
		},
	}
	cmd.AddCommand(personEraseCommand(), personExportCommand())
	return cmd
}

func personExportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Print everything held about a person, as JSON",
		Long: `Print everything the database holds about the person with this user id or mail
address, as JSON: who they are, their reservations also when cancelled, every login,
logout and hold, the phones they were seen on last, and what the audit says of all
that. Exit code 1: nothing is held.

Backups, the log, and calendars that deskd reads are not part of it.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return openApp(cmd, true, func(ctx context.Context, a *app) error {
				all, err := a.Store.Personal(ctx, args[0])
				if err != nil {
					return err
				}
				return console.JSON(cmd.OutOrStdout(), all)
			})
		},
	}
	cli.AddOutput(cmd, "json")
	return cmd
}
