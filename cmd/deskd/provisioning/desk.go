package provisioning

import (
	"strings"

	"deskd/phone/push"
)

// judgeDesk is the eight checks of a desk's phone.
func judgeDesk(d Desk, c Cluster, s Setting) []Row {
	found := []struct {
		check Check
		is    finding
	}{
		{Registered, d.registered()},
		{Mobility, d.mobility()},
		{LogoutProfile, d.logoutProfile()},
		{Address, d.address(s)},
		{WebAccess, d.webAccess(s)},
		{Authentication, d.authentication(s)},
		{Controlled, d.controlled(c, s)},
		{Subscribed, d.subscribed(c, s)},
	}
	rows := make([]Row, len(found))
	for i, f := range found {
		rows[i] = Row{Desk: d.ID, Site: d.Site, Cluster: d.Cluster, Phone: d.Device, Check: f.check, Grade: f.is.grade, Says: f.is.says, Fix: f.is.fix}
	}
	return rows
}

// page is where the administration has a phone.
func page(device, section string) string {
	return "Device > Phone > " + device + ", " + section
}

// missing says whether anyone has told that the cluster does not have the phone.
func (d Desk) missing() bool {
	return d.EM.Known && !d.EM.Is || d.SetUp.Known && !d.SetUp.Is.Listed
}

// registered: what RISPort70 does not know may be in the cluster and switched off; whether it is
// in the cluster, AXL and the EM service say.
func (d Desk) registered() finding {
	place := d.Place.Is
	switch {
	case d.missing():
		return fault("correct the device of desk "+d.ID+" (deskd import desks), or add the phone in Device > Phone", "the phone system does not have %s", d.Device)
	case !d.Place.Known && (d.EM.Known || d.SetUp.Known):
		return unknown("the phone system has " + d.Device + "; whether it is registered nobody has told: " + d.Place.Why)
	case !d.Place.Known:
		return unknown(joined(d.Place.Why, d.EM.Why))
	case place.Registered:
		return ok("registered")
	case !place.Listed:
		return warning("see that it has power and network, and what its screen says", "not registered with any node, and was not for long")
	}
	return warning("see that it has power and network, and what its screen says; then Device > Phone > "+d.Device+", Reset", "not registered: %s", place.Status)
}

// mobility is whether people can log in at the phone. Where AXL does not tell it, what became of
// deskd's last login there does.
func (d Desk) mobility() finding {
	enable := page(d.Device, "Extension Information: tick Enable Extension Mobility, then Save and Apply Config")
	last, is := d.Login.Is, d.SetUp.Is.EM
	switch {
	case d.missing():
		return unknown("the phone system does not have the phone")
	case is != nil && !*is:
		return fault(enable, "extension mobility is off: each login is refused (code 22)")
	case is != nil:
		return ok("extension mobility is on")
	case last.Off:
		return fault(enable, "extension mobility was off when deskd logged in at %s (code 22)", last.When)
	case last.Done:
		return ok("deskd has logged in at %s", last.When)
	case !d.SetUp.Known:
		return unknown(d.SetUp.Why)
	}
	return unknown("AXL does not say it of this phone")
}

func (d Desk) logoutProfile() finding {
	switch is := d.SetUp.Is; {
	case d.missing():
		return unknown("the phone system does not have the phone")
	case !d.SetUp.Known:
		return unknown(d.SetUp.Why)
	case is.Profile == nil:
		return unknown("AXL does not say it of this phone")
	case *is.Profile == "":
		return warning(page(d.Device, "Extension Information: choose one in Log Out Profile, unless the phone is to have its own line between sessions"),
			"no logout profile is set: between sessions the phone has its own settings and line")
	}
	return ok("between sessions it has the profile %s", *d.SetUp.Is.Profile)
}

func (d Desk) address(s Setting) finding {
	switch {
	case !d.Where.Known:
		return unknown(d.Where.Why)
	case !d.Where.Is.IsValid():
		return warning("configure clusters[].inventory.ris, or deskd import phones FILE", "nobody has told where the phone is: its pages show what everybody may see, and nothing is pushed")
	case !s.Networks:
		return unknown("phones.networks names no network: deskd connects to no phone")
	case !d.Inside:
		return fault("add its network to phones.networks, or correct its address", "it is at %s, outside phones.networks: deskd does not connect there", d.Where.Is)
	}
	return ok("it is at %s", d.Where.Is)
}

// webAccess is whether the phone that is meant answers. What nobody needs is no fault.
func (d Desk) webAccess(s Setting) finding {
	enable := page(d.Device, "Product Specific Configuration Layout: set Web Access to Enabled (Device > Common Phone Profile does so for many), then Save and Apply Config")
	off := func(says string) finding {
		if s.Web == "" {
			return ok("%s, and nothing that is configured needs it", says)
		}
		return fault(enable, "%s: it is needed for %s", says, s.Web)
	}
	if !d.Page.Known {
		if web := d.Place.Is.Web; d.Place.Known && web != nil && !*web {
			return off("web access is off, as the phone system says")
		}
		return unknown(d.Page.Why)
	}
	switch p := d.Page.Is; p.Outcome {
	case push.OK:
		if !strings.EqualFold(p.Name, d.Device) {
			return fault("ask again when the inventory is up to date (deskd list phones); if it stays, look which phone has the address", "at %s is another phone, %s", d.Where.Is, p.Name)
		}
		return ok("the phone answers at %s", d.Where.Is)
	case push.WebAccessOff:
		return off("nothing listens at " + d.Where.Is.String())
	case push.Unsupported:
		return off("the phone answers by HTTPS alone")
	case push.Unreachable, push.NoAnswer:
		return warning("see that it is on, and that this machine may connect to its network at port 80", "no answer from %s", d.Where.Is)
	default:
		return warning("look at http://"+d.Where.Is.String()+"/DeviceInformationX in a browser", "%s: %s", p.Outcome, p.Outcome.Advice())
	}
}

// authentication is whether the phone accepts deskd's pushes. Nothing is pushed to find out, and
// no password is sent: what came of the last push tells.
func (d Desk) authentication(s Setting) finding {
	if s.Push == "" {
		return unknown("phones.push names no user: deskd pushes nothing")
	}
	if own := d.SetUp.Is.Authentication; d.SetUp.Known && own != nil && *own != "" {
		return warning(page(d.Device, "External Data Locations Information: leave Authentication Server empty, so that the cluster's own URL holds"),
			"it asks %s about pushes, and not the cluster", *own)
	}
	switch p := d.Pushed.Is; {
	case !d.Pushed.Known:
		return unknown(d.Pushed.Why)
	case p.At.IsZero():
		return unknown("deskd has pushed nothing to it yet that would tell")
	case p.Refused:
		return fault("check the password of "+s.Push+", the controlled devices, and the Authentication URL in System > Enterprise Parameters", "it has refused deskd's push at %s", p.When)
	default:
		return ok("it has accepted deskd's push at %s", p.When)
	}
}

func (d Desk) controlled(c Cluster, s Setting) finding {
	switch {
	case s.Push == "":
		return unknown("phones.push names no user: deskd pushes nothing")
	case !c.Controlled.Known:
		return unknown(c.Controlled.Why)
	case c.Controlled.Is == nil:
		return fault("add the user in User Management > End User, or correct phones.push.user", "the phone system does not have the user %s", s.Push)
	case !c.Controlled.Is[strings.ToUpper(d.Device)]:
		return fault("User Management > End User (or Application User) > "+s.Push+", Device Association: add "+d.Device+" to the Controlled Devices", "it is not among the controlled devices of %s: it refuses each push", s.Push)
	}
	return ok("it is among the controlled devices of %s", s.Push)
}

func (d Desk) subscribed(c Cluster, s Setting) finding {
	return subscription{d.Subscribed, "the phone", "Device > Phone > " + d.Device}.judge(c, s)
}

// subscription is whether a phone, or a profile, has been subscribed to deskd's service, and where
// the administration has it.
type subscription struct {
	told       Told[bool]
	who, where string
}

// judge is whether deskd's page is shown.
func (u subscription) judge(c Cluster, s Setting) finding {
	switch is := c.Service.Is; {
	case s.Service == "":
		return unknown("phones.base_url is not set: phones show no page of deskd's")
	case !c.Service.Known:
		return unknown(c.Service.Why)
	case is.Name == "":
		return fault("Device > Device Settings > Phone Services: enter what deskd phone service prints", "the phone system offers no service at %s", s.Service)
	case is.Disabled:
		return fault("Device > Device Settings > Phone Services > "+is.Name+": tick Enable", "the service %s is not enabled", is.Name)
	case is.Enterprise:
		return ok("the service %s is for all (Enterprise Subscription)", is.Name)
	case !u.told.Known:
		return unknown(u.told.Why)
	case !u.told.Is:
		return fault(u.where+", Related Links: Subscribe/Unsubscribe Services, add "+is.Name, "%s is not subscribed to the service %s", u.who, is.Name)
	default:
		return ok("%s is subscribed to the service %s", u.who, is.Name)
	}
}

// joined are the reasons that there are, each once.
func joined(whys ...string) string {
	var all []string
	for _, w := range whys {
		if w != "" && (len(all) == 0 || all[len(all)-1] != w) {
			all = append(all, w)
		}
	}
	return strings.Join(all, "; ")
}
