// Package asking finds out how the phone system is set up for deskd, for package provisioning to
// judge: it asks the EM service, RISPort70 and AXL of each cluster, and the phones themselves.
//
//	asking.go    whom: desks and people, and what the database knows
//	cluster.go   one cluster, and what is asked of it
//	em.go        the EM service: phones and people
//	services.go  RISPort70 and AXL
//	phones.go    the phones, each who it is
//	past.go      what has come of pushes and logins
//
// It only reads, sends no password to a phone, and is bounded: RISPort70 is asked 5 times a minute
// at most, AXL for one phone or profile 10 times a second, 32 phones at once; a service that has
// failed is not asked again. No login waits for it: it runs in a verb's process.
package asking

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/provisioning"
	"deskd/configs"
	"deskd/reservations"
	"deskd/store/phones"
	web "deskd/web/phone"
)

// Options say of whom, and how much is asked.
type Options struct {
	// Desk and Site restrict the desks, and the people to those who have booked or own one of
	// them. Person restricts the people, and the desks to none, unless Desk or Site is given.
	Desk, Site, Person string
	// Silent asks nothing outside of the database: of people, nothing is known then.
	Silent bool
}

// ahead is how far bookings count, for the people of some desks.
const ahead = 14 * 24 * time.Hour

// Ask finds out how desks and people are set up. The error is that of a database that cannot be
// read: whatever does not answer is part of the report.
func Ask(ctx context.Context, p *daemon.Parts, o Options) (provisioning.Report, error) {
	desks, people, err := whom(ctx, p, o)
	if err != nil {
		return provisioning.Report{}, err
	}
	past, err := readPast(ctx, p)
	if err != nil {
		return provisioning.Report{}, err
	}
	known, err := p.Store.Phones().All(ctx, "")
	if err != nil {
		return provisioning.Report{}, err
	}
	for _, k := range known {
		past.phones[[2]string{k.Cluster, strings.ToUpper(k.Device)}] = k
	}
	s := settingOf(p.Config)
	var all []*inquiry
	var running sync.WaitGroup
	for _, c := range p.Config.Clusters {
		i := &inquiry{Parts: p, config: c, setting: s, silent: o.Silent, cluster: provisioning.Cluster{Name: c.Name}}
		i.about(desks, past)
		if len(i.desks) == 0 && (o.Desk != "" || o.Site != "") {
			continue
		}
		for _, one := range people {
			i.people = append(i.people, provisioning.Person{ID: one.ID, Cluster: c.Name, Named: one.Profile})
		}
		all = append(all, i)
		running.Go(func() { i.ask(ctx) })
	}
	running.Wait()
	if err := ctx.Err(); err != nil {
		return provisioning.Report{}, err
	}
	return judge(all, s), nil
}

// about takes in the desks of the cluster.
func (i *inquiry) about(desks []reservations.Desk, past past) {
	for _, d := range desks {
		if d.Cluster == i.config.Name {
			i.add(d, past)
		}
	}
}

// judge judges what the clusters have told, the desks of all of them first.
func judge(all []*inquiry, s provisioning.Setting) provisioning.Report {
	home := make(map[string]string) // of people, a cluster that knows them
	for _, i := range all {
		for _, p := range i.people {
			if p.User.Known && p.User.Is.Exists && home[p.ID] == "" {
				home[p.ID] = i.cluster.Name
			}
		}
	}
	var desks []provisioning.Desk
	var people []provisioning.Person
	clusters := make(map[string]provisioning.Cluster)
	for _, i := range all {
		clusters[i.cluster.Name] = i.cluster
		desks = append(desks, i.desks...)
		for _, p := range i.people {
			p.Elsewhere = home[p.ID]
			people = append(people, p)
		}
	}
	return provisioning.Judge(desks, people, clusters, s)
}

// whom returns the desks that have a phone, and the people, of whom it is to be found out. The
// error of one that there is not is the store's.
func whom(ctx context.Context, p *daemon.Parts, o Options) ([]reservations.Desk, []reservations.Person, error) {
	desks, err := desksOf(ctx, p, o)
	if err != nil {
		return nil, nil, err
	}
	if o.Silent {
		return desks, nil, nil
	}
	if o.Person != "" {
		one, err := p.Store.Person(ctx, o.Person)
		return desks, []reservations.Person{one}, err
	}
	people, err := p.Store.People(ctx)
	if err != nil || o.Desk == "" && o.Site == "" {
		return desks, people, err
	}
	of, err := peopleOf(ctx, p, desks)
	return desks, slices.DeleteFunc(people, func(one reservations.Person) bool { return !of[strings.ToLower(one.ID)] }), err
}

// desksOf are the desks that have a phone and are asked for.
func desksOf(ctx context.Context, p *daemon.Parts, o Options) (desks []reservations.Desk, err error) {
	switch {
	case o.Desk != "":
		one, err := p.Store.Desk(ctx, o.Desk)
		if err != nil {
			return nil, err
		}
		desks = append(desks, one)
	case o.Person != "" && o.Site == "":
		return nil, nil
	default:
		if desks, err = p.Store.Desks(ctx); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(desks, func(d reservations.Desk) bool { return d.Device == "" || o.Site != "" && d.Site != o.Site }), nil
}

// peopleOf are those who have booked one of some desks for the days to come, or own one, by
// their ids in lower case.
func peopleOf(ctx context.Context, p *daemon.Parts, desks []reservations.Desk) (map[string]bool, error) {
	of, at := make(map[string]bool), make(map[string]bool)
	for _, d := range desks {
		at[d.ID] = true
		of[strings.ToLower(d.Owner)] = true
	}
	now := p.Clock.Now()
	err := p.Store.EachBooking(ctx, reservations.Span{Start: now, End: now.Add(ahead)}, func(desk, person string, _ reservations.Span) {
		if at[desk] {
			of[strings.ToLower(person)] = true
		}
	})
	return of, err
}

// settingOf is what deskd is configured to do with phones.
func settingOf(c configs.Config) provisioning.Setting {
	s := provisioning.Setting{Networks: len(c.Phones.Networks) > 0, Push: c.Phones.Push.User}
	if c.Phones.BaseURL != "" {
		s.Service = strings.TrimSuffix(c.Phones.ForAll(), "/") + web.Path
		s.Secure = strings.TrimSuffix(c.Phones.BaseURL, "/") + web.Path
	}
	var needs []string
	tells := c.Phones.Tells()
	for _, n := range []struct {
		name string
		is   bool
	}{
		{"phones.clear_history", c.Phones.ClearHistory},
		{"phones.notices", tells.Next || tells.Moved || len(tells.BeforeEnd) > 0},
		{"phones.idle_logout", c.Phones.IdleLogout.After > 0},
		{"policy.end.wait_for_call", c.Policy.End.WaitForCall > 0},
	} {
		if n.is {
			needs = append(needs, n.name)
		}
	}
	s.Web = strings.Join(needs, ", ")
	return s
}

// add adds a desk, with what is known of its phone.
func (i *inquiry) add(d reservations.Desk, past past) {
	k := past.phones[[2]string{d.Cluster, strings.ToUpper(d.Device)}]
	one := provisioning.Desk{ID: d.ID, Site: d.Site, Cluster: d.Cluster, Device: d.Device, Where: provisioning.Is(k.Address)}
	zone, now := i.View.Zone(d.Site), i.Clock.Now()
	one.Pushed, one.Login = provisioning.Is(past.pushed[d.Device]), provisioning.Is(past.logins[d.Device])
	if at := one.Pushed.Is.At; !at.IsZero() {
		one.Pushed.Is.When = console.ShortTime(at, zone, now)
	}
	if at := one.Login.Is.At; !at.IsZero() {
		one.Login.Is.When = console.ShortTime(at, zone, now)
	}
	if i.silent {
		remembered(&one, k)
	}
	i.desks = append(i.desks, one)
}

// remembered is what the daemon was told of a phone, in the place of what it is not asked now.
func remembered(d *provisioning.Desk, k phones.Phone) {
	const why = "deskd has not been told"
	d.EM, d.Place, d.SetUp, d.Page = provisioning.Untold[bool](why), provisioning.Untold[provisioning.Place](why), provisioning.Untold[provisioning.SetUp](why), provisioning.Untold[provisioning.Page](why)
	d.Subscribed = provisioning.Untold[bool](why)
	if k.Registered != nil {
		d.Place = provisioning.Is(provisioning.Place{Listed: true, Registered: *k.Registered, Status: "as the daemon was told", Web: k.WebAccess})
	}
	if k.EM != nil || k.Profile != nil {
		d.SetUp = provisioning.Is(provisioning.SetUp{Listed: true, Model: k.Model, EM: k.EM, Profile: k.Profile})
	}
}

// inside reports whether an address is in one of the networks that deskd may connect to.
func inside(c configs.Config, a netip.Addr) bool {
	return slices.ContainsFunc(c.Phones.Prefixes(), func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}
