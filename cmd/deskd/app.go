package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

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
	log := newLog(cmd.ErrOrStderr(), c.Log)
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

func newLog(w io.Writer, c configs.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration has checked it
	}
	options := &slog.HandlerOptions{Level: level}
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
		Pace:  scheduler.Pace{Concurrent: cluster.MaxConcurrent, PerMinute: cluster.MaxPerMinute},
		Brake: reservations.Brake(c.Brake),
	}
}

// addOutput adds the flag of the reading verbs.
func addOutput(cmd *cobra.Command) {
	cmd.Flags().StringP("output", "o", "text", "text or json")
}

// wantsJSON reports whether -o json was given.
func wantsJSON(cmd *cobra.Command) (bool, error) {
	switch o, err := cmd.Flags().GetString("output"); {
	case err != nil:
		return false, err
	case o == "json":
		return true, nil
	case o == "text":
		return false, nil
	default:
		return false, usage("--output %q: text or json", o)
	}
}

// printJSON prints v as indented JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table prints rows in columns under a header.
func table(w io.Writer, header string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(header, " ", "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	return t.Flush()
}

// timeForms are the local times people type, beside RFC 3339.
var timeForms = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// parseTime reads an instant as people write it: RFC 3339, or a local time in
// zone; a time of day means today.
func parseTime(text string, zone *time.Location, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	for _, form := range timeForms {
		if wall, err := time.Parse(form, text); err == nil {
			return localTime(wall, zone)
		}
	}
	if t, err := time.Parse("15:04", text); err == nil {
		y, m, d := now.In(zone).Date()
		return localTime(time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, time.UTC), zone)
	}
	return time.Time{}, fmt.Errorf("time %q: expected 2026-03-02T09:00:00Z, or 2026-03-02 09:00 or 09:00 in the zone %s", text, zone)
}

// localTime is the instant at which clocks in zone show what wall shows in UTC.
// One that the change to summer time skips is an error; of two, at the change
// back, the first is meant, as in calendars (RFC 5545 3.3.5).
func localTime(wall time.Time, zone *time.Location) (time.Time, error) {
	y, m, d := wall.Date()
	t := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if t.Format(time.DateTime) != wall.Format(time.DateTime) {
		return t, fmt.Errorf("time %q does not exist in the zone %s: clocks go forward there", wall.Format(time.DateTime), zone)
	}
	if change, _ := t.ZoneBounds(); !change.IsZero() {
		_, before := change.Add(-time.Second).Zone()
		if first := wall.Add(-time.Duration(before) * time.Second); first.Before(change) {
			t = first
		}
	}
	return t.UTC(), nil
}

// timeFlag reads the flag called name as a time in zone, now when it is empty.
func timeFlag(cmd *cobra.Command, name string, zone *time.Location, now time.Time) (time.Time, error) {
	text, err := cmd.Flags().GetString(name)
	if err != nil || text == "" {
		return now, err
	}
	t, err := parseTime(text, zone, now)
	if err != nil {
		return t, usageError{fmt.Errorf("--%s: %w", name, err)}
	}
	return t, nil
}

// shortTime shows t in zone: the time of day, with the date if that is not now's.
func shortTime(t time.Time, zone *time.Location, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	t = t.In(zone)
	if t.Format(time.DateOnly) == now.In(zone).Format(time.DateOnly) {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

// dash shows an empty value.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
