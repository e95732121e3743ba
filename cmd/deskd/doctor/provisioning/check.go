// Package provisioning examines whether the phone system is set up for what deskd does with it:
// for each desk and person whether a login will work, what the phone will take, and how what
// does not is corrected.
//
// It owns ten checks, which are functions of what was asked ([Desk], [Person]), and the asking
// ([Examine]). Its invariant: what nobody has told is unknown, never ok. It changes nothing.
package provisioning

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"deskd/phone/inventory"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/phones"
)

// Grade is how a check ends.
type Grade string

// The grades. Odd is what a login works without.
const (
	OK      Grade = "ok"
	Odd     Grade = "odd"
	Wrong   Grade = "wrong"
	Unknown Grade = "unknown"
)

// The checks: the third is of people, all others of desks.
const (
	Device         = "device"
	Mobility       = "extension mobility"
	Profile        = "profile"
	Logout         = "logout profile"
	Web            = "web access"
	Authentication = "authentication url"
	Controlled     = "controlled devices"
	Service        = "service"
	Address        = "address"
	Name           = "name at the address"
)

// Checks are all of them, in their order.
var Checks = []string{Device, Mobility, Profile, Logout, Web, Authentication, Controlled, Service, Address, Name}

// Finding is what a check of a desk or person says, and how to correct it.
type Finding struct {
	Grade Grade  `json:"grade"`
	What  string `json:"what"` // "desk 4.12", "person jane"
	Check string `json:"check"`
	Says  string `json:"says"`
	Fix   string `json:"fix,omitempty"`
}

// verdict is a finding before it is known whose.
type verdict struct {
	grade     Grade
	says, fix string
}

// Answer is what came of a question: nothing was asked, an error, or what was told.
type Answer[T any] struct {
	Asked bool
	Err   error
	Told  T
}

// Desk is what is known of a desk and its phone.
type Desk struct {
	reservations.Desk
	Seen  *plan.Observation // by the last sweep; nil before the first
	Phone phones.Phone      // as deskd keeps it
	// SetUp is what AXL tells of it now; nil where it does not know the phone.
	SetUp Answer[*inventory.Device]
	// Services are the URLs that the phone is subscribed to.
	Services Answer[[]string]
	// Base is phones.base_url.
	Base string
	// Pusher has the devices that the user of pushes controls.
	Pusher Answer[inventory.User]
	// Networks are phones.networks.
	Networks []netip.Prefix
	// Named is the name that a phone at the address has given.
	Named Answer[string]
}

// Findings are those of all checks of a desk.
func (d Desk) Findings() []Finding {
	var all []Finding
	for _, c := range []struct {
		name  string
		check func() verdict
	}{
		{Device, d.device}, {Mobility, d.mobility}, {Logout, d.logout}, {Web, d.web}, {Authentication, d.authentication},
		{Controlled, d.controlled}, {Service, d.service}, {Address, d.address}, {Name, d.name},
	} {
		v := c.check()
		all = append(all, Finding{v.grade, "desk " + d.ID, c.name, v.says, v.fix})
	}
	return all
}

const (
	askRIS = "configure clusters[].inventory.ris; deskd list phones says when it has not answered"
	askAXL = "configure clusters[].inventory.axl"
)

// device is whether the phone system knows the phone, and reaches it.
func (d Desk) device() verdict {
	switch {
	case d.Seen != nil && d.Seen.Known && !d.Seen.Exists, d.SetUp.Asked && d.SetUp.Err == nil && d.SetUp.Told == nil:
		return verdict{Wrong, fmt.Sprintf("the phone system does not know %s", d.Device), "correct the desk's device name, or add the phone to the cluster"}
	case d.Phone.Registered == nil:
		return verdict{Unknown, fmt.Sprintf("nobody has said whether %s is registered", d.Device), askRIS}
	case !*d.Phone.Registered:
		return verdict{Wrong, fmt.Sprintf("%s is not registered: it is off, or not connected to this phone system", d.Device), "plug it in, and check its network and its device pool"}
	}
	return verdict{OK, d.Device + " is registered", ""}
}

// unanswered is the verdict where AXL has not told something; none where it has.
func (d Desk) unanswered(known bool) (verdict, bool) {
	switch {
	case known:
		return verdict{}, false
	case d.SetUp.Err != nil:
		return verdict{Unknown, "AXL does not answer: " + d.SetUp.Err.Error(), "correct clusters[].inventory.axl"}, true
	}
	if d.SetUp.Asked && d.SetUp.Told == nil {
		return verdict{Unknown, "AXL does not know the phone", "see the check of the device"}, true
	}
	return verdict{Unknown, "only AXL tells", askAXL}, true
}

// mobility is whether extension mobility is on: no login works without.
func (d Desk) mobility() verdict {
	em := d.Phone.EM
	if d.SetUp.Told != nil && d.SetUp.Told.EM != nil {
		em = d.SetUp.Told.EM
	}
	if v, missing := d.unanswered(em != nil); missing {
		return v
	}
	if !*em {
		return verdict{Wrong, "extension mobility is off: each login is refused with code 22", "Device, Phone: check Enable Extension Mobility, save and apply"}
	}
	return verdict{OK, "extension mobility is on", ""}
}

// logout is what the phone is while nobody is logged in.
func (d Desk) logout() verdict {
	profile := d.Phone.Profile
	if d.SetUp.Told != nil && d.SetUp.Told.Profile != nil {
		profile = d.SetUp.Told.Profile
	}
	if v, missing := d.unanswered(profile != nil); missing {
		return v
	}
	if *profile == "" {
		return verdict{Odd, "no log-out profile is set: between two sessions the phone has the settings it was saved with", "Device, Phone: choose a Log Out Profile, unless those settings are meant"}
	}
	return verdict{OK, "the log-out profile is " + *profile, ""}
}

// web is whether the phone has pages of its own, and takes pushes.
func (d Desk) web() verdict {
	switch {
	case d.Phone.WebAccess == nil:
		return verdict{Unknown, "nobody has said whether web access is on", askRIS}
	case !*d.Phone.WebAccess:
		return verdict{Odd, "web access is off: the phone takes no notices, and its call list is not cleared", "Device, Phone, Product Specific Configuration: set Web Access to Enabled"}
	}
	return verdict{OK, "web access is on", ""}
}

// authentication is whom the phone asks whether a push may be.
func (d Desk) authentication() verdict {
	told := d.SetUp.Told
	if v, missing := d.unanswered(told != nil && told.Authentication != nil); missing {
		return v
	}
	if url := *told.Authentication; url != "" {
		return verdict{Odd, "the phone has an authentication URL of its own, " + url + ": that decides about pushes", "Device, Phone, External Data Locations: leave Authentication Server empty, for the cluster's own"}
	}
	return verdict{OK, "the cluster's own authentication URL decides about pushes", ""}
}

// controlled is whether the user of pushes may push to the phone.
func (d Desk) controlled() verdict {
	switch {
	case !d.Pusher.Asked:
		return verdict{Unknown, "it was not said for which user", "deskd doctor --provisioning --push-user USER, where AXL is configured"}
	case inventory.KindOf(d.Pusher.Err) == inventory.NotFound:
		return verdict{Wrong, "the phone system knows no such end user", "correct the user's id, or add the user"}
	case d.Pusher.Err != nil:
		return verdict{Unknown, "AXL does not answer: " + d.Pusher.Err.Error(), "correct clusters[].inventory.axl"}
	case !slices.Contains(d.Pusher.Told.Devices, d.Device):
		return verdict{Wrong, fmt.Sprintf("%s does not control %s: pushes are refused with error 4", d.Pusher.Told.ID, d.Device), "User Management, End User, Device Associations: add the phone to the controlled devices"}
	}
	return verdict{OK, d.Pusher.Told.ID + " controls the phone", ""}
}

// service is whether the phone has deskd's page among its services.
func (d Desk) service() verdict {
	switch {
	case d.Base == "":
		return verdict{Unknown, "phones.base_url is not set, so that there is no page to subscribe to", "set phones.base_url; deskd phone service prints what to enter"}
	case !d.Services.Asked:
		return verdict{Unknown, "only AXL tells", askAXL}
	case d.Services.Err != nil:
		return verdict{Unknown, "AXL does not answer: " + d.Services.Err.Error(), "correct clusters[].inventory.axl"}
	}
	page := strings.TrimSuffix(d.Base, "/") + "/phone"
	for _, url := range d.Services.Told {
		if before, _, _ := strings.Cut(url, "?"); before == page {
			return verdict{OK, "the phone is subscribed to " + page, ""}
		}
	}
	return verdict{Odd, "the phone is not subscribed to deskd's page, unless by an enterprise subscription, which is not told",
		"deskd phone service prints what to enter; then Device, Phone, Subscribe/Unsubscribe Services"}
}

// address is whether it is known where the phone is, and that is a network for phones.
func (d Desk) address() verdict {
	at := d.Phone.Address
	switch {
	case !at.IsValid():
		return verdict{Unknown, cmp.Or(d.Phone.Detail, "nobody has said where the phone is"), "deskd import phones FILE, or " + askRIS}
	case len(d.Networks) == 0:
		return verdict{Unknown, fmt.Sprintf("it is at %s, and phones.networks names no network", at), "name the networks of phones in phones.networks"}
	case !slices.ContainsFunc(d.Networks, func(n netip.Prefix) bool { return n.Contains(at) }):
		return verdict{Wrong, fmt.Sprintf("%s is in none of phones.networks: the phone is shown nothing", at), "add its network to phones.networks, or correct the address"}
	}
	return verdict{OK, at.String() + " is in a network for phones", ""}
}

// name is whether the phone that answers at the address is the desk's.
func (d Desk) name() verdict {
	switch {
	case !d.Named.Asked:
		return verdict{Unknown, "no phone was asked: its address is not known, or in none of phones.networks", "see the check of the address"}
	case d.Named.Err != nil:
		return verdict{Unknown, "nobody answers there by name: " + d.Named.Err.Error(), "switch web access on, or see whether the address is right"}
	case !strings.EqualFold(d.Named.Told, d.Device):
		return verdict{Wrong, fmt.Sprintf("at %s is %s, not %s", d.Phone.Address, reservations.Legible(d.Named.Told), d.Device), "import the right address, or let RISPort70 tell it"}
	}
	return verdict{OK, d.Device + " answers at its address", ""}
}

// Person is what is known of a person.
type Person struct {
	reservations.Person
	SetUp Answer[inventory.User]
}

// Findings is that of the one check of a person: with which profile a login goes.
func (p Person) Findings() []Finding {
	v := p.profile()
	return []Finding{{v.grade, "person " + p.ID, Profile, v.says, v.fix}}
}

func (p Person) profile() verdict {
	of := p.SetUp.Told
	switch {
	case !p.SetUp.Asked:
		return verdict{Unknown, "only AXL tells", askAXL + "; deskd doctor asks the EM service"}
	case inventory.KindOf(p.SetUp.Err) == inventory.NotFound:
		return verdict{Wrong, "the phone system does not know this user", "correct the user id, or add the end user to the cluster"}
	case p.SetUp.Err != nil:
		return verdict{Unknown, "AXL does not answer: " + p.SetUp.Err.Error(), "correct clusters[].inventory.axl"}
	case len(of.Profiles) == 0 && p.Profile == "":
		return verdict{Wrong, "the user has no device profile", "User Management, End User: add a profile to the controlled profiles"}
	case p.Profile != "" && !slices.ContainsFunc(of.Profiles, func(q string) bool { return strings.EqualFold(q, p.Profile) }):
		return verdict{Odd, fmt.Sprintf("logins go with the profile %s, which is not among the user's", p.Profile), "correct it in the people's file, or add it to the user's controlled profiles"}
	case p.Profile != "":
		return verdict{OK, "logins go with the profile " + p.Profile, ""}
	case of.Default != "":
		return verdict{OK, "logins go with the user's default profile " + of.Default, ""}
	case len(of.Profiles) > 1:
		return verdict{Odd, fmt.Sprintf("none of the user's %d profiles is the default one", len(of.Profiles)), "mark one as the default, or name one in the people's file"}
	}
	return verdict{OK, "logins go with the user's only profile " + of.Profiles[0], ""}
}
