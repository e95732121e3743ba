package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/cmd/deskd/census"
	"deskd/configs"
	"deskd/emapi"
	"deskd/phone/inventory"
	"deskd/web/view"
)

// censuses are those of the clusters that have a service for them.
func (d *Instance) censuses() []*census.Census {
	var all []*census.Census
	for i, c := range d.Config.Clusters {
		if len(c.Services()) == 0 {
			continue
		}
		drives := d.scheduler.Clusters[i]
		all = append(all, &census.Census{
			Cluster: c.Name, Every: time.Duration(c.Inventory.Every), Open: d.Services(c), Version: c.Inventory.AXL.Version,
			Devices: func(ctx context.Context) ([]string, error) { return d.devicesOf(ctx, c.Name) },
			Here:    func() bool { return drives.Here() != nil },
			Save:    d.Store.Phones().Save, Tell: d.tellCensus(c.Name),
			Watch: func(s census.Standing) { d.noteCensus(c.Name, s) },
			Clock: d.Clock, Log: d.Log,
		})
	}
	return all
}

// Services open the services of a cluster that deskd asks where phones are, by their keys.
func (a *Parts) Services(c configs.Cluster) map[string]func() (inventory.Service, error) {
	all := make(map[string]func() (inventory.Service, error))
	for key, s := range c.Services() {
		all[key] = func() (inventory.Service, error) {
			password, err := s.Password()
			if err != nil {
				return inventory.Service{}, ConfigError{err}
			}
			secure, err := emapi.TLSConfig(s.CAFile, s.PinSHA256)
			if err != nil {
				return inventory.Service{}, ConfigError{fmt.Errorf("inventory of cluster %q: %w", c.Name, err)}
			}
			return inventory.Service{URL: s.URL, User: s.User, Password: inventory.Password(password), Transport: a.Transport(secure)}, nil
		}
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

// tellCensus has everybody know how the services of a cluster stand, as a duty of this node.
func (d *Instance) tellCensus(cluster string) func(ctx context.Context, s census.Standing) error {
	duty := census.Duty(cluster)
	take := sync.OnceValue(func() error {
		return d.Store.Nodes().Took(context.Background(), duty, d.Config.Database.NodeName(), d.Clock.Now())
	})
	return func(ctx context.Context, s census.Standing) error {
		text, err := json.Marshal(s)
		if err == nil {
			err = take()
		}
		if err != nil {
			return err
		}
		return d.Store.Nodes().Tell(ctx, duty, string(text), d.Clock.Now())
	}
}

// noteCensus shows which services of a cluster fail.
func (d *Instance) noteCensus(cluster string, s census.Standing) {
	var who, why []string
	for _, service := range []string{census.RIS, census.AXL} {
		if p := s[service].Problem; p != "" {
			who, why = append(who, census.Names[service]), append(why, p)
		}
	}
	if len(who) == 0 {
		d.notices.dropOf(view.KindInventory, cluster)
		return
	}
	d.notices.set(view.Notice{
		Kind: view.KindInventory, Of: cluster, Text: fmt.Sprintf("%s of cluster %s does not say where phones are or how they are set up.", strings.Join(who, " and "), cluster),
		Detail: "What was known of them stays; logins do not need it. Reason: " + strings.Join(slices.Compact(why), "; ") + ".",
	})
}
