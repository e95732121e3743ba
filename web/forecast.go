package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/scheduler/plan/forecast"
	"deskd/web/view"
)

// kindForecast is that of the banners that look ahead. Nothing is degraded yet: neither
// probes nor the metric of what is degraded have it.
const kindForecast view.Kind = "forecast"

// lateWords are what the rows of phones that will be late say, and a search for them finds.
const lateWords = "will not be ready by"

// forecastBanners say which phones of the coming hour, and of bookings that have begun, will be late.
func (v wording) forecastBanners(clusters []scheduler.ClusterStatus) []banner {
	var all []banner
	for _, c := range clusters {
		f := c.Ahead
		if f == nil || f.Late == 0 || len(f.Phones) == 0 {
			continue
		}
		first := f.Phones[0]
		by := "in time"
		if !slices.ContainsFunc(f.Phones, func(p forecast.Phone) bool { return !p.Start.Equal(first.Start) }) {
			by = "by " + clock(first.Start, v.now, v.home).Text
		}
		text := fmt.Sprintf("Cluster %s: %d of %s will not be ready %s", c.Cluster, f.Late, count(f.Bookings, "phone", "phones"), by)
		if f.Late > f.Never {
			text += "; the last at " + v.second(slices.MaxFunc(f.Phones, func(a, b forecast.Phone) int { return a.Ready.Compare(b.Ready) }).Ready)
		}
		if f.Never > 0 {
			text += fmt.Sprintf("; at %d of them nobody will be logged in, because too little of the booking will be left", f.Never)
		}
		all = append(all, banner{
			Kind: kindForecast, Of: c.Cluster, Bad: f.Never > 0 || f.Most >= plan.StartingFor,
			Text:   text + ".",
			Detail: strings.TrimSpace(because(f.Suffices(), first.Why)),
			Link:   "/?q=" + url.QueryEscape(lateWords),
		})
	}
	return all
}

// second is an instant of the first site's clock, to the second.
func (v wording) second(t time.Time) string { return t.In(v.home).Format(time.TimeOnly) }

// lateDesks are what is said of the desks of phones that will be late.
func (v wording) lateDesks(clusters []scheduler.ClusterStatus) map[string]forecast.Phone {
	late := make(map[string]forecast.Phone)
	for _, c := range clusters {
		if c.Ahead == nil {
			continue
		}
		for _, p := range c.Ahead.Phones {
			if _, known := late[p.Desk]; !known { // the first booking comes first
				late[p.Desk] = p
			}
		}
	}
	return late
}

// ahead is what a desk's row says of its next booking; empty where it will be in time.
func (v wording) ahead(n *board.Desk) string {
	p, late := v.late[n.Desk.ID]
	if !late || n.Next == nil || n.Next.ID != p.Reservation {
		return ""
	}
	zone := v.zone(n.Desk.Site)
	if p.Never {
		return fmt.Sprintf("%s %s, and nobody will be logged in then: too little of the booking will be left", lateWords, clock(p.Start, v.now, zone).Text)
	}
	return fmt.Sprintf("%s %s, but at %s", lateWords, clock(p.Start, v.now, zone).Text, p.Ready.In(zone).Format(time.TimeOnly))
}
