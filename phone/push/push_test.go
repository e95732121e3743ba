package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/phone"
	"deskd/phone/emulator"
	"deskd/phone/push"
)

var (
	at      = netip.MustParseAddr("10.0.0.1")
	voice   = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	target  = push.Phone{Name: "SEP001122334455", Address: at}
	clearUp = phone.Execute{Items: []phone.ExecuteItem{{URL: "Init:CallHistory"}}}
)

// room is a world with one phone, whose call list has one call, and a client.
func room() (*emulator.World, *emulator.Phone, *push.Client) {
	w := emulator.New(emulator.Options{
		Restart:      20 * time.Second,
		Authenticate: func(user, password, _ string) bool { return user == "deskd" && password == "secret" },
	})
	p := w.Add(emulator.M8845, target.Name, at)
	p.Miss("1000")
	return w, p, &push.Client{User: "deskd", Password: "secret", Networks: voice, Transport: w}
}

// TestOutcomes pushes to a phone in each of the states that it can be in. The list of
// calls says what really happened.
func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		make    func(w *emulator.World, p *emulator.Phone, c *push.Client)
		execute phone.Execute
		to      push.Phone
		want    push.Outcome
		cleared bool
		says    string
	}{
		"ok":         {want: push.OK, cleared: true},
		"lower case": {to: push.Phone{Name: "sep001122334455", Address: at}, want: push.OK, cleared: true},
		"mapped":     {to: push.Phone{Name: target.Name, Address: netip.MustParseAddr("::ffff:10.0.0.1")}, want: push.OK, cleared: true},
		"padded":     {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Padded: true}) }, want: push.OK, cleared: true},
		"401":        {make: func(_ *emulator.World, _ *emulator.Phone, c *push.Client) { c.Password = "wrong" }, want: push.Refused, says: "HTTP status 401"},
		"error 4": {make: func(_ *emulator.World, p *emulator.Phone, c *push.Client) {
			c.Password = "wrong"
			p.SetFaults(emulator.Faults{Old: true})
		}, want: push.Refused, says: "authentication error"},
		"error 1":     {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Error: 1}) }, want: push.Failed, says: "cannot parse"},
		"error 2":     {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Error: 2}) }, want: push.Failed, says: "cannot frame"},
		"error 3":     {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Error: 3}) }, want: push.Failed, says: "internal file error"},
		"busy":        {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Busy: true}) }, want: push.Failed, says: `Init:CallHistory: "Failure" (status 6)`},
		"unknown URI": {execute: phone.Execute{Items: []phone.ExecuteItem{{URL: "Format:Disk"}, {URL: "Init:CallHistory"}}}, want: push.Failed, cleared: true, says: `Format:Disk: "URI not found" (status 6)`},
		"404":         {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Status: 404}) }, want: push.Unsupported, says: "404"},
		"redirect":    {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Status: 302}) }, want: push.Unsupported, says: "302"},
		"500":         {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Status: 500}) }, want: push.Failed, says: "500"},
		"403":         {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Status: 403}) }, want: push.WebAccessOff, says: "403"},
		"off": {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) {
			p.SetFaults(emulator.Faults{WebAccessOff: true})
		}, want: push.WebAccessOff, says: "refused"},
		"restarting":   {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.Logout() }, want: push.WebAccessOff, says: "refused"},
		"nobody there": {to: push.Phone{Name: target.Name, Address: netip.MustParseAddr("10.0.0.2")}, want: push.Unreachable, says: "no route"},
		"slow": {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) {
			p.SetFaults(emulator.Faults{Slow: time.Minute})
		}, want: push.Unreachable, says: "deadline"},
		"taken over": {make: func(w *emulator.World, _ *emulator.Phone, _ *push.Client) {
			w.Add(emulator.M7841, "SEP999999999999", at)
		}, want: push.OtherPhone, says: `10.0.0.1 is the address of "SEP999999999999"`},
		"nonsense": {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) {
			p.SetFaults(emulator.Faults{Body: "<html>hello"})
		}, want: push.Malformed, says: `the root is "html"`},
		"nothing": {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) {
			p.SetFaults(emulator.Faults{Nothing: true})
		}, want: push.Malformed, says: "EOF"},
		"5 MB": {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) { p.SetFaults(emulator.Faults{Huge: true}) }, want: push.Malformed, says: "more than 65536"},
		"too few": {make: func(_ *emulator.World, p *emulator.Phone, _ *push.Client) {
			p.SetFaults(emulator.Faults{Body: `<CiscoIPPhoneResponse><ResponseItem Status="0"/></CiscoIPPhoneResponse>`})
		}, execute: phone.Execute{Items: []phone.ExecuteItem{{URL: "Key:Hold"}, {URL: "Key:Mute"}}}, want: push.Malformed, says: "1 items answered, of 2"},
		"outside":    {to: push.Phone{Name: target.Name, Address: netip.MustParseAddr("10.0.1.1")}, want: push.Outside, says: "none of the networks"},
		"no address": {to: push.Phone{Name: target.Name}, want: push.Outside},
		"unspecified": {make: func(_ *emulator.World, _ *emulator.Phone, c *push.Client) {
			c.Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
		}, to: push.Phone{Name: target.Name, Address: netip.IPv4Unspecified()}, want: push.Outside},
		"no networks": {make: func(_ *emulator.World, _ *emulator.Phone, c *push.Client) { c.Networks = nil }, want: push.Outside},
		"long":        {execute: phone.Execute{Items: []phone.ExecuteItem{{URL: "http://a/" + strings.Repeat("a", 240)}, {URL: "Play:" + strings.Repeat("a", 240)}}}, want: push.Unsendable, says: "more than 512"},
		"invalid":     {execute: phone.Execute{Items: []phone.ExecuteItem{{URL: "SoftKey:Exit"}}}, want: push.Unsendable, says: "SoftKey is not for an Execute"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, p, client := room()
				if c.make != nil {
					c.make(w, p, client)
				}
				if c.to == (push.Phone{}) {
					c.to = target
				}
				if c.execute.Items == nil {
					c.execute = clearUp
				}
				_, err := client.Push(t.Context(), c.to, c.execute)
				if got := push.OutcomeOf(err); got != c.want || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %s, %v, want %s, %q", got, err, c.want, c.says)
				}
				if cleared := len(p.Calls()) == 0; cleared != c.cleared {
					t.Errorf("cleared %t, want %t", cleared, c.cleared)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("the password is in %v", err)
				}
			})
		})
	}
}

// TestRetriesAfterRestart holds that a phone takes a push once it has restarted.
func TestRetriesAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p, client := room()
		p.Login("ada")
		p.Logout()
		var got []push.Outcome
		for _, after := range []time.Duration{15 * time.Second, 15 * time.Second} {
			time.Sleep(after)
			_, err := client.Push(t.Context(), target, clearUp)
			got = append(got, push.OutcomeOf(err))
		}
		if fmt.Sprint(got) != "[web access off ok]" {
			t.Errorf("got %v", got)
		}
	})
}

func TestStreaming(t *testing.T) {
	_, p, client := room()
	for _, busy := range []bool{false, true} {
		if busy {
			p.Take("1000")
		}
		if active, err := client.Streaming(t.Context(), target); active != busy || err != nil {
			t.Errorf("%t, %v, want %t", active, err, busy)
		}
	}
	_, err := client.Streaming(t.Context(), push.Phone{Name: "SEP1", Address: at})
	if push.OutcomeOf(err) != push.OtherPhone {
		t.Error(err)
	}
	d, err := client.Identify(t.Context(), push.Phone{Address: at})
	if err != nil || d != (phone.Device{Name: target.Name, MAC: "001122334455", Model: "CP-8845"}) {
		t.Errorf("%+v, %v", d, err)
	}
}

// counting lets requests wait, and counts how many are on their way at once.
type counting struct {
	http.RoundTripper
	now, peak atomic.Int32
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for peak := c.peak.Load(); n > peak && !c.peak.CompareAndSwap(peak, n); peak = c.peak.Load() {
	}
	time.Sleep(time.Second)
	return c.RoundTripper.RoundTrip(r)
}

// TestOneAtATime holds that pushes to one phone follow one another, those to others do
// not wait for them, and who waits in vain goes.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, client := room()
		w.Add(emulator.M7841, "SEP2", netip.MustParseAddr("10.0.0.2"))
		through := &counting{RoundTripper: w}
		client.Transport = through
		began := time.Now()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if _, err := client.Push(t.Context(), target, clearUp); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := client.Push(ctx, target, clearUp); push.OutcomeOf(err) != push.Unreachable {
				t.Errorf("in vain: %v", err)
			}
		})
		all.Wait()
		if took := time.Since(began); through.peak.Load() != 1 || took != 10*time.Second {
			t.Errorf("%d at once, took %s", through.peak.Load(), took)
		}
		began = time.Now()
		for _, p := range []push.Phone{target, {Name: "SEP2", Address: netip.MustParseAddr("10.0.0.2")}} {
			all.Go(func() { _, _ = client.Push(t.Context(), p, clearUp) })
		}
		all.Wait()
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("two phones took %s", took)
		}
	})
}

// TestOverTheWire pushes to a phone that listens on a socket: what arrives is the form
// that the book describes.
func TestOverTheWire(t *testing.T) {
	_, p, client := room()
	var seen []string
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		mu.Lock()
		seen = append(seen, fmt.Sprintf("%s %s %s:%s %d %v %q %q", r.Method, r.URL, user, password, r.ContentLength, r.TransferEncoding, r.Header.Get("Expect"), r.Header.Get("Accept-Encoding")))
		mu.Unlock()
		p.ServeHTTP(w, r)
	}))
	defer server.Close()
	to := netip.MustParseAddrPort(server.Listener.Addr().String())
	here := push.Phone{Name: target.Name, Address: to.Addr(), Port: to.Port()}
	client.Transport, client.Networks = nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if _, err := client.Push(t.Context(), here, clearUp); err != nil || len(p.Calls()) != 0 {
		t.Fatal(err)
	}
	want := `[GET /DeviceInformationX : 0 [] "" "" POST /CGI/Execute deskd:secret 197 [] "" ""]`
	if got := fmt.Sprint(seen); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// A redirect is not followed, and 5 MB are not read to the end.
	p.SetFaults(emulator.Faults{Status: http.StatusFound})
	if _, err := client.Push(t.Context(), here, clearUp); push.OutcomeOf(err) != push.Unsupported {
		t.Error(err)
	}
	p.SetFaults(emulator.Faults{Huge: true})
	if _, err := client.Push(t.Context(), here, clearUp); push.OutcomeOf(err) != push.Malformed {
		t.Error(err)
	}
	p.SetFaults(emulator.Faults{WebAccessOff: true}) // here, the connection ends without a word
	if _, err := client.Push(t.Context(), here, clearUp); push.OutcomeOf(err) != push.Unreachable {
		t.Error(err)
	}
	server.Close()
	if _, err := client.Push(t.Context(), here, clearUp); push.OutcomeOf(err) != push.WebAccessOff {
		t.Error(err)
	}
}

func TestPasswordIsHidden(t *testing.T) {
	p := push.Password("secret")
	asJSON, err := json.Marshal(struct{ P push.Password }{p})
	if shown := fmt.Sprintf("%s %v %#v %q %s", p, p, p, p, asJSON); strings.Contains(shown, "secret") || err != nil {
		t.Error(shown, err)
	}
	if shown := fmt.Sprintf("%+v %#v", push.Phone{}, struct{ P push.Password }{p}); strings.Contains(shown, "secret") {
		t.Error(shown)
	}
}

func TestOutcomeOf(t *testing.T) {
	if got := push.OutcomeOf(errors.New("x")); got != push.Failed {
		t.Error(got)
	}
	if n := len(push.Outcomes()); n != 11 {
		t.Errorf("%d outcomes", n)
	}
}

// TestManyPhones clears the lists of 200 phones at once, each its own.
func TestManyPhones(t *testing.T) {
	w, _, client := room()
	var phones []*emulator.Phone
	var all sync.WaitGroup
	for i := range 200 {
		to := push.Phone{Name: fmt.Sprintf("SEP%012d", i), Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 2)})}
		p := w.Add(emulator.M7841, to.Name, to.Address)
		p.Miss("1000")
		phones = append(phones, p)
		all.Go(func() {
			if _, err := client.Push(t.Context(), to, clearUp); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, p := range phones {
		if done := p.Done(); len(p.Calls()) != 0 || len(done) != 1 {
			t.Errorf("%s: %v, %v", p.Name(), p.Calls(), done)
		}
	}
}
