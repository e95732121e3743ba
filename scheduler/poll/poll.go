package poll

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/reservations/feed/fetch"
)

// Poller polls calendar feeds and brings their reservations into the store.
// A feed that cannot be read keeps its last good state.
type Poller struct {
	Feeds    []reservations.Feed
	Sites    map[string]reservations.Site
	Brake    reservations.Brake
	Book     Book
	States   States
	Store    Store
	Held     Holds
	Fetchers map[string]*fetch.Fetcher // by the feed's name
	Log      *slog.Logger
	Watch    Watcher
	// Trusted is the instant by the clock that is trusted at now, while the
	// machine's is in doubt; nil when it never is. A feed's window and what is
	// current reach over both.
	Trusted func(now time.Time) time.Time

	polling sync.Map // name → struct{}: one poll of a feed at a time
	rests   rests
	notes   notes
	names   names
	first   firstPolls
}

// Poll fetches one feed and applies what changed. It reports whether any
// reservation changed. An error of the feed is recorded in its state, logged
// when it is new, and returned. While a feed is being polled, or its server has
// asked to be left alone, a poll of it does nothing.
func (f *Poller) Poll(ctx context.Context, fd reservations.Feed, now time.Time) (bool, error) {
	if _, polling := f.polling.LoadOrStore(fd.Name, struct{}{}); polling {
		return false, nil
	}
	defer f.polling.Delete(fd.Name)
	if f.rests.resting(fd.Name, now) {
		return false, nil
	}
	state, err := f.States.FeedState(ctx, fd.Name)
	if err != nil {
		return false, fmt.Errorf("read state of feed %q: %w", fd.Name, err)
	}
	before := state
	changed, err := f.poll(ctx, fd, &state, now)
	if ctx.Err() != nil {
		return changed, ctx.Err() // shutting down says nothing about the feed
	}
	if err != nil { // what was to be written was not, and has to be fetched again
		before.URL = state.URL
		state = before
		state.Failures++
		state.Problem = err.Error()
	} else {
		state.Failures = 0
	}
	state.Checked = now
	f.rests.after(fd, err, state.Failures, now)
	if !changed {
		if err := f.States.SaveFeedState(ctx, state); err != nil {
			return false, fmt.Errorf("record state of feed %q: %w", fd.Name, err)
		}
	}
	f.Watch.Polled(state)
	f.tell(fd.Every, before, state)
	return changed, err
}

// poll does the work of Poll on state. It reports whether ApplyFeed has
// written, state included.
func (f *Poller) poll(ctx context.Context, fd reservations.Feed, state *reservations.FeedState, now time.Time) (changed bool, err error) {
	defer f.panicked(fd.Name, &err)
	options, inputs, err := f.options(ctx, fd, now)
	if err != nil {
		return false, err
	}
	state.URL = fetch.Redact(fd.URL)
	// The server may only say "not modified" if nothing else that the result
	// depends on has changed either: window, mapping, desks, people. Nor if the
	// clock was set back since: what seemed to be over then was left as it was.
	// Nor if others have changed what it has booked, or may have made room.
	stands := state.Inputs == inputs && state.HeldSeen == 0 && !state.Changed.After(now) && !state.Stirred && !state.Shortened
	fetcher, ok := f.Fetchers[fd.Name]
	if !ok {
		return false, fmt.Errorf("feed %q has no fetcher", fd.Name)
	}
	body, err := fetcher.Fetch(ctx, options.Window, validators(*state, stands), now)
	if err != nil {
		return false, err
	}
	defer body.Text.Close() //nolint:errcheck // it was only read
	hash := body.Text.Digest()
	if body.NotModified || stands && state.BodyHash == hash {
		state.Good, state.Problem = now, ""
		return false, nil
	}
	if fd.Kind == reservations.KindHolidays {
		state.Good, state.ETag, state.LastModified, state.BodyHash, state.Inputs = now, body.ETag, body.LastModified, hash, inputs
		return false, f.readHolidays(ctx, body, options, state)
	}
	if err := f.readStored(ctx, fd.Name, &options); err != nil {
		return false, err
	}
	read, err := feed.Read(ctx, body, options)
	if err != nil {
		return false, err
	}
	have, early := options.Booked, f.early(now)
	change, kept := read.Doubt.Settle(reservations.Diff(have, read.Reservations, early), have, early)
	change.Wait = read.Waiting
	read.Explain(change.Drop)
	change, err = f.brake(ctx, state, change, braked{have, options.Window, early, f.trusted(now)})
	if err != nil {
		return false, err
	}
	if state.HeldSeen > 0 && change.Empty() && state.Inputs == inputs && state.BodyHash == hash {
		state.Good = now
		return false, nil // nothing but that it still waits
	}
	state.ETag, state.LastModified, state.BodyHash, state.Inputs = body.ETag, body.LastModified, hash, inputs
	warnings, former := read.Warnings(), state.Noted
	unread := noteReading(state, read, len(kept), now)
	conflicts, err := f.Store.ApplyFeed(ctx, *state, change, slices.Concat(unread, warnings))
	if err != nil {
		return false, fmt.Errorf("apply feed %q: %w", fd.Name, err)
	}
	f.tellNotes(fd.Name, f.notes.fresh(fd.Name, slices.Concat(warnings, excessive(unread)), len(warnings) == former || state.Shortened))
	f.tellChange(*state, have, change, conflicts)
	return true, nil
}

// validators are those of the last reading, as far as that stands.
func validators(state reservations.FeedState, stands bool) fetch.Validators {
	if !stands {
		return fetch.Validators{}
	}
	return fetch.Validators{ETag: state.ETag, LastModified: state.LastModified}
}

// noteReading takes a reading into state, and returns what of it was not understood.
func noteReading(state *reservations.FeedState, read feed.Result, kept int, now time.Time) []reservations.Problem {
	state.Good, state.Changed, state.Checked, state.Failures = now, now, now, 0
	if state.HeldSeen == 0 {
		state.Problem = ""
	}
	unread := slices.Concat(read.Problems, read.Unresolved)
	state.Events, state.Unread, state.Tentative, state.Kept = len(read.Reservations), len(unread), read.Tentative, kept
	state.Noted = len(read.Warnings())
	return unread
}

// readStored gives options what is stored of the feed called name.
func (f *Poller) readStored(ctx context.Context, name string, options *feed.Options) (err error) {
	if options.Booked, err = f.Store.FeedReservations(ctx, reservations.FeedSource(name), options.Window); err != nil {
		return fmt.Errorf("read reservations of feed %q: %w", name, err)
	}
	options.Waiting, err = f.Store.FeedWaiting(ctx, name)
	return err
}

// tellChange logs what a reading has changed, and what it could not book.
func (f *Poller) tellChange(state reservations.FeedState, have []reservations.Reservation, change reservations.Change, conflicts []reservations.Reservation) {
	name := state.Name
	if state.Stirred && !change.Empty() {
		f.Log.Warn("bookings of a feed were changed by others: they are as the calendar says again, but for those that were cancelled", "feed", name)
	}
	for _, c := range conflicts {
		f.Log.Warn("feed books a desk that is taken", "feed", name, "desk", c.Desk, "person", c.Person, "start", c.Start, "line", c.Line, "taken", c.Why)
	}
	f.tellHandovers(name, have, change)
	// What asks for the same time at each poll is no news.
	if !change.Empty() && (!state.Shortened || len(change.Add)+len(change.Drop) > 0) {
		f.Log.Info("feed changed", "feed", name, "added", len(change.Add), "updated", len(change.Update), "dropped", len(change.Drop))
	}
}

// options gathers what a feed's reading depends on, and a digest of it.
func (f *Poller) options(ctx context.Context, fd reservations.Feed, now time.Time) (feed.Options, string, error) {
	site, ok := f.Sites[fd.Site]
	if !ok {
		return feed.Options{}, "", fmt.Errorf("feed %q: site %q: %w", fd.Name, fd.Site, reservations.ErrUnknownSite)
	}
	names, err := f.names.of(ctx, f.Book, now)
	if err != nil {
		return feed.Options{}, "", err
	}
	early, late := f.clocks(now)
	window := reservations.Span{Start: midnight(early, site.Zone).Add(-fd.Back), End: midnight(late, site.Zone).Add(fd.Ahead)}.UTC()
	raw, err := json.Marshal([]any{fd, window, names.digest, site.Zone.String()})
	if err != nil {
		return feed.Options{}, "", fmt.Errorf("digest of feed %q: %w", fd.Name, err)
	}
	return feed.Options{Window: window, Zone: site.Zone, Feed: fd, Directory: names.directory, Self: names.self}, fetch.TextOf(raw).Digest(), nil
}

// midnight is the beginning of now's day.
func midnight(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
}

// longAgo is how far the clock must have been set back for what is current by it
// alone not to matter: nobody wants the history of decades compared.
const longAgo = 48 * time.Hour

// clocks are the earlier and the later of the wall clock and the one that is
// trusted. What is not over by one of them is current: either may be right.
func (f *Poller) clocks(now time.Time) (early, late time.Time) {
	trusted := f.trusted(now)
	if trusted.Sub(now) > longAgo {
		return trusted, trusted
	}
	return reservations.Earliest(now, trusted), reservations.Latest(now, trusted)
}

func (f *Poller) early(now time.Time) time.Time {
	early, _ := f.clocks(now)
	return early
}

func (f *Poller) trusted(now time.Time) time.Time {
	if f.Trusted == nil {
		return now
	}
	return f.Trusted(now)
}
