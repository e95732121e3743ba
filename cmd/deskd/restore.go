package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/logs"
	"deskd/configs"
	"deskd/store"
)

func restoreCommand() *cobra.Command {
	var accept bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the database",
		Long: `Put a backup that deskd backup has made in the place of the database. It is checked
first; the database that is there is kept in a file beside it. The daemon must not
run: exit code 75. Exit code 78: FILE is damaged, another program's, or a newer
deskd's, and nothing was changed.

With --accept-current and without FILE, the database that is there is taken as it
is, though its marker says that it is another or an older one.

A database of a PostgreSQL server is restored with the server's own tools: exit code 2.

Tokens that were made since the backup are gone, and what was revoked since stays
revoked: of the tokens of the backup those count that count in the database that was
there. Where that is missing, damaged or another one, and with --accept-current,
nothing says which were revoked, and all are.

Either way bookings may be missing for which people are on a phone now. Nobody is
logged out for that: everyone who is on a phone counts as a walk-up from then on.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if accept {
				return takesNothingMore(cmd, args)
			}
			return cli.Takes(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			c, err := cli.LoadConfig(cmd)
			if err != nil {
				return err
			}
			if store.IsServer(c.Database.DSN) && !accept { // which is refused, whoever holds it
				return restore(cmd, c, args[0], asJSON)
			}
			return daemon.Locked(c, func() error {
				if accept {
					return acceptCurrent(cmd, c, asJSON)
				}
				return restore(cmd, c, args[0], asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&accept, "accept-current", false, "take the database that is there as it is")
	cli.AddOutput(cmd)
	return cmd
}

func takesNothingMore(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("--accept-current takes no FILE; see %s --help", cmd.CommandPath())
	}
	return nil
}

// walkups says what becomes of the people on the phones.
const walkups = `Everyone on a phone now counts as a walk-up: nobody is logged out because a booking
is missing; their sessions end by themselves, or with the next booking of the desk.
Bookings of calendars come back with the next poll.
`

// revoked says what becomes of the tokens.
func revoked(n int) string {
	if n == 0 {
		return "Tokens made since the backup are gone; deskd token list shows those that count.\n"
	}
	return fmt.Sprintf("%d tokens are revoked, because nothing says that they still count: deskd token list\nshows them, deskd token create makes others. Tokens made since the backup are gone.\n", n)
}

// allRevoked says it of a database that is taken as it is.
const allRevoked = "All tokens in it are revoked, because nothing says which still count: deskd token create\nmakes others.\n"

func restore(cmd *cobra.Command, c configs.Config, file string, asJSON bool) error {
	if _, err := os.Stat(file); !store.IsServer(c.Database.DSN) && errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef("restore: %w; name a file that is there", err)
	}
	now := time.Now()
	ctx := store.WithActor(cmd.Context(), cli.Actor(cmd))
	done, err := store.Restore(ctx, store.Copy{From: file, To: c.Database.DSN}, logs.New(cmd.ErrOrStderr(), c.Log), now)
	if errors.Is(err, store.ErrServer) {
		return cli.Usage(err)
	}
	if err != nil {
		return err
	}
	if asJSON {
		return console.JSON(cmd.OutOrStdout(), done)
	}
	out := cmd.OutOrStdout()
	console.Say(out, "restored %s: %s\n", file, describe(c, done.Contents, now))
	if done.Aside != "" {
		console.Say(out, "What was there is kept in %s\n", done.Aside)
	}
	_, err = fmt.Fprint(out, walkups+revoked(done.Revoked))
	return err
}

func acceptCurrent(cmd *cobra.Command, c configs.Config, asJSON bool) error {
	ctx := store.WithActor(cmd.Context(), cli.Actor(cmd))
	st, err := store.Open(ctx, c.Database.DSN, store.Options{Accept: true, Logger: logs.New(cmd.ErrOrStderr(), c.Log)})
	if err != nil {
		return err
	}
	holds, err := checked(ctx, st, c.Database.DSN)
	if err != nil {
		return err
	}
	if asJSON {
		return console.JSON(cmd.OutOrStdout(), holds)
	}
	_, err = console.Printf(cmd.OutOrStdout(), "accepted %s: %s\n"+walkups+allRevoked, c.Database.DSN, describe(c, holds, time.Now()))
	return err
}

// checked closes the store and says what is in its file.
func checked(ctx context.Context, st *store.Store, path string) (store.Contents, error) {
	if err := st.Close(); err != nil {
		return store.Contents{}, err
	}
	return store.Examine(ctx, path)
}
