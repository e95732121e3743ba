// Command deskd keeps the phones of hot desks in step with the bookings. It is
// the daemon (deskd serve), the demonstration (deskd demo) and the tools around
// both, one file per verb. All wiring is in serve.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"deskd/configs"
	"deskd/store"
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
	// The second signal kills: whoever sends it does not want to wait.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code. An error that the
// verb has not printed itself goes to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errSaid) {
		fmt.Fprintln(stderr, "deskd: "+err.Error())
	}
	return exitCode(err)
}

// errSaid is the error of a verb that has printed what is wrong.
var errSaid = errors.New("not right")

// usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	var bad usageError
	var mistakes configs.Mistakes
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad), errors.As(err, &mistakes):
		return exitUsage
	case errors.Is(err, store.ErrLocked):
		return exitBusy
	case errors.Is(err, store.ErrNewerSchema), errors.Is(err, store.ErrForeign):
		return exitRefuses
	}
	return exitNotRight
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "deskd",
		Short: "Log hot-desk phones in and out as the bookings say",
		Long: `deskd keeps the Cisco phones of hot desks in step with the bookings: whoever has
booked a desk finds its phone logged in as theirs when the booking starts, and
logged out when it ends.

Start with: deskd demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; see %s --help", err, cmd.CommandPath())
	})
	root.PersistentFlags().String("config", "", "configuration file (default deskd.yaml, then /etc/deskd/deskd.yaml)")
	root.AddCommand(
		demoCommand(), serveCommand(), configCommand(), planCommand(), explainCommand(), checkCommand(),
		doctorCommand(), importCommand(), reserveCommand(), cancelCommand(), listCommand(),
		reconcileCommand(), migrateCommand(), versionCommand(),
	)
	wrapArgs(root)
	return root
}

// required is a usage error when one of the named flags was not given.
func required(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if !cmd.Flags().Changed(name) {
			return usage("--%s is missing; see %s --help", name, cmd.CommandPath())
		}
	}
	return nil
}

// wrapArgs makes a wrong number of arguments a usage error.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usage("%w; see %s --help", err, cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}
