package web

import (
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan/forecast"
	"deskd/web/view"
)

// wording puts what a snapshot holds into the words of the page.
type wording struct {
	names map[string]string // by reservations.PersonKey
	zones map[string]*time.Location
	home  *time.Location // of the first site
	shown view.Snapshot
	down  map[string]bool           // clusters that do not say how their phones stand
	late  map[string]forecast.Phone // by desk
	// remarks are those of each desk.
	remarks map[string][]view.Remark
	now     time.Time
}

func newWording(s view.Snapshot, now time.Time) wording {
	s = s.Arranged()
	v := wording{
		names: s.Plan.Names,
		zones: make(map[string]*time.Location, len(s.Sites)),
		home:  time.UTC,
		shown: s,
		down:  make(map[string]bool, len(s.Clusters)),
		now:   now,

		remarks: make(map[string][]view.Remark, len(s.Remarks)),
	}
	for _, r := range s.Remarks {
		v.remarks[r.Desk] = append(v.remarks[r.Desk], r)
	}
	for _, site := range s.Sites {
		v.zones[site.Name] = site.Zone
	}
	if len(s.Sites) > 0 {
		v.home = v.zone(s.Sites[0].Name)
	}
	for _, c := range s.Clusters {
		v.down[c.Cluster] = clusterStateOf(c) != clusterGood
	}
	v.late = v.lateDesks(s.Clusters)
	return v
}

// site is that of a desk, empty for one that there is not.
func (v wording) site(desk string) string {
	if at, known := v.shown.Plan.Places[desk]; known {
		return v.shown.Desks[at].Desk.Site
	}
	return ""
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
