package house_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/emulator/house"
	"deskd/emapi"
	service "deskd/emapi/emulator"
	"deskd/phone"
	"deskd/phone/emulator"
	"deskd/phone/push"
)

var first = netip.MustParseAddr("127.16.0.1")

// open returns a cluster of three phones and users, and its house, with real restarts.
func open(t *testing.T, pages http.RoundTripper) (*service.Emulator, *emapi.Client, *house.House) {
	t.Helper()
	cluster := service.New(service.Options{AppID: "deskd", Password: "secret", Restart: service.RealRestarts()})
	cluster.Populate(3, 3)
	client, err := emapi.New(emapi.Config{URL: "http://cucm" + service.Path, AppID: "deskd", Password: emapi.NewSecret("secret"), HTTP: cluster.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	h, err := house.New(cluster, house.Options{First: first, Subscribe: "http://deskd/phone?name=#DEVICENAME#", Phones: emulator.Options{Service: pages}})
	if err != nil {
		t.Fatal(err)
	}
	return cluster, client, h
}

// A session of the service is one of the phone, with the restart that the service says,
// however it begins and ends.
func TestOneWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, client, h := open(t, nil)
		device := service.DeviceName(2)
		shows := func(user string, up bool) {
			t.Helper()
			home := h.Home(device)
			if home.User() != user {
				t.Errorf("the phone shows %q, not %q", home.User(), user)
			}
			r := httptest.NewRequest(http.MethodGet, "http://127.16.0.2/DeviceInformationX", nil)
			r.RequestURI = ""
			resp, err := h.RoundTrip(r)
			if (err == nil) != up {
				t.Errorf("the phone answers with %v", err)
			}
			if err == nil {
				_ = resp.Body.Close()
			}
		}
		shows("", true)
		if err := client.Login(t.Context(), emapi.LoginRequest{Device: device, User: "user0001", Exclusive: 60}); err != nil {
			t.Fatal(err)
		}
		h.Home(device).Services()
		if text := h.Home(device).Screen(); !strings.Contains(text, phone.ShowsUnavailable) {
			t.Errorf("while it restarts, it shows\n%s", text)
		}
		shows("user0001", false)
		time.Sleep(15 * time.Second)
		shows("user0001", false)
		time.Sleep(time.Second)
		shows("user0001", true)
		if err := cluster.PressLogout(device); err != nil {
			t.Fatal(err)
		}
		shows("", false)
		time.Sleep(12 * time.Second)
		shows("", true)

		// The same person again between two looks: the phone has restarted all the same.
		if err := client.Login(t.Context(), emapi.LoginRequest{Device: device, User: "user0001", Exclusive: 60}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		shows("user0001", true)
		if err := client.Logout(t.Context(), device); err != nil {
			t.Fatal(err)
		}
		if err := client.Login(t.Context(), emapi.LoginRequest{Device: device, User: "user0001", Exclusive: 60}); err != nil {
			t.Fatal(err)
		}
		shows("user0001", false)

		// A session that ends by itself ends on the phone, at its own instant.
		time.Sleep(time.Hour + time.Second)
		shows("", false)
		time.Sleep(12 * time.Second)
		shows("", true)

		time.Sleep(time.Minute)
		if err := cluster.PressLogin(device, "user0003"); err != nil {
			t.Fatal(err)
		}
		cluster.RemoveDevice(device)
		if user := h.Home(device).User(); user != "" {
			t.Errorf("a phone that was removed shows %s", user)
		}
	})
}

// The call list of the last person stays over a logout, and a push empties it as soon as
// the phone is back.
func TestCallList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, h := open(t, nil)
		device := service.DeviceName(1)
		if err := client.Login(t.Context(), emapi.LoginRequest{Device: device, User: "user0001", Exclusive: 60}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		h.Home(device).Miss("4711")
		if err := client.Logout(t.Context(), device); err != nil {
			t.Fatal(err)
		}
		c := &push.Client{User: "deskd", Password: "secret", Networks: []netip.Prefix{netip.PrefixFrom(first, 24)}, Transport: h}
		clear := func() push.Outcome {
			_, err := c.Push(t.Context(), push.Phone{Name: device, Address: first}, phone.Execute{Items: []phone.ExecuteItem{{URL: "Init:CallHistory"}}})
			return push.OutcomeOf(err)
		}
		if got := clear(); got != push.WebAccessOff || len(h.Home(device).Calls()) != 1 {
			t.Errorf("while it restarts: %s, and %d calls", got, len(h.Home(device).Calls()))
		}
		time.Sleep(12 * time.Second)
		if got := clear(); got != push.OK || len(h.Home(device).Calls()) != 0 {
			t.Errorf("back again: %s, and %d calls", got, len(h.Home(device).Calls()))
		}
	})
}

// sources answers with a page, and remembers who has asked.
type sources struct{ from []netip.Addr }

func (s *sources) RoundTrip(r *http.Request) (*http.Response, error) {
	s.from = append(s.from, emulator.Source(r.Context()))
	w := httptest.NewRecorder()
	_, _ = io.WriteString(w, "taken until 13:00") // not XML: shown as text
	return w.Result(), nil
}

// Hands press keys and see screens, and a page is asked for from the phone's address.
func TestHand(t *testing.T) {
	asked := &sources{}
	_, _, h := open(t, asked)
	hand := h.Hand()
	call := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		hand.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", "/phones/", "", 200, "SEP000000000003  127.16.0.3      8845  -\n"},
		{"GET", "/phones/SEP000000000002/screen", "", 200, "|SEP000000000002 "},
		{"POST", "/phones/sep000000000002/hand", `{"do":"services"}`, 200, ">1 Desk"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"choose","item":1}`, 200, "taken until 13:00"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"choose","item":1}`, 409, "there is no item 1"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"press","label":"Sit"}`, 409, `there is no softkey "Sit"`},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"fill","param":"q","value":"1"}`, 409, ""},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"submit"}`, 409, ""},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"back"}`, 200, ">1 Desk"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"open","url":"http://deskd/x"}`, 200, "taken until"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"exit"}`, 200, "|SEP000000000002 "},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"miss","number":"1"}`, 200, ""},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"dial","number":"2"}`, 200, "In a call"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"hang-up"}`, 200, ""},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"take","number":"3"}`, 200, "In a call"},
		{"GET", "/phones/SEP000000000002/calls", "", 200, `[{"kind":"received","number":"3"},{"kind":"placed","number":"2"},{"kind":"missed","number":"1"}]`},
		{"PUT", "/phones/SEP000000000002/faults", `{"status":503,"slow":"1ms"}`, 200, `{"slow":"1ms","status":503}`},
		{"PUT", "/phones/SEP000000000002/faults", `{"slow":"soon"}`, 400, `slow "soon": expected a duration`},
		{"PUT", "/phones/SEP000000000002/faults", `{"slow":"-3s"}`, 400, `slow "-3s": expected a duration`},
		{"PUT", "/phones/SEP000000000002/faults", `{"error":5}`, 400, `error 5: phones know 1 to 4`},
		{"PUT", "/phones/SEP000000000002/faults", `{"status":99}`, 400, `status 99`},
		{"PUT", "/phones/SEP000000000002/faults", `{"broken":true}`, 400, "unknown field"},
		{"POST", "/phones/SEP000000000002/hand", `{"do":"sleep"}`, 400, `nobody can do "sleep"`},
		{"POST", "/phones/SEP000000000002/hand", `{"doing":1}`, 400, "unknown field"},
		{"GET", "/phones/SEP000000000009/screen", "", 404, `no phone "SEP000000000009"`},
	} {
		if code, text := call(c.method, c.path, c.body); code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%s %s %s: %d\n%s", c.method, c.path, c.body, code, text)
		}
	}
	for _, from := range asked.from {
		if from != netip.MustParseAddr("127.16.0.2") {
			t.Errorf("asked from %s", from)
		}
	}
	if len(asked.from) != 2 {
		t.Errorf("asked %d times", len(asked.from))
	}
}

// What is wrong with a phone is so until it is put right.
func TestFaultsOfAPhone(t *testing.T) {
	_, _, h := open(t, &sources{})
	home := h.Home(service.DeviceName(2))
	push := func() int {
		body := url.Values{"XML": {`<CiscoIPPhoneExecute><ExecuteItem URL="Init:CallHistory"/></CiscoIPPhoneExecute>`}}.Encode()
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/CGI/Execute", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("nobody", "knows")
		w := httptest.NewRecorder()
		h.Handler(home).ServeHTTP(w, r)
		return w.Code
	}
	sound := push()
	for _, c := range []struct {
		set  string
		code int
	}{{`{"status":503}`, 503}, {`{}`, sound}} {
		h.Hand().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "PUT", "/phones/"+home.Name()+"/faults", strings.NewReader(c.set)))
		if code := push(); code != c.code || code == 0 {
			t.Errorf("%s: status %d", c.set, code)
		}
	}
	if sound == 503 {
		t.Error("it is 503 without a fault")
	}
}

// There are no more phones than addresses.
func TestAddressesEnd(t *testing.T) {
	cluster := service.New(service.Options{})
	cluster.Populate(2, 0)
	if _, err := house.New(cluster, house.Options{First: netip.MustParseAddr("255.255.255.255")}); err == nil {
		t.Error("two phones have one address")
	}
}

// At a phone people log in with user id and PIN, and those who know no PIN do not.
func TestLoginAtAPhone(t *testing.T) {
	pages := make(doors)
	cluster, _, h := open(t, pages)
	pages["cucm"] = h.Login()
	home := h.Home(service.DeviceName(1))
	for _, try := range []struct{ user, pin, says string }{
		{"user0001", "54321", "Authentication error"}, {"nobody", house.PIN, "Login is unavailable"}, {"user0001", house.PIN, "Login successful"},
	} {
		home.Open(t.Context(), "http://cucm"+house.LoginPath+"?device="+home.Name())
		for param, value := range map[string]string{"userid": try.user, "pin": try.pin} {
			if err := home.Fill(param, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := home.Submit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(home.Screen(), try.says) {
			t.Errorf("%s, %s: not %q but\n%s", try.user, try.pin, try.says, home.Screen())
		}
	}
	if got := cluster.Sessions(); len(got) != 1 || got[0].User != "user0001" || got[0].Device != home.Name() {
		t.Errorf("the sessions are %+v", got)
	}
}

// doors are services that phones ask, by their hosts.
type doors map[string]http.Handler

func (d doors) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d[r.URL.Host].ServeHTTP(w, r)
	return w.Result(), nil
}
