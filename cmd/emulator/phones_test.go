package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"deskd/cmd/emulator/house"
	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/phone"
	"deskd/phone/push"
)

// Phones over real connections: each at its address, with who is logged in by the
// service, a page that is asked for from there, and a push to the application user.
func TestServePhones(t *testing.T) {
	free, err := net.Listen("tcp", "127.16.0.1:0")
	if err != nil {
		t.Skipf("this machine has one loopback address: %v", err)
	}
	at := netip.MustParseAddrPort(free.Addr().String())
	_ = free.Close()
	from := make(chan string, 1)
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from <- r.RemoteAddr
		_, _ = w.Write([]byte("free until 13:00 " + r.URL.Query().Get("name")))
	}))
	defer pages.Close()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	service, admin, ended := launch(ctx, output{make(chan string, 10)}, "--devices", "2", "--users", "2", "--phones", at.String(), "--phone-service", pages.URL+"/phone?name=#DEVICENAME#")
	c, err := emapi.New(emapi.Config{URL: service, AppID: "deskd", Password: emapi.NewSecret(defaultPassword)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(t.Context(), emapi.LoginRequest{Device: emulator.DeviceName(2), User: emulator.UserName(1), Exclusive: 60}); err != nil {
		t.Fatal(err)
	}
	if text := fetch(t, http.MethodGet, admin+"phones/SEP000000000002/screen", ""); !strings.Contains(text, "Logged in: user0001") {
		t.Errorf("the phone shows\n%s", text)
	}
	if text := fetch(t, http.MethodGet, admin+"phones", ""); !strings.Contains(text, `"user": "user0001"`) {
		t.Errorf("the admin port shows %s", text)
	}
	fetch(t, http.MethodPost, admin+"phones/SEP000000000002/hand", `{"do":"services"}`)
	if text := fetch(t, http.MethodPost, admin+"phones/SEP000000000002/hand", `{"do":"choose","item":1}`); !strings.Contains(text, "free until 13:00 SEP000000000002") {
		t.Errorf("the phone shows\n%s", text)
	}
	if got := <-from; !strings.HasPrefix(got, "127.16.0.2:") {
		t.Errorf("the page was asked for from %s", got)
	}
	if text := fetch(t, http.MethodGet, strings.TrimSuffix(service, emulator.Path)+house.LoginPath+"?device=SEP000000000001&userid=user0002&pin="+house.PIN, ""); !strings.Contains(text, "Login successful") {
		t.Errorf("who logs in at a phone is told %s", text)
	}
	for password, want := range map[push.Password]push.Outcome{"wrong": push.Refused, defaultPassword: push.OK} {
		client := &push.Client{User: "deskd", Password: password, Networks: []netip.Prefix{netip.PrefixFrom(at.Addr(), 24)}}
		_, err := client.Push(t.Context(), push.Phone{Name: emulator.DeviceName(2), Address: at.Addr().Next(), Port: at.Port()},
			phone.Execute{Items: []phone.ExecuteItem{{URL: "Init:CallHistory"}}})
		if got := push.OutcomeOf(err); got != want {
			t.Errorf("%s: %v", password, err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, admin+"phones/SEP000000000002/hand", strings.NewReader(`{"do":"exit"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "http://evil.example.com")
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a web page may press keys: %v", err)
	}
	_ = resp.Body.Close()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("end: %v", err)
	}
}
