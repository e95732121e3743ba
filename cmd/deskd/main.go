// Command deskd keeps the phones of hot desks in step with the bookings. It is
// the daemon (deskd serve), the demonstration (deskd demo) and the tools around
// both, one file per verb: flags in, print out. Verbs that list and explain are in
// show, those about calendars in feeds, those that book in bookings, those about phones
// themselves in phones, what all verbs share in cli. What they do is in
// daemon, doctor, demo and imports, and what they answer in web/view.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/bookings"
	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/feeds"
	"deskd/cmd/deskd/imports"
	"deskd/cmd/deskd/phones"
	"deskd/cmd/deskd/show"
	"deskd/cmd/deskd/tokens"
	"deskd/configs"
	"deskd/store"
	"deskd/store/transfer"
)

// Exit codes beyond 0.
const (
	exitNotRight = 1  // the thing asked about is not right
	exitUsage    = 2  // usage or configuration
	exitBusy     = 75 // another daemon holds the database
	exitRefuses  = 78 // deskd refuses to act on this database
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal kills: its sender does not want to wait.
	context.AfterFunc(ctx, stop)
	// A limit on the size of files is an error of the write, like a full disk.
	signal.Ignore(syscall.SIGXFSZ)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code. An error that the
// verb has not printed itself goes to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	stdout, stderr = console.NewWriter(stdout), console.NewWriter(stderr)
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	tellError(stderr, err)
	return exitCode(err)
}

// tellError tells an error, unless the verb has.
func tellError(w io.Writer, err error) {
	mistakes, several := errors.AsType[configs.Mistakes](err)
	switch {
	case err == nil || errors.Is(err, cli.ErrSaid):
	case several:
		fmt.Fprintln(w, mistakes) // each begins with file and line
	default:
		// What follows a line break is not a line of its own: some name may hold it.
		fmt.Fprintln(w, "deskd: "+strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
}

func exitCode(err error) int {
	var bad cli.UsageError
	var config daemon.ConfigError
	var file imports.FileError
	var mistakes configs.Mistakes
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad), errors.As(err, &config), errors.As(err, &file), errors.As(err, &mistakes), errors.Is(err, store.ErrSetup):
		return exitUsage
	case errors.Is(err, store.ErrLocked):
		return exitBusy
	case errors.Is(err, store.ErrNewerSchema), errors.Is(err, store.ErrForeign), errors.Is(err, store.ErrMarker), errors.Is(err, store.ErrSchema), errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrDenied), errors.Is(err, store.ErrKept),
		errors.Is(err, transfer.ErrNotEmpty):
		return exitRefuses
	}
	return exitNotRight
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "deskd",
		Short: "Log hot-desk phones in and out as the bookings say",
		Long: `deskd keeps the Cisco phones of hot desks in step with the bookings: people
find the phone of a desk they have booked logged in as theirs when the booking
starts, and logged out when it ends.

Start with: deskd demo`,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return cli.CheckFlags(cmd)
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cli.VerbOf,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.Usagef("%s; see %s --help", cli.FlagText(err), cmd.CommandPath())
	})
	root.PersistentFlags().String("config", "", "configuration file (default deskd.yaml, then /etc/deskd/deskd.yaml)")
	root.AddCommand(
		demoCommand(), serveCommand(), configCommand(), planCommand(), explainCommand(), checkCommand(),
		doctorCommand(), importCommand(), bookings.Reserve(), bookings.Cancel(), bookings.Extend(), bookings.End(), bookings.CheckIn(), bookings.WalkUp(), bookings.Close(), bookings.Reopen(), bookings.Away(), bookings.Back(), show.List(), show.Report(), feeds.Command(), logoutsCommand(),
		reconcileCommand(), pauseCommand(), resumeCommand(), probeCommand(), backupCommand(), restoreCommand(), auditCommand(),
		migrateCommand(), supportCommand(), personCommand(), tokens.Command(), phones.Command(), versionCommand(),
	)
	answerable(root)
	return root
}

// explainCommand is explain, which knows desks and what phones say.
func explainCommand() *cobra.Command {
	cmd := show.Explain()
	cmd.AddCommand(phones.ExplainError())
	return cmd
}

// answerable gives the verbs that cobra brings the usage errors of the others.
func answerable(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args = cli.VerbOf
			cmd.RunE = func(cmd *cobra.Command, _ []string) error {
				return cli.Usagef("expected a shell; see %s --help", cmd.CommandPath())
			}
		case "help":
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if found, rest, err := cmd.Root().Find(args); err != nil || len(rest) > 0 {
					return cli.VerbOf(found, rest)
				}
				return nil
			}
		}
	}
}
