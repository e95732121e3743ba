package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// Cluster is a phone system of the configuration: URL is that of its Extension
// Mobility service, without credentials.
type Cluster struct{ Name, URL string }

type siteRow struct {
	Name string `gorm:"primaryKey"`
	Zone string
}

func (siteRow) TableName() string { return "sites" }

type clusterRow struct {
	Name string `gorm:"primaryKey"`
	URL  string
}

func (clusterRow) TableName() string { return "clusters" }

// Configure records the sites and clusters of the configuration, so that desks
// can refer to them. One that the configuration no longer has stays: desks may
// still name it.
func (s *Store) Configure(ctx context.Context, sites []reservations.Site, clusters []Cluster) error {
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		for _, site := range sites {
			if err := tables.Replace(tx, &siteRow{site.Name, site.Zone.String()}); err != nil {
				return fmt.Errorf("site %q: %w", site.Name, err)
			}
		}
		for _, c := range clusters {
			if err := tables.Replace(tx, &clusterRow{c.Name, c.URL}); err != nil {
				return fmt.Errorf("cluster %q: %w", c.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record sites and clusters: %w", err)
	}
	return nil
}

// FormerNames returns the other names that a cluster has had: those with the same
// address that are not among the configured ones.
func (s *Store) FormerNames(ctx context.Context, cluster string, configured []string) ([]string, error) {
	var former []string
	err := s.db.Read(ctx).Model(&clusterRow{}).
		Where("url <> '' AND url = (SELECT url FROM clusters WHERE name = ?) AND name NOT IN ?", cluster, configured).
		Order("name").Pluck("name", &former).Error
	if err != nil {
		return nil, fmt.Errorf("read former names of cluster %q: %w", cluster, err)
	}
	return former, nil
}
