package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/phone/inventory"
	"deskd/phone/inventory/emulator"
)

var ctx = context.Background()

// cluster is a real HTTP server with some phones.
func cluster(t *testing.T) (*emulator.Cluster, *inventory.RIS, *inventory.AXL) {
	t.Helper()
	c := emulator.New("deskd", "secret")
	c.Set([]emulator.Phone{
		{Name: "SEP000000000001", Address: "10.1.1.1", Model: "Cisco 8845", EM: true, Profile: "Lobby"},
		{Name: "SEP000000000002", Address: "10.1.1.2", Model: "Cisco 7841", Status: "UnRegistered", NoWeb: true},
		{Name: "SEP000000000003", Status: "-", Model: "Cisco 7841"},
	}, emulator.User{ID: "jane", Profiles: []string{"UDP_jane"}, Devices: []string{"SEP000000000001"}})
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	ris := inventory.NewRIS(inventory.Service{URL: server.URL + emulator.RIS, User: "deskd", Password: "secret", Timeout: 2 * time.Second})
	return c, ris, &inventory.AXL{Service: inventory.Service{URL: server.URL + emulator.AXL, User: "deskd", Password: "secret", Timeout: 2 * time.Second}, Version: "14.0", Page: 2}
}

var asked = []string{"SEP000000000002", "SEP000000000001", "SEP000000000003", "SEP000000000001"}

func spelled(all []inventory.Place) string {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%s %v %v %v; ", p.Name[14:], p.Address, p.Registered, p.Web != nil && *p.Web)
	}
	return b.String()
}

func TestSelect(t *testing.T) {
	c, ris, _ := cluster(t)
	got, err := ris.Select(ctx, asked)
	if want := "1 10.1.1.1 true true; 2 10.1.1.2 false false; "; err != nil || spelled(got) != want {
		t.Errorf("%q, %v", spelled(got), err)
	}
	if got[0].Since != time.Unix(1700000000, 0).UTC() || got[1].Status != "UnRegistered" {
		t.Errorf("%+v", got)
	}
	// A phone is where it is registered, whatever a node says that knew it later.
	c.Fail(emulator.Faults{Twice: true})
	_, again, _ := cluster(t)
	again.URL = ris.URL
	if got, err = again.Select(ctx, asked); err != nil || got[0].Address != netip.MustParseAddr("10.1.1.1") {
		t.Errorf("%v, %v", got, err)
	}
	// What was not asked for is not believed.
	c.Fail(emulator.Faults{Nonsense: "<Envelope><Body><CmDevices><item><Name>SEP000000000009</Name><Status>Registered</Status></item></CmDevices></Body></Envelope>"})
	_, other, _ := cluster(t)
	other.URL = ris.URL
	if got, err = other.Select(ctx, asked); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPhones(t *testing.T) {
	c, _, axl := cluster(t)
	for _, f := range []emulator.Faults{{}, {MostRows: 1}} {
		c.Fail(f)
		got, err := axl.Phones(ctx, "SEP%")
		if err != nil || len(got) != 3 || got[0].Model != "Cisco 8845" || !*got[0].EM || *got[0].Profile != "Lobby" || *got[1].EM || *got[1].Profile != "" || *got[2].Authentication != "" {
			t.Errorf("%+v: %+v, %v", f, got, err)
		}
	}
	if got := strings.Join(c.Asked(), ", "); got != "listPhone 0+2, listPhone 2+2, listPhone 0+2, listPhone 0+1, listPhone 1+1, listPhone 2+1, listPhone 3+1" {
		t.Error(got)
	}
	c.Fail(emulator.Faults{SkipIsLost: true})
	if got, err := axl.Phones(ctx, "SEP%"); inventory.KindOf(err) != inventory.Malformed || len(got) != 2 || !strings.Contains(err.Error(), "the same again from 2 on") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestUser(t *testing.T) {
	_, _, axl := cluster(t)
	u, err := axl.User(ctx, "Jane")
	if err != nil || fmt.Sprint(u) != "{jane [UDP_jane]  [SEP000000000001]}" {
		t.Errorf("%v, %v", u, err)
	}
	if _, err = axl.User(ctx, "</userid><x>"); inventory.KindOf(err) != inventory.NotFound {
		t.Error(err)
	}
}

// How phones and profiles are set up is told by name, in pages; an application user is asked for
// as one.
func TestSetUp(t *testing.T) {
	c, _, axl := cluster(t)
	c.Set([]emulator.Phone{{Name: "SEP000000000001", Services: []string{"Desk", "Weather"}}, {Name: "SEP000000000002"}},
		emulator.User{ID: "pusher", Devices: []string{"SEP000000000001"}, Application: true})
	c.Offer([]emulator.Service{{Name: "Desk", URL: "http://desks/phone", Enterprise: true}, {Name: "Menu", Disabled: true}, {Name: "Weather"}},
		emulator.Profile{Name: "UDP_jane", Model: "Cisco 8845", Services: []string{"Desk"}}, emulator.Profile{Name: "UDP_max", Model: "Cisco 7841"})
	services, err := axl.Services(ctx)
	if err != nil || len(services) != 3 || services[0].URL != "http://desks/phone" || !*services[0].Enterprise || *services[1].Enabled || *services[2].Enterprise || !*services[2].Enabled {
		t.Errorf("%+v, %v", services, err)
	}
	if profiles, err := axl.Profiles(ctx); err != nil || fmt.Sprint(profiles) != "[{UDP_jane Cisco 8845} {UDP_max Cisco 7841}]" {
		t.Errorf("%v, %v", profiles, err)
	}
	if got, err := axl.PhoneSubscriptions(ctx, "SEP000000000001"); err != nil || fmt.Sprint(got) != "[Desk Weather]" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := axl.PhoneSubscriptions(ctx, "SEP000000000002"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := axl.ProfileSubscriptions(ctx, "UDP_jane"); err != nil || fmt.Sprint(got) != "[Desk]" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := axl.ProfileSubscriptions(ctx, "UDP_nobody"); inventory.KindOf(err) != inventory.NotFound {
		t.Error(err)
	}
	if u, err := axl.AppUser(ctx, "pusher"); err != nil || fmt.Sprint(u.Devices) != "[SEP000000000001]" {
		t.Errorf("%v, %v", u, err)
	}
	if _, err := axl.User(ctx, "pusher"); inventory.KindOf(err) != inventory.NotFound {
		t.Error(err)
	}
	c.Fail(emulator.Faults{Nonsense: "<Envelope><Body><phone><name>SEP000000000009</name></phone></Body></Envelope>"})
	if _, err := axl.PhoneSubscriptions(ctx, "SEP000000000001"); inventory.KindOf(err) != inventory.Malformed {
		t.Error(err)
	}
}

// Two programs of deskd's together keep to the calls that a cluster takes.
func TestBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		for _, ris := range []*inventory.RIS{inventory.NewRIS(inventory.Service{URL: "http://x"}), inventory.NewRISBeside(inventory.Service{URL: "http://x"})} {
			ris.Transport = roundTrip(func(*http.Request) (*http.Response, error) { calls++; return nil, errors.New("no") })
			for time.Since(began) < time.Minute {
				_, _ = ris.Select(t.Context(), asked) // refused: it is the calls that count
			}
			began = time.Now()
		}
		if calls > 10+5+2 {
			t.Errorf("%d calls in a minute each", calls)
		}
	})
}

// Whatever a service does, the error says which kind it is, and never a password.
func TestFaults(t *testing.T) {
	dtd := `<!DOCTYPE x [<!ENTITY a "aaaa">]><Envelope><Body><x>&a;</x></Body></Envelope>`
	for name, c := range map[string]struct {
		faults emulator.Faults
		kind   inventory.Kind
		text   string
	}{
		"401":         {emulator.Faults{Status: 401}, inventory.Unauthorized, "status 401 (check user and password"},
		"403":         {emulator.Faults{Status: 403}, inventory.Unauthorized, "roles"},
		"503":         {emulator.Faults{Throttle: 1}, inventory.Throttled, "status 503 (other programs ask it, too)"},
		"rate":        {emulator.Faults{RateFault: true}, inventory.Throttled, "15 requests per minute"},
		"404":         {emulator.Faults{Status: 404}, inventory.Malformed, "status 404 (check that url"},
		"redirect":    {emulator.Faults{Status: 302}, inventory.Malformed, "redirect"},
		"html":        {emulator.Faults{Nonsense: "<html><body><p>Sign in</body></html>"}, inventory.Malformed, "cannot be read"},
		"other xml":   {emulator.Faults{Nonsense: "<a><b><c/></b></a>"}, inventory.Malformed, "no SOAP"},
		"nothing":     {emulator.Faults{Nonsense: " "}, inventory.Malformed, "no SOAP"},
		"dtd":         {emulator.Faults{Nonsense: dtd}, inventory.Malformed, "it has a DTD"},
		"deep":        {emulator.Faults{Nonsense: strings.Repeat("<a>", 40)}, inventory.Malformed, "more than 32 deep"},
		"cut":         {emulator.Faults{Nonsense: "<Envelope><Body><x>"}, inventory.Malformed, "unexpected EOF"},
		"5 MB":        {emulator.Faults{Padding: inventory.MaxAnswer}, inventory.Malformed, "more than 5242880 bytes"},
		"slow":        {emulator.Faults{Slow: time.Minute}, inventory.Unreachable, "no answer in time"},
		"a node down": {emulator.Faults{NodeDown: true}, inventory.Partial, "a node of the cluster has not answered: cucm-sub2: ServerDown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, ris, axl := cluster(t)
			if ris.Timeout, axl.Timeout = time.Minute, time.Minute; c.faults.Slow > 0 {
				ris.Timeout, axl.Timeout = 300*time.Millisecond, 300*time.Millisecond
			}
			e.Fail(c.faults)
			got, err := ris.Select(ctx, asked)
			if inventory.KindOf(err) != c.kind || !strings.Contains(err.Error(), "selectCmDeviceExt: ") || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, want %s %q", err, c.kind, c.text)
			}
			if (c.kind == inventory.Partial) != (len(got) == 2) {
				t.Errorf("%v", got)
			}
			e.Fail(c.faults)
			if _, err := axl.Phones(ctx, "SEP%"); c.kind != inventory.Partial && !c.faults.RateFault && inventory.KindOf(err) != c.kind {
				t.Errorf("AXL: %v", err)
			}
		})
	}
	e, ris, _ := cluster(t)
	ris.URL = "http://127.0.0.1:1/"
	if _, err := ris.Select(ctx, asked); inventory.KindOf(err) != inventory.Unreachable {
		t.Error(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", ris.Service, ris.Service, ris.Service); strings.Contains(text, "secret") {
		t.Error(text)
	}
	if len(e.Asked()) > 0 || inventory.KindOf(errors.New("x")) != "" {
		t.Error(e.Asked())
	}
}

// inProcess answers without a socket, which would stop the clock of a bubble.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// However many devices there are, and in however many pages a cluster tells of them, it is
// asked ten times a minute at most, for a thousand devices each.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := emulator.New("deskd", "secret")
		var phones []emulator.Phone
		var names []string
		for i := range 2500 {
			names = append(names, fmt.Sprintf("SEP%012d", i))
			phones = append(phones, emulator.Phone{Name: names[i], Address: fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)})
		}
		c.Set(phones)
		ris := inventory.NewRIS(inventory.Service{URL: "http://cucm" + emulator.RIS, User: "deskd", Password: "secret", Transport: inProcess{c}})
		began := time.Now()
		got, err := ris.Select(ctx, names)
		if took := time.Since(began); err != nil || len(got) != 2500 || took != 2*inventory.Apart {
			t.Errorf("%d devices in %s, %v", len(got), took, err)
		}
		c.Fail(emulator.Faults{PerPage: 250})
		if got, err = ris.Select(ctx, names[:1000]); err != nil || len(got) != 1000 {
			t.Errorf("%d devices, %v", len(got), err)
		}
		c.Fail(emulator.Faults{PerPage: 100})
		if got, err = ris.Select(ctx, names[:1000]); inventory.KindOf(err) != inventory.Partial || len(got) != 500 || !strings.Contains(err.Error(), "more after 5 pages") {
			t.Errorf("%d devices, %v", len(got), err)
		}
		if calls, minutes := len(c.Asked()), time.Since(began).Minutes(); calls != 12 || float64(calls) > 10*minutes+1 {
			t.Errorf("%d calls in %.1f minutes", calls, minutes)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := ris.Select(short, names[:1]); inventory.KindOf(err) != inventory.Unreachable {
			t.Errorf("no call was free: %v", err)
		}
	})
}

// No answer makes the reader panic, or tell of what was not asked for.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{"", "<a/>", "<Envelope><Body><Fault><faultstring>Suggestive Row Fetch: less than 3 rows</faultstring></Fault></Body></Envelope>",
		"<Envelope><Body><CmDevices><item><Name>SEP000000000001</Name><IPAddress>10.1.1.1</IPAddress></item></CmDevices></Body></Envelope>",
		"<Envelope><Body><return><phone><name>SEP1</name></phone></return></Body></Envelope>", "<Envelope><Body><return><user><userid>jane</userid></user></return></Body></Envelope>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		service := inventory.Service{URL: "http://cucm/", Transport: inProcess{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })}}
		got, _ := inventory.NewRIS(service).Select(ctx, []string{"SEP000000000001"})
		for _, p := range got {
			if p.Name != "SEP000000000001" || p.Address.IsUnspecified() {
				t.Errorf("%+v", p)
			}
		}
		axl := &inventory.AXL{Service: service, Version: "14.0"}
		_, _ = axl.Phones(ctx, "%")
		if u, err := axl.User(ctx, "jane"); err == nil && !strings.EqualFold(u.ID, "jane") {
			t.Errorf("%+v", u)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
