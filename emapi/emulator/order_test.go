package emulator

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"deskd/emapi"
)

// act is a request in the making, with the world that it meets. Its zero value
// is a login that succeeds.
type act struct {
	logout                                   bool
	unreadable, via, busy                    bool
	appID, password, user, profile           string
	trusted                                  string
	noRight, missing, off, occupied, nowhere bool
	elsewhere, oldPassword                   bool
}

// loginWrongs are the reasons for a refusal in the order in which the service looks
// for them (docs/em-api.md, section 5).
var loginWrongs = []struct {
	code emapi.Code
	do   func(*act)
}{
	{emapi.CodeBusy, func(a *act) { a.busy = true }},
	{emapi.CodeParse, func(a *act) { a.unreadable = true }},
	{emapi.CodeUntrustedIP, func(a *act) { a.trusted = "192.0.2.0/24" }},
	{emapi.CodeProxyNotAllowed, func(a *act) {
		a.via = true
		if a.trusted == "" {
			a.trusted = "127.0.0.0/8"
		}
	}},
	{emapi.CodeNoCredentials, func(a *act) { a.password = " " }},
	{emapi.CodeBadCredentials, func(a *act) { a.appID = "stranger" }},
	{emapi.CodeNoProxyRight, func(a *act) { a.noRight = true }},
	{emapi.CodeNoDevice, func(a *act) { a.missing = true }},
	{emapi.CodeEMDisabled, func(a *act) { a.off = true }},
	{emapi.CodeOccupied, func(a *act) { a.occupied = true }},
	{emapi.CodeNoUser, func(a *act) { a.user = "nobody" }},
	{emapi.CodeChangePassword, func(a *act) { a.oldPassword = true }},
	{emapi.CodeNoProfile, func(a *act) { a.profile = "x" }},
	{emapi.CodeElsewhere, func(a *act) { a.elsewhere = true }},
}

// logoutWrongs are those of a logout once the application is known.
var logoutWrongs = []struct {
	code emapi.Code
	do   func(*act)
}{
	{emapi.CodeNoProxyRight, func(a *act) { a.noRight = true }},
	{emapi.CodeNoDevice, func(a *act) { a.missing = true }},
	{emapi.CodeLogoutDisabled, func(a *act) { a.off = true }},
	{emapi.CodeNobody, func(a *act) { a.nowhere = true }},
}

// send makes the world, sends the request and returns the verdict on it.
func (a act) send(t *testing.T) string {
	t.Helper()
	e := newWorld(Options{NoProxyRight: a.noRight})
	if a.logout && !a.nowhere || a.occupied {
		press(t, e, phone1, "user0003")
	}
	if a.elsewhere {
		press(t, e, phone2, "user0001")
	}
	e.SetUser(User{ID: "user0001", Profiles: []string{"P"}, Default: "P", ChangePassword: a.oldPassword})
	if a.off {
		if err := e.EnableEM(phone1, false); err != nil {
			t.Fatal(err)
		}
	}
	if a.missing {
		e.RemoveDevice(phone1)
	}
	if a.trusted != "" {
		e.Change(func(o *Options) { o.Trusted = []netip.Prefix{netip.MustParsePrefix(a.trusted)} })
	}
	if a.busy {
		e.Change(func(o *Options) { o.MaxConcurrent = 1 })
		e.serving = 1 // as if a login were under way
	}
	return verdict(post(t, e, a.message()))
}

func (a act) message() string {
	m := loginXML(phone1, "user0001")
	if a.logout {
		m = logoutXML(phone1)
	}
	replace := func(wanted bool, old, by string) {
		if wanted {
			m = strings.Replace(m, old, by, 1)
		}
	}
	replace(a.password != "", "secret", a.password)
	replace(a.appID != "", "deskd", a.appID)
	replace(a.user != "", "user0001", a.user)
	replace(a.profile != "", "</userID>", "</userID><deviceProfile>"+a.profile+"</deviceProfile>")
	replace(a.via, "</login>", "<isViaHeaderSet>true</isViaHeaderSet></login>")
	replace(a.unreadable, "</appInfo>", "</appInfo><surprise/>")
	return m
}

func press(t *testing.T, e *Emulator, device, user string) {
	t.Helper()
	if err := e.PressLogin(device, user); err != nil {
		t.Fatal(err)
	}
}

// Of any two things that are wrong at once the earlier one is told: every
// adjacent pair, and every other pair too.
func TestOrderOfChecks(t *testing.T) {
	expect(t, "nothing wrong with a login", act{}.send(t), "ok")
	expect(t, "nothing wrong with a logout", act{logout: true}.send(t), "ok")
	for i, first := range loginWrongs {
		for _, second := range loginWrongs[i:] {
			var a act
			first.do(&a)
			second.do(&a)
			expect(t, fmt.Sprintf("login with %d and %d", first.code, second.code), a.send(t), fmt.Sprint("code ", int(first.code)))
		}
	}
	for i, first := range logoutWrongs {
		for _, second := range logoutWrongs[i:] {
			a := act{logout: true}
			first.do(&a)
			second.do(&a)
			expect(t, fmt.Sprintf("logout with %d and %d", first.code, second.code), a.send(t), fmt.Sprint("code ", int(first.code)))
		}
	}
}
