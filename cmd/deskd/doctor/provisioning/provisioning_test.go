package provisioning

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"deskd/phone/inventory"
	"deskd/phone/push"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/phones"
)

// good is a desk of which everything is known and right.
func good() Desk {
	return Desk{
		Desk:     reservations.Desk{ID: "4.12", Device: "SEP1"},
		Seen:     &plan.Observation{Device: "SEP1", Known: true, Exists: true},
		Phone:    phones.Phone{Device: "SEP1", Address: netip.MustParseAddr("10.1.1.1"), Registered: new(true), WebAccess: new(true)},
		SetUp:    Answer[*inventory.Device]{Asked: true, Told: &inventory.Device{Name: "SEP1", EM: new(true), Profile: new("Lobby"), Authentication: new("")}},
		Services: Answer[[]string]{Asked: true, Told: []string{"http://desks/phone?name=#DEVICENAME#"}},
		Base:     "http://desks/", Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")},
		Pusher: Answer[inventory.User]{Asked: true, Told: inventory.User{ID: "deskd-push", Devices: []string{"SEP1"}}},
		Named:  Answer[string]{Asked: true, Told: "sep1"},
	}
}

var errDown = errors.New("down")

// Each check of a desk, by what is changed of a good one. What is not known is never ok, and
// whatever is not ok says how it is corrected.
func TestDesk(t *testing.T) {
	for _, c := range []struct {
		check  string
		change func(d *Desk)
		grade  Grade
		says   string
	}{
		{Device, func(*Desk) {}, OK, "SEP1 is registered"},
		{Device, func(d *Desk) { d.Seen.Exists = false }, Wrong, "does not know SEP1"},
		{Device, func(d *Desk) { d.SetUp.Told = nil }, Wrong, "does not know SEP1"},
		{Device, func(d *Desk) { d.SetUp = Answer[*inventory.Device]{Asked: true, Err: errDown} }, OK, ""},
		{Device, func(d *Desk) { d.Phone.Registered = new(false) }, Wrong, "is not registered"},
		{Device, func(d *Desk) { d.Phone.Registered = nil }, Unknown, "nobody has said"},
		{Mobility, func(*Desk) {}, OK, "is on"},
		{Mobility, func(d *Desk) { d.SetUp.Told.EM = new(false) }, Wrong, "code 22"},
		{Mobility, func(d *Desk) { d.SetUp = Answer[*inventory.Device]{}; d.Phone.EM = new(false) }, Wrong, "code 22"},
		{Mobility, func(d *Desk) { d.SetUp = Answer[*inventory.Device]{} }, Unknown, "only AXL tells"},
		{Mobility, func(d *Desk) { d.SetUp = Answer[*inventory.Device]{Asked: true, Err: errDown} }, Unknown, "down"},
		{Mobility, func(d *Desk) { d.SetUp.Told = nil }, Unknown, "does not know the phone"},
		{Logout, func(*Desk) {}, OK, "Lobby"},
		{Logout, func(d *Desk) { d.SetUp.Told.Profile = new("") }, Odd, "no log-out profile"},
		{Logout, func(d *Desk) { d.SetUp.Told.Profile = nil }, Unknown, "only AXL tells"},
		{Web, func(*Desk) {}, OK, "is on"},
		{Web, func(d *Desk) { d.Phone.WebAccess = new(false) }, Odd, "takes no notices"},
		{Web, func(d *Desk) { d.Phone.WebAccess = nil }, Unknown, "nobody has said"},
		{Authentication, func(*Desk) {}, OK, "cluster's own"},
		{Authentication, func(d *Desk) { d.SetUp.Told.Authentication = new("http://evil") }, Odd, "http://evil"},
		{Authentication, func(d *Desk) { d.SetUp.Told.Authentication = nil }, Unknown, "only AXL tells"},
		{Controlled, func(*Desk) {}, OK, "deskd-push controls"},
		{Controlled, func(d *Desk) { d.Pusher.Told.Devices = nil }, Wrong, "error 4"},
		{Controlled, func(d *Desk) { d.Pusher.Err = &inventory.Error{Kind: inventory.NotFound} }, Wrong, "no such end user"},
		{Controlled, func(d *Desk) { d.Pusher.Err = errDown }, Unknown, "down"},
		{Controlled, func(d *Desk) { d.Pusher = Answer[inventory.User]{} }, Unknown, "for which user"},
		{Service, func(*Desk) {}, OK, "subscribed to http://desks/phone"},
		{Service, func(d *Desk) { d.Services.Told = []string{"http://desks/phones?name=x"} }, Odd, "not subscribed"},
		{Service, func(d *Desk) { d.Services.Err = errDown }, Unknown, "down"},
		{Service, func(d *Desk) { d.Services = Answer[[]string]{} }, Unknown, "only AXL tells"},
		{Service, func(d *Desk) { d.Base = "" }, Unknown, "phones.base_url is not set"},
		{Address, func(*Desk) {}, OK, "10.1.1.1 is in a network"},
		{Address, func(d *Desk) { d.Phone.Address = netip.MustParseAddr("10.2.1.1") }, Wrong, "none of phones.networks"},
		{Address, func(d *Desk) { d.Networks = nil }, Unknown, "names no network"},
		{Address, func(d *Desk) { d.Phone.Address = netip.Addr{} }, Unknown, "nobody has said where"},
		{Address, func(d *Desk) { d.Phone.Address, d.Phone.Detail = netip.Addr{}, "SEP2 has been there since" }, Unknown, "SEP2 has been there"},
		{Name, func(*Desk) {}, OK, "answers at its address"},
		{Name, func(d *Desk) { d.Named.Told = "SEP2" }, Wrong, "at 10.1.1.1 is SEP2, not SEP1"},
		{Name, func(d *Desk) { d.Named.Err = errDown }, Unknown, "down"},
		{Name, func(d *Desk) { d.Named = Answer[string]{} }, Unknown, "no phone was asked"},
	} {
		d := good()
		c.change(&d)
		all := d.Findings()
		if len(all) != len(Checks)-1 {
			t.Errorf("%d findings", len(all))
		}
		for _, f := range all {
			if (f.Grade == OK) != (f.Fix == "") || f.What != "desk 4.12" {
				t.Errorf("%+v", f)
			}
			if f.Check == c.check && (f.Grade != c.grade || !strings.Contains(f.Says, c.says)) {
				t.Errorf("%s %q: %+v", c.grade, c.says, f)
			}
		}
	}
	for _, f := range (Desk{}).Findings() {
		if f.Grade != Unknown {
			t.Errorf("of nothing: %+v", f)
		}
	}
}

func TestPerson(t *testing.T) {
	of := func(profiles ...string) Answer[inventory.User] {
		return Answer[inventory.User]{Asked: true, Told: inventory.User{ID: "jane", Profiles: profiles}}
	}
	preset := of("a", "b")
	preset.Told.Default = "b"
	for _, c := range []struct {
		profile string
		setUp   Answer[inventory.User]
		grade   Grade
		says    string
	}{
		{"", of("a"), OK, "only profile a"},
		{"", preset, OK, "default profile b"},
		{"A", of("a", "b"), OK, "the profile A"},
		{"c", of("a"), Odd, "not among the user's"},
		{"", of("a", "b"), Odd, "none of the user's 2 profiles"},
		{"", of(), Wrong, "no device profile"},
		{"", Answer[inventory.User]{Asked: true, Err: &inventory.Error{Kind: inventory.NotFound}}, Wrong, "does not know this user"},
		{"", Answer[inventory.User]{Asked: true, Err: errDown}, Unknown, "down"},
		{"a", Answer[inventory.User]{}, Unknown, "only AXL tells"},
	} {
		f := Person{reservations.Person{ID: "jane", Profile: c.profile}, c.setUp}.Findings()[0]
		if f.Grade != c.grade || !strings.Contains(f.Says, c.says) || (f.Grade == OK) != (f.Fix == "") || f.Check != Profile {
			t.Errorf("%s %q: %+v", c.grade, c.says, f)
		}
	}
}

// pages are phones that say their names.
type pages map[string]string

func (p pages) RoundTrip(r *http.Request) (*http.Response, error) {
	name, there := p[r.URL.Hostname()]
	if !there {
		return nil, errDown
	}
	body := fmt.Sprintf("<DeviceInformation><HostName>%s</HostName></DeviceInformation>", name)
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Who is at an address is asked inside the networks alone.
func TestAskNames(t *testing.T) {
	at := func(device, address string) Desk {
		return Desk{Desk: reservations.Desk{Device: device}, Phone: phones.Phone{Address: netip.MustParseAddr(address)}}
	}
	desks := []Desk{at("SEP000000000001", "10.1.1.1"), at("SEP000000000002", "10.1.1.2"), at("SEP000000000003", "10.1.1.3"), at("SEP000000000004", "10.2.1.1"), {}}
	client := &push.Client{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Transport: pages{"10.1.1.1": "SEP000000000001", "10.1.1.2": "SEP000000000009", "10.2.1.1": "SEP000000000004"}}
	askNames(context.Background(), client, desks)
	var got []string
	for _, d := range desks {
		got = append(got, fmt.Sprintf("%v %s %v", d.Named.Asked, d.Named.Told, d.Named.Err != nil))
	}
	if s := strings.Join(got, ", "); s != "true SEP000000000001 false, true SEP000000000009 false, true  true, false  false, false  false" {
		t.Error(s)
	}
}
