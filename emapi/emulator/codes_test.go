package emulator

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"deskd/emapi"
)

// Every code that the state of service and cluster can produce, in the order
// of the service's checks: each row leaves wrong what later rows check.
func TestCodesInOrder(t *testing.T) {
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	wrongApp := func(m string) string { return strings.Replace(m, "secret", "guess", 1) }
	tests := []struct {
		name    string
		message string
		change  func(*Options)
		want    string
	}{
		{"busy before parse", "<request>", func(o *Options) { o.MaxConcurrent = 1 }, "code 26"},
		{"parse before sender", "<request>", func(o *Options) { o.Trusted = elsewhere }, "code 1"},
		{"sender before application", wrongApp(loginXML(phone1, "x")), func(o *Options) { o.Trusted = elsewhere }, "code 28"},
		{"via before application", strings.Replace(wrongApp(loginXML(phone1, "x")), "</login>", "<isViaHeaderSet>true</isViaHeaderSet></login>", 1), func(o *Options) { o.Trusted = here }, "code 30"},
		{"blank application", strings.Replace(loginXML("?", "x"), "secret", " ", 1), nil, "code 2"},
		{"wrong application", wrongApp(loginXML("?", "x")), func(o *Options) { o.NoProxyRight = true }, "code 3"},
		{"encrypted certificate", strings.ReplaceAll(loginXML("?", "x"), "appCertificate", "appEncryptedCertificate"), nil, "code 2"},
		{"proxy right before device", loginXML("?", "x"), func(o *Options) { o.NoProxyRight = true }, "code 10"},
		{"unknown query", "<query>" + app + "<whoAmI/></query>", nil, "code 8"},
		{"unknown query of a stranger", wrongApp("<query>" + app + "<whoAmI/></query>"), nil, "code 3"},
		{"unknown request", "<request>" + app + "<reboot/></request>", nil, "code 1"},
		{"query as request", "<request>" + app + "<deviceUserQuery><deviceName>x</deviceName></deviceUserQuery></request>", nil, "code 1"},
		{"device before user", loginXML("SEP0000000000FF", "nobody"), nil, "code 11"},
		{"EM before session", loginXML("SEP00000000E0FF", "nobody"), nil, "code 22"},
		{"session before user", loginXML(phone2, "nobody"), nil, "code 18"},
		{"same user", loginXML(phone2, "user0002"), nil, "code 18"},
		{"user", loginXML(phone1, "nobody"), nil, "code 23"},
		{"profile before elsewhere", strings.Replace(loginXML(phone1, "user0002"), "</userID>", "</userID><deviceProfile>x</deviceProfile>", 1), nil, "code 12"},
		{"elsewhere", loginXML(phone1, "user0002"), nil, "code 25"},
		{"logout of no device", logoutXML("SEP0000000000FF"), nil, "code 11"},
		{"logout with EM off", logoutXML("SEP00000000E0FF"), nil, "code 5"},
		{"logout of nobody", logoutXML(phone1), nil, "code 19"},
		{"login", loginXML(phone1, "user0001"), nil, "ok"},
		{"logout", logoutXML(phone2), nil, "ok"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newWorld(Options{})
			e.AddDevice("SEP00000000E0FF")
			if err := e.EnableEM("SEP00000000E0FF", false); err != nil {
				t.Fatal(err)
			}
			if err := e.PressLogin(phone2, "user0002"); err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				e.Change(tt.change)
			}
			if tt.want == "code 26" {
				e.serving = 1 // as if a login were under way
			}
			expect(t, tt.message, verdict(post(t, e, tt.message)), tt.want)
		})
	}
}

func TestViaHeader(t *testing.T) {
	tests := map[string]struct {
		trusted []netip.Prefix
		want    string
	}{
		"not validated": {nil, "ok"},
		"validated":     {[]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "code 30"},
	}
	for name, tt := range tests {
		e := newWorld(Options{Trusted: tt.trusted})
		got := sendRaw(t, e, "POST", "Via: 1.1 squid\r\n", "xml="+loginXML(phone1, "user0001"))
		expect(t, name, verdict(got), tt.want)
	}
}

func TestMultipleLogin(t *testing.T) {
	tests := map[MultipleLogin]struct {
		want     string
		sessions int
	}{
		"":         {"code 25", 1},
		NotAllowed: {"code 25", 1},
		Allowed:    {"ok", 2},
		AutoLogout: {"ok", 1},
	}
	for behaviour, tt := range tests {
		e := newWorld(Options{MultipleLogin: behaviour})
		expect(t, "first", verdict(post(t, e, loginXML(phone1, "user0001"))), "ok")
		expect(t, string(behaviour), verdict(post(t, e, loginXML(phone2, "USER0001"))), tt.want)
		sessions := e.Sessions()
		if len(sessions) != tt.sessions {
			t.Errorf("%q leaves %+v", behaviour, sessions)
		}
		if behaviour == AutoLogout && sessions[0].Device != phone2 {
			t.Errorf("%q leaves the session on %s", behaviour, sessions[0].Device)
		}
	}
}

func TestAutoLogoutEndsEverySession(t *testing.T) {
	e := newWorld(Options{MultipleLogin: Allowed})
	post(t, e, loginXML(phone1, "user0001"))
	post(t, e, loginXML(phone2, "user0001"))
	e.Change(func(o *Options) { o.MultipleLogin = AutoLogout })
	post(t, e, loginXML("SEP000000000003", "user0001"))
	if s := e.Sessions(); len(s) != 1 || s[0].Device != "SEP000000000003" {
		t.Errorf("sessions are %+v", s)
	}
}

func TestPhoneKeys(t *testing.T) {
	e := newWorld(Options{})
	steps := []struct {
		what string
		err  error
		want error
	}{
		{"login", e.PressLogin(phone1, "user0001"), nil},
		{"login again", e.PressLogin(phone1, "user0002"), emapi.CodeOccupied},
		{"elsewhere", e.PressLogin(phone2, "user0001"), emapi.CodeElsewhere},
		{"logout", e.PressLogout(phone1), nil},
		{"logout again", e.PressLogout(phone1), emapi.CodeNobody},
		{"no phone", e.PressLogout("x"), emapi.CodeNoDevice},
		{"EM of no phone", e.EnableEM("x", true), emapi.CodeNoDevice},
	}
	for _, s := range steps {
		if !errors.Is(s.err, s.want) {
			t.Errorf("%s: %v, expected %v", s.what, s.err, s.want)
		}
	}
}
