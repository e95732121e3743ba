package cli

import (
	"context"
	"errors"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"deskd/scheduler/clock"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/logs"
	"deskd/configs"
	"deskd/reservations/spelling"
	"deskd/store"
)

// App is what every verb that needs a configuration and the database works with.
type App struct{ *daemon.Parts }

// ConfigPath is the configuration file the command line names.
func ConfigPath(cmd *cobra.Command) (string, error) {
	explicit, err := cmd.Flags().GetString("config")
	if err != nil {
		return "", err
	}
	path, err := configs.Find(explicit)
	if err != nil {
		return "", Usage(err)
	}
	return path, nil
}

// LoadConfig reads the configuration the command line names.
func LoadConfig(cmd *cobra.Command) (configs.Config, error) {
	path, err := ConfigPath(cmd)
	if err != nil {
		return configs.Config{}, err
	}
	c, err := configs.Load(path)
	if _, mistakes := errors.AsType[configs.Mistakes](err); err != nil && !mistakes {
		err = Usage(err)
	}
	return c, err
}

// Open reads the configuration and opens the database, and closes it after
// the verb.
func Open(cmd *cobra.Command, readOnly bool, run func(ctx context.Context, a *App) error) error {
	c, err := LoadConfig(cmd)
	if err != nil {
		return err
	}
	if c.Log.Level == "info" {
		c.Log.Level = "warn" // a verb prints what it did; the log is the daemon's
	}
	return OpenWith(cmd, c, readOnly, run)
}

// OpenWith is [Open] with a configuration that has been read, and the log level that it
// has.
func OpenWith(cmd *cobra.Command, c configs.Config, readOnly bool, run func(ctx context.Context, a *App) error) (err error) {
	log := logs.New(cmd.ErrOrStderr(), c.Log)
	if !readOnly {
		// What acts goes on without a reader of its words: half an import, or a person
		// left on a phone, is worse. A verb that reads ends with its reader, as others do.
		signal.Ignore(syscall.SIGPIPE)
	}
	ctx := store.WithActor(cmd.Context(), Actor(cmd))
	st, err := store.Open(ctx, c.Database.DSN, store.Options{ReadOnly: readOnly, Driving: c.Database.DrivingDSN, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p, err := daemon.NewParts(c, st, log, clock.Clock{})
	if err != nil {
		return err
	}
	p.Pipe, _ = cmd.ErrOrStderr().(*logs.Pipe)
	if !readOnly {
		if err := p.Configure(ctx); err != nil {
			return err
		}
	}
	return run(ctx, &App{p})
}

// CheckSite refuses a site that the configuration does not name; none is right.
func (a *App) CheckSite(name string) error {
	known := a.View.SiteNames()
	if slices.Contains(known, name) || name == "" {
		return nil
	}
	slices.Sort(known)
	return NoSuch("site", name, known)
}

// NoSuch is the error of a name that the configuration does not have: a mistake
// of usage or configuration, in every verb.
func NoSuch(noun, name string, known []string) error {
	text := "the configuration has none"
	if len(known) > 0 {
		text = "known: " + strings.Join(known, ", ")
	}
	return Usagef("there is no %s %q in the configuration%s (%s)", noun, name, spelling.Meant(name, known), text)
}
