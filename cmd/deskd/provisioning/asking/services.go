package asking

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"deskd/cmd/deskd/census"
	"deskd/cmd/deskd/provisioning"
	"deskd/phone/inventory"
	"deskd/store/phones"
)

// How fast AXL is asked for one phone or profile after the other: a cluster does other things,
// too.
const (
	axlEvery  = 100 * time.Millisecond
	axlAtOnce = 2
)

// unset is why a service that is not configured has told nothing.
func (i *inquiry) unset(service string) string {
	return fmt.Sprintf("%s is not configured (inventory.%s of cluster %s)", census.Names[service], service, i.config.Name)
}

// places asks RISPort70 where the phones are.
func (i *inquiry) places(ctx context.Context) {
	if len(i.desks) == 0 {
		return
	}
	why := i.unset(census.RIS)
	if open := census.Services(i.config, i.Transport)[census.RIS]; open != nil {
		why = ""
		s, err := open()
		if err == nil {
			var found []inventory.Place
			found, err = inventory.NewRISBeside(s).Select(ctx, i.devices())
			i.placed(found, err == nil)
		}
		if err != nil {
			why = reason(census.Names[census.RIS], err)
		}
	}
	for n := range i.desks {
		if d := &i.desks[n]; !d.Place.Known {
			d.Place.Why = why
		}
	}
}

// placed takes in what RISPort70 has told. What a whole answer lacks is not registered.
func (i *inquiry) placed(found []inventory.Place, whole bool) {
	by := make(map[string]inventory.Place, len(found))
	for _, p := range found {
		by[p.Name] = p
	}
	for n := range i.desks {
		d := &i.desks[n]
		p, listed := by[d.Device]
		if !listed && !whole {
			continue
		}
		d.Place = provisioning.Is(provisioning.Place{Listed: listed, Registered: p.Registered, Status: p.Status, Web: p.Web})
		if at, wrong := phones.Plain(p.Address); wrong == nil && p.Registered {
			d.Where = provisioning.Is(at)
		}
	}
}

// axl is AXL, or why it is not asked.
func (i *inquiry) axl() (axl *inventory.AXL, why string) {
	open := census.Services(i.config, i.Transport)[census.AXL]
	if open == nil {
		return nil, i.unset(census.AXL)
	}
	s, err := open()
	if err != nil {
		return nil, err.Error()
	}
	return &inventory.AXL{Service: s, Version: i.config.Inventory.AXL.Version}, ""
}

// setUp asks AXL how phones, services, profiles and the user of pushes are set up. It returns why
// the rest is not to be asked, empty while all was answered.
func (i *inquiry) setUp(ctx context.Context, axl *inventory.AXL, why string) string {
	for _, ask := range []func(context.Context, *inventory.AXL) error{i.phones, i.service, i.controlled, i.profiles} {
		if why != "" {
			break
		}
		if err := ask(ctx, axl); err != nil {
			why = reason(census.Names[census.AXL], err)
		}
	}
	for n := range i.desks {
		if d := &i.desks[n]; !d.SetUp.Known {
			d.SetUp.Why = why
		}
	}
	for _, told := range []struct {
		known bool
		why   *string
	}{
		{i.cluster.Service.Known, &i.cluster.Service.Why}, {i.cluster.Controlled.Known, &i.cluster.Controlled.Why}, {i.cluster.Profiles.Known, &i.cluster.Profiles.Why},
	} {
		if !told.known {
			*told.why = why
		}
	}
	return why
}

func (i *inquiry) phones(ctx context.Context, axl *inventory.AXL) error {
	if len(i.desks) == 0 {
		return nil
	}
	found, err := axl.Phones(ctx, census.Prefix(i.devices())+"%")
	by := make(map[string]inventory.Device, len(found))
	for _, d := range found {
		by[d.Name] = d
	}
	for n := range i.desks {
		d := &i.desks[n]
		is, listed := by[d.Device]
		if !listed && err != nil {
			continue
		}
		d.SetUp = provisioning.Is(provisioning.SetUp{Listed: listed, Model: is.Model, EM: is.EM, Profile: is.Profile, Authentication: is.Authentication})
	}
	return err
}

// service looks for deskd's page among the services, one that is enabled before others.
func (i *inquiry) service(ctx context.Context, axl *inventory.AXL) error {
	if i.setting.Service == "" {
		return nil
	}
	all, err := axl.Services(ctx)
	if err != nil {
		return err
	}
	var ours provisioning.Service
	for _, s := range all {
		if ours := i.setting; !same(s.URL, ours.Service) && !same(s.SecureURL, ours.Service) && !same(s.URL, ours.Secure) && !same(s.SecureURL, ours.Secure) {
			continue
		}
		is := provisioning.Service{Name: s.Name, Disabled: s.Enabled != nil && !*s.Enabled, Enterprise: s.Enterprise != nil && *s.Enterprise}
		if ours.Name == "" || ours.Disabled && !is.Disabled || !is.Disabled && is.Enterprise {
			ours = is
		}
	}
	i.cluster.Service = provisioning.Is(ours)
	return nil
}

// controlled asks for the user as whom deskd pushes: a person, or an application.
func (i *inquiry) controlled(ctx context.Context, axl *inventory.AXL) error {
	if i.setting.Push == "" || len(i.desks) == 0 {
		return nil
	}
	u, err := axl.User(ctx, i.setting.Push)
	if err != nil && !over(err) {
		u, err = axl.AppUser(ctx, i.setting.Push)
	}
	if over(err) {
		return err
	}
	if err != nil {
		i.cluster.Controlled = provisioning.Is[map[string]bool](nil)
		return nil //nolint:nilerr // that there is no such user is the answer
	}
	has := make(map[string]bool, len(u.Devices))
	for _, d := range u.Devices {
		has[strings.ToUpper(d)] = true
	}
	i.cluster.Controlled = provisioning.Is(has)
	return nil
}

func (i *inquiry) profiles(ctx context.Context, axl *inventory.AXL) error {
	if len(i.people) == 0 {
		return nil
	}
	all, err := axl.Profiles(ctx)
	if err != nil {
		return err
	}
	models := make(map[string]string, len(all))
	for _, p := range all {
		models[strings.ToUpper(p.Name)] = p.Model
	}
	i.cluster.Profiles = provisioning.Is(models)
	return nil
}

// subscriptions asks which phones, and which profiles of people, have deskd's service, where it is
// not for all. The first failure ends the questions.
func (i *inquiry) subscriptions(ctx context.Context, axl *inventory.AXL, why string) {
	is := i.cluster.Service
	if !is.Known || is.Is.Name == "" || is.Is.Disabled || is.Is.Enterprise {
		return
	}
	q := subscribing{axl: axl, service: is.Is.Name, why: why, pace: rate.NewLimiter(rate.Every(axlEvery), 1)}
	each(len(i.desks), axlAtOnce, func(n int) {
		d := &i.desks[n]
		d.Subscribed = q.ask(ctx, d.Device, axl.PhoneSubscriptions)
	})
	each(len(i.people), axlAtOnce, func(n int) {
		if p := &i.people[n]; p.User.Known && p.Takes() != "" {
			p.Subscribed = q.ask(ctx, p.Takes(), axl.ProfileSubscriptions)
		}
	})
}

// subscribing asks AXL about one phone or profile after the other.
type subscribing struct {
	axl     *inventory.AXL
	service string
	pace    *rate.Limiter

	mu  sync.Mutex
	why string // nothing more is asked, empty while it is
}

func (s *subscribing) over() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

func (s *subscribing) ask(ctx context.Context, name string, ask func(context.Context, string) ([]string, error)) provisioning.Told[bool] {
	if why := s.over(); why != "" {
		return provisioning.Untold[bool](why)
	}
	err := s.pace.Wait(ctx)
	var names []string
	if err == nil {
		names, err = ask(ctx, name)
	}
	switch {
	case over(err):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.why = reason(census.Names[census.AXL], err)
		return provisioning.Untold[bool](s.why)
	case err != nil:
		return provisioning.Untold[bool]("the phone system does not have " + name)
	}
	for _, n := range names {
		if n == s.service {
			return provisioning.Is(true)
		}
	}
	return provisioning.Is(false)
}
