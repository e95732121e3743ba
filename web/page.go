package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/web/view"
)

// page is the model of the status page: plain values in the order they are
// shown, every time already in words.
type page struct {
	Title    string
	Headline string
	Calm     bool // nothing needs attention
	Now      moment
	Banners  []banner
	Filter   filter
	Sites    []string // to choose from
	Floors   []string
	Total    int // desks in all
	Shown    int
	Trouble  []row
	More     int // that need a look, and are not in Trouble
	Pager    *pager
	Overview []place
	Groups   []group
	Clusters []clusterRow
	Feeds    []feedRow
	Ignored  []ignoredRow
	Unlisted int // that are not acted on either
	Broken   []brokenRow
	Style    string // of the addresses of style sheet and script
}

// group is a site with those of its desks that are shown. What counts its desks, or those
// of a floor, counts all that fit the filter, on whichever page they are.
type group struct {
	Site   string
	Zone   string
	Clock  moment
	Count  tally
	Floors []floor
}

type floor struct {
	Title string
	Count tally
	Rows  []row
}

// newPage lays the snapshot out as of now. It is pure: the same arguments give
// the same page.
func newPage(s view.Snapshot, f filter, now time.Time) page {
	return layOut(s.Arranged(), f, now, new(texts))
}

// layOut is newPage for a snapshot that is arranged, with what is known of the texts of its
// desks.
func layOut(s view.Snapshot, f filter, now time.Time, known *texts) page {
	v := newWording(s, now)
	c := v.choose(s, f, known)
	p := page{
		Title: title(c.all), Headline: c.all.sentence(), Now: clock(now, now, v.home),
		Banners: worstFirst(append(banners(s, now), v.forecastBanners(s.Clusters)...)), Filter: f, Sites: s.Plan.Sites, Floors: s.Plan.Floors, Total: c.all.desks, Shown: len(c.found),
	}
	p.Calm = c.all.trouble+c.all.blind == 0 && !slices.ContainsFunc(p.Banners, func(b banner) bool { return b.Bad })
	p.Pager, c.found = turn(c.found, f)
	switch {
	case f.Trouble:
		p.Trouble = v.rows(s, c.found)
	case p.Pager.first():
		listed := c.trouble[:min(len(c.trouble), mostTrouble)]
		p.Trouble, p.More = v.rows(s, listed), len(c.trouble)-len(listed)
	}
	if !f.Trouble {
		p.Groups = v.groups(s, c)
	}
	if p.Pager != nil && !f.Trouble {
		p.Overview = v.overview(s, f, c)
	}
	for _, c := range s.Clusters {
		p.Clusters = append(p.Clusters, v.cluster(c))
	}
	for _, feed := range s.Feeds {
		p.Feeds = append(p.Feeds, v.feed(feed))
	}
	for _, r := range s.Ignored[:min(len(s.Ignored), mostIgnored)] {
		p.Ignored = append(p.Ignored, v.ignored(r))
	}
	for _, b := range s.Broken {
		p.Broken = append(p.Broken, brokenOf(b))
	}
	p.Unlisted = len(s.Ignored) - len(p.Ignored)
	return p
}

// title is what a browser's tab shows: the number that matters comes first.
func title(all tally) string {
	if all.trouble > 0 {
		return fmt.Sprintf("(%d) Hot desks", all.trouble)
	}
	return "Hot desks"
}

// floorTitle is "Floor 4" for a floor that is only numbered, the name for one
// that has a name.
func floorTitle(name string) string {
	switch {
	case name == "":
		return "No floor"
	case strings.Trim(name, "-0123456789") == "":
		return "Floor " + name
	}
	return name
}

// ignoredRow is a reservation that is not acted on, on the page.
type ignoredRow struct {
	Desk, Person, Source, Why string
	Line                      int
	Start, End                moment
}

func (v wording) ignored(r view.Ignored) ignoredRow {
	zone := v.zone(v.site(r.Desk))
	return ignoredRow{
		Desk: r.Desk, Person: r.Person, Source: r.Source, Why: r.Why, Line: r.Line,
		Start: clock(r.Start, v.now, zone), End: clock(r.End, v.now, zone),
	}
}

// brokenRow is a site with bookings that break rules, on the page.
type brokenRow struct {
	Site     string
	Bookings int
	Rules    string // and how many break each
}

func brokenOf(b view.Broken) brokenRow {
	var parts []string
	for _, r := range b.Rules {
		parts = append(parts, fmt.Sprintf("%s %d", r.Rule, r.Bookings))
	}
	return brokenRow{b.Site, b.Bookings, strings.Join(parts, ", ")}
}
