package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/store"
)

// presentFor is how long an instant counts as the present: what was seen last
// is about it.
const presentFor = 10 * time.Second

// mostAttempts bounds how many attempts before an instant, and after it, are shown.
const mostAttempts = 20

// explainThen explains a desk as of an instant of the past: its phone and who had
// booked it by the audit, what was seen there as far as that was kept, and what
// deskd did by its journal. What nothing tells is said; nothing of today stands
// for it.
func (a *app) explainThen(ctx context.Context, d reservations.Desk, at time.Time) (explanation, error) {
	e := explanation{At: at.UTC(), Past: true, Desk: d, Wanted: []scheduler.Login{}, Steps: []scheduler.Step{}, Followed: []scheduler.Attempt{}}
	around := reservations.Span{Start: at.Add(-explainAround), End: at.Add(explainAround)}
	then, err := a.store.DeskAsOf(ctx, d, at, around)
	if err != nil {
		return e, err
	}
	e.Desk, e.Reservations, e.Since, e.NotKnown = then.Desk, then.Reservations, then.Since, then.NotKnown
	after := at.Add(time.Millisecond) // instants are kept to the millisecond
	e.Attempts, e.Earlier, err = a.firstAttempts(ctx, store.AttemptFilter{Desk: d.ID, Since: around.Start, Until: after})
	if err != nil {
		return e, err
	}
	e.Followed, e.Later, err = a.firstAttempts(ctx, store.AttemptFilter{Desk: d.ID, Since: after, Until: around.End, Oldest: true})
	if err != nil {
		return e, err
	}
	if err := a.wantedThen(ctx, &e); err != nil {
		return e, err
	}
	if err := a.seenThen(ctx, &e); err != nil {
		return e, err
	}
	return e, a.pausedThen(ctx, &e)
}

// firstAttempts are the first [mostAttempts] of those asked for, and whether there
// are more.
func (a *app) firstAttempts(ctx context.Context, f store.AttemptFilter) (all []scheduler.Attempt, more bool, err error) {
	f.Limit = mostAttempts + 1
	all, err = a.store.ListAttempts(ctx, f)
	return all[:min(len(all), mostAttempts)], len(all) > mostAttempts, err
}

// wantedThen works out who was wanted by the bookings of then. Policy, feeds and
// people are today's.
func (a *app) wantedThen(ctx context.Context, e *explanation) error {
	people, err := a.store.People(ctx)
	if err != nil {
		return err
	}
	var booked []reservations.Reservation
	for _, r := range e.Reservations {
		if r.Status == reservations.Confirmed {
			booked = append(booked, r)
		}
	}
	for _, c := range a.config.Clusters {
		if c.Name == e.Desk.Cluster && e.Desk.Device != "" {
			w := scheduler.NewWorld(c.Name, []reservations.Desk{e.Desk}, people, booked)
			w.Feeds = a.feedsByName()
			e.Wanted = scheduler.Wanted(w, policy(a.config, c), e.At)
		}
	}
	return nil
}

// seenThen fills in what was seen on the phone, if the last observation of it is
// about that instant.
func (a *app) seenThen(ctx context.Context, e *explanation) error {
	seen, err := a.store.Seen(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(seen, func(h scheduler.Have) bool { return h.Device == e.Desk.Device })
	if i >= 0 && !seen[i].Since.After(e.At) && !e.At.After(seen[i].At) {
		e.Seen = seen[i]
		e.Seen.Desk = e.Desk.ID
		return nil
	}
	e.Seen = scheduler.Have{Desk: e.Desk.ID, Device: e.Desk.Device}
	e.NotKnown = append(e.NotKnown, "who was on the phone: deskd keeps what it saw last. "+e.journalSays())
	return nil
}

// journalSays is what the attempts before the instant tell of the phone.
func (e *explanation) journalSays() string {
	for _, r := range e.Attempts {
		if r.Op == scheduler.OpHold || r.Outcome != scheduler.Done || r.Device != e.Desk.Device {
			continue
		}
		did := "in"
		if r.Op == scheduler.OpLogout {
			did = "out"
		}
		return fmt.Sprintf("By its journal it had logged %s %s at %s", whose(r.Person, r.Anonymised), did, r.Began.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("Its journal has no login or logout there in the %v before", explainAround)
}

// pausedThen tells by the audit whether the cluster was paused.
func (a *app) pausedThen(ctx context.Context, e *explanation) error {
	rows, err := a.store.Audit(ctx, store.AuditFilter{Kind: "cluster", Item: e.Desk.Cluster, Until: e.At, Limit: 1})
	if err == nil && len(rows) > 0 && rows[0].Verb == "pause" {
		e.Pause = &scheduler.Pause{Since: rows[0].At, By: rows[0].Actor}
	}
	return err
}

// printThen prints what the explanation of a past instant ends with.
func (e explanation) printThen(b *strings.Builder, zone *time.Location, now time.Time) {
	if e.Seen.At.IsZero() {
		b.WriteString("\nSeen on the phone then\n   not known\n")
	} else {
		clock := func(t time.Time) string { return console.ShortTime(t, zone, now) }
		console.Say(b, "\nSeen on the phone then\n   %s\n", seen(e.Seen, clock))
	}
	if e.Pause != nil {
		console.Say(b, "\nThe cluster was paused by %s since %s.\n", e.Pause.By, console.ShortTime(e.Pause.Since, zone, now))
	}
	b.WriteString("\nWhat deskd did then and after\n")
	printAttempts(b, e.Followed, zone, now)
	none(b, len(e.Followed))
	e.andMore(b, e.Later, "later")
	b.WriteString("\nWhat it had done before\n")
	printAttempts(b, e.Attempts, zone, now)
	none(b, len(e.Attempts))
	e.andMore(b, e.Earlier, "earlier")
	b.WriteString("\nNot known\n")
	for _, n := range append(slices.Clone(e.NotKnown), "the policy, the people and the feeds of then: what was wanted is worked out with today's") {
		console.Say(b, "   %s\n", console.LocalTimes(n, zone, now))
	}
}
