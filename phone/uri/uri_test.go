package uri_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/phone"
	"deskd/phone/uri"
)

var (
	host  = netip.MustParseAddr("10.0.0.10")
	group = netip.MustParseAddr("239.1.1.1")
)

// with makes a case of what a builder returns.
func with(u uri.URI, err error) func() (uri.URI, error) {
	return func() (uri.URI, error) { return u, err }
}

func TestBuilders(t *testing.T) {
	for want, build := range map[string]func() (uri.URI, error){
		"Key:KeyPad7":                       with(uri.Key("KeyPad7")),
		"Key:Line120":                       with(uri.Key("Line120")),
		"SoftKey:<<":                        with(uri.SoftKey(uri.Backspace)),
		"QueryStringParam:message=1":        with(uri.QueryStringParam("message=1")),
		"RTPRx:10.0.0.10":                   with(uri.RTPRx(uri.Stream{Address: host})),
		"RTPRx:10.0.0.10::50":               with(uri.RTPRx(uri.Stream{Address: host, Volume: 50})),
		"RTPRx:10.0.0.10:20480:100":         with(uri.RTPRx(uri.Stream{Address: host, Port: 20480, Volume: 100})),
		"RTPRx:Stop":                        with(uri.StopRx(), nil),
		"RTPTx:10.0.0.10:32768":             with(uri.RTPTx(netip.AddrPortFrom(host, 32768))),
		"RTPTx:Stop":                        with(uri.StopTx(), nil),
		"RTPMRx:239.1.1.1:20500:1":          with(uri.RTPMRx(uri.Stream{Address: group, Port: 20500, Volume: 1})),
		"RTPMTx:239.1.1.1:20500":            with(uri.RTPMTx(netip.AddrPortFrom(group, 20500))),
		"Play:Classic2.raw":                 with(uri.Play("Classic2.raw")),
		"Play:Stop":                         with(uri.StopPlaying(), nil),
		"Vibrate:1000:500:3":                with(uri.Vibrate(time.Second, 500*time.Millisecond, 3)),
		"Display:Off:60":                    with(uri.Display(uri.DisplayOff, time.Hour)),
		"Display:On:0":                      with(uri.Display(uri.DisplayOn, 0)),
		"Display:Default":                   with(uri.Display(uri.DisplayDefault, 0)),
		"Device:Unlock":                     with(uri.Device(uri.Unlock)),
		"Dial:1000":                         with(uri.Dial(uri.Call{Digits: "1000"})),
		"Dial:918005551212:1:Cisco/Dialer":  with(uri.Dial(uri.Call{Digits: "918005551212", AppUI: true, AppID: "Cisco/Dialer"})),
		"Dial:1,,2:0:a:0":                   with(uri.Dial(uri.Call{Digits: "1,,2", AppID: "a", Silent: true})),
		"EditDial:1000":                     with(uri.EditDial("1000")),
		"SendDigits:1*#D,2:1":               with(uri.SendDigits(uri.Call{Digits: "1*#D,2"})),
		"SendDigits:12:0:Cisco/Dialer":      with(uri.SendDigits(uri.Call{Digits: "12", Silent: true, AppID: "Cisco/Dialer"})),
		"Init:CallHistory":                  with(uri.Init(uri.CallHistory)),
		"Notify:http:deskd:80:path":         with(uri.Notify(uri.Notification{Host: "deskd", Port: 80, Path: "path"})),
		"Notify:http:deskd:8080:p?e=1::a:b": with(uri.Notify(uri.Notification{Host: "deskd", Port: 8080, Path: "p?e=1", Data: "a:b"})),
		"App:Close:0:60":                    with(uri.App(uri.Application{Action: uri.Close})),
		"App:Minimize:2:86400:Cisco/Unity":  with(uri.App(uri.Application{Action: uri.Minimize, Priority: 2, Idle: 24 * time.Hour, AppID: "Cisco/Unity"})),
	} {
		got, err := build()
		if err != nil || got.String() != want {
			t.Errorf("%q, %v: want %q", got, err, want)
			continue
		}
		again, err := uri.Parse(want)
		if err != nil || again != got {
			t.Errorf("%q is read as %q, %v", want, again, err)
		}
	}
}

func TestBuildersRefuse(t *testing.T) {
	for name, build := range map[string]func() (uri.URI, error){
		"unknown key":              with(uri.Key("Line121")),
		"no key":                   with(uri.Key("")),
		"unknown softkey":          with(uri.SoftKey("Help")),
		"nothing to append":        with(uri.QueryStringParam("")),
		"odd port":                 with(uri.RTPRx(uri.Stream{Address: host, Port: 20481})),
		"port below":               with(uri.RTPTx(netip.AddrPortFrom(host, 20478))),
		"port above":               with(uri.RTPMTx(netip.AddrPortFrom(group, 32770))),
		"no port to send to":       with(uri.RTPTx(netip.AddrPortFrom(host, 0))),
		"no port of a group":       with(uri.RTPMRx(uri.Stream{Address: group})),
		"a group as sender":        with(uri.RTPRx(uri.Stream{Address: group})),
		"no group":                 with(uri.RTPMRx(uri.Stream{Address: host, Port: 20480})),
		"IPv6":                     with(uri.RTPRx(uri.Stream{Address: netip.IPv6Loopback(), Port: 20480})),
		"volume":                   with(uri.RTPRx(uri.Stream{Address: host, Port: 20480, Volume: 101})),
		"file with a colon":        with(uri.Play("a:b")),
		"file called Stop":         with(uri.Play("Stop")),
		"never vibrating":          with(uri.Vibrate(0, 0, 1)),
		"display for a day and on": with(uri.Display(uri.DisplayOn, 1441*time.Minute)),
		"display for seconds":      with(uri.Display(uri.DisplayOn, time.Second)),
		"default for a time":       with(uri.Display(uri.DisplayDefault, time.Minute)),
		"unknown command":          with(uri.Device("Reset")),
		"letters to dial":          with(uri.Dial(uri.Call{Digits: "E"})),
		"options for nobody":       with(uri.Dial(uri.Call{Digits: "1", AppUI: true})),
		"application with a colon": with(uri.Dial(uri.Call{Digits: "1", AppID: "a:b"})),
		"nothing to dial":          with(uri.EditDial("")),
		"long application":         with(uri.SendDigits(uri.Call{Digits: "1", AppID: strings.Repeat("a", 65)})),
		"unknown object":           with(uri.Init("Everything")),
		"port of a server":         with(uri.Notify(uri.Notification{Host: "h", Port: 65536})),
		"semicolon in data":        with(uri.Notify(uri.Notification{Host: "h", Port: 1, Data: "a;b"})),
		"colon in a path":          with(uri.Notify(uri.Notification{Host: "h", Port: 1, Path: "a:b"})),
		"unknown action":           with(uri.App(uri.Application{Action: "Open"})),
		"priority":                 with(uri.App(uri.Application{Action: uri.Close, Priority: 3})),
		"idle too short":           with(uri.App(uri.Application{Action: uri.Close, Idle: 9 * time.Second})),
		"idle too long":            with(uri.App(uri.Application{Action: uri.Close, Idle: 86401 * time.Second})),
		"beyond 256 characters":    with(uri.QueryStringParam(strings.Repeat("a", 240))),
		"beyond ASCII":             with(uri.Play("é.raw")),
	} {
		u, err := build()
		if !errors.Is(err, uri.ErrInvalid) || u.String() != "" || u.Family() != "" {
			t.Errorf("%s: %q, %v", name, u, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for s, want := range map[string]error{
		"http://deskd/": uri.ErrUnknown, "": uri.ErrUnknown, "Init": uri.ErrUnknown, "Format:Disk": uri.ErrUnknown,
		"RTPRx:10.0.0.10:20481": uri.ErrInvalid, "RTPMRx:Stop": uri.ErrInvalid, "RTPTx:10.0.0.10": uri.ErrInvalid,
		"Display:On": uri.ErrInvalid, "Vibrate:1:2": uri.ErrInvalid, "Dial:1:1": uri.ErrInvalid, "Dial:1:2:a": uri.ErrInvalid,
		"SendDigits:1": uri.ErrInvalid, "Notify:ftp:h:1:p": uri.ErrInvalid, "App:Close": uri.ErrInvalid,
		"App:Close:0:0": uri.ErrInvalid, "App:Close::60": uri.ErrInvalid, "Key:": uri.ErrInvalid,
	} {
		if u, err := uri.Parse(s); !errors.Is(err, want) {
			t.Errorf("%q: %q, %v, want %v", s, u, err, want)
		}
	}
	if u, err := uri.Parse("INIT:CallHistory"); err != nil || u.String() != "Init:CallHistory" {
		t.Errorf("case of the family: %q, %v", u, err)
	}
}

// TestParseProperty holds that what Parse takes, it takes again from its own text.
func TestParseProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		family := rapid.SampledFrom(uri.Families()).Draw(t, "family")
		rest := rapid.StringOf(rapid.RuneFrom([]rune("01258:.;Stop aé"))).Draw(t, "rest")
		u, err := uri.Parse(string(family) + ":" + rest)
		if err != nil {
			return
		}
		if again, err := uri.Parse(u.String()); err != nil || again != u {
			t.Errorf("%q is read as %q, %v", u, again, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"Init:CallHistory", "RTPRx:10.0.0.10::50", "App:Close:0:60:a", "Notify:http:h:1:p:c:d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := uri.Parse(s)
		if err != nil {
			return
		}
		if again, err := uri.Parse(u.String()); err != nil || again != u {
			t.Errorf("%q is read as %q, %v", u, again, err)
		}
	})
}

func TestPlaces(t *testing.T) {
	for s, want := range map[string]struct{ execute, handler bool }{
		"Init:CallHistory":   {true, true},
		"SoftKey:Exit":       {false, true},
		"Notify:http:h:1:p":  {false, true},
		"QueryStringParam:a": {false, true},
		"App:Close:0:60":     {false, false},
		"App:Close:1:60":     {false, true},
		"App:Close:0:60:a":   {true, false},
	} {
		u, err := uri.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if (u.Executable() == nil) != want.execute || (u.Handler() == nil) != want.handler {
			t.Errorf("%s: execute %v, handler %v", s, u.Executable(), u.Handler())
		}
	}
}

func TestSoftKeysInObjects(t *testing.T) {
	for k, want := range map[phone.Kind]string{
		phone.KindMenu: "Back Exit Select", phone.KindText: "Back Exit Update", phone.KindInput: "Back Cancel Search Submit <<",
		phone.KindDirectory: "Back Cancel Next Dial EditDial", phone.KindExecute: "", phone.KindStatus: "",
	} {
		var got []string
		for _, n := range uri.SoftKeyNames() {
			if n.In(k) {
				got = append(got, string(n))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", k, got, want)
		}
	}
}

func ExampleInit() {
	u, err := uri.Init(uri.CallHistory)
	fmt.Println(u, err, u.Executable())
	_, err = uri.RTPTx(netip.MustParseAddrPort("10.0.0.10:20481"))
	fmt.Println(err)
	// Output:
	// Init:CallHistory <nil> <nil>
	// invalid URI: RTPTx: port 20481 is not an even one, 20480 to 32768
}
