package emulator

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"deskd/emapi"
)

func userQuery(name, user string) string {
	return "<query>" + app + "<" + name + "><userID>" + user + "</userID></" + name + "></query>"
}

func TestContentTypeAndCharset(t *testing.T) {
	tests := map[string]struct {
		opts       Options
		want, says string
	}{
		"by default": {Options{}, "text/xml", "<deviceProfileName>Büro 東</deviceProfileName>"},
		"other type": {Options{ContentType: "application/xml"}, "application/xml", "Büro 東"},
		"latin-1":    {Options{Charset: Latin1}, "text/xml; charset=iso-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<response>\n"},
		"characters": {Options{Charset: Latin1}, "text/xml; charset=iso-8859-1", "<deviceProfileName>B\xFCro &#26481;</deviceProfileName>"},
	}
	for name, tt := range tests {
		e := newWorld(tt.opts)
		e.AddUser("max", "Büro 東")
		for door, do := range map[string]func(*http.Request) (*http.Response, error){
			"in process": e.Transport().RoundTrip,
			"HTTP": func(r *http.Request) (*http.Response, error) {
				w := httptest.NewRecorder()
				e.ServeHTTP(w, r)
				return w.Result(), nil
			},
		} {
			form := url.Values{"xml": {userQuery("deviceProfileQuery", "max")}}.Encode()
			resp, err := do(httptest.NewRequest(http.MethodPost, Path, strings.NewReader(form)))
			if err != nil {
				t.Fatal(err)
			}
			text := make([]byte, resp.ContentLength)
			if _, err := resp.Body.Read(text); err != nil {
				t.Fatal(err)
			}
			if got := resp.Header.Get("Content-Type"); got != tt.want || !strings.Contains(string(text), tt.says) {
				t.Errorf("%s, %s: %s with %q", name, door, got, text)
			}
		}
	}
}

// The client reads both charsets, and success in either has one declaration.
func TestClientReadsLatin1(t *testing.T) {
	e := newWorld(Options{Charset: Latin1})
	e.AddUser("max", "Büro 東")
	c := newClient(t, "http://cucm", e.Transport())
	found, err := c.DeviceProfiles(t.Context(), []string{"max"})
	if err != nil || len(found[0].Profiles) != 1 || found[0].Profiles[0].Name != "Büro 東" {
		t.Errorf("found %+v (%v)", found, err)
	}
	if err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "max"}); err != nil {
		t.Errorf("login: %v", err)
	}
	if reply := post(t, e, logoutXML(phone1)); strings.Count(reply, "<?xml") != 1 {
		t.Errorf("reply is %q", reply)
	}
}

func TestCheckUserOfNobody(t *testing.T) {
	const nobody = "<user id=\"nobody\">\n"
	tests := map[bool]string{
		false: nobody + "<doesNotExist/>\n</user>",
		true:  nobody + "<failure>\n<error code=\"23\">User not found</error>\n</failure>\n</user>",
	}
	for failure, want := range tests {
		e := newWorld(Options{CheckUserFailure: failure})
		if reply := post(t, e, userQuery("checkUser", "nobody")); !strings.Contains(reply, want) {
			t.Errorf("with %v the reply is %s", failure, reply)
		}
		if reply := post(t, e, userQuery("userDevicesQuery", "nobody")); !strings.Contains(reply, "<doesNotExist/>") {
			t.Errorf("userDevicesQuery with %v: %s", failure, reply)
		}
	}
}

func TestForgetLastUser(t *testing.T) {
	e := newWorld(Options{ForgetLastUser: true})
	press(t, e, phone1, "user0001")
	if err := e.PressLogout(phone1); err != nil {
		t.Fatal(err)
	}
	if reply := post(t, e, queryXML); !strings.Contains(reply, "<none/>\n<none/>\n") || e.Phones()[0].LastUser != "" {
		t.Errorf("reply is %s, phone %+v", reply, e.Phones()[0])
	}
	e.Change(func(o *Options) { o.ForgetLastUser = false })
	if reply := post(t, e, queryXML); !strings.Contains(reply, "<none/>\n<lastlogin>user0001</lastlogin>\n") {
		t.Errorf("reply is %s", reply)
	}
}

// Profiles: a default one for logins that name none, none at all, and what the
// phone is meanwhile and afterwards.
func TestProfiles(t *testing.T) {
	e := newWorld(Options{})
	e.SetUser(User{ID: "max", Profiles: []string{"desk", "home"}})
	e.SetUser(User{ID: "ada", Profiles: []string{"desk", "home"}, Default: "home"})
	e.SetUser(User{ID: "bob"})
	if err := e.SetLogoutProfile(phone1, "lobby"); err != nil {
		t.Fatal(err)
	}
	named := func(user, profile string) string {
		return strings.Replace(loginXML(phone1, user), "</userID>", "</userID><deviceProfile>"+profile+"</deviceProfile>", 1)
	}
	steps := []struct{ message, want, profile string }{
		{loginXML(phone1, "bob"), "code 12", "lobby"},
		{loginXML(phone1, "max"), "code 12", "lobby"},
		{named("max", "DESK"), "ok", "desk"},
		{logoutXML(phone1), "ok", "lobby"},
		{loginXML(phone1, "ada"), "ok", "home"},
		{logoutXML(phone1), "ok", "lobby"},
	}
	for _, s := range steps {
		expect(t, s.message, verdict(post(t, e, s.message)), s.want)
		if got := e.Phones()[0].Profile; got != s.profile {
			t.Errorf("the phone is %q, expected %q", got, s.profile)
		}
	}
	reply := post(t, e, userQuery("deviceProfileQuery", "ada"))
	const want = "<deviceProfileName>home</deviceProfileName>\n<isDefaultDeviceProfile>t</isDefaultDeviceProfile>"
	if !strings.Contains(reply, want) || strings.Count(reply, ">t<") != 1 {
		t.Errorf("reply is %s", reply)
	}
	if err := e.SetLogoutProfile("x", "lobby"); err == nil {
		t.Error("a phone that is not there has a logout profile")
	}
}
