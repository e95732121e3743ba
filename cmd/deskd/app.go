package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
	"deskd/configs"
	"deskd/emapi"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/store"
)

// app is what every verb that needs a configuration and the database works with.
type app struct {
	config configs.Config
	store  *store.Store
	log    *slog.Logger
	sites  map[string]reservations.Site
	clock  scheduler.Clock
	pipe   *logPipe // of the log, nil where nothing stands before its reader
	// limit makes the limiter of a cluster's requests.
	limit func(configs.Cluster) scheduler.Limiter
	// transport makes the way to a cluster's nodes.
	transport func(*tls.Config) http.RoundTripper
}

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
	log := newLog(formed(cmd.ErrOrStderr(), c.Log.Format), c.Log)
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
	a, err := newApp(c, st, log, scheduler.Clock{})
	if err != nil {
		return err
	}
	a.pipe, _ = cmd.ErrOrStderr().(*logPipe)
	if !readOnly {
		if err := a.configure(ctx); err != nil {
			return err
		}
	}
	return run(ctx, a)
}

func newApp(c configs.Config, st *store.Store, log *slog.Logger, clock scheduler.Clock) (*app, error) {
	a := &app{config: c, store: st, log: log, clock: clock, sites: make(map[string]reservations.Site)}
	a.transport = func(secure *tls.Config) http.RoundTripper { return emapi.NewTransport(secure) }
	a.limit = func(c configs.Cluster) scheduler.Limiter { return emapi.NewLimit(c.MaxConcurrent, c.MaxPerMinute) }
	for _, s := range c.Sites {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			return nil, usage("site %q: %w", s.Name, err)
		}
		a.sites[s.Name] = reservations.Site{Name: s.Name, Zone: zone}
	}
	return a, nil
}

// configure brings the configuration's sites and clusters into the database.
func (a *app) configure(ctx context.Context) error {
	var sites []reservations.Site
	for _, s := range a.config.Sites {
		sites = append(sites, a.sites[s.Name])
	}
	var clusters []store.Cluster
	for _, c := range a.config.Clusters {
		clusters = append(clusters, store.Cluster{Name: c.Name, URL: c.URL})
	}
	return a.store.Configure(ctx, sites, clusters)
}

// zone is the time zone in which a site's times are read and shown; that of the
// first site where the desk's site is not known.
func (a *app) zone(site string) *time.Location {
	if s, ok := a.sites[site]; ok {
		return s.Zone
	}
	if len(a.config.Sites) > 0 {
		return a.sites[a.config.Sites[0].Name].Zone
	}
	return time.UTC
}

// deskZones tells the time zone of a desk, in which its times are shown.
func (a *app) deskZones(ctx context.Context) (func(desk string) *time.Location, error) {
	desks, err := a.store.Desks(ctx)
	sites := make(map[string]string, len(desks))
	for _, d := range desks {
		sites[d.ID] = d.Site
	}
	return func(desk string) *time.Location { return a.zone(sites[desk]) }, err
}

// checkSite refuses a site that the configuration does not name; none is right.
func (a *app) checkSite(name string) error {
	if _, known := a.sites[name]; known || name == "" {
		return nil
	}
	return noSuch("site", name, slices.Sorted(maps.Keys(a.sites)))
}

// noSuch is the error of a name that the configuration does not have: a mistake
// of usage or configuration, in every verb.
func noSuch(noun, name string, known []string) error {
	text := "the configuration has none"
	if len(known) > 0 {
		text = "known: " + strings.Join(known, ", ")
	}
	return usage("there is no %s %q in the configuration%s (%s)", noun, name, meant(name, known), text)
}

// meant suggests the name that was probably meant, if one is close.
func meant(name string, known []string) string {
	if near := configs.Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func newLog(w io.Writer, c configs.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration has checked it
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: durations}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// policy translates the configuration's policy, at the pace of a cluster.
func policy(c configs.Config, cluster configs.Cluster) scheduler.Policy {
	p := c.Policy
	return scheduler.Policy{
		Ready: time.Duration(p.Ready), Lead: time.Duration(p.Lead), Grace: time.Duration(p.Grace), MinLeft: time.Duration(p.MinLeft),
		Relogin: scheduler.Relogin(p.Relogin), Stranger: scheduler.Stranger(p.Stranger),
		Walkups: scheduler.Walkups(p.Walkups), Elsewhere: scheduler.Elsewhere(p.Elsewhere),
		MultipleLogin: scheduler.MultipleLogin(cluster.MultipleLogin),
		Pace:          scheduler.Pace{Concurrent: cluster.MaxConcurrent, PerMinute: cluster.MaxPerMinute},
		Brake:         reservations.Brake(c.Brake),
	}
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
