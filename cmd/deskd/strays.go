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
	"deskd/web"
)

// stray is something that bookings or desks name and the configuration does not
// have, or a cluster that the configuration has for nothing: names were changed
// in one place and not in the other. Each is a notice of the page, a finding of
// doctor, and a line of the log when it begins and when it is over.
type stray struct {
	web.Notice
	what string // as doctor lists it: "feed hall"
	mend string
}

// strayLines are what the log says of strays by their kind, when one begins and
// when it is over.
var strayLines = map[web.Kind][2]string{
	web.KindNoFeed:    {"feed is not configured: nobody is logged in for its bookings", "feed is configured again, or has no bookings left"},
	web.KindNoCluster: {"cluster is not configured: the phones of its desks are not driven", "cluster is configured again, or has no desks left"},
	web.KindNoSite:    {"site is not configured: the times of its desks are shown in another zone", "site is configured again, or has no desks left"},
	web.KindEmpty:     {"cluster has no desks", "cluster has desks"},
}

// strays finds what the configuration and the database do not agree about.
func (a *app) strays(ctx context.Context, now time.Time) ([]stray, error) {
	booked, err := a.store.BookedByFeeds(ctx, now)
	if err != nil {
		return nil, err
	}
	states, err := a.store.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	desks, err := a.store.Desks(ctx)
	if err != nil {
		return nil, err
	}
	return append(a.strayFeeds(booked, states), a.strayDesks(desks)...), nil
}

func (a *app) strayFeeds(booked []store.FeedBookings, states []reservations.FeedState) []stray {
	var all []stray
	configured := a.feedNames()
	for _, b := range booked {
		if configured[b.Feed] {
			continue
		}
		mend := fmt.Sprintf("put it back under feeds, or deskd feed rename %s NEW, or deskd feed drop %[1]s", b.Feed)
		i := slices.IndexFunc(states, func(s reservations.FeedState) bool { return s.Name == b.Feed })
		state := reservations.FeedState{Name: b.Feed}
		if i >= 0 {
			state = states[i]
		}
		if now := a.calledNow(state); now != "" {
			mend = fmt.Sprintf("if it is called %s now, deskd feed rename %s %[1]s; otherwise deskd feed drop %[2]s, or put it back under feeds", now, b.Feed)
		}
		all = append(all, stray{
			Notice: web.Notice{
				Kind: web.KindNoFeed, Of: b.Feed, Bad: true,
				Text: fmt.Sprintf("Feed %s is not in the configuration: nobody is logged in for its %s.", b.Feed, console.Count(b.Bookings, "booking", "bookings")),
				Detail: fmt.Sprintf("Whoever is logged in for one stays to its end, and the desks stay taken. What to do: %s.",
					mend),
			},
			what: "feed " + b.Feed, mend: mend,
		})
	}
	return all
}

// strayDesks finds the clusters and sites of desks that the configuration does
// not have, by their names, and then the clusters without desks.
func (a *app) strayDesks(desks []reservations.Desk) []stray {
	clusters, sites := make(map[string]int), make(map[string]int)
	for _, d := range desks {
		clusters[d.Cluster]++
		sites[d.Site]++
	}
	var all []stray
	names := a.clusterNames()
	for _, name := range unlisted(clusters, names) {
		mend := "put it back under clusters, or name another in a file of desks (deskd import desks)" + insteadOf(name, names)
		all = append(all, stray{
			Notice: web.Notice{
				Kind: web.KindNoCluster, Of: name, Bad: true,
				Text:   fmt.Sprintf("Cluster %s is not in the configuration: the phones of its %s are not driven.", name, console.Count(clusters[name], "desk", "desks")),
				Detail: fmt.Sprintf("They stay as they are, also when bookings begin and end. What to do: %s.", mend),
			},
			what: "cluster " + name, mend: mend,
		})
	}
	var zones []string
	for _, s := range a.config.Sites {
		zones = append(zones, s.Name)
	}
	for _, name := range unlisted(sites, zones) {
		mend := "put it back under sites, or name another in a file of desks (deskd import desks)" + insteadOf(name, zones)
		all = append(all, stray{
			Notice: web.Notice{
				Kind: web.KindNoSite, Of: name,
				Text:   fmt.Sprintf("Site %s is not in the configuration: the times of its %s are shown in the zone %s.", name, console.Count(sites[name], "desk", "desks"), a.zone(name)),
				Detail: fmt.Sprintf("Its phones are driven as before. What to do: %s.", mend),
			},
			what: "site " + name, mend: mend,
		})
	}
	for _, name := range names {
		if clusters[name] == 0 {
			all = append(all, stray{
				Notice: web.Notice{
					Kind: web.KindEmpty, Of: name, Text: fmt.Sprintf("Cluster %s has no desks.", name),
					Detail: "There is nothing to do there until deskd import desks names it.",
				},
				what: "cluster " + name, mend: "deskd import desks FILE.csv, or take the cluster out of the configuration",
			})
		}
	}
	return all
}

func (a *app) clusterNames() []string {
	var names []string
	for _, c := range a.config.Clusters {
		names = append(names, c.Name)
	}
	return names
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

// tellStrays says which strays have begun and which are over, and keeps those
// that there are for the daemon of the next configuration.
func (d *daemon) tellStrays(ctx context.Context) {
	all, err := d.strays(ctx, d.clock.Now())
	if err != nil {
		return // the rounds meet the same error, and say it
	}
	now := make(map[[2]string]bool, len(all))
	for _, s := range all {
		key := [2]string{string(s.Kind), s.Of}
		now[key] = true
		if d.astray[key] {
			continue
		}
		log := d.log.Warn
		if s.Bad {
			log = d.log.Error
		}
		log(strayLines[s.Kind][0], "name", s.Of, "err", s.Text, "advice", s.mend)
	}
	for key := range d.astray {
		if !now[key] {
			d.log.Info(strayLines[web.Kind(key[0])][1], "name", key[1])
		}
	}
	d.astray = now
}

// undriven takes from what was seen the phones of desks whose cluster is not
// configured: nobody asks them any more.
func (a *app) undriven(desks []reservations.Desk, have map[string]scheduler.Have) {
	names := a.clusterNames()
	for _, d := range desks {
		if h, seen := have[d.Device]; seen && !slices.Contains(names, d.Cluster) {
			h.Known = false
			have[d.Device] = h
		}
	}
}

// strayClusters are the clusters of desks that the configuration does not have.
func (a *app) strayClusters(ctx context.Context) ([]stray, error) {
	desks, err := a.store.Desks(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(a.strayDesks(desks), func(s stray) bool { return s.Kind != web.KindNoCluster }), nil
}

// undrivenDesks are the desks whose cluster is not configured.
func (a *app) undrivenDesks(ctx context.Context) ([]reservations.Desk, error) {
	desks, err := a.store.Desks(ctx)
	names := a.clusterNames()
	return slices.DeleteFunc(desks, func(d reservations.Desk) bool { return slices.Contains(names, d.Cluster) }), err
}

// undrivenSteps are the holds of booked desks whose cluster is not configured, and
// one of the desk that is named, booked or not.
func (a *app) undrivenSteps(ctx context.Context, desk string, at time.Time) ([]scheduler.Step, error) {
	desks, err := a.undrivenDesks(ctx)
	if desk != "" {
		desks = slices.DeleteFunc(desks, func(d reservations.Desk) bool { return d.ID != desk })
	}
	if err != nil || len(desks) == 0 {
		return nil, err
	}
	people, err := a.store.People(ctx)
	if err != nil {
		return nil, err
	}
	booked, err := a.store.Reservations(ctx, scheduler.Policy{}.Window(at))
	if err != nil {
		return nil, err
	}
	w := scheduler.NewWorld("", nil, people, booked)
	w.Desks = desks
	return scheduler.Undriven(w, desk != "", at), nil
}

// addUndriven adds to a report the desks that nobody asked about.
func (a *app) addUndriven(ctx context.Context, r *scheduler.Report) error {
	desks, err := a.undrivenDesks(ctx)
	if err != nil {
		return err
	}
	strays := a.strayDesks(desks)
	r.Undriven = len(desks)
	for _, s := range strays {
		if s.Kind == web.KindNoCluster {
			r.Problems = append(r.Problems, s.Text+" What to do: "+s.mend+".")
		}
	}
	return nil
}
