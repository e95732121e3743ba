package web

import (
	"time"

	"deskd/reservations"
	"deskd/web/view"
)

// view puts what a snapshot holds into the words of the page.
type wording struct {
	names map[string]string // by reservations.PersonKey
	zones map[string]*time.Location
	home  *time.Location    // of the first site
	sites map[string]string // by desk
	down  map[string]bool   // clusters that do not say how their phones stand
	now   time.Time
}

func newWording(s view.Snapshot, now time.Time) wording {
	v := wording{
		names: make(map[string]string, len(s.People)),
		zones: make(map[string]*time.Location, len(s.Sites)),
		home:  time.UTC,
		sites: make(map[string]string, len(s.Desks)),
		down:  make(map[string]bool, len(s.Clusters)),
		now:   now,
	}
	for _, p := range s.People {
		v.names[reservations.PersonKey(p.ID)] = p.Name
	}
	for _, site := range s.Sites {
		v.zones[site.Name] = site.Zone
	}
	if len(s.Sites) > 0 {
		v.home = v.zone(s.Sites[0].Name)
	}
	for _, n := range s.Desks {
		v.sites[n.Desk.ID] = n.Desk.Site
	}
	for _, c := range s.Clusters {
		v.down[c.Cluster] = clusterStateOf(c) != clusterGood
	}
	return v
}

// zone is the wall clock of a site, the first site's for one nobody has
// configured.
func (v wording) zone(site string) *time.Location {
	if z := v.zones[site]; z != nil {
		return z
	}
	return v.home
}

// name is what a person is called, the user id if nobody has said.
func (v wording) name(person string) string {
	if name := v.names[reservations.PersonKey(person)]; name != "" {
		return name
	}
	return person
}
