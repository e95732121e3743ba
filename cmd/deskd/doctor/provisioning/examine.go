package provisioning

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/cmd/deskd/census"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/phone/inventory"
	"deskd/phone/push"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/phones"
)

// Options are what is asked beside what deskd knows.
type Options struct {
	PushUser string // the user with whom pushes go out; empty for nobody
}

// atOnce is how many phones are asked at once for their name, and nameWithin how long each.
const (
	atOnce     = 16
	nameWithin = 2 * time.Second
)

// Examine checks each desk and person of the configuration's clusters. What a service does not
// tell is unknown; the error is that of the database.
func Examine(ctx context.Context, p *daemon.Parts, o Options) ([]Finding, error) {
	e, err := read(ctx, p)
	if err != nil {
		return nil, err
	}
	var all []Finding
	users := make(map[string]Answer[inventory.User])
	for _, c := range p.Config.Clusters {
		desks := e.desksOf(c.Name)
		if axl, err := e.axl(c); axl != nil || err != nil {
			askPhones(ctx, axl, err, desks)
			e.askUsers(ctx, axl, err, users)
			o.askPusher(desks, func(id string) Answer[inventory.User] { return askUser(ctx, axl, err, id) })
		}
		askNames(ctx, &push.Client{Networks: p.Config.Phones.Prefixes(), Timeout: nameWithin}, desks)
		for _, d := range desks {
			all = append(all, d.Findings()...)
		}
	}
	for _, person := range e.people {
		all = append(all, Person{person, users[person.ID]}.Findings()...)
	}
	return all, nil
}

// examination is what the database holds.
type examination struct {
	*daemon.Parts
	desks  []reservations.Desk
	people []reservations.Person
	seen   map[string]plan.Observation
	phones map[[2]string]phones.Phone
}

func read(ctx context.Context, p *daemon.Parts) (*examination, error) {
	e := &examination{Parts: p, seen: make(map[string]plan.Observation), phones: make(map[[2]string]phones.Phone)}
	var err error
	if e.desks, err = p.Store.Desks(ctx); err != nil {
		return nil, err
	}
	if e.people, err = p.Store.People(ctx); err != nil {
		return nil, err
	}
	seen, err := p.Store.Seen(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range seen {
		e.seen[o.Device] = o
	}
	known, err := p.Store.Phones().All(ctx, "")
	for _, k := range known {
		e.phones[[2]string{k.Cluster, k.Device}] = k
	}
	return e, err
}

func (e *examination) desksOf(cluster string) (all []Desk) {
	for _, d := range e.desks {
		if d.Cluster != cluster {
			continue
		}
		one := Desk{Desk: d, Phone: e.phones[[2]string{cluster, d.Device}], Base: e.Config.Phones.BaseURL, Networks: e.Config.Phones.Prefixes()}
		if o, is := e.seen[d.Device]; is {
			one.Seen = &o
		}
		all = append(all, one)
	}
	return all
}

// axl is that of a cluster: nil where none is configured.
func (e *examination) axl(c configs.Cluster) (*inventory.AXL, error) {
	open := census.Services(c, e.Transport)[census.AXL]
	if open == nil {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	s, err := open()
	if err != nil {
		return nil, err
	}
	return &inventory.AXL{Service: s, Version: c.Inventory.AXL.Version}, nil
}

// askPhones asks how the phones of desks are set up; err is why AXL cannot be asked. A cluster
// that has failed is not asked about each phone.
func askPhones(ctx context.Context, axl *inventory.AXL, err error, desks []Desk) {
	var names []string
	for _, d := range desks {
		names = append(names, d.Device)
	}
	if len(names) == 0 {
		return
	}
	var found []inventory.Device
	if err == nil {
		found, err = axl.Phones(ctx, census.Prefix(names)+"%")
	}
	byName := make(map[string]*inventory.Device, len(found))
	for i := range found {
		byName[found[i].Name] = &found[i]
	}
	stopped := err
	for i, d := range desks {
		desks[i].SetUp = Answer[*inventory.Device]{true, err, byName[d.Device]}
		failed := stopped
		var urls []string
		if failed == nil && d.Base != "" && byName[d.Device] != nil {
			urls, failed = axl.Services(ctx, d.Device)
		}
		desks[i].Services = Answer[[]string]{true, failed, urls}
		if stopped == nil && inventory.KindOf(failed) != inventory.NotFound {
			stopped = failed // the others would wait for the same
		}
	}
}

// askUsers asks how people are set up that no cluster before has known.
func (e *examination) askUsers(ctx context.Context, axl *inventory.AXL, err error, users map[string]Answer[inventory.User]) {
	for _, p := range e.people {
		if known := users[p.ID]; known.Asked && known.Err == nil {
			continue
		}
		before, now := users[p.ID], askUser(ctx, axl, err, p.ID)
		unknown := inventory.KindOf(now.Err) == inventory.NotFound
		if now.Err != nil && !unknown {
			err = now.Err // the others would wait for the same
		}
		if !before.Asked || !unknown { // else another cluster, which has not answered, may know them
			users[p.ID] = now
		}
	}
}

// askPusher asks which phones the user of pushes controls, if one is named.
func (o Options) askPusher(desks []Desk, ask func(id string) Answer[inventory.User]) {
	if o.PushUser == "" || len(desks) == 0 {
		return
	}
	pusher := ask(o.PushUser)
	for i := range desks {
		desks[i].Pusher = pusher
	}
}

func askUser(ctx context.Context, axl *inventory.AXL, err error, id string) Answer[inventory.User] {
	a := Answer[inventory.User]{Asked: true, Err: err}
	if err == nil {
		a.Told, a.Err = axl.User(ctx, id)
	}
	return a
}

// askNames asks the phones whose address is in a network for phones who they are.
func askNames(ctx context.Context, client *push.Client, desks []Desk) {
	var asking sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i, d := range desks {
		at := d.Phone.Address
		if !at.IsValid() || !slices.ContainsFunc(client.Networks, func(n netip.Prefix) bool { return n.Contains(at) }) {
			continue
		}
		free <- struct{}{}
		asking.Go(func() {
			defer func() { <-free }()
			told, err := client.Identify(ctx, push.Phone{Name: d.Device, Address: at})
			desks[i].Named = Answer[string]{true, err, strings.TrimSpace(told.Name)}
		})
	}
	asking.Wait()
}
