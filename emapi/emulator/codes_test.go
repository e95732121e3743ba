package emulator

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"deskd/emapi"
)

// producers say for every code of the service how the emulator comes to answer
// it: by the state of service and cluster, or by a rule where the cause is
// something that the emulator has not.
var producers = map[emapi.Code]struct {
	how     string
	prepare func(*testing.T, *Emulator)
	message string
}{
	0:  {"rule: the guide names no cause", rule(0), loginXML(phone1, "user0001")},
	1:  {"a message outside the DTD", nil, "<request>"},
	2:  {"a blank password", nil, strings.Replace(loginXML(phone1, "user0001"), "secret", " ", 1)},
	3:  {"a wrong password", nil, strings.Replace(loginXML(phone1, "user0001"), "secret", "guess", 1)},
	4:  {"rule: there is no policy", rule(4), loginXML(phone1, "user0001")},
	5:  {"logout, EM off", off, logoutXML(phone1)},
	6:  {"rule: the database never fails", rule(6), loginXML(phone1, "user0001")},
	7:  {"rule, with effect: the automatic logout never fails", rule(7), loginXML(phone1, "user0001")},
	8:  {"an unknown query", nil, "<query>" + app + "<whoAmI/></query>"},
	9:  {"rule: the directory never fails", rule(9), loginXML(phone1, "user0001")},
	10: {"the proxy right is taken", turned(func(o *Options) { o.NoProxyRight = true }), loginXML(phone1, "user0001")},
	11: {"no such device", nil, loginXML("SEP0000000000FF", "user0001")},
	12: {"no such profile", nil, strings.Replace(loginXML(phone1, "user0001"), "</userID>", "</userID><deviceProfile>x</deviceProfile>", 1)},
	18: {"somebody is logged in", pressed(phone1, "user0002"), loginXML(phone1, "user0001")},
	19: {"nobody is logged in", nil, logoutXML(phone1)},
	20: {"rule: there is no hoteling", rule(20), loginXML(phone1, "user0001")},
	21: {"rule: there is no hoteling", rule(21), loginXML(phone1, "user0001")},
	22: {"login, EM off", off, loginXML(phone1, "user0001")},
	23: {"no such user", nil, loginXML(phone1, "nobody")},
	25: {"the user is on another phone", pressed(phone2, "user0001"), loginXML(phone1, "user0001")},
	26: {"as many requests in flight as may be", func(_ *testing.T, e *Emulator) { e.serving = 5 }, loginXML(phone1, "user0001")},
	27: {"the user's password is due", account0001(User{ChangePassword: true}), loginXML(phone1, "user0001")},
	28: {"a sender that is not trusted", turned(trust("192.0.2.0/24")), loginXML(phone1, "user0001")},
	29: {"rule: there is no RIS", rule(29), loginXML(phone1, "user0001")},
	30: {"a Via header where senders are validated", turned(trust("127.0.0.0/8")), strings.Replace(logoutXML(phone1), "</logout>", "<isViaHeaderSet>true</isViaHeaderSet></logout>", 1)},
	41: {"the user's PIN is due", account0001(User{ChangePIN: true}), loginXML(phone1, "user0001")},
}

func turned(f func(*Options)) func(*testing.T, *Emulator) {
	return func(_ *testing.T, e *Emulator) { e.Change(f) }
}

func trust(prefix string) func(*Options) {
	return func(o *Options) { o.Trusted = []netip.Prefix{netip.MustParsePrefix(prefix)} }
}

func pressed(device, user string) func(*testing.T, *Emulator) {
	return func(t *testing.T, e *Emulator) { press(t, e, device, user) }
}

func off(t *testing.T, e *Emulator) {
	if err := e.EnableEM(phone1, false); err != nil {
		t.Fatal(err)
	}
}

func account0001(u User) func(*testing.T, *Emulator) {
	return func(_ *testing.T, e *Emulator) {
		u.ID, u.Profiles, u.Default = "user0001", []string{"P"}, "P"
		e.SetUser(u)
	}
}

func rule(code emapi.Code) func(*testing.T, *Emulator) {
	return func(t *testing.T, e *Emulator) {
		if _, err := e.AddFault(Fault{Action: Refuse, Code: code, Effect: code == emapi.CodeLogoutRequest}); err != nil {
			t.Fatal(err)
		}
	}
}

// Every code with a meaning can be had. Those of other clusters (31 to 47) and of
// the phones' own application (201 to 216) come from rules too.
func TestEveryCode(t *testing.T) {
	undocumented := emapi.Code(13).Name()
	for code := range emapi.Code(300) {
		p, ok := producers[code]
		if !ok {
			foreign := 31 <= code && code <= 47 || 201 <= code && code <= 216
			if code.Name() != undocumented && !foreign {
				t.Errorf("nothing produces %v", code)
			}
			p.how, p.prepare, p.message = "rule", rule(code), loginXML(phone1, "user0001")
		}
		e := newWorld(Options{})
		if p.prepare != nil {
			p.prepare(t, e)
		}
		before := len(e.Events())
		expect(t, p.how, verdict(post(t, e, p.message)), fmt.Sprint("code ", int(code)))
		if after := len(e.Events()); (after > before) != (code == emapi.CodeLogoutRequest) {
			t.Errorf("code %d: %d events became %d", code, before, after)
		}
	}
}

// What is known of the application does not depend on what it asks for.
func TestCodesOfMessages(t *testing.T) {
	tests := map[string]struct{ message, want string }{
		"encrypted certificate":       {strings.ReplaceAll(loginXML("?", "x"), "appCertificate", "appEncryptedCertificate"), "code 2"},
		"unknown query of a stranger": {strings.Replace("<query>"+app+"<whoAmI/></query>", "secret", "guess", 1), "code 3"},
		"unknown request":             {"<request>" + app + "<reboot/></request>", "code 1"},
		"query as request":            {"<request>" + app + "<deviceUserQuery><deviceName>x</deviceName></deviceUserQuery></request>", "code 1"},
		"request as query":            {"<query>" + app + "<logoutAll/></query>", "code 8"},
		"sample's query name":         {"<query>" + app + "<userDeviceProfileQuery><userID>x</userID></userDeviceProfileQuery></query>", "code 8"},
		"same user":                   {loginXML(phone2, "user0002"), "code 18"},
		"other profile, logged in":    {strings.Replace(loginXML(phone1, "user0002"), "</userID>", "</userID><deviceProfile>x</deviceProfile>", 1), "code 12"},
		"logout of everybody":         {"<request>" + app + "<logoutAll/></request>", "ok"},
	}
	for name, tt := range tests {
		e := newWorld(Options{})
		press(t, e, phone2, "user0002")
		expect(t, name, verdict(post(t, e, tt.message)), tt.want)
		for op := range e.Stats().Requests {
			if op != "" && !slices.Contains(slices.Concat(operations["request"], operations["query"]), op) {
				t.Errorf("%s is counted as %q", name, op)
			}
		}
	}
}

func TestViaHeader(t *testing.T) {
	tests := map[string]struct {
		trusted []netip.Prefix
		want    string
	}{
		"not validated": {nil, "ok"},
		"validated":     {[]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "code 30"},
		"allowed":       {[]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "ok"},
	}
	for name, tt := range tests {
		e := newWorld(Options{Trusted: tt.trusted, AllowProxy: name == "allowed"})
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
