package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/fetch"
	"deskd/scheduler/plan"
	"deskd/scheduler/report"
)

// A Stray is something that bookings or desks name and the configuration does not
// have, or a cluster that the configuration has for nothing: names were changed
// in one place and not in the other. Each is a notice of the page, a finding of
// doctor, and a line of the log when it begins and when it is over.
type Stray struct {
	Notice
	What string // as a list names it: "feed hall"
	Fix  string // what to do
}

// Strays finds what the configuration and the database do not agree about.
func (m *Model) Strays(ctx context.Context, now time.Time) ([]Stray, error) {
	feeds, err := m.feedStrays(ctx, now)
	if err != nil {
		return nil, err
	}
	desks, err := m.Records.Desks(ctx)
	if err != nil {
		return nil, err
	}
	return append(feeds, m.strayDesks(desks)...), nil
}

// feedStrays are those of [Model.Strays] that are feeds.
func (m *Model) feedStrays(ctx context.Context, now time.Time) ([]Stray, error) {
	booked, err := m.Records.BookedByFeeds(ctx, now, m.FeedNames()...)
	if err != nil || len(booked) == 0 {
		return nil, err
	}
	states, err := m.Records.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	return m.strayFeeds(booked, states), nil
}

func (m *Model) strayFeeds(booked []reservations.FeedBookings, states []reservations.FeedState) []Stray {
	var all []Stray
	configured := m.FeedNames()
	for _, b := range booked {
		if slices.Contains(configured, b.Feed) {
			continue
		}
		fix := fmt.Sprintf("put it back under feeds, or deskd feed rename %s NEW, or deskd feed drop %[1]s", b.Feed)
		i := slices.IndexFunc(states, func(s reservations.FeedState) bool { return s.Name == b.Feed })
		state := reservations.FeedState{Name: b.Feed}
		if i >= 0 {
			state = states[i]
		}
		if now := m.calledNow(state); now != "" {
			fix = fmt.Sprintf("if it is called %s now, deskd feed rename %s %[1]s; otherwise deskd feed drop %[2]s, or put it back under feeds", now, b.Feed)
		}
		all = append(all, Stray{
			Notice: Notice{
				Kind: KindNoFeed, Of: b.Feed, Bad: true,
				Text: fmt.Sprintf("Feed %s is not in the configuration: nobody is logged in for its %s.", b.Feed, count(b.Bookings, "booking", "bookings")),
				Detail: fmt.Sprintf("People who are logged in for one stay to its end, and the desks stay taken. What to do: %s.",
					fix),
			},
			What: "feed " + b.Feed, Fix: fix,
		})
	}
	return all
}

// strayDesks finds the clusters and sites of desks that the configuration does
// not have, by their names, and then the clusters without desks.
func (m *Model) strayDesks(desks []reservations.Desk) []Stray {
	clusters, sites := make(map[string]int), make(map[string]int)
	for _, d := range desks {
		clusters[d.Cluster]++
		sites[d.Site]++
	}
	var all []Stray
	names := m.ClusterNames()
	for _, name := range unlisted(clusters, names) {
		fix := "put it back under clusters, or name another in a file of desks (deskd import desks)" + insteadOf(name, names)
		all = append(all, Stray{
			Notice: Notice{
				Kind: KindNoCluster, Of: name, Bad: true,
				Text:   fmt.Sprintf("Cluster %s is not in the configuration: the phones of its %s are not driven.", name, count(clusters[name], "desk", "desks")),
				Detail: fmt.Sprintf("They stay as they are, also when bookings begin and end. What to do: %s.", fix),
			},
			What: "cluster " + name, Fix: fix,
		})
	}
	zones := m.SiteNames()
	for _, name := range unlisted(sites, zones) {
		fix := "put it back under sites, or name another in a file of desks (deskd import desks)" + insteadOf(name, zones)
		all = append(all, Stray{
			Notice: Notice{
				Kind: KindNoSite, Of: name,
				Text:   fmt.Sprintf("Site %s is not in the configuration: the times of its %s are shown in the zone %s.", name, count(sites[name], "desk", "desks"), m.Zone(name)),
				Detail: fmt.Sprintf("Its phones are driven as before. What to do: %s.", fix),
			},
			What: "site " + name, Fix: fix,
		})
	}
	for _, name := range names {
		if clusters[name] == 0 {
			all = append(all, Stray{
				Notice: Notice{
					Kind: KindEmpty, Of: name, Text: fmt.Sprintf("Cluster %s has no desks.", name),
					Detail: "There is nothing to do there until deskd import desks names it.",
				},
				What: "cluster " + name, Fix: "deskd import desks FILE.csv, or take the cluster out of the configuration",
			})
		}
	}
	return all
}

// unlisted are the keys of named that are not among known, by name.
func unlisted(named map[string]int, known []string) []string {
	var others []string
	for name := range named {
		if !slices.Contains(known, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return others
}

// insteadOf says which of known differs from name by case alone, if one does.
func insteadOf(name string, known []string) string {
	if i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) }); i >= 0 {
		return fmt.Sprintf("; the configuration has %q", known[i])
	}
	return ""
}

// StrayClusters are the clusters of desks that the configuration does not have.
func (m *Model) StrayClusters(ctx context.Context) ([]Stray, error) {
	desks, err := m.Records.Desks(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(m.strayDesks(desks), func(s Stray) bool { return s.Kind != KindNoCluster }), nil
}

// UndrivenDesks are the desks whose cluster is not configured.
func (m *Model) UndrivenDesks(ctx context.Context) ([]reservations.Desk, error) {
	desks, err := m.Records.Desks(ctx)
	names := m.ClusterNames()
	return slices.DeleteFunc(desks, func(d reservations.Desk) bool { return slices.Contains(names, d.Cluster) }), err
}

// UndrivenSteps are the holds of booked desks whose cluster is not configured, and
// one of the desk that is named, booked or not.
func (m *Model) UndrivenSteps(ctx context.Context, desk string, at time.Time) ([]plan.Step, error) {
	desks, err := m.UndrivenDesks(ctx)
	if desk != "" {
		desks = slices.DeleteFunc(desks, func(d reservations.Desk) bool { return d.ID != desk })
	}
	if err != nil || len(desks) == 0 {
		return nil, err
	}
	people, err := m.Records.People(ctx)
	if err != nil {
		return nil, err
	}
	booked, err := m.Records.Reservations(ctx, plan.Policy{}.Window(at))
	if err != nil {
		return nil, err
	}
	w := plan.NewWorld("", nil, people, booked)
	w.Desks = desks
	return plan.Undriven(w, desk != "", at), nil
}

// AddUndriven adds to a report the desks that nobody asked about.
func (m *Model) AddUndriven(ctx context.Context, r *report.Report) error {
	desks, err := m.UndrivenDesks(ctx)
	if err != nil {
		return err
	}
	strays := m.strayDesks(desks)
	r.Undriven = len(desks)
	for _, s := range strays {
		if s.Kind == KindNoCluster {
			r.Problems = append(r.Problems, s.Text+" What to do: "+s.Fix+".")
		}
	}
	return nil
}

// FormerFeeds are the names of the feeds of which the database has something, and
// which the configuration does not have.
func (m *Model) FormerFeeds(ctx context.Context) ([]string, error) {
	states, err := m.Records.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	booked, err := m.Records.BookedByFeeds(ctx, m.Now(), m.FeedNames()...)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range states {
		names = append(names, s.Name)
	}
	for _, b := range booked {
		names = append(names, b.Feed)
	}
	configured := m.FeedNames()
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return slices.Contains(configured, n) }), nil
}

// calledNow guesses the name in the configuration of a feed that is not there any
// more: one that differs by case, or is read from where it was; empty for none.
func (m *Model) calledNow(state reservations.FeedState) string {
	for _, f := range m.Feeds {
		if strings.EqualFold(f.Name, state.Name) {
			return f.Name
		}
	}
	var same []string
	for _, f := range m.Feeds {
		if state.URL != "" && fetch.Redact(f.URL) == state.URL {
			same = append(same, f.Name)
		}
	}
	if len(same) != 1 { // addresses that differ in their secrets alone look alike
		return ""
	}
	return same[0]
}
