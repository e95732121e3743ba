package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store"
)

func supportCommand() *cobra.Command {
	var b bundle
	cmd := &cobra.Command{
		Use:   "support-bundle [FILE.tar.gz]",
		Short: "Collect what somebody who helps you needs to know, without secrets",
		Long: `Write an archive that tells others how this installation stands: versions, the
configuration without anything that may be a secret, what deskd doctor finds on this
machine, counts of the database, and how clusters, feeds and the attempts of the last
day went. Nothing is sent anywhere: look into it before you do.

It holds no password, token or calendar address, no log, and no booking. People are
replaced by pseudonyms which mean nothing outside of the archive; --with-names leaves
them as they are. Names of desks, sites, hosts and files stay. Phones, clusters and
calendars are asked nothing, unless --ask says so.

A part that cannot be had is replaced by the reason, and the rest goes on.`,
		Args: func(cmd *cobra.Command, args []string) error { return takes(min(1, len(args)))(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			b.config, b.now = c, time.Now().UTC()
			file := "deskd-support-" + b.now.Format("20060102T150405Z") + ".tar.gz"
			if len(args) > 0 {
				file = args[0]
			}
			if err := b.write(cmd, file); err != nil {
				return err
			}
			return answer(cmd, map[string]string{"file": file}, file+" holds no secrets; look into it before you hand it on\n")
		},
	}
	addOutput(cmd)
	cmd.Flags().BoolVar(&b.ask, "ask", false, "let doctor ask clusters and calendars, too")
	cmd.Flags().BoolVar(&b.names, "with-names", false, "leave people as they are")
	return cmd
}

// bundle collects the parts of an archive.
type bundle struct {
	ask, names bool
	config     configs.Config
	now        time.Time
	people     *pseudonyms // nil to hide nobody
	archive    *tar.Writer
}

// write makes the archive. What is there already is never replaced.
func (b *bundle) write(cmd *cobra.Command, file string) (err error) {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("%w; name another file", err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return usage("%w; name a file in a folder that is there", err)
	}
	if err != nil {
		return err
	}
	zip := gzip.NewWriter(out)
	b.archive = tar.NewWriter(zip)
	err = errors.Join(b.collect(cmd), b.archive.Close(), zip.Close(), out.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(file)) // half an archive helps nobody
	}
	return err
}

func (b *bundle) collect(cmd *cobra.Command) error {
	opened := false
	err := withApp(cmd, b.config, true, func(ctx context.Context, a *app) error {
		opened = true
		return b.all(ctx, a)
	})
	if opened || err == nil {
		return err
	}
	// A database that cannot be opened may be what help is needed for.
	return errors.Join(b.surroundings(), b.add("database", nil, err))
}

// surroundings adds what needs no database, and meets everybody the configuration
// names.
func (b *bundle) surroundings() error {
	if !b.names && b.people == nil {
		b.people = newPseudonyms()
	}
	if b.people != nil {
		for _, f := range b.config.Feeds {
			for _, who := range append([]string{f.Person.Fixed}, f.AllowPeople...) {
				b.people.meet(who)
			}
		}
	}
	config, err := b.config.Redacted()
	return errors.Join(
		b.add("version", map[string]string{
			"deskd": daemon.Version(), "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH, "made": b.now.Format(time.RFC3339),
		}, nil),
		b.add("configuration", config, err),
	)
}

// mostBundled is how many attempts of the last day are put into an archive.
const mostBundled = 10_000

// all adds every part. Its error is that of the archive; what a part could not
// read stands in its place.
func (b *bundle) all(ctx context.Context, a *app) error {
	if !b.names {
		b.people = newPseudonyms()
		if err := b.meetAll(ctx, a); err != nil {
			return err // nothing would be hidden
		}
	}
	holds, err := store.Examine(ctx, b.config.Database.DSN)
	d := &doctor{Parts: a.Parts, silent: !b.ask}
	examined := d.examine(ctx)
	clusters, clusterErr := a.View.ListClusters(ctx, b.now)
	states, feedErr := a.View.FeedStates(ctx)
	for i := range states {
		states[i].URL = "" // its host stands in the configuration
	}
	attempts, attemptErr := a.Store.ListAttempts(ctx, store.AttemptFilter{Since: b.now.AddDate(0, 0, -1), Limit: mostBundled + 1})
	if len(attempts) > mostBundled {
		attempts, attemptErr = attempts[:mostBundled], fmt.Errorf("there are more: these are the newest %d", mostBundled)
	}
	return errors.Join(
		b.surroundings(),
		b.add("database", holds, err),
		b.add("doctor", d.findings, examined),
		b.add("clusters", clusters, clusterErr),
		b.add("feeds", states, feedErr),
		b.add("attempts", attempts, attemptErr),
	)
}

// meetAll meets everybody the database knows or speaks of.
func (b *bundle) meetAll(ctx context.Context, a *app) error {
	people, err := a.Store.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		b.people.meet(p.ID, append([]string{p.Name, p.Profile}, p.Mail...)...)
	}
	span := reservations.Span{Start: b.now.AddDate(0, 0, -7), End: b.now.AddDate(0, 0, 90)}
	booked, err := a.Store.ListReservations(ctx, store.ReservationFilter{Span: span, IncludeCancelled: true})
	if err != nil {
		return err
	}
	for _, r := range booked {
		b.people.meet(r.Person)
	}
	err = a.Store.WalkAttempts(ctx, store.AttemptFilter{Since: b.now.AddDate(0, 0, -2)}, func(at plan.Attempt) bool {
		b.people.meet(at.Person, at.Profile)
		return true
	})
	if err != nil {
		return err
	}
	seen, err := a.Store.Seen(ctx)
	for _, h := range seen {
		b.people.meet(h.Person)
	}
	return err
}

// add puts a part into the archive as JSON, with the reason why it is not whole.
func (b *bundle) add(name string, part any, problem error) error {
	if problem != nil {
		part = map[string]any{"problem": problem.Error(), "rest": part}
	}
	part, err := b.people.hide(part)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	var text bytes.Buffer
	if err := console.JSON(&text, part); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	header := tar.Header{Name: "deskd-support/" + name + ".json", Mode: 0o600, Size: int64(text.Len()), ModTime: b.now}
	if err := b.archive.WriteHeader(&header); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = io.Copy(b.archive, &text)
	return err
}
