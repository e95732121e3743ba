package asking

import (
	"context"
	"fmt"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/provisioning"
	"deskd/emapi"
)

// em asks the EM service which phones and people it knows. What it does not tell keeps the
// reason.
func (i *inquiry) em(ctx context.Context) {
	client, why := i.client(ctx)
	if client == nil {
		i.untold(why)
		return
	}
	failed := func(err error) bool {
		if err == nil {
			return false
		}
		i.untold("the EM service does not tell: " + err.Error())
		if err := i.Remember(ctx, i.config, err); err != nil {
			i.untold("the EM service refuses deskd, and that cannot be written down: " + err.Error())
		}
		return true
	}
	if !failed(i.known(ctx, client)) {
		_ = failed(i.users(ctx, client))
	}
}

// untold gives what the EM service has not told a reason, where it has none.
func (i *inquiry) untold(why string) {
	for n := range i.desks {
		if d := &i.desks[n]; !d.EM.Known && d.EM.Why == "" {
			d.EM.Why = why
		}
	}
	for n := range i.people {
		if p := &i.people[n]; !p.User.Known && p.User.Why == "" {
			p.User.Why = why
		}
	}
}

// client is the way to the EM service, or why it is not asked: it has refused the same password
// a moment ago, and tries lock the account.
func (i *inquiry) client(ctx context.Context) (client *emapi.Client, why string) {
	keys, err := daemon.CredentialsOf(i.config)
	if err != nil {
		return nil, err.Error()
	}
	s, err := i.Store.ClusterState(ctx, i.config.Name)
	if err != nil {
		return nil, err.Error()
	}
	now := i.Clock.Now()
	if s.Open() && s.Until(now).After(now) && daemon.AboutPassword(s.Code) {
		if same, err := keys.Were(s); err != nil || same {
			return nil, fmt.Sprintf("the EM service refuses deskd's password since %s, and is not asked again: deskd doctor says what to do", console.ShortTime(s.Opened, i.View.Zone(""), now))
		}
	}
	if client, err = keys.Client(i.Transport); err != nil {
		return nil, err.Error()
	}
	return client, ""
}

// known asks for the phones. Names that it would not take are not sent.
func (i *inquiry) known(ctx context.Context, client *emapi.Client) error {
	var devices []string
	var of []int
	for n := range i.desks {
		d := &i.desks[n]
		if _, err := i.config.Device(d.Device); err != nil {
			d.EM = provisioning.Untold[bool](err.Error())
			continue
		}
		devices, of = append(devices, d.Device), append(of, n)
	}
	answers, err := client.DeviceUsers(ctx, devices)
	for k, a := range answers {
		switch d := &i.desks[of[k]]; {
		case a.State == emapi.NoSuchDevice:
			d.EM = provisioning.Is(false)
		case a.State != emapi.Unknown:
			d.EM = provisioning.Is(true)
		case err == nil:
			d.EM = provisioning.Untold[bool]("the EM service says nothing about this phone")
		}
	}
	return err
}

// users asks for the people and their profiles.
func (i *inquiry) users(ctx context.Context, client *emapi.Client) error {
	ids := make([]string, len(i.people))
	for n := range i.people {
		ids[n] = i.people[n].ID
	}
	answers, err := client.DeviceProfiles(ctx, ids)
	for n, a := range answers {
		switch p := &i.people[n]; {
		case a.Known:
			u := provisioning.User{Exists: a.Exists}
			for _, q := range a.Profiles {
				u.Profiles = append(u.Profiles, q.Name)
				if q.Default {
					u.Default = q.Name
				}
			}
			p.User = provisioning.Is(u)
		case err == nil:
			p.User = provisioning.Untold[provisioning.User]("the EM service says nothing about this user")
		}
	}
	return err
}
