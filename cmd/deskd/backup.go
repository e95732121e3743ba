package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/configs"
	"deskd/store"
)

func backupCommand() *cobra.Command {
	var o store.BackupOptions
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database into a file, and check the copy",
		Long: `Copy the database of the configuration into FILE, beside a running daemon or without
one. The copy is the database as it was at one moment. It is read back from end to
end before it gets its name, and only its owner may read it.

Nothing is copied, and no file replaced, when the database is not the one that was
here: an older copy, an emptied one, another one (exit code 78, as with serve). With
--force a FILE that is there is replaced once the new one has been verified, if it is a
backup of this database, had not come further and holds no more than twice as much;
else it is kept (78). --even-so says that all this is meant. What a backup lacks of the
last one is told.

Do not copy the database file itself: what is in its -wal file would be missing.

A database of a PostgreSQL server is backed up with the server's own tools: exit code 2.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			c, err := cli.LoadConfig(cmd)
			if err != nil {
				return err
			}
			now := time.Now()
			made, err := store.Backup(cmd.Context(), store.Copy{From: c.Database.DSN, To: args[0]}, o, now)
			if errors.Is(err, store.ErrServer) {
				return cli.Usage(err)
			}
			if errors.Is(err, fs.ErrExist) {
				return cli.Usagef("%w; --force replaces it", err)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return console.JSON(cmd.OutOrStdout(), made)
			}
			for _, doubt := range made.Doubts {
				console.Say(cmd.ErrOrStderr(), "warning: %s\n", doubt)
			}
			_, err = console.Printf(cmd.OutOrStdout(), "%s is a sound copy: %s\n", args[0], describe(c, made.Contents, now))
			return err
		},
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "replace FILE if it is a backup of this database")
	cmd.Flags().BoolVar(&o.EvenSo, "even-so", false, "copy a database that serve refuses, and replace whatever FILE is (with --force)")
	cli.AddOutput(cmd)
	return cmd
}

// describe says what a database holds and how old it is.
func describe(c configs.Config, holds store.Contents, now time.Time) string {
	text := fmt.Sprintf("%s, %s, %s, %s, schema %d, %.1f MB",
		console.Count(int(holds.Desks), "desk", "desks"), console.Count(int(holds.People), "person", "people"),
		console.Count(int(holds.Reservations), "reservation", "reservations"), console.Count(int(holds.Attempts), "attempt", "attempts"),
		holds.Schema, float64(holds.Bytes)/1e6)
	if holds.Newest.IsZero() {
		return text
	}
	zone := time.UTC
	if len(c.Sites) > 0 {
		if z, err := time.LoadLocation(c.Sites[0].Timezone); err == nil {
			zone = z
		}
	}
	return fmt.Sprintf("%s; last change %s, %s ago", text, console.ShortTime(holds.Newest, zone, now), age(now.Sub(holds.Newest)))
}

// age is a duration as people say it.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return console.Count(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return console.Count(int(d/time.Hour), "hour", "hours")
	}
	return console.Count(int(d/(24*time.Hour)), "day", "days")
}
