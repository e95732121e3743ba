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
	"deskd/store/transfer"
)

func migrateCommand() *cobra.Command {
	var file, dsn string
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Create the database, bring its schema up to date, or move one into it",
		Long: `Create the database of the configuration, or bring its schema up to date.
The daemon and the writing verbs do so by themselves; the reading verbs refuse an
older schema and name this one. The daemon must not run: exit code 75.

With --from-sqlite the database file FILE is moved into the empty PostgreSQL database of the
configuration, with all that deskd keeps: bookings, people, desks, journal, the audit with
its chain, and the key that deskd signs with. With --from-postgres that of a server is moved
into the new file of the configuration. All rows are compared, and the audit verified, before
anything counts; a move that fails, or is killed, leaves nothing. The source stays as it is:
no deskd may run on it again. Exit code 75: a deskd runs on one of the two. Exit code 78: the
target is not empty, or deskd refuses to act on the source.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := cli.LoadConfig(cmd)
			if err == nil {
				err = checkMove(c, file, dsn)
			}
			switch {
			case err != nil:
				return err
			case file != "":
				return move(cmd, c, file, transfer.ToServer)
			case dsn != "":
				return move(cmd, c, dsn, func(ctx context.Context, from, to string, o transfer.Options) (transfer.Report, error) {
					return transfer.ToFile(ctx, from, to, o)
				})
			}
			return migrate(cmd, c)
		},
	}
	cmd.Flags().StringVar(&file, "from-sqlite", "", "move this `FILE` into the PostgreSQL database of the configuration")
	cmd.Flags().StringVar(&dsn, "from-postgres", "", "move the database at this address (`DSN`) into the file of the configuration")
	cli.AddOutput(cmd)
	return cmd
}

func migrate(cmd *cobra.Command, c configs.Config) error {
	return daemon.Locked(c, func() error {
		st, err := store.Open(cmd.Context(), c.Database.DSN, store.Options{Logger: logs.New(cmd.ErrOrStderr(), c.Log)})
		if err != nil {
			return err
		}
		if err := st.Close(); err != nil {
			return err
		}
		return cli.Answer(cmd, map[string]any{"database": c.Database.DSN, "current": true}, c.Database.DSN+" is up to date\n")
	})
}

// checkMove refuses a move that is none between the two kinds of database.
func checkMove(c configs.Config, file, dsn string) error {
	server := store.IsServer(c.Database.DSN)
	switch {
	case file != "" && dsn != "":
		return cli.Usagef("--from-sqlite and --from-postgres: give one of the two")
	case file != "" && !server:
		return cli.Usagef("--from-sqlite moves into a PostgreSQL database, and the configuration names the file %s; set database.driver and database.dsn first", c.Database.DSN)
	case dsn != "" && server:
		return cli.Usagef("--from-postgres moves into an SQLite file, and the configuration names a PostgreSQL database; set database.driver and database.dsn first")
	}
	if file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return cli.Usagef("--from-sqlite: %w; name a file that is there", err)
		}
	}
	if dsn != "" {
		if err := configs.CheckServer(dsn); err != nil {
			return cli.Usagef("--from-postgres: the address %w", err)
		}
	}
	return nil
}

// moved is what a move answers.
type moved struct {
	From     string `json:"from"`
	Database string `json:"database"`
	transfer.Report
}

// move moves a database into that of the configuration, while no deskd acts on either.
func move(cmd *cobra.Command, c configs.Config, from string, do func(ctx context.Context, from, to string, o transfer.Options) (transfer.Report, error)) error {
	return daemon.Locked(c, func() (err error) {
		source, err := store.Acquire(cmd.Context(), from, time.Now())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, source.Close()) }()
		o := transfer.Options{Logger: logs.New(cmd.ErrOrStderr(), c.Log), Progress: importProgress(cmd.ErrOrStderr())}
		done, err := do(cmd.Context(), from, c.Database.DSN, o)
		if err != nil {
			return err
		}
		return cli.Answer(cmd, moved{from, c.Database.DSN, done}, describeMove(c, from, done))
	})
}

// describeMove says what a move has done, and what is left to do.
func describeMove(c configs.Config, from string, done transfer.Report) string {
	text := console.Sprintf("moved %s into %s: %s rows in %d tables, all of them compared\n", from, c.Database.DSN, grouped(int(done.Rows())), len(done.Tables))
	text += console.Sprintf("The audit is that of the source: rows %d to %d, head %s\n", done.Audit.Pruned+1, done.Audit.Last, done.Audit.Head)
	if done.Audit.Broken != 0 {
		text += console.Sprintf("It is not whole, in both of them: row %d: %s\n", done.Audit.Broken, done.Audit.Problem)
	}
	for _, p := range done.Replaced {
		text += console.Sprintf("%v: letters that a server cannot hold are U+FFFD now\n", p)
	}
	for _, name := range done.Left {
		text += console.Sprintf("table %s is not deskd's, and was left\n", name)
	}
	return text + fmt.Sprintf("The source is as it was. Put it away: two daemons that believe they are one would log people in and out twice.\nThe anchors of the audit are written to %s from now on; append the former ones there.\n", c.Database.AnchorsPath())
}
