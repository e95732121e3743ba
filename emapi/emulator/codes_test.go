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
	4:  {"the user is barred", account0001(User{Barred: true}), loginXML(phone1, "user0001")},
	5:  {"logout, EM off", off, logoutXML(phone1)},
	6:  {"the database is broken", failing(Database), loginXML(phone1, "user0001")},
	7:  {"the timer of automatic logouts is broken", failing(LogoutTimer), strings.Replace(loginXML(phone1, "user0001"), "</userID>", "</userID><exclusiveDuration><time>9</time></exclusiveDuration>", 1)},
	8:  {"an unknown query", nil, "<query>" + app + "<whoAmI/></query>"},
	9:  {"the directory is broken", failing(Directory), loginXML(phone1, "user0001")},
	10: {"the proxy right is taken", turned(func(o *Options) { o.NoProxyRight = true }), loginXML(phone1, "user0001")},
	11: {"no such device", nil, loginXML("SEP0000000000FF", "user0001")},
	12: {"no such profile", nil, strings.Replace(loginXML(phone1, "user0001"), "</userID>", "</userID><deviceProfile>x</deviceProfile>", 1)},
	18: {"another user is logged in", pressed(phone1, "user0002"), loginXML(phone1, "user0001")},
	19: {"nobody is logged in", nil, logoutXML(phone1)},
	20: {"the hoteling flag cannot be read", failing(Hoteling), loginXML(phone1, "user0001")},
	21: {"the login status cannot be read", failing(LoginStatus), loginXML(phone1, "user0001")},
	22: {"login, EM off", off, loginXML(phone1, "user0001")},
	23: {"no such user", nil, loginXML(phone1, "nobody")},
	25: {"the user is on another phone", pressed(phone2, "user0001"), loginXML(phone1, "user0001")},
	26: {"as many requests in flight as may be", func(_ *testing.T, e *Emulator) { e.serving = 5 }, loginXML(phone1, "user0001")},
	27: {"the user's password is due", account0001(User{ChangePassword: true}), loginXML(phone1, "user0001")},
	28: {"a sender that is not trusted", turned(trust("192.0.2.0/24")), loginXML(phone1, "user0001")},
	29: {"the RIS is broken", failing(RIS), loginXML(phone1, "user0001")},
	30: {"a Via header where senders are validated", turned(trust("127.0.0.0/8")), strings.Replace(logoutXML(phone1), "</logout>", "<isViaHeaderSet>true</isViaHeaderSet></logout>", 1)},
	41: {"the user's PIN is due", account0001(User{ChangePIN: true}), loginXML(phone1, "user0001")},
}

func failing(p Part) func(*testing.T, *Emulator) {
	return turned(func(o *Options) { o.Broken = []Part{p} })
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

// Parts that are broken fail other messages as well, and each knows its place.
func TestBrokenParts(t *testing.T) {
	timed := strings.Replace(loginXML(phone1, "user0001"), "</userID>", "</userID><exclusiveDuration><time>9</time></exclusiveDuration>", 1)
	tests := []struct {
		broken, message string
		want            string
	}{
		{"database", queryXML, "code 6"},
		{"database,ris,hoteling", loginXML(phone1, "user0001"), "code 6"},
		{"database", strings.Replace(queryXML, "secret", "guess", 1), "code 3"},
		{"directory", strings.Replace(queryXML, "secret", "guess", 1), "code 9"},
		{"directory,database", queryXML, "code 9"},
		{"ris", logoutXML(phone2), "code 29"},
		{"ris", logoutXML(phone1), "code 19"},
		{"hoteling", logoutXML(phone2), "code 20"},
		{"login-status", logoutXML(phone2), "code 21"},
		{"logout-timer", logoutXML(phone2), "ok"}, // it had no timer
		{"logout-timer", loginXML(phone1, "user0001"), "ok"},
		{"logout-timer", timed, "code 7"},
		{"ris,logout-timer", timed, "code 29"},
		{"", timed, "ok"},
	}
	for _, tt := range tests {
		e := newWorld(Options{})
		press(t, e, phone2, "user0002")
		if err := e.Set(map[string]string{"broken": tt.broken}); err != nil {
			t.Fatal(err)
		}
		expect(t, tt.broken+" "+tt.message, verdict(post(t, e, tt.message)), tt.want)
	}
}

// The sender that a message names is held against the trusted ones, too.
func TestRemoteAddress(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.7": "ok", "::ffff:192.0.2.7": "ok", "198.51.100.1": "code 28", "lobby": "code 28", "127.0.0.1": "ok", "": "ok"} {
		e := newWorld(Options{})
		e.Change(func(o *Options) {
			trust("127.0.0.0/8")(o)
			o.Trusted = append(o.Trusted, netip.MustParsePrefix("192.0.2.0/24"))
		})
		m := strings.Replace(logoutXML(phone2), "</logout>", "<remoteIPAddr>"+address+"</remoteIPAddr></logout>", 1)
		press(t, e, phone2, "user0002")
		expect(t, address, verdict(post(t, e, m)), want)
	}
	expect(t, "nobody asked", verdict(post(t, newWorld(Options{}), strings.Replace(loginXML(phone1, "user0001"), "</login>", "<remoteIPAddr>198.51.100.1</remoteIPAddr></login>", 1))), "ok")
}

// Refusals are in the guide's words, which programs look for, or in ours.
func TestTexts(t *testing.T) {
	e := newWorld(Options{})
	press(t, e, phone2, "user0002")
	says := func(message, want string) {
		t.Helper()
		if reply := post(t, e, message); !strings.Contains(reply, ">"+want+"<") {
			t.Errorf("reply lacks %q:\n%s", want, reply)
		}
	}
	occupied, stranger := loginXML(phone2, "user0001"), strings.Replace(queryXML, "secret", "guess", 1)
	says(occupied, "Another user logged in: Phone currently has user logged in")
	says(stranger, "Could not authenticate &#39;deskd&#39;")
	says(logoutXML(phone1), "No user logged in")
	if err := e.Set(map[string]string{"texts": "plain"}); err != nil {
		t.Fatal(err)
	}
	says(occupied, "another user logged in")
	says(stranger, "application id or password wrong")
}

// A profile needs no user, and a single one no mark.
func TestProfileOfALogin(t *testing.T) {
	e := newWorld(Options{MultipleLogin: Allowed})
	e.AddProfile("reception")
	e.SetUser(User{ID: "one", Profiles: []string{"UDP"}})
	e.SetUser(User{ID: "two", Profiles: []string{"A", "B"}})
	e.SetUser(User{ID: "none"})
	tests := []struct{ user, profile, want string }{
		{"one", "", "UDP"},
		{"two", "", ""},
		{"two", "b", "B"},
		{"none", "", ""},
		{"none", "RECEPTION", "reception"},
		{"one", "A", "A"},
		{"one", "C", ""},
	}
	for _, tt := range tests {
		m := loginXML(phone1, tt.user)
		if tt.profile != "" {
			m = strings.Replace(m, "</userID>", "</userID><deviceProfile>"+tt.profile+"</deviceProfile>", 1)
		}
		got := verdict(post(t, e, m))
		if tt.want == "" {
			expect(t, tt.user+" "+tt.profile, got, "code 12")
			continue
		}
		expect(t, tt.user+" "+tt.profile, got, "ok")
		if s := e.Sessions(); len(s) != 1 || s[0].Profile != tt.want {
			t.Errorf("sessions are %+v, expected the profile %q", s, tt.want)
		}
		post(t, e, logoutXML(phone1))
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
		got := sendRaw(t, e, rawRequest{header: "Via: 1.1 squid\r\n", form: "xml=" + loginXML(phone1, "user0001")})
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
