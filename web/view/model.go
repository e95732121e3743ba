package view

import (
	"context"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Model answers questions about one installation: its database, read by what its
// configuration says. It changes nothing, and is safe for use by several goroutines
// as long as none changes its fields.
type Model struct {
	// Records are what is asked. Without them only what the configuration alone answers
	// may be asked for.
	Records Records
	// Sites, Clusters and Feeds are those of the configuration, in its order.
	Sites    []reservations.Site
	Clusters []ClusterConfig
	Feeds    []reservations.Feed
	// Now is the clock.
	Now func() time.Time
	// Remarks are what there is to say of desks beside how they stand: of one, or of all
	// where it has no name. Nil: nothing.
	Remarks func(ctx context.Context, desk string, at time.Time) ([]Remark, error)
	// Broken are the bookings to come that break rules, as far as is known. Nil: nothing.
	Broken func() []Broken
	// Preview is what a round of a configured cluster would do at an instant, by
	// what was seen last on its phones.
	Preview func(ctx context.Context, cluster string, at time.Time) (scheduler.Preview, error)
}

// remarks are what there is to say of a desk, or of all.
func (m *Model) remarks(ctx context.Context, desk string, at time.Time) ([]Remark, error) {
	if m.Remarks == nil {
		return nil, nil
	}
	return m.Remarks(ctx, desk, at)
}

// broken are the bookings to come that break rules.
func (m *Model) broken() []Broken {
	if m.Broken == nil {
		return nil
	}
	return m.Broken()
}

// ClusterConfig is what the configuration says of a cluster, as far as an answer
// depends on it.
type ClusterConfig struct {
	Name     string
	Policy   plan.Policy
	Duration phones.Duration // of its sessions
}

// Zone is the time zone in which a site's times are read and shown: that of the
// first site where name is none of the configuration's, and UTC without any.
func (m *Model) Zone(site string) *time.Location {
	for _, s := range m.Sites {
		if s.Name == site {
			return s.Zone
		}
	}
	if len(m.Sites) > 0 {
		return m.Sites[0].Zone
	}
	return time.UTC
}

// DeskZones tells the time zone of a desk, in which its times are shown: as
// [Model.Zone] has it for the desk's site, or for none where there is no such desk.
func (m *Model) DeskZones(ctx context.Context) (func(desk string) *time.Location, error) {
	desks, err := m.Records.Desks(ctx)
	sites := make(map[string]string, len(desks))
	for _, d := range desks {
		sites[d.ID] = d.Site
	}
	return func(desk string) *time.Location { return m.Zone(sites[desk]) }, err
}

// SiteNames are the names of the configured sites, in the configuration's order.
func (m *Model) SiteNames() []string {
	var names []string
	for _, s := range m.Sites {
		names = append(names, s.Name)
	}
	return names
}

// ClusterNames are the names of the configured clusters, in the configuration's
// order.
func (m *Model) ClusterNames() []string {
	var names []string
	for _, c := range m.Clusters {
		names = append(names, c.Name)
	}
	return names
}

// FeedNames are the names of the configured feeds, in the configuration's order.
func (m *Model) FeedNames() []string {
	names := make([]string, len(m.Feeds))
	for i, f := range m.Feeds {
		names[i] = f.Name
	}
	return names
}

// FeedsByName are the configured feeds.
func (m *Model) FeedsByName() map[string]reservations.Feed {
	all := make(map[string]reservations.Feed, len(m.Feeds))
	for _, f := range m.Feeds {
		all[f.Name] = f
	}
	return all
}
