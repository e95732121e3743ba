// Command deskd keeps the phones of hot desks in step with the bookings. It is
// the daemon (deskd serve), the demonstration (deskd demo) and the tools around
// both, one file per verb: flags in, print out. What the verbs do is in daemon,
// doctor, demo and imports, and what they answer in web/view.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/imports"
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
	case err == nil || errors.Is(err, errSaid):
	case several:
		fmt.Fprintln(w, mistakes) // each begins with file and line
	default:
		// What follows a line break is not a line of its own: some name may hold it.
		fmt.Fprintln(w, "deskd: "+strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
}

// errSaid is the error of a verb that has printed what is wrong.
var errSaid = errors.New("not right")

// usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	var bad usageError
	var config daemon.ConfigError
	var file imports.FileError
	var mistakes configs.Mistakes
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad), errors.As(err, &config), errors.As(err, &file), errors.As(err, &mistakes):
		return exitUsage
	case errors.Is(err, store.ErrLocked):
		return exitBusy
	case errors.Is(err, store.ErrNewerSchema), errors.Is(err, store.ErrForeign), errors.Is(err, store.ErrMarker), errors.Is(err, store.ErrSchema), errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrDenied), errors.Is(err, store.ErrKept):
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
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return errors.Join(checkEmpty(cmd), checkOutput(cmd))
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          verbOf,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%s; see %s --help", flagText(err), cmd.CommandPath())
	})
	root.PersistentFlags().String("config", "", "configuration file (default deskd.yaml, then /etc/deskd/deskd.yaml)")
	root.AddCommand(
		demoCommand(), serveCommand(), configCommand(), planCommand(), explainCommand(), checkCommand(),
		doctorCommand(), importCommand(), reserveCommand(), cancelCommand(), listCommand(), feedCommand(), logoutsCommand(),
		reconcileCommand(), pauseCommand(), resumeCommand(), probeCommand(), backupCommand(), restoreCommand(), auditCommand(),
		migrateCommand(), supportCommand(), personCommand(), versionCommand(),
	)
	answerable(root)
	return root
}

// answerable gives the verbs that cobra brings the usage errors of the others.
func answerable(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args = verbOf
			cmd.RunE = func(cmd *cobra.Command, _ []string) error {
				return usage("expected a shell; see %s --help", cmd.CommandPath())
			}
		case "help":
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if found, rest, err := cmd.Root().Find(args); err != nil || len(rest) > 0 {
					return verbOf(found, rest)
				}
				return nil
			}
		}
	}
}

// required is a usage error when one of the named flags was not given, or given
// empty, as a script does whose variable is not set.
func required(cmd *cobra.Command, names ...string) error {
	var missing []string
	for _, name := range names {
		if cmd.Flags().Lookup(name).Value.String() == "" {
			missing = append(missing, "--"+name)
		}
	}
	if missing == nil {
		return nil
	}
	return usage("%s missing; see %s --help", strings.Join(missing, ", "), cmd.CommandPath())
}

// mayBeEmpty are the flags to which an empty text may be given.
var mayBeEmpty = []string{"note", "why", "key"}

// checkEmpty refuses flags that are given with nothing, as a script does whose
// variable is not set: the verb would act on more than was meant.
func checkEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && strings.TrimSpace(f.Value.String()) == "" && !slices.Contains(mayBeEmpty, f.Name) {
			err = usage("--%s is empty; see %s --help", f.Name, cmd.CommandPath())
		}
	})
	return err
}

// takes is the check of a verb that has n arguments, as its Use says.
func takes(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch _, expected, _ := strings.Cut(cmd.Use, " "); {
		case len(args) > n:
			return usage("unexpected argument %q; see %s --help", args[n], cmd.CommandPath())
		case len(args) < n:
			return usage("expected %s; see %s --help", expected, cmd.CommandPath())
		case slices.ContainsFunc(args, func(a string) bool { return strings.TrimSpace(a) == "" }):
			return usage("expected %s, and one of them is empty; see %s --help", expected, cmd.CommandPath())
		}
		return nil
	}
}

// verbOf is the check of a command that has verbs: an argument is none of them.
func verbOf(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	meant := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		meant = fmt.Sprintf("did you mean %q? ", near[0])
	}
	return usage("there is no %s %s; %ssee %[1]s --help", cmd.CommandPath(), args[0], meant)
}

// flagText words the mistake in a flag.
func flagText(err error) string {
	bad, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err.Error()
	}
	forms := map[string]string{"int": "a whole number", "float64": "a number", "duration": "a duration such as 2h30m", "bool": "true or false"}
	if form := forms[bad.GetFlag().Value.Type()]; form != "" {
		return fmt.Sprintf("--%s %q: expected %s", bad.GetFlag().Name, bad.GetValue(), form)
	}
	return fmt.Sprintf("--%s %q: %v", bad.GetFlag().Name, bad.GetValue(), bad.Unwrap())
}
