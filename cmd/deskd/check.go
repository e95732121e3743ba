package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/configs"
	"deskd/reservations"
	"deskd/reservations/feed"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "check", Short: "Check a feed or the configuration", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(checkConfigCommand(), checkFeedCommand())
	return cmd
}

func checkConfigCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Tell every mistake in the configuration, with its line",
		Long:  "Tell every mistake in the configuration and in the files it names, each with its line.\nExit code 2: there are some.",
		Args:  cobra.NoArgs,
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
			if mistakes, ok := errors.AsType[configs.Mistakes](err); ok {
				fmt.Fprintln(cmd.ErrOrStderr(), mistakes)
				return usageError{errSaid}
			}
			if err != nil {
				return usageError{err}
			}
			for _, note := range c.Notes() {
				fmt.Fprintln(cmd.OutOrStdout(), "note: "+note)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is right: %d sites, %d clusters, %d feeds\n", path, len(c.Sites), len(c.Clusters), len(c.Feeds))
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
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			c, err := newFeedCheck(cmd, args[0], raw)
			if err != nil {
				return err
			}
			lines, problems, err := c.read(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = c.printLines(cmd.OutOrStdout(), lines, problems)
			} else {
				err = c.printTable(cmd.OutOrStdout(), lines, problems)
			}
			if err == nil && len(problems) > 0 {
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
	zone      *time.Location
	window    reservations.Span
	directory *feed.Directory
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
				c.feed = f
				return c.configured(cmd, raw)
			}
		}
	case explicit || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	c.feed = reservations.Feed{Name: what, URL: what}
	if strings.HasPrefix(what, "http://") || strings.HasPrefix(what, "https://") || strings.HasPrefix(what, "file:") {
		return nil
	}
	if _, err := os.Stat(what); err != nil {
		return usage("%q is neither a feed of the configuration nor a file or http(s) URL", what)
	}
	c.feed.URL = "file:" + what
	return nil
}

// configured takes zone and directory from the configuration and its database.
func (c *feedCheck) configured(cmd *cobra.Command, raw bool) error {
	return openApp(cmd, true, func(ctx context.Context, a *app) error {
		c.zone = a.zone(c.feed.Site)
		if raw {
			return nil
		}
		desks, err := a.store.Desks(ctx)
		if err != nil {
			return err
		}
		people, err := a.store.People(ctx)
		c.directory = feed.NewDirectory(desks, people)
		return err
	})
}

// read fetches the calendar and returns its lines by start.
func (c *feedCheck) read(ctx context.Context) ([]feedLine, []reservations.Problem, error) {
	body, err := feed.NewFetcher(nil).Fetch(ctx, c.feed.URL, feed.Validators{})
	if err != nil {
		return nil, nil, err
	}
	if c.directory == nil {
		read, err := feed.Occurrences(body.Data, c.window, c.zone)
		if err != nil {
			return nil, nil, err
		}
		var lines []feedLine
		for _, o := range read.Occurrences {
			lines = append(lines, lineOf(o))
		}
		return lines, read.Problems, nil
	}
	read, err := feed.Read(body.Data, feed.Options{Window: c.window, Zone: c.zone, Feed: c.feed, Directory: c.directory})
	if err != nil {
		return nil, nil, err
	}
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
	return lines, read.Problems, nil
}

func lineOf(o feed.Occurrence) feedLine {
	start, end := o.Start.UTC(), o.End.UTC()
	return feedLine{UID: o.UID, Start: &start, End: &end, AllDay: o.AllDay, Status: o.Status, Summary: o.Summary}
}

func (c *feedCheck) printLines(w io.Writer, lines []feedLine, problems []reservations.Problem) error {
	e := json.NewEncoder(w)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	for _, p := range problems {
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

func (c *feedCheck) printTable(w io.Writer, lines []feedLine, problems []reservations.Problem) error {
	var rows [][]string
	for _, l := range lines {
		rows = append(rows, []string{
			l.Start.In(c.zone).Format("2006-01-02 15:04"), l.End.In(c.zone).Format("2006-01-02 15:04"),
			dash(l.Desk), dash(l.Person), strconv.FormatBool(l.AllDay), l.UID, l.Summary,
		})
	}
	if err := printList(w, "occurrences in the window", "START END DESK PERSON ALL-DAY UID SUMMARY", rows); err != nil {
		return err
	}
	if len(problems) > 0 {
		fmt.Fprintf(w, "\nNot understood (%d)\n", len(problems))
	}
	for _, p := range problems {
		fmt.Fprintf(w, "  %s\n", problemText(p))
	}
	return nil
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
