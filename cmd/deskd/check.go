package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/configs"
	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/scheduler"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "check", Short: "Check a feed or the configuration", Args: verbOf,
		// A script that forgets what to check must not take silence for yes.
		RunE: func(*cobra.Command, []string) error {
			return usage("expected config or feed; see deskd check --help")
		}}
	cmd.AddCommand(checkConfigCommand(), checkFeedCommand())
	return cmd
}

func checkConfigCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Tell every mistake in the configuration, with its line",
		Long:  "Tell every mistake in the configuration and in the files it names, each with its line.\nExit code 2: there are some.",
		Args:  takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			explicit, err := cmd.Flags().GetString("config")
			if err != nil {
				return err
			}
			path, err := configs.Find(explicit)
			if err != nil {
				return usageError{err}
			}
			c, err := configs.Check(path)
			if err != nil {
				return usageError{err}
			}
			for _, note := range c.Notes() {
				fmt.Fprintln(cmd.OutOrStdout(), "note: "+note)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is right: %s, %s, %s\n", path,
				count(len(c.Sites), "site", "sites"), count(len(c.Clusters), "cluster", "clusters"), count(len(c.Feeds), "feed", "feeds"))
			return err
		},
	}
}

func checkFeedCommand() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "feed FILE|URL|NAME",
		Short: "Tell what a calendar feed says, and what of it is not understood",
		Long: `Read a calendar and tell what was understood and what was not, with line numbers.

A NAME is that of a feed in the configuration: its rules find desk and person. For a
FILE or URL that no configured feed has, occurrences are listed without desk and
person, and no configuration is needed. Exit code 1: something was not understood.

With -o json each line is an object, by start: uid, start, end, all_day, status,
summary, desk, person, problem.`,
		Args: takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			c, err := newFeedCheck(cmd, args[0], raw)
			if err != nil {
				return err
			}
			r, err := c.read(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = r.printLines(cmd.OutOrStdout())
			} else {
				err = r.printTable(cmd.OutOrStdout(), c.zone)
			}
			if err == nil && len(r.problems) > 0 {
				return errSaid
			}
			return err
		},
	}
	cmd.Flags().String("from", "", "first `time` looked at (default yesterday)")
	cmd.Flags().String("to", "", "`time` up to which is looked (default in 60 days)")
	cmd.Flags().String("zone", "", "time `zone` of floating and all-day values (default the feed's site, else UTC)")
	cmd.Flags().BoolVar(&raw, "raw", false, "list occurrences without desk and person")
	addOutput(cmd)
	return cmd
}

// feedCheck is one calendar to look at. Without a directory nobody is looked up.
type feedCheck struct {
	feed      reservations.Feed
	fetcher   *feed.Fetcher
	zone      *time.Location
	window    reservations.Span
	directory *feed.Directory
}

// feedReading is what was understood of a calendar, by start, what was not, and
// what is odd about what was.
type feedReading struct {
	lines           []feedLine
	problems, notes []reservations.Problem
}

// feedLine is what is printed of an occurrence, or of a problem.
type feedLine struct {
	UID     string     `json:"uid"`
	Start   *time.Time `json:"start"`
	End     *time.Time `json:"end"`
	AllDay  bool       `json:"all_day"`
	Status  string     `json:"status"`
	Summary string     `json:"summary"`
	Desk    string     `json:"desk"`
	Person  string     `json:"person"`
	Problem string     `json:"problem"`
}

func newFeedCheck(cmd *cobra.Command, what string, raw bool) (*feedCheck, error) {
	c := &feedCheck{zone: time.UTC}
	if err := c.find(cmd, what, raw); err != nil {
		return nil, err
	}
	if name, err := cmd.Flags().GetString("zone"); err != nil {
		return nil, err
	} else if name != "" {
		if c.zone, err = time.LoadLocation(name); err != nil {
			return nil, usage("--zone %q: %w", name, err)
		}
	}
	now := time.Now()
	from, err := timeFlag(cmd, "from", c.zone, now.AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	to, err := timeFlag(cmd, "to", c.zone, now.AddDate(0, 0, 60))
	if err != nil {
		return nil, err
	}
	c.window = reservations.Span{Start: from, End: to}.UTC()
	if c.window.Empty() {
		return nil, usage("--to is not after --from")
	}
	return c, nil
}

// find takes what as a configured feed's name or URL, else as a URL or file.
func (c *feedCheck) find(cmd *cobra.Command, what string, raw bool) error {
	config, err := loadConfig(cmd)
	switch explicit := cmd.Flags().Changed("config"); {
	case err == nil:
		for _, f := range feeds(config) {
			if f.Name == what || f.URL == what {
				c.feed, c.fetcher = f, fetchers(config)[f.Name]
				return c.configured(cmd, config, raw)
			}
		}
	case explicit || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	c.feed = reservations.Feed{Name: what, URL: what}
	c.fetcher = feed.NewFetcher(feed.Source{URL: what, AllowNetworks: anywhere})
	if addressed(what) {
		return nil
	}
	if _, err := os.Stat(what); err != nil {
		return usage("%q is neither a feed of the configuration nor a file or http(s) URL", what)
	}
	c.feed.URL = "file:" + what
	c.fetcher = feed.NewFetcher(feed.Source{URL: c.feed.URL})
	return nil
}

// addressed reports whether what says by its beginning that it is a URL.
func addressed(what string) bool {
	return slices.ContainsFunc([]string{"http://", "https://", "file:", "caldav+http://", "caldav+https://"}, func(scheme string) bool {
		return strings.HasPrefix(what, scheme)
	})
}

// configured takes the zone from the configuration, and the directory from its
// database unless raw is set.
func (c *feedCheck) configured(cmd *cobra.Command, config configs.Config, raw bool) error {
	if raw {
		a, err := newApp(config, nil, nil, scheduler.Clock{})
		if err == nil {
			c.zone = a.zone(c.feed.Site)
		}
		return err
	}
	return withApp(cmd, config, true, func(ctx context.Context, a *app) error {
		c.zone = a.zone(c.feed.Site)
		desks, err := a.store.Desks(ctx)
		if err != nil {
			return err
		}
		people, err := a.store.People(ctx)
		c.directory = feed.NewDirectory(desks, people)
		return err
	})
}

// read fetches the calendar and reads it.
func (c *feedCheck) read(ctx context.Context) (feedReading, error) {
	body, err := c.fetcher.Fetch(ctx, c.window, feed.Validators{})
	if err != nil {
		return feedReading{}, err
	}
	if c.directory == nil {
		read, err := body.Occurrences(c.window, c.zone)
		var lines []feedLine
		for _, o := range read.Occurrences {
			lines = append(lines, lineOf(o))
		}
		return feedReading{lines, read.Problems, read.Notes}, err
	}
	read, err := body.Read(feed.Options{Window: c.window, Zone: c.zone, Feed: c.feed, Directory: c.directory})
	summaries := make(map[string]feedLine)
	for _, o := range read.Occurrences {
		summaries[o.UID+" "+o.Recurrence] = lineOf(o)
	}
	var lines []feedLine
	for _, r := range read.Reservations {
		line := summaries[r.UID+" "+r.Occurrence]
		line.Desk, line.Person = r.Desk, r.Person
		lines = append(lines, line)
	}
	return feedReading{lines, append(read.Problems, read.Unresolved...), read.Notes}, err
}

func lineOf(o feed.Occurrence) feedLine {
	start, end := o.Start.UTC(), o.End.UTC()
	return feedLine{UID: o.UID, Start: &start, End: &end, AllDay: o.AllDay, Status: o.Status, Summary: o.Summary}
}

func (r feedReading) printLines(w io.Writer) error {
	e := json.NewEncoder(w)
	for _, l := range r.lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	for _, p := range r.problems {
		l := feedLine{UID: p.UID, Problem: problemText(p)}
		if !p.Start.IsZero() {
			l.Start = &p.Start
		}
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

func (r feedReading) printTable(w io.Writer, zone *time.Location) error {
	var rows [][]string
	for _, l := range r.lines {
		rows = append(rows, []string{
			l.Start.In(zone).Format("2006-01-02 15:04"), l.End.In(zone).Format("2006-01-02 15:04"),
			dash(l.Desk), dash(l.Person), strconv.FormatBool(l.AllDay), l.UID, l.Summary,
		})
	}
	if err := printList(w, "occurrences in the window", "START END DESK PERSON ALL-DAY UID SUMMARY", rows); err != nil {
		return err
	}
	printProblems(w, "Not understood", r.problems)
	printProblems(w, "Understood, but odd", r.notes)
	return nil
}

func printProblems(w io.Writer, title string, problems []reservations.Problem) {
	if len(problems) > 0 {
		fmt.Fprintf(w, "\n%s (%d)\n", title, len(problems))
	}
	for _, p := range problems {
		fmt.Fprintf(w, "  %s\n", problemText(p))
	}
}

// problemText is a problem on one line.
func problemText(p reservations.Problem) string {
	text := p.What
	if p.Line > 0 {
		text = fmt.Sprintf("line %d: %s", p.Line, text)
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}
