package asking_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/provisioning"
	"deskd/cmd/deskd/provisioning/asking"
	"deskd/configs"
	service "deskd/emapi/emulator"
	"deskd/phone/emulator"
	inventory "deskd/phone/inventory/emulator"
	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/store/phones"
)

// office is an installation with its phone system: all but the wires is real.
type office struct {
	*testing.T
	*daemon.Parts
	em     *service.Emulator
	second *service.Emulator // that of another cluster, where one is configured
	admin  *inventory.Cluster
	phones *emulator.World
	desks  int
	asked  atomic.Int64 // requests to the EM service
	posted atomic.Int64 // requests to phones with credentials, or that are no GET
}

const configuration = `sites: [{name: berlin, timezone: Europe/Berlin}, {name: boston, timezone: America/New_York}]
clusters:
  - name: main
    url: "https://cucm/emservice/EMServiceServlet"
    app_id: deskd
    app_password_file: secret
    inventory:
      ris: {url: "https://admin` + inventory.RIS + `", user: deskd, password_file: secret}
      axl: {url: "https://admin` + inventory.AXL + `", user: deskd, password_file: secret}
phones: {base_url: "http://desks.example.com", networks: [10.0.0.0/16], push: {user: pusher, password_file: secret}}
`

// RoundTrip brings requests to the services, and to phones.
func (o *office) RoundTrip(r *http.Request) (*http.Response, error) {
	switch r.URL.Host {
	case "second":
		return o.second.Transport().RoundTrip(r)
	case "cucm":
		o.asked.Add(1)
		return o.em.Transport().RoundTrip(r)
	case "admin":
		w := httptest.NewRecorder()
		o.admin.ServeHTTP(w, r)
		return w.Result(), nil
	}
	if _, _, with := r.BasicAuth(); with || r.Method != http.MethodGet {
		o.posted.Add(1)
	}
	return o.phones.RoundTrip(r)
}

func (o *office) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func address(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 0, byte(n / 250), byte(n%250 + 1)})
}

// newOffice has so many desks, phones and people, all of which are set up as they should be. Every
// second desk is in Boston.
func newOffice(t *testing.T, n int, spoil func(config string) string) *office {
	t.Helper()
	o := &office{T: t, desks: n, em: service.New(service.Options{AppID: "deskd", Password: "secret"}), admin: inventory.New("deskd", "secret"), phones: emulator.New(emulator.Options{})}
	o.em.Populate(n, n)
	folder := t.TempDir()
	text := configuration
	if spoil != nil {
		text = spoil(text)
	}
	for name, text := range map[string]string{"secret": "secret\n", "deskd.yaml": text} {
		o.ok(os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	c, err := configs.Load(filepath.Join(folder, "deskd.yaml"))
	o.ok(err)
	st, err := store.Open(t.Context(), c.Database.DSN, store.Options{})
	o.ok(err)
	t.Cleanup(func() { _ = st.Close() })
	o.Parts, err = daemon.NewParts(c, st, nil, clock.Clock{})
	o.ok(err)
	o.ok(o.Configure(t.Context()))
	o.Transport = func(*tls.Config) http.RoundTripper { return o }
	o.PhonesBy = o
	var desks []reservations.Desk
	var people []reservations.Person
	for i := range n {
		site := []string{"berlin", "boston"}[i%2]
		desks = append(desks, reservations.Desk{ID: fmt.Sprintf("D%d", i+1), Site: site, Cluster: "main", Device: service.DeviceName(i + 1)})
		people = append(people, reservations.Person{ID: service.UserName(i + 1)})
		o.phones.Add(emulator.M8845, service.DeviceName(i+1), address(i))
		o.em.SetUser(service.User{ID: service.UserName(i + 1), Profiles: []string{fmt.Sprintf("UDP%d", i+1)}})
	}
	_, err = st.ImportDesks(t.Context(), desks, false)
	o.ok(err)
	_, err = st.ImportPeople(t.Context(), people, false)
	o.ok(err)
	o.administer(nil)
	return o
}

// administer sets the administration of the cluster up, after change has had its way with it.
func (o *office) administer(change func(phones []inventory.Phone, services *[]inventory.Service, profiles []inventory.Profile, pusher *inventory.User)) {
	pusher := inventory.User{ID: "pusher", Application: true}
	services := []inventory.Service{{Name: "Weather", URL: "http://weather/"}, {Name: "Desk", URL: "http://desks.example.com/phone?name=#DEVICENAME#"}}
	var all []inventory.Phone
	var profiles []inventory.Profile
	for i := range o.desks {
		name := service.DeviceName(i + 1)
		all = append(all, inventory.Phone{Name: name, Address: address(i).String(), Model: "Cisco 8845", EM: true, Profile: "Lobby", Services: []string{"Weather", "Desk"}})
		profiles = append(profiles, inventory.Profile{Name: fmt.Sprintf("UDP%d", i+1), Model: "Cisco 8845", Services: []string{"Desk"}})
		pusher.Devices = append(pusher.Devices, name)
	}
	if change != nil {
		change(all, &services, profiles, &pusher)
	}
	o.admin.Set(all, pusher)
	o.admin.Offer(services, profiles...)
}

func (o *office) ask(options asking.Options) provisioning.Report {
	o.Helper()
	r, err := asking.Ask(o.Context(), o.Parts, options)
	o.ok(err)
	return r
}

// spelled are the rows that are not ok, each as "who check grade: says".
func spelled(r provisioning.Report) string {
	var all []string
	for _, row := range r.Rows {
		if row.Grade != provisioning.OK {
			all = append(all, row.Desk+row.Person+" "+string(row.Check)+" "+string(row.Grade)+": "+row.Says)
		}
	}
	return strings.Join(all, "\n")
}

// pushed is a push that the phone of the first desk has accepted, or refused.
func (o *office) pushed(outcome string) {
	o.Helper()
	a, err := o.Store.Begin(o.Context(), plan.Attempt{Cluster: "main", Outcome: plan.Open, Began: time.Now(), Step: plan.Step{
		Op: plan.OpLogout, Login: plan.Login{Desk: "D1", Device: service.DeviceName(1), Person: service.UserName(1)},
	}})
	o.ok(err)
	a.Outcome, a.Ended = plan.Done, time.Now()
	o.ok(o.Store.Finish(o.Context(), a))
	o.ok(o.Store.NoteCallList(o.Context(), a.ID, outcome))
}

const notPushed = "D%d authentication unknown: deskd has pushed nothing to it yet that would tell"

// Of an installation that is as it should be, all is ok but what nobody can know; and no phone
// was sent credentials, nor anything but questions.
func TestSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 2, nil)
		r := o.ask(asking.Options{})
		if got, want := spelled(r), fmt.Sprintf(notPushed+"\n"+notPushed, 1, 2); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		if len(r.Rows) != 2*8+2*3 || r.Phones.Yes != 2 || r.People.Yes != 2 {
			t.Errorf("%+v", r)
		}
		if n := o.posted.Load(); n > 0 {
			t.Errorf("%d requests to phones were more than questions", n)
		}
		if sent := o.em.Stats().Requests; sent["login"]+sent["logout"] > 0 {
			t.Errorf("%+v", sent)
		}
	})
}

// Whatever is wrong is found where it is, and says why it is not known where nobody tells it.
func TestFound(t *testing.T) {
	change := func(how func(phones []inventory.Phone, services *[]inventory.Service, profiles []inventory.Profile, pusher *inventory.User)) func(*office) {
		return func(o *office) { o.administer(how) }
	}
	var tests []found
	for name, tt := range map[string]struct {
		spoil func(*office)
		want  string // what is not ok of the first desk and person
	}{
		"EM off": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].EM = false
		}),
			"D1 extension mobility fault: extension mobility is off"},
		"no logout profile": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Profile = ""
		}),
			"D1 logout profile warning: no logout profile is set"},
		"own authentication URL": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Authentication = "http://elsewhere/"
		}), "D1 authentication warning: it asks http://elsewhere/ about pushes"},
		"rejected": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Status = "Rejected"
		}),
			"D1 registered warning: not registered: Rejected"},
		"not seen": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Status = "-"
		}),
			"D1 registered warning: not registered with any node, and was not for long"},
		"outside": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Address = "10.0.200.1"
		}),
			"D1 web access warning: no answer from 10.0.200.1"},
		"outside the networks": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Address = "192.0.2.1"
		}),
			"D1 address fault: it is at 192.0.2.1, outside phones.networks: deskd does not connect there\nD1 web access unknown: its address is outside phones.networks"},
		"another phone": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Address = address(1).String()
		}), "D1 web access fault: at 10.0.0.2 is another phone, SEP000000000002"},
		"not controlled": {change(func(_ []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, u *inventory.User) {
			u.Devices = u.Devices[1:]
		}),
			"D1 controlled devices fault: it is not among the controlled devices of pusher"},
		"no pusher": {change(func(_ []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, u *inventory.User) {
			u.ID = "other"
		}),
			"D1 controlled devices fault: the phone system does not have the user pusher"},
		"not subscribed": {change(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			p[0].Services = []string{"Weather"}
		}), "D1 service fault: the phone is not subscribed to the service Desk"},
		"profile not subscribed": {change(func(_ []inventory.Phone, _ *[]inventory.Service, u []inventory.Profile, _ *inventory.User) {
			u[0].Services = nil
		}),
			"user0001 service fault: the profile UDP1 is not subscribed to the service Desk"},
		"not offered": {change(func(_ []inventory.Phone, s *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
			*s = []inventory.Service{{Name: "Desk", URL: "http://elsewhere/phone"}}
		}), "D1 service fault: the phone system offers no service at http://desks.example.com/phone\nuser0001 service fault: the phone system offers no service"},
		"for all": {change(func(p []inventory.Phone, s *[]inventory.Service, u []inventory.Profile, _ *inventory.User) {
			p[0].Services, u[0].Services, (*s)[1].Enterprise = nil, nil, true
		}), ""},
		"no such profile": {change(func(_ []inventory.Phone, _ *[]inventory.Service, u []inventory.Profile, _ *inventory.User) {
			u[0].Name = "other"
		}),
			"user0001 profile fault: there is no device profile UDP1, which a login would take\nuser0001 service unknown: the phone system does not have UDP1"},
		"no such user": {func(o *office) { o.em.RemoveUser(service.UserName(1)) },
			"user0001 person fault: the phone system does not know this user\nuser0001 profile unknown: the phone system does not know this user\nuser0001 service unknown: which profile a login takes is not known"},
		"several profiles": {func(o *office) {
			o.em.SetUser(service.User{ID: service.UserName(1), Profiles: []string{"A", "B"}})
		}, "user0001 profile warning: ambiguous: none of A, B is the default, and people.csv names none\nuser0001 service unknown: which profile a login takes is not known"},
		"AXL refuses one question": {func(o *office) { o.admin.Fail(inventory.Faults{Operation: "getPhone"}) },
			"D1 service unknown: AXL: getPhone: it answers: Access to the requested resource is denied for getPhone\nuser0001 service unknown: AXL: getPhone"},
		"a node is down": {func(o *office) {
			o.admin.Fail(inventory.Faults{NodeDown: true})
			o.administer(func(p []inventory.Phone, _ *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
				p[0].Status = "-"
			})
		}, "D1 registered unknown: the phone system has SEP000000000001; whether it is registered nobody has told: RISPort70: selectCmDeviceExt: a node of the cluster has not answered"},
	} {
		tests = append(tests, found{name, func(o *office) { o.pushed("cleared"); tt.spoil(o) }, tt.want})
	}
	tests = append(tests, found{"no such phone", func(o *office) { o.em.RemoveDevice(service.DeviceName(1)) }, // the last, for it is gone
		"D1 registered fault: the phone system does not have SEP000000000001\nD1 extension mobility unknown: the phone system does not have the phone\nD1 logout profile unknown: the phone system does not have the phone"})
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 2, nil)
		for _, tt := range tests {
			o.administer(nil)
			o.admin.Fail(inventory.Faults{})
			o.em.SetUser(service.User{ID: service.UserName(1), Profiles: []string{"UDP1"}})
			at := address(0)
			_, err := o.Store.Phones().Save(t.Context(), []phones.News{{Cluster: "main", Device: service.DeviceName(1), Source: phones.CSV, Seen: time.Now(), Address: &at}}, time.Now())
			o.ok(err)
			tt.spoil(o)
			tt.check(t, o.ask(asking.Options{}))
		}
	})
}

// Where phones come by https as well, the service is deskd's by either of its addresses.
func TestServiceByHTTPS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 2, nil)
		o.Config.Phones.BaseURL, o.Config.Phones.PlainURL = "https://desks.example.com:8443", "http://desks.example.com"
		o.pushed("cleared")
		at := address(0)
		_, err := o.Store.Phones().Save(t.Context(), []phones.News{{Cluster: "main", Device: service.DeviceName(1), Source: phones.CSV, Seen: time.Now(), Address: &at}}, time.Now())
		o.ok(err)
		const plain, secure, none = "http://desks.example.com/phone?name=#DEVICENAME#", "https://desks.example.com:8443/phone?name=#DEVICENAME#", "http://elsewhere/phone"
		for _, s := range []inventory.Service{{URL: plain, SecureURL: secure}, {URL: plain}, {URL: secure, SecureURL: secure}, {URL: none, SecureURL: secure}} {
			s.Name = "Desk"
			o.administer(func(_ []inventory.Phone, all *[]inventory.Service, _ []inventory.Profile, _ *inventory.User) {
				*all = []inventory.Service{s}
			})
			found{s.URL + " " + s.SecureURL, nil, ""}.check(t, o.ask(asking.Options{}))
		}
	})
}

// Whether pushes are accepted, the last one tells.
func TestPushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 2, nil)
		for _, tt := range []found{
			{"accepted", func(o *office) { o.pushed("cleared") }, ""},
			{"not sent", func(o *office) { o.pushed("not cleared: the phone was off") }, ""},
			{"refused", func(o *office) { o.pushed("refused: no") }, "D1 authentication fault: it has refused deskd's push at "},
			{"accepted again", func(o *office) { o.pushed("cleared") }, ""},
			{"long ago", func(*office) { time.Sleep(15 * 24 * time.Hour) }, fmt.Sprintf(notPushed, 1)},
		} {
			time.Sleep(time.Minute)
			tt.spoil(o)
			tt.check(t, o.ask(asking.Options{}))
		}
	})
}

// found is what is found of the first desk and person after something has been spoilt: the
// beginnings of the rows that are not ok.
type found struct {
	name  string
	spoil func(*office)
	want  string
}

func (tt found) check(t *testing.T, r provisioning.Report) {
	t.Helper()
	var got, want []string
	for line := range strings.SplitSeq(spelled(r), "\n") {
		if strings.HasPrefix(line, "D1 ") || strings.HasPrefix(line, "user0001 ") {
			got = append(got, line)
		}
	}
	if tt.want != "" {
		want = strings.Split(tt.want, "\n")
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%s: %s\nwant\n%s", tt.name, strings.Join(got, "\n"), tt.want)
			return
		}
	}
}

// Without inventory, and where a service refuses, nothing is ok that it would have told, and each
// row says why. A password that was refused is not sent again.
func TestUntold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 1, func(c string) string {
			before, _, _ := strings.Cut(c, "    inventory:")
			return before
		})
		r := o.ask(asking.Options{})
		want := `D1 registered unknown: the phone system has SEP000000000001; whether it is registered nobody has told: RISPort70 is not configured (inventory.ris of cluster main)
D1 extension mobility unknown: AXL is not configured (inventory.axl of cluster main)
D1 logout profile unknown: AXL is not configured (inventory.axl of cluster main)
D1 address warning: nobody has told where the phone is: its pages show what everybody may see, and nothing is pushed
D1 web access unknown: where the phone is is not known
D1 authentication unknown: phones.push names no user: deskd pushes nothing
D1 controlled devices unknown: phones.push names no user: deskd pushes nothing
D1 service unknown: phones.base_url is not set: phones show no page of deskd's
user0001 service unknown: phones.base_url is not set: phones show no page of deskd's`
		if got := spelled(r); got != want || r.People.Yes != 1 {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 1, nil)
		o.admin.Fail(inventory.Faults{Status: http.StatusUnauthorized})
		o.em.Change(func(e *service.Options) { e.Password = "another" })
		r := o.ask(asking.Options{})
		for _, row := range r.Rows {
			if row.Grade == provisioning.OK || row.Grade == provisioning.Fault {
				t.Errorf("%+v", row)
			}
		}
		text := spelled(r)
		for _, want := range []string{"D1 registered unknown: RISPort70: selectCmDeviceExt: it answers with status 401", "D1 extension mobility unknown: AXL: listPhone: it answers with status 401",
			"D1 controlled devices unknown: AXL: listPhone: it answers with status 401", "user0001 person unknown: the EM service does not tell: "} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
		if strings.Contains(text, "secret") {
			t.Errorf("it tells a password:\n%s", text)
		}
		if len(o.admin.Asked()) > 0 {
			t.Errorf("%v", o.admin.Asked())
		}
		before := o.asked.Load()
		if got := spelled(o.ask(asking.Options{})); !strings.Contains(got, "user0001 person unknown: the EM service refuses deskd's password since ") || o.asked.Load() != before {
			t.Errorf("%d requests more\n%s", o.asked.Load()-before, got)
		}
	})
}

// Whom it is about is chosen: a site or a desk with those who have booked there, or one person.
func TestWhom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 4, nil)
		_, err := o.Store.Reserve(t.Context(), reservations.Reservation{Desk: "D3", Person: service.UserName(4), Status: reservations.Confirmed, Source: "test",
			Span: reservations.Span{Start: time.Now().Add(time.Hour), End: time.Now().Add(2 * time.Hour)}}, time.Now())
		o.ok(err)
		for want, options := range map[string]asking.Options{
			"D1 D2 D3 D4 user0001 user0002 user0003 user0004": {},
			"D1 D3 user0004": {Site: "berlin"},
			"D2 D4":          {Site: "boston"},
			"D3 user0004":    {Desk: "D3"},
			"user0002":       {Person: service.UserName(2)},
			"D1 user0002":    {Desk: "D1", Person: service.UserName(2)},
			"D2 D4 user0002": {Site: "boston", Person: service.UserName(2)},
		} {
			var got []string
			for _, row := range o.ask(options).Rows {
				if who := row.Desk + row.Person; len(got) == 0 || got[len(got)-1] != who {
					got = append(got, who)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%+v: %v, want %s", options, got, want)
			}
		}
		for _, none := range []asking.Options{{Desk: "D9"}, {Person: "nobody"}} {
			if _, err := asking.Ask(t.Context(), o.Parts, none); !errors.Is(err, reservations.ErrUnknownDesk) && !errors.Is(err, reservations.ErrUnknownPerson) {
				t.Errorf("%+v: %v", none, err)
			}
		}
	})
}

// Someone whom one of two clusters knows is no fault of the other's; someone whom none knows is one
// of both.
func TestElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 2, func(c string) string {
			return strings.Replace(c, "phones:", `  - {name: second, url: "https://second/emservice/EMServiceServlet", app_id: deskd, app_password_file: secret}
phones:`, 1)
		})
		o.second = service.New(service.Options{AppID: "deskd", Password: "secret"})
		o.em.RemoveUser(service.UserName(2))
		var got []string
		for _, row := range o.ask(asking.Options{}).Rows {
			if row.Check == provisioning.Known {
				got = append(got, row.Cluster+" "+row.Person+" "+string(row.Grade))
			}
		}
		if want := "main user0001 ok, main user0002 fault, second user0001 warning, second user0002 fault"; strings.Join(got, ", ") != want {
			t.Errorf("%v, want %s", got, want)
		}
	})
}

// What a daemon was told before is what is known without asking; and then nobody is asked.
func TestSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 2, nil)
		at := address(0)
		_, err := o.Store.Phones().Save(t.Context(), []phones.News{
			{Cluster: "main", Device: service.DeviceName(1), Source: phones.RIS, Seen: time.Now(), Address: &at, Registered: new(true), WebAccess: new(false)},
			{Cluster: "main", Device: service.DeviceName(1), Source: phones.AXL, Seen: time.Now(), EM: new(false), Profile: new("Lobby")},
		}, time.Now())
		o.ok(err)
		r := o.ask(asking.Options{Silent: true, Site: "berlin"})
		want := "D1 extension mobility fault: extension mobility is off: each login is refused (code 22)"
		if got := spelled(r); !strings.HasPrefix(got, want) || r.Phones.No != 1 {
			t.Errorf("%s", got)
		}
		if len(o.admin.Asked()) > 0 || o.asked.Load() > 0 {
			t.Error("it has asked")
		}
	})
}

// A thousand desks, half of them off, take minutes: each service is asked at its pace, and a
// service that has failed is not asked again.
func TestBounded(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, n, nil)
		for i := range n / 2 {
			o.phones.Add(emulator.M8845, service.DeviceName(2*i+1), address(2*i)).SetFaults(emulator.Faults{Slow: time.Hour})
		}
		began := time.Now()
		r := o.ask(asking.Options{})
		took := time.Since(began)
		t.Logf("%d desks, half of their phones off, and as many people: %v", n, took)
		if took < time.Duration(n)*190*time.Millisecond || took > max(time.Minute, 4*time.Minute*time.Duration(n)/1000) { // two questions of AXL's each, 10 a second
			t.Errorf("it has taken %v", took)
		}
		if count := r.Count(); len(r.Rows) != 11*n || count[provisioning.Warning] != n/2 || r.Phones.Yes != n {
			t.Errorf("%v", count)
		}
		count := make(map[string]int)
		for _, a := range o.admin.Asked() {
			count[strings.Fields(a)[0]]++
		}
		want := map[string]int{"getAppUser": 1, "getDeviceProfile": n, "getPhone": n, "getUser": 1, "listDeviceProfile": 1 + n/500, "listIpPhoneServices": 1, "listPhone": 1 + n/500, "selectCmDeviceExt": 1}
		if !maps.Equal(count, want) {
			t.Errorf("%v", count)
		}
		o.admin.Fail(inventory.Faults{Operation: "getPhone"})
		before := len(o.admin.Asked())
		o.ask(asking.Options{})
		if more := len(o.admin.Asked()) - before; more > 14 {
			t.Errorf("%d questions after a refusal", more)
		}
	})
}

// Who ends it does not wait.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 100, nil)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		if _, err := asking.Ask(ctx, o.Parts, asking.Options{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
