package view

import (
	"cmp"
	"slices"

	"deskd/reservations"
	"deskd/scheduler/plan/board"
)

// FloorPlan is where the desks of a [Snapshot] are, and what people are called. It takes
// longer to make than all else, and changes only with desks and people.
type FloorPlan struct {
	Sites  []string          // those configured in their order, then others by name
	Floors []string          // by name, of all sites
	Spans  []FloorSpan       // of the desks, one for each floor of each site
	Places map[string]int    // of the desks by id
	Names  map[string]string // of people by reservations.PersonKey
}

// FloorSpan says which desks are those of a floor: from From to before To.
type FloorSpan struct {
	Site, Floor string
	From, To    int
}

// Arranged is s with its desks by site, floor and name, and their plan.
func (s Snapshot) Arranged() Snapshot {
	if s.Plan != nil {
		return s
	}
	s.Desks = slices.Clone(s.Desks)
	s.Plan = arrange(s.Sites, s.Desks)
	s.Plan.Names = make(map[string]string, len(s.People))
	for _, p := range s.People {
		s.Plan.Names[reservations.PersonKey(p.ID)] = p.Name
	}
	return s
}

// arrange sorts desks, and returns where they are then.
func arrange(configured []reservations.Site, desks []*board.Desk) *FloorPlan {
	p := &FloorPlan{Sites: siteOrder(configured, desks), Places: make(map[string]int, len(desks))}
	rank := make(map[string]int, len(p.Sites))
	for i, name := range p.Sites {
		rank[name] = i
	}
	slices.SortStableFunc(desks, func(a, b *board.Desk) int {
		return cmp.Or(cmp.Compare(rank[a.Desk.Site], rank[b.Desk.Site]),
			Naturally(a.Desk.Floor, b.Desk.Floor), Naturally(a.Desk.ID, b.Desk.ID))
	})
	floors := make(map[string]bool)
	for i, n := range desks {
		d := n.Desk
		p.Places[d.ID] = i
		if last := len(p.Spans) - 1; last < 0 || p.Spans[last].Site != d.Site || p.Spans[last].Floor != d.Floor {
			p.Spans = append(p.Spans, FloorSpan{Site: d.Site, Floor: d.Floor, From: i})
		}
		p.Spans[len(p.Spans)-1].To = i + 1
		if d.Floor != "" && !floors[d.Floor] {
			floors[d.Floor] = true
			p.Floors = append(p.Floors, d.Floor)
		}
	}
	slices.SortFunc(p.Floors, Naturally)
	return p
}

// siteOrder lists the sites as they were configured, then any others by name.
func siteOrder(configured []reservations.Site, desks []*board.Desk) []string {
	var sites, others []string
	known := make(map[string]bool)
	for _, site := range configured {
		sites, known[site.Name] = append(sites, site.Name), true
	}
	for _, n := range desks {
		if site := n.Desk.Site; !known[site] {
			others, known[site] = append(others, site), true
		}
	}
	slices.SortFunc(others, Naturally)
	return append(sites, others...)
}
