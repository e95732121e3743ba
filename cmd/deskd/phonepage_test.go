package main

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskd/phone/emulator"
)

// A phone at its own address shows the running daemon's page; who is logged in there ends
// their booking at it, and is logged out at once.
func TestPhoneShowsTheDaemonsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("phones.csv", "device,address\nSEP000000000001,127.0.0.1\nSEP000000000002,127.0.0.2\n")
	w.must("import", "phones", w.path("phones.csv"))
	start := time.Now().UTC().Truncate(time.Second)
	w.book("D1", "user0001", start.Format(time.RFC3339), start.Add(3*time.Hour).Format(time.RFC3339))
	w.write("deskd.yaml", strings.Replace(w.config(), "listen: 127.0.0.1:0", "listen: 127.0.0.1:0\nphones: {base_url: 'http://deskd.invalid', networks: [127.0.0.0/8]}", 1))
	page := w.serve().page
	eventually(t, 5*time.Second, "the phone is theirs", func() bool { return w.session("SEP000000000001") == "user0001" })

	// The address by which phones are told to reach deskd leads nowhere here: what they follow
	// is brought to where the daemon listens.
	world := emulator.New(emulator.Options{Service: rehomed(page)})
	p := world.Add(emulator.M8845, "SEP000000000001", netip.MustParseAddr("127.0.0.1"))
	p.Subscribe("Desk", "http://deskd.invalid/phone?name=#DEVICENAME#")
	opens := func(want string) {
		t.Helper()
		for range 10 { // a person presses no faster
			p.Services()
			if err := p.Choose(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(p.Screen(), want) {
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		t.Fatalf("no %q on\n%s", want, p.Screen())
	}
	opens("Yours until")
	for _, label := range []string{"End", "End now"} {
		time.Sleep(time.Until(start.Add(time.Second))) // a booking that has not lasted a second cannot end
		if err := p.Press(t.Context(), label); err != nil {
			t.Fatalf("%v on\n%s", err, p.Screen())
		}
	}
	if s := p.Screen(); !strings.Contains(s, "Ended at") {
		t.Fatalf("the phone shows\n%s", s)
	}
	eventually(t, 5*time.Second, "the phone is free", func() bool { return w.session("SEP000000000001") == "" })
	opens("Free")
	w.contains(w.run("list", "audit"), 0, "phone:SEP000000000001", `"action":"end"`)

	other := world.Add(emulator.M8845, "SEP000000000002", netip.MustParseAddr("127.0.0.2"))
	other.Open(t.Context(), "http://deskd.invalid/phone?name=SEP000000000002") // it is 127.0.0.1 for the daemon
	if s := other.Screen(); !strings.Contains(s, "not where deskd knows it") {
		t.Errorf("a phone at another address shows\n%s", s)
	}
}

// rehomed carries requests to the daemon at that address, wherever they were to go.
type rehomed string

// RoundTrip implements [http.RoundTripper].
func (to rehomed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	at, err := url.Parse(string(to))
	if err != nil {
		return nil, err
	}
	r.URL.Host, r.URL.Scheme = at.Host, at.Scheme
	return http.DefaultTransport.RoundTrip(r)
}
