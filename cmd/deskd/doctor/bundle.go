package doctor

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store"
)

// Bundle collects what support needs to know, without secrets.
type Bundle struct {
	Ask    bool // clusters and calendars are asked, too
	Names  bool // people stay as they are
	Config configs.Config
	Now    time.Time // in UTC

	people  *pseudonyms // nil to hide nobody
	archive *tar.Writer
}

// Write writes the archive to w. Open runs its argument with the installation's parts, and
// is the error of a database that cannot be opened, for which help may be needed.
func (b *Bundle) Write(w io.Writer, open func(run func(context.Context, *daemon.Parts) error) error) error {
	zip := gzip.NewWriter(w)
	b.archive = tar.NewWriter(zip)
	return errors.Join(b.collect(open), b.archive.Close(), zip.Close())
}

func (b *Bundle) collect(open func(run func(context.Context, *daemon.Parts) error) error) error {
	opened := false
	err := open(func(ctx context.Context, a *daemon.Parts) error {
		opened = true
		return b.all(ctx, a)
	})
	if opened || err == nil {
		return err
	}
	return errors.Join(b.surroundings(), b.add("database", nil, err))
}

// surroundings adds what needs no database, and meets everybody the configuration
// names.
func (b *Bundle) surroundings() error {
	if !b.Names && b.people == nil {
		b.people = newPseudonyms()
	}
	if b.people != nil {
		for _, f := range b.Config.Feeds {
			for _, who := range append([]string{f.Person.Fixed}, f.AllowPeople...) {
				b.people.meet(who)
			}
		}
	}
	config, err := b.Config.Redacted()
	return errors.Join(
		b.add("version", map[string]string{
			"deskd": daemon.Version(), "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH, "made": b.Now.Format(time.RFC3339),
		}, nil),
		b.add("configuration", config, err),
	)
}

// mostBundled is how many attempts of the last day are put into an archive.
const mostBundled = 10_000

// all adds every part. Its error is that of the archive; what a part could not
// read stands in its place.
func (b *Bundle) all(ctx context.Context, a *daemon.Parts) error {
	if !b.Names {
		b.people = newPseudonyms()
		if err := b.meetAll(ctx, a); err != nil {
			return err // nothing would be hidden
		}
	}
	holds, err := store.Examine(ctx, b.Config.Database.DSN)
	findings, examined := Examine(ctx, a, Options{Silent: !b.Ask})
	clusters, clusterErr := a.View.ListClusters(ctx, b.Now)
	states, feedErr := a.View.FeedStates(ctx)
	for i := range states {
		states[i].URL = "" // its host stands in the configuration
	}
	attempts, attemptErr := a.Store.ListAttempts(ctx, plan.AttemptFilter{Since: b.Now.AddDate(0, 0, -1), Limit: mostBundled + 1})
	if len(attempts) > mostBundled {
		attempts, attemptErr = attempts[:mostBundled], fmt.Errorf("there are more: these are the newest %d", mostBundled)
	}
	return errors.Join(
		b.surroundings(),
		b.add("database", holds, err),
		b.add("doctor", findings, examined),
		b.add("clusters", clusters, clusterErr),
		b.add("feeds", states, feedErr),
		b.add("attempts", attempts, attemptErr),
	)
}

// meetAll meets everybody the database knows or speaks of.
func (b *Bundle) meetAll(ctx context.Context, a *daemon.Parts) error {
	people, err := a.Store.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		b.people.meet(p.ID, append([]string{p.Name, p.Profile}, p.Mail...)...)
	}
	span := reservations.Span{Start: b.Now.AddDate(0, 0, -7), End: b.Now.AddDate(0, 0, 90)}
	booked, err := a.Store.ListReservations(ctx, reservations.Filter{Span: span, IncludeCancelled: true})
	if err != nil {
		return err
	}
	for _, r := range booked {
		b.people.meet(r.Person)
	}
	err = a.Store.WalkAttempts(ctx, plan.AttemptFilter{Since: b.Now.AddDate(0, 0, -2)}, func(at plan.Attempt) bool {
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
func (b *Bundle) add(name string, part any, problem error) error {
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
	header := tar.Header{Name: "deskd-support/" + name + ".json", Mode: 0o600, Size: int64(text.Len()), ModTime: b.Now}
	if err := b.archive.WriteHeader(&header); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = io.Copy(b.archive, &text)
	return err
}
