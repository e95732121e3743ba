package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/reservations/spelling"
	"deskd/scheduler"
	"deskd/store"
)

// app is what every verb that needs a configuration and the database works with.
type app struct{ *daemon.Parts }

// configPath is the configuration file the command line names.
func configPath(cmd *cobra.Command) (string, error) {
	explicit, err := cmd.Flags().GetString("config")
	if err != nil {
		return "", err
	}
	path, err := configs.Find(explicit)
	if err != nil {
		return "", usageError{err}
	}
	return path, nil
}

// loadConfig reads the configuration the command line names.
func loadConfig(cmd *cobra.Command) (configs.Config, error) {
	path, err := configPath(cmd)
	if err != nil {
		return configs.Config{}, err
	}
	c, err := configs.Load(path)
	if _, mistakes := errors.AsType[configs.Mistakes](err); err != nil && !mistakes {
		err = usageError{err}
	}
	return c, err
}

// openApp reads the configuration and opens the database, and closes it after
// the verb.
func openApp(cmd *cobra.Command, readOnly bool, run func(ctx context.Context, a *app) error) error {
	c, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	if c.Log.Level == "info" {
		c.Log.Level = "warn" // a verb prints what it did; the log is the daemon's
	}
	return withApp(cmd, c, readOnly, run)
}

// withApp is openApp for a configuration that has been read, with the log as it
// says.
func withApp(cmd *cobra.Command, c configs.Config, readOnly bool, run func(ctx context.Context, a *app) error) (err error) {
	log := daemon.NewLog(cmd.ErrOrStderr(), c.Log)
	if !readOnly {
		// What acts goes on without a reader of its words: half an import, or a person
		// left on a phone, is worse. A verb that reads ends with its reader, as others do.
		signal.Ignore(syscall.SIGPIPE)
	}
	ctx := store.WithActor(cmd.Context(), actor(cmd))
	st, err := store.Open(ctx, c.Database.DSN, store.Options{ReadOnly: readOnly, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p, err := daemon.NewParts(c, st, log, scheduler.Clock{})
	if err != nil {
		return err
	}
	p.Pipe, _ = cmd.ErrOrStderr().(*daemon.LogPipe)
	if !readOnly {
		if err := p.Configure(ctx); err != nil {
			return err
		}
	}
	return run(ctx, &app{p})
}

// checkSite refuses a site that the configuration does not name; none is right.
func (a *app) checkSite(name string) error {
	known := a.View.SiteNames()
	if slices.Contains(known, name) || name == "" {
		return nil
	}
	slices.Sort(known)
	return noSuch("site", name, known)
}

// noSuch is the error of a name that the configuration does not have: a mistake
// of usage or configuration, in every verb.
func noSuch(noun, name string, known []string) error {
	text := "the configuration has none"
	if len(known) > 0 {
		text = "known: " + strings.Join(known, ", ")
	}
	return usage("there is no %s %q in the configuration%s (%s)", noun, name, spelling.Meant(name, known), text)
}

// addOutput adds the flag that says in which of several forms a verb answers:
// text or json where none is named, and the first of them without the flag.
func addOutput(cmd *cobra.Command, forms ...string) {
	if forms == nil {
		forms = []string{"text", "json"}
	}
	last := len(forms) - 1
	words := strings.TrimPrefix(strings.Join(forms[:last], ", ")+" or "+forms[last], " or ")
	cmd.Flags().StringP("output", "o", forms[0], words)
	cmd.Flags().Lookup("output").Annotations = map[string][]string{outputForms: forms}
}

// outputForms is the annotation of a flag that lists the forms it takes.
const outputForms = "forms"

// checkOutput refuses a form of output that the verb does not have, before the
// verb does anything.
func checkOutput(cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("output")
	if flag == nil || slices.Contains(flag.Annotations[outputForms], flag.Value.String()) {
		return nil
	}
	return usage("--output %q: %s", flag.Value, flag.Usage)
}

// wantsJSON reports whether -o json was given.
func wantsJSON(cmd *cobra.Command) (bool, error) {
	form, err := cmd.Flags().GetString("output")
	return form == "json", err
}

// answer prints what a verb has done: v as JSON if that is asked for, else text.
func answer(cmd *cobra.Command, v any, text string) error {
	asJSON, err := wantsJSON(cmd)
	if err != nil {
		return err
	}
	if asJSON {
		return console.JSON(cmd.OutOrStdout(), v)
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), text)
	return err
}

// prose is where a verb tells people what it does: beside its JSON, standard error.
func prose(cmd *cobra.Command) io.Writer {
	if asJSON, err := wantsJSON(cmd); err == nil && asJSON {
		return cmd.ErrOrStderr()
	}
	return cmd.OutOrStdout()
}

// finish ends the answer of a verb that has told people what it did: with v, as
// JSON if that is asked for.
func finish(cmd *cobra.Command, v any) error { return answer(cmd, v, "") }
