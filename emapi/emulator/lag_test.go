package emulator

import (
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
)

// Queries tell of the sessions of a while ago: all of them, or every second one.
func TestLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newWorld(Options{})
		c := newClient(t, "http://cucm", e.Transport())
		ask := func() string {
			t.Helper()
			answers, err := c.DeviceUsers(t.Context(), []string{phone1})
			if err != nil {
				t.Fatal(err)
			}
			where, err := c.UserDevices(t.Context(), []string{"user0001"})
			if err != nil {
				t.Fatal(err)
			}
			text := answers[0].User + "|" + answers[0].LastUser
			if len(where[0].Devices) > 0 {
				text += "|on"
			}
			return text
		}
		holds := func(want string) {
			t.Helper()
			if got := ask(); got != want {
				t.Errorf("the answer is %q, expected %q", got, want)
			}
		}
		press := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		press(e.PressLogin(phone1, "user0002"))
		time.Sleep(time.Minute)
		press(e.PressLogout(phone1))
		time.Sleep(10 * time.Second)
		press(e.PressLogin(phone1, "user0001"))
		holds("user0001|user0002|on")
		press(e.Set(map[string]string{"lag": "45s"}))
		holds("user0002|")
		time.Sleep(40 * time.Second)
		holds("|user0002")
		time.Sleep(5 * time.Second)
		holds("user0001|user0002|on")
		press(e.PressLogout(phone1))
		holds("user0001|user0002|on")
		press(e.Set(map[string]string{"lag-every": "2"}))
		if first, second := ask(), ask(); first != "|user0001|on" || second != first {
			t.Errorf("with every second query of the past: %q, %q", first, second)
		}
		if len(e.Sessions()) != 0 {
			t.Error("queries have changed what is so")
		}
	})
}

// A success comes first, and its effect later.
func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newWorld(Options{MaxConcurrent: 1})
		c := newClient(t, "http://cucm", e.Transport())
		for range 2 {
			if _, err := e.AddFault(Fault{Action: Later, Delay: 20 * time.Second, Count: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(19 * time.Second)
		if len(e.Sessions()) != 0 {
			t.Error("the effect came at once")
		}
		time.Sleep(time.Second)
		if len(e.Sessions()) != 1 {
			t.Error("the effect never came")
		}
		if err := c.Logout(t.Context(), phone1); err != nil || len(e.Sessions()) != 1 {
			t.Errorf("logout: %v", err)
		}
		time.Sleep(20 * time.Second)
		if len(e.Sessions()) != 0 {
			t.Error("the logout never came")
		}
		if s := e.Stats(); s.Serving != 0 || s.OK != 2 {
			t.Errorf("stats are %+v", s)
		}
	})
}
