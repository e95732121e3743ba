package provisioning_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"deskd/cmd/deskd/provisioning"
	"deskd/phone/push"
)

type (
	Desk    = provisioning.Desk
	Person  = provisioning.Person
	Cluster = provisioning.Cluster
	Setting = provisioning.Setting
	Place   = provisioning.Place
	SetUp   = provisioning.SetUp
)

const device = "SEP000000000001"

var when = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// sound is a desk, a person and a cluster of which all is as it should be.
func sound() (Desk, Person, Cluster, Setting) {
	return Desk{
			ID: "D1", Site: "berlin", Cluster: "main", Device: device,
			EM: provisioning.Is(true), Place: provisioning.Is(Place{Listed: true, Registered: true, Status: "Registered"}),
			SetUp: provisioning.Is(SetUp{Listed: true, EM: new(true), Profile: new("Lobby"), Authentication: new("")}),
			Where: provisioning.Is(netip.MustParseAddr("10.0.0.1")), Inside: true,
			Page:       provisioning.Is(provisioning.Page{Outcome: push.OK, Name: strings.ToLower(device)}),
			Pushed:     provisioning.Is(provisioning.Pushed{At: when, When: "09:00"}),
			Subscribed: provisioning.Is(true),
		},
		Person{
			ID: "jane", Cluster: "main", User: provisioning.Is(provisioning.User{Exists: true, Profiles: []string{"UDP_jane", "UDP_other"}, Default: "UDP_jane"}),
			Subscribed: provisioning.Is(true),
		},
		Cluster{
			Name: "main", Service: provisioning.Is(provisioning.Service{Name: "Desk"}), Controlled: provisioning.Is(map[string]bool{device: true}),
			Profiles: provisioning.Is(map[string]string{"UDP_JANE": "Cisco 8845", "UDP_OTHER": ""}),
		},
		Setting{Networks: true, Push: "pusher", Service: "http://desks/phone", Web: "phones.notices"}
}

func judged(d Desk, p Person, c Cluster, s Setting) provisioning.Report {
	return provisioning.Judge([]Desk{d}, []Person{p}, map[string]Cluster{"main": c}, s)
}

// Each thing that can be wrong is told by one check, and by no other; all others stay as they are.
func TestChecks(t *testing.T) {
	d, p, c, s := sound()
	whole := judged(d, p, c, s)
	if n := whole.Count(); n[provisioning.OK] != 11 || len(whole.Rows) != 11 || whole.Phones.Yes != 1 || whole.People.Yes != 1 {
		t.Fatalf("%+v", whole)
	}
	for name, tt := range map[string]struct {
		spoil func(d *Desk, p *Person, c *Cluster, s *Setting)
		want  string // person or desk, check, grade: what it says -> its fix, in parts
	}{
		"not registered": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Place.Is = Place{Listed: true, Status: "Rejected"} },
			"D1 registered warning: not registered: Rejected -> see that it has power and network"},
		"not listed": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Place.Is = Place{} }, "D1 registered warning: not registered with any node -> see that it has power"},
		"no RIS": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.Place = provisioning.Untold[Place]("RISPort70 is off")
		},
			"D1 registered unknown: the phone system has SEP000000000001; whether it is registered nobody has told: RISPort70 is off -> "},
		"EM off": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.SetUp.Is.EM = new(false) },
			"D1 extension mobility fault: extension mobility is off: each login is refused (code 22) -> Device > Phone > SEP000000000001, Extension Information: tick Enable Extension Mobility"},
		"EM untold": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.SetUp.Is.EM = nil }, "D1 extension mobility unknown: AXL does not say it of this phone -> "},
		"EM off at the last login": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.SetUp.Is.EM, d.Login = nil, provisioning.Is(provisioning.Login{At: when, When: "08:00", Off: true})
		}, "D1 extension mobility fault: extension mobility was off when deskd logged in at 08:00 (code 22) -> Device > Phone"},
		"no logout profile": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.SetUp.Is.Profile = new("") },
			"D1 logout profile warning: no logout profile is set: between sessions -> Device > Phone > SEP000000000001, Extension Information: choose one in Log Out Profile"},
		"logout profile untold": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.SetUp.Is.Profile = nil }, "D1 logout profile unknown: AXL does not say it -> "},
		"outside": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Inside = false },
			"D1 address fault: it is at 10.0.0.1, outside phones.networks: deskd does not connect there -> add its network to phones.networks"},
		"no networks": {func(_ *Desk, _ *Person, _ *Cluster, s *Setting) { s.Networks = false },
			"D1 address unknown: phones.networks names no network: deskd connects to no phone -> "},
		"no address": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Where.Is = netip.Addr{} },
			"D1 address warning: nobody has told where the phone is -> configure clusters[].inventory.ris, or deskd import phones FILE"},
		"web access off": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.Page.Is = provisioning.Page{Outcome: push.WebAccessOff}
		}, "D1 web access fault: nothing listens at 10.0.0.1: it is needed for phones.notices -> Device > Phone > SEP000000000001, Product Specific Configuration Layout: set Web Access to Enabled"},
		"web access off, says RIS": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.Place.Is.Web, d.Page = new(false), provisioning.Untold[provisioning.Page]("outside")
		}, "D1 web access fault: web access is off, as the phone system says: it is needed for phones.notices -> Device > Phone"},
		"not asked": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.Place.Is.Web, d.Page = new(true), provisioning.Untold[provisioning.Page]("outside")
		}, "D1 web access unknown: outside -> "},
		"another phone": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Page.Is.Name = "SEP000000000002" },
			"D1 web access fault: at 10.0.0.1 is another phone, SEP000000000002 -> ask again when the inventory is up to date"},
		"silent": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.Page.Is = provisioning.Page{Outcome: push.Unreachable}
		}, "D1 web access warning: no answer from 10.0.0.1 -> see that it is on"},
		"nonsense": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) {
			d.Page.Is = provisioning.Page{Outcome: push.Malformed}
		}, "D1 web access warning: malformed answer: -> look at http://10.0.0.1/DeviceInformationX"},
		"own authentication URL": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.SetUp.Is.Authentication = new("http://elsewhere/") },
			"D1 authentication warning: it asks http://elsewhere/ about pushes -> Device > Phone > SEP000000000001, External Data Locations Information: leave Authentication Server empty"},
		"push refused": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Pushed.Is.Refused = true },
			"D1 authentication fault: it has refused deskd's push at 09:00 -> check the password of pusher"},
		"never pushed": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Pushed.Is = provisioning.Pushed{} }, "D1 authentication unknown: deskd has pushed nothing to it yet -> "},
		"not controlled": {func(_ *Desk, _ *Person, c *Cluster, _ *Setting) { c.Controlled.Is = map[string]bool{} },
			"D1 controlled devices fault: it is not among the controlled devices of pusher -> User Management > End User (or Application User) > pusher, Device Association: add SEP000000000001"},
		"no such pusher": {func(_ *Desk, _ *Person, c *Cluster, _ *Setting) { c.Controlled.Is = nil },
			"D1 controlled devices fault: the phone system does not have the user pusher -> add the user in User Management"},
		"controlled untold": {func(_ *Desk, _ *Person, c *Cluster, _ *Setting) {
			c.Controlled = provisioning.Untold[map[string]bool]("AXL: no")
		}, "D1 controlled devices unknown: AXL: no -> "},
		"not subscribed": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Subscribed.Is = false },
			"D1 service fault: the phone is not subscribed to the service Desk -> Device > Phone > SEP000000000001, Related Links: Subscribe/Unsubscribe Services, add Desk"},
		"subscription untold": {func(d *Desk, _ *Person, _ *Cluster, _ *Setting) { d.Subscribed = provisioning.Untold[bool]("AXL: no") }, "D1 service unknown: AXL: no -> "},
		"profile not subscribed": {func(_ *Desk, p *Person, _ *Cluster, _ *Setting) { p.Subscribed.Is = false },
			"jane service fault: the profile UDP_jane is not subscribed to the service Desk -> Device > Device Settings > Device Profile > UDP_jane"},
		"ambiguous": {func(_ *Desk, p *Person, _ *Cluster, _ *Setting) { p.User.Is.Default = "" },
			"jane profile warning: ambiguous: none of UDP_jane, UDP_other is the default, and people.csv names none -> User Management > End User > jane, Extension Mobility: choose a Default Profile"},
		"another's profile": {func(_ *Desk, p *Person, c *Cluster, _ *Setting) {
			p.Named = "UDP_max"
			c.Profiles.Is["UDP_MAX"] = ""
		},
			"jane profile warning: a login takes UDP_max, which is named in people.csv and is not among the user's -> "},
		"no such profile": {func(_ *Desk, p *Person, _ *Cluster, _ *Setting) { p.Named = "UDP_gone" },
			"jane profile fault: there is no device profile UDP_gone, which a login would take -> correct the column profile of people.csv"},
		"known elsewhere": {func(_ *Desk, p *Person, _ *Cluster, _ *Setting) {
			p.User, p.Elsewhere = provisioning.Is(provisioning.User{}), "second"
		}, "jane person warning: the phone system does not know this user; that of cluster second does -> add it in User Management"},
	} {
		t.Run(name, func(t *testing.T) {
			d, p, c, s := sound()
			tt.spoil(&d, &p, &c, &s)
			r := judged(d, p, c, s)
			wrong, n := "", 0
			for _, row := range r.Rows {
				text := row.Desk + row.Person + " " + string(row.Check) + " " + string(row.Grade) + ": " + row.Says + " -> " + row.Fix
				if row.Grade != provisioning.OK {
					if n++; n == 1 {
						wrong = text
					}
				}
				if row.Grade == provisioning.OK && row.Fix != "" || (row.Grade == provisioning.Fault || row.Grade == provisioning.Warning) && row.Fix == "" || row.Says == "" {
					t.Errorf("%s", text)
				}
			}
			if n != 1 && name != "known elsewhere" { // of whom there is no profile here, either
				t.Errorf("%d checks are not ok: %+v", n, r.Rows)
			}
			rest := wrong
			for part := range strings.SplitSeq(tt.want, " -> ") {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("%s\nwant\n%s", wrong, tt.want)
				}
				rest = after
			}
		})
	}
}

// What makes a login impossible is counted, and what nobody has told is neither ready nor not.
func TestReady(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil          func(d *Desk, p *Person)
		phones, people provisioning.Ready
	}{
		"EM off":         {func(d *Desk, _ *Person) { d.SetUp.Is.EM = new(false) }, provisioning.Ready{No: 1}, provisioning.Ready{Yes: 1}},
		"no such phone":  {func(d *Desk, _ *Person) { d.EM.Is = false }, provisioning.Ready{No: 1}, provisioning.Ready{Yes: 1}},
		"not in AXL":     {func(d *Desk, _ *Person) { d.SetUp.Is = SetUp{} }, provisioning.Ready{No: 1}, provisioning.Ready{Yes: 1}},
		"switched off":   {func(d *Desk, _ *Person) { d.Place.Is.Registered = false }, provisioning.Ready{Yes: 1}, provisioning.Ready{Yes: 1}},
		"not subscribed": {func(d *Desk, p *Person) { d.Subscribed.Is, p.Subscribed.Is = false, false }, provisioning.Ready{Yes: 1}, provisioning.Ready{Yes: 1}},
		"no AXL":         {func(d *Desk, _ *Person) { d.SetUp = provisioning.Untold[SetUp]("no") }, provisioning.Ready{Unknown: 1}, provisioning.Ready{Yes: 1}},
		"no AXL, and a login": {func(d *Desk, _ *Person) {
			d.SetUp, d.Login = provisioning.Untold[SetUp]("no"), provisioning.Is(provisioning.Login{At: when, Done: true})
		}, provisioning.Ready{Yes: 1}, provisioning.Ready{Yes: 1}},
		"nobody tells": {func(d *Desk, p *Person) {
			*d, *p = Desk{ID: "D1", Cluster: "main", Device: device}, Person{ID: "jane", Cluster: "main"}
		}, provisioning.Ready{Unknown: 1}, provisioning.Ready{Unknown: 1}},
		"no such user": {func(_ *Desk, p *Person) { p.User.Is = provisioning.User{} }, provisioning.Ready{Yes: 1}, provisioning.Ready{No: 1}},
		"no profile":   {func(_ *Desk, p *Person) { p.User.Is = provisioning.User{Exists: true} }, provisioning.Ready{Yes: 1}, provisioning.Ready{No: 1}},
		"one profile": {func(_ *Desk, p *Person) {
			p.User.Is = provisioning.User{Exists: true, Profiles: []string{"udp_other"}}
		}, provisioning.Ready{Yes: 1}, provisioning.Ready{Yes: 1}},
	} {
		d, p, c, s := sound()
		tt.spoil(&d, &p)
		if r := judged(d, p, c, s); r.Phones != tt.phones || r.People != tt.people {
			t.Errorf("%s: phones %+v, people %+v\n%+v", name, r.Phones, r.People, r.Rows)
		}
	}
}

// Without anything told, nothing is ok; and what nothing is configured for is neither a fault nor
// a warning.
func TestNothingTold(t *testing.T) {
	_, _, _, s := sound()
	for _, s := range []Setting{{}, s} {
		r := judged(Desk{ID: "D1", Cluster: "main", Device: device}, Person{ID: "jane", Cluster: "main"}, Cluster{}, s)
		for _, row := range r.Rows {
			if row.Grade != provisioning.Unknown && row.Check != provisioning.Address {
				t.Errorf("%+v", row)
			}
		}
	}
	d, p, c, _ := sound()
	d.Page.Is = provisioning.Page{Outcome: push.WebAccessOff}
	r := judged(d, p, c, Setting{})
	if n := r.Count(); n[provisioning.Fault]+n[provisioning.Warning] > 0 {
		t.Errorf("%+v", r.Rows)
	}
}

// The service of the cluster counts before that of a phone.
func TestService(t *testing.T) {
	for name, tt := range map[string]struct {
		service provisioning.Service
		want    string
	}{
		"none":     {provisioning.Service{}, "fault the phone system offers no service at http://desks/phone"},
		"disabled": {provisioning.Service{Name: "Desk", Disabled: true, Enterprise: true}, "fault the service Desk is not enabled"},
		"for all":  {provisioning.Service{Name: "Desk", Enterprise: true}, "ok the service Desk is for all (Enterprise Subscription)"},
	} {
		d, p, c, s := sound()
		c.Service.Is, d.Subscribed, p.Subscribed = tt.service, provisioning.Untold[bool]("no"), provisioning.Untold[bool]("no")
		for _, row := range judged(d, p, c, s).Rows {
			if got := string(row.Grade) + " " + row.Says; row.Check == provisioning.Subscribed && got != tt.want {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}
