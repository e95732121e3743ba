package feeds

import (
	"context"
	"deskd/scheduler/clock"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/reservations/feed/fetch"
	"deskd/reservations/spelling"
	"deskd/store"
	"deskd/web/view"
)

const aboutCheckFeed = `Read a calendar and tell what was understood and what was not, with line numbers and
suggestions. Nothing is stored and no phone is touched.

A NAME is that of a feed in the configuration: its rules find desk and person. A FILE
or URL that no configured feed has is read as the calendar of a site, in which each
event names both. The URL may be where a feed may: in the public internet, in what
allow_networks of some feed in the configuration names, or --allow-networks; where its
server leads elsewhere, in the network of these that the server is in. Without
configuration or database there are no desks and people to look up, and with --raw nobody
does: desk and person stay empty, and that is no problem.

Occurrences that share an instant with --from to --to are listed. Cancelled ones are not
there. One that books nothing (its time is free, or desk or person declined) is listed
without desk.

` + cli.TimeHelp + `
Local times are in --zone, else in the zone of the feed's site, else in UTC.

With -o json each line is an object with these keys, sorted by start, then uid:

  uid         of the event
  start, end  RFC 3339 in UTC; of an all-day event, midnight in the zone. "" if not known
  all_day     true or false
  status      confirmed or tentative: STATUS of the event, confirmed without one
  summary     its text, "" for a private event
  desk        the desk it books, "" for none; an event with several desks is several lines
  person      for whom, "" for nobody: nobody is named, a guest, a protected person
  problem     "" when all is clear. An event that could not be read has only this, and
              what is known of the rest
  note        what is odd about an event that was understood: a zone that stands in for
              an unknown one, an all-day event marked as free, a version that does not
              count. A note of no event in the window is a line of its own at the end

Given any address of a CalDAV server (caldav+https://dav.example.com/), the calendars
that its user has there are listed, as url takes them.

Exit code 1: something was not understood. Notes about what was do not count.`

// CheckCommand is deskd check feed.
func CheckCommand() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "feed FILE|URL|NAME",
		Short: "Tell what a calendar feed says, and what of it is not understood",
		Long:  aboutCheckFeed,
		Args:  cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			c, err := newFeedCheck(cmd, args[0], raw)
			if err != nil {
				return err
			}
			r, err := c.Read(cmd.Context(), time.Now())
			if errors.Is(err, fetch.ErrForbiddenAddress) && c.Feed.Site == "" {
				err = fmt.Errorf("%w (of a URL that no feed has, --allow-networks names it)", err)
			}
			if err != nil {
				return errors.Join(c.listFound(cmd.ErrOrStderr(), err), err)
			}
			return feedReading{r}.print(cmd.OutOrStdout(), asJSON, c.Zone)
		},
	}
	cli.TimeFlags(cmd, "first `time` looked at (default a day ago)", "`time` up to which is looked, a day alone included (default in 60 days)")
	cmd.Flags().String("zone", "", "time `zone` of floating and all-day values (default the feed's site, else UTC)")
	cmd.Flags().StringSlice("allow-networks", nil, "`network` that a URL which no feed has may be in, as 10.1.0.0/16, beside the public internet")
	cmd.Flags().BoolVar(&raw, "raw", false, "list occurrences without desk and person")
	cli.AddOutput(cmd)
	return cmd
}

// feedCheck is the calendar of a command line.
type feedCheck struct{ view.Calendar }

func newFeedCheck(cmd *cobra.Command, what string, raw bool) (*feedCheck, error) {
	c := &feedCheck{view.Calendar{Zone: time.UTC}}
	if err := c.find(cmd, what, raw); err != nil {
		return nil, err
	}
	if name, err := cmd.Flags().GetString("zone"); err != nil {
		return nil, err
	} else if name != "" {
		if c.Zone, err = time.LoadLocation(name); err != nil {
			return nil, cli.Usagef("--zone %q: %w", name, err)
		}
	}
	now := time.Now()
	var err error
	c.Window, err = feedWindow(cmd, c.Zone, now)
	return c, err
}

// feedWindow is from yesterday at this time to 60 days ahead, unless the flags
// say otherwise.
func feedWindow(cmd *cobra.Command, zone *time.Location, now time.Time) (reservations.Span, error) {
	window := reservations.Span{Start: now.AddDate(0, 0, -1), End: now.AddDate(0, 0, 60)}
	return cli.WindowFlags(cmd, window, zone, now)
}

// find takes what as a configured feed's name, URL or file, else as a URL or
// file that is the calendar of a site.
func (c *feedCheck) find(cmd *cobra.Command, what string, raw bool) error {
	config, err := cli.LoadConfig(cmd)
	configured := err == nil
	if !configured && (cmd.Flags().Changed("config") || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	allowed, err := allowedNetworks(cmd)
	if err != nil {
		return err
	}
	feeds := daemon.Feeds(config)
	i := slices.IndexFunc(feeds, func(f reservations.Feed) bool { return f.Name == what || f.URL == what || sameFile(f.URL, what) })
	if configured && i >= 0 {
		if len(allowed) > 0 {
			return cli.Usagef("--allow-networks is for a URL that no feed has; of feed %q the configuration says where it may be", feeds[i].Name)
		}
		c.Feed, c.Fetcher = feeds[i], daemon.Fetchers(config)[feeds[i].Name]
		return c.configured(cmd, config, raw)
	}
	c.Feed = reservations.Feed{Name: what, URL: what, Kind: reservations.KindSite}
	if !addressed(what) {
		c.Feed.URL = "file:" + what
		if _, err := os.Stat(what); err != nil {
			return noFeed(what, feeds)
		}
	}
	c.Fetcher = fetch.NewFetcher(fetch.Source{URL: c.Feed.URL, HostNetworks: append(allowed, daemon.FeedNetworks(config)...), DenyNetworks: config.Denied()})
	if raw || !configured {
		return nil
	}
	return c.tables(cmd, config)
}

// noFeed says that what is nothing that can be read.
func noFeed(what string, feeds []reservations.Feed) error {
	names := make([]string, len(feeds))
	for i, f := range feeds {
		names[i] = f.Name
	}
	return cli.Usagef("%q is neither a feed of the configuration nor a file or http(s) URL%s", what, spelling.Meant(what, names))
}

// allowedNetworks are those of --allow-networks.
func allowedNetworks(cmd *cobra.Command) ([]netip.Prefix, error) {
	texts, err := cmd.Flags().GetStringSlice("allow-networks")
	if err != nil {
		return nil, err
	}
	var all []netip.Prefix
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, cli.Usagef("--allow-networks %q: write a network with its length, as 10.1.0.0/16, or 127.0.0.1/32 for one address", text)
		}
		all = append(all, network)
	}
	return all, nil
}

// addressed reports whether what says by its beginning that it is a URL.
func addressed(what string) bool {
	return slices.ContainsFunc([]string{"http://", "https://", "file:", "caldav+http://", "caldav+https://"}, func(scheme string) bool {
		return strings.HasPrefix(what, scheme)
	})
}

// sameFile reports whether what is the file that a feed's URL names.
func sameFile(url, what string) bool {
	path, ok := strings.CutPrefix(url, "file:")
	if !ok {
		return false
	}
	a, err := os.Stat(path)
	if err != nil {
		return false
	}
	b, err := os.Stat(strings.TrimPrefix(what, "file:"))
	return err == nil && os.SameFile(a, b)
}

// configured takes the zone from the configuration, and the directory from its
// database unless raw is set.
func (c *feedCheck) configured(cmd *cobra.Command, config configs.Config, raw bool) error {
	a, err := daemon.NewParts(config, nil, nil, clock.Clock{})
	if err != nil {
		return err
	}
	c.Zone = a.View.Zone(c.Feed.Site)
	if raw {
		return nil
	}
	return c.tables(cmd, config)
}

// tables takes the directory from the database, unless there is none yet, or no
// desk in it.
func (c *feedCheck) tables(cmd *cobra.Command, config configs.Config) error {
	err := cli.OpenWith(cmd, config, true, func(ctx context.Context, a *cli.App) error {
		desks, err := a.Store.Desks(ctx)
		if err != nil || len(desks) == 0 {
			return err
		}
		people, err := a.Store.People(ctx)
		if err != nil {
			return err
		}
		c.Directory = feed.NewDirectory(desks, people)
		c.Self, err = a.Store.Self(ctx)
		return err
	})
	if errors.Is(err, store.ErrNoDatabase) {
		err = nil
	}
	if err == nil && c.Directory == nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "deskd: desks and people are not looked up: the database has none yet")
	}
	return err
}

// listFound lists the calendars that were found in the place of the one asked
// for, as a feed's url is written.
func (c *feedCheck) listFound(w io.Writer, err error) error {
	found := fetch.Found(err)
	if len(found) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w, "calendars of this server:"); err != nil {
		return err
	}
	for _, calendar := range found {
		if _, err := console.Printf(w, "  %s  %q\n", calendar.URL, calendar.Name); err != nil {
			return err
		}
	}
	return nil
}
