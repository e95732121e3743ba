package daemon

import (
	"context"
	"fmt"
	"time"

	"deskd/cmd/deskd/census"
	"deskd/web/view"
)

// censuses are those of the clusters that have a service for them.
func (d *Instance) censuses() []*census.Census {
	var all []*census.Census
	for i, c := range d.Config.Clusters {
		open := census.Services(c, d.Transport)
		if len(open) == 0 {
			continue
		}
		drives := d.scheduler.Clusters[i]
		all = append(all, &census.Census{
			Cluster: c.Name, Every: time.Duration(c.Inventory.Every), Open: open, Version: c.Inventory.AXL.Version,
			Devices: func(ctx context.Context) ([]string, error) { return d.devicesOf(ctx, c.Name) },
			Here:    func() bool { return drives.Here() != nil },
			Save:    d.Store.Phones().Save,
			Tell:    census.Teller(d.Store.Nodes(), c.Name, d.Config.Database.NodeName(), d.Clock),
			Watch:   func(s census.Standing) { d.noteCensus(c.Name, s) },
			Clock:   d.Clock, Log: d.Log,
		})
	}
	return all
}

// devicesOf are the phones of a cluster's desks.
func (d *Instance) devicesOf(ctx context.Context, cluster string) (names []string, err error) {
	desks, err := d.aside.Desks(ctx)
	for _, desk := range desks {
		if desk.Cluster == cluster {
			names = append(names, desk.Device)
		}
	}
	return names, err
}

// noteCensus shows which services of a cluster fail.
func (d *Instance) noteCensus(cluster string, s census.Standing) {
	who, why := s.Failing()
	if who == "" {
		d.notices.dropOf(view.KindInventory, cluster)
		return
	}
	d.notices.set(view.Notice{
		Kind: view.KindInventory, Of: cluster, Text: fmt.Sprintf("%s of cluster %s does not say where phones are or how they are set up.", who, cluster),
		Detail: "What was known of them stays; logins do not need it. Reason: " + why + ".",
	})
}
