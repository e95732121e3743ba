package web

import (
	"cmp"
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
	Groups   []group
	Clusters []clusterRow
	Feeds    []feedRow
	Ignored  []ignoredRow
	Style    string // of the addresses of style sheet and script
}

// group is a site with those of its desks that are shown.
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
	v := newWording(s, now)
	var all tally
	rows := make([]row, 0, len(s.Desks))
	for _, n := range s.Desks {
		r := v.row(n)
		all.add(r.count)
		rows = append(rows, r)
	}
	sites := siteOrder(s, rows)
	sortRows(rows, sites)
	p := page{
		Title: title(all), Headline: all.sentence(), Now: clock(now, now, v.home),
		Banners: banners(s, now), Filter: f, Sites: sites, Floors: floorNames(rows), Total: all.desks,
	}
	p.Calm = all.trouble+all.blind == 0 && !slices.ContainsFunc(p.Banners, func(b banner) bool { return b.Bad })
	for _, r := range rows {
		if !f.shows(r) {
			continue
		}
		p.Shown++
		if r.Trouble {
			p.Trouble = append(p.Trouble, r)
		}
		if !f.Trouble {
			p.Groups = v.place(p.Groups, r)
		}
	}
	for _, c := range s.Clusters {
		p.Clusters = append(p.Clusters, v.cluster(c))
	}
	for _, feed := range s.Feeds {
		p.Feeds = append(p.Feeds, v.feed(feed))
	}
	for _, r := range s.Ignored {
		p.Ignored = append(p.Ignored, v.ignored(r))
	}
	return p
}

// title is what a browser's tab shows: the number that matters comes first.
func title(all tally) string {
	if all.trouble > 0 {
		return fmt.Sprintf("(%d) Hot desks", all.trouble)
	}
	return "Hot desks"
}

// siteOrder lists the sites as they were configured, then any others by name.
func siteOrder(s view.Snapshot, rows []row) []string {
	var sites, others []string
	for _, site := range s.Sites {
		sites = append(sites, site.Name)
	}
	for _, r := range rows {
		if !slices.Contains(sites, r.Site) && !slices.Contains(others, r.Site) {
			others = append(others, r.Site)
		}
	}
	slices.SortFunc(others, naturally)
	return append(sites, others...)
}

func floorNames(rows []row) []string {
	var names []string
	for _, r := range rows {
		if r.Floor != "" && !slices.Contains(names, r.Floor) {
			names = append(names, r.Floor)
		}
	}
	slices.SortFunc(names, naturally)
	return names
}

func sortRows(rows []row, sites []string) {
	rank := make(map[string]int, len(sites))
	for i, name := range sites {
		rank[name] = i
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(rank[a.Site], rank[b.Site]), naturally(a.Floor, b.Floor), naturally(a.Desk, b.Desk))
	})
}

// place appends r, which comes after everything in groups, to its floor.
func (v wording) place(groups []group, r row) []group {
	if len(groups) == 0 || groups[len(groups)-1].Site != r.Site {
		zone := v.zone(r.Site)
		groups = append(groups, group{Site: r.Site, Zone: zone.String(), Clock: clock(v.now, v.now, zone)})
	}
	g := &groups[len(groups)-1]
	g.Count.add(r.count)
	if len(g.Floors) == 0 || g.Floors[len(g.Floors)-1].Title != floorTitle(r.Floor) {
		g.Floors = append(g.Floors, floor{Title: floorTitle(r.Floor)})
	}
	fl := &g.Floors[len(g.Floors)-1]
	fl.Count.add(r.count)
	fl.Rows = append(fl.Rows, r)
	return groups
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
	zone := v.zone(v.sites[r.Desk])
	return ignoredRow{
		Desk: r.Desk, Person: r.Person, Source: r.Source, Why: r.Why, Line: r.Line,
		Start: clock(r.Start, v.now, zone), End: clock(r.End, v.now, zone),
	}
}
