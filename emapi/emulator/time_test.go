package emulator

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/emapi"
)

// at returns the clock time s seconds after a fixed start.
func at(s int) time.Time {
	return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(s) * time.Second)
}

// handClock is a clock that moves when told to.
type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time { return c.now }

func timed(device, user, units string) string {
	return strings.Replace(loginXML(device, user), "</userID>", "</userID><exclusiveDuration><time>"+units+"</time></exclusiveDuration>", 1)
}

// Durations run out at their own instants and in their own order, however late
// a test looks.
func TestExclusiveDuration(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now, TimeUnit: time.Second, Restart: Restarts{Logout: 15 * time.Second}})
	post(t, e, timed(phone1, "user0001", "90"))
	post(t, e, timed(phone2, "user0002", "60"))
	post(t, e, loginXML("SEP000000000003", "user0003"))
	clock.now = at(59)
	expect(t, "one second early", verdict(post(t, e, loginXML(phone2, "user0002"))), "code 18")
	clock.now = at(60)
	if s := e.Sessions(); len(s) != 2 {
		t.Errorf("sessions at the end of the shorter one: %+v", s)
	}
	clock.now = at(3600)
	want := []Event{
		{at(0), phone1, "user0001", Login, ByAPI},
		{at(0), phone2, "user0002", Login, ByAPI},
		{at(0), "SEP000000000003", "user0003", Login, ByAPI},
		{at(60), phone2, "user0002", Logout, ByTimer},
		{at(90), phone1, "user0001", Logout, ByTimer},
	}
	if diff := cmp.Diff(want, e.Events()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if p := e.Phones()[0]; p.Session != nil || p.LastUser != "user0001" || !p.Ready.Equal(at(105)) {
		t.Errorf("phone is %+v", p)
	}
	expect(t, "afterwards", verdict(post(t, e, timed(phone2, "user0001", "1"))), "ok")
	clock.now = at(3601)
	expect(t, "at the end itself", verdict(post(t, e, loginXML(phone2, "user0002"))), "ok")
}

// What a fault withholds does not come later either.
func TestWithheldRequestStaysWithheld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newWorld(Options{})
		if _, err := e.AddFault(Fault{Op: "login", Action: Pretend, Delay: 30 * time.Second}); err != nil {
			t.Fatal(err)
		}
		c := newClient(t, "http://cucm", e.Transport())
		if err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"}); !errors.Is(err, emapi.ErrUnknownOutcome) {
			t.Errorf("error is %v", err)
		}
		time.Sleep(time.Minute)
		if events := e.Events(); len(events) != 0 {
			t.Errorf("events are %+v", events)
		}
	})
}

func TestDurationCountsInMinutesByDefault(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now})
	post(t, e, timed(phone1, "user0001", "2"))
	if s := e.Sessions(); len(s) != 1 || !s[0].Until.Equal(at(120)) {
		t.Errorf("sessions are %+v", s)
	}
}

func TestSwitchVersionAndRemoval(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now})
	post(t, e, loginXML(phone1, "user0001"))
	post(t, e, loginXML(phone2, "user0002"))
	clock.now = at(5)
	e.RemoveDevice("sep000000000002")
	expect(t, "removed", verdict(post(t, e, logoutXML(phone2))), "code 11")
	e.AddDevice(phone2)
	expect(t, "brought back", verdict(post(t, e, loginXML(phone2, "user0002"))), "ok")
	clock.now = at(9)
	e.SwitchVersion()
	if s := e.Sessions(); len(s) != 0 {
		t.Errorf("sessions after the switch: %+v", s)
	}
	want := []Event{
		{at(5), phone2, "user0002", Logout, ByRemoval},
		{at(5), phone2, "user0002", Login, ByAPI},
		{at(9), phone1, "user0001", Logout, BySwitch},
		{at(9), phone2, "user0002", Logout, BySwitch},
	}
	if diff := cmp.Diff(want, e.Events()[2:]); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// The service does not notice that a client has gone: a query right after the
// client's time-out shows a free phone, and the login happens afterwards.
func TestRequestOutlivesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newWorld(Options{MaxConcurrent: 1})
		if _, err := e.AddFault(Fault{Op: "login", Action: Delay, Delay: 30 * time.Second, Count: 1}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		c := newClient(t, "http://cucm", e.Transport())
		err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"})
		if !errors.Is(err, emapi.ErrUnknownOutcome) || time.Since(began) != 5*time.Second {
			t.Fatalf("login ends after %v with %v", time.Since(began), err)
		}
		if found, err := c.DeviceUsers(t.Context(), []string{phone1}); err != nil || found[0].State != emapi.Free {
			t.Errorf("right after the time-out: %+v, %v", found, err)
		}
		if err := c.Logout(t.Context(), phone2); !errors.Is(err, emapi.CodeBusy) {
			t.Errorf("the request left behind takes no slot: %v", err)
		}
		time.Sleep(25 * time.Second)
		if found, err := c.DeviceUsers(t.Context(), []string{phone1}); err != nil || !found[0].Is("user0001") {
			t.Errorf("when the request was due: %+v, %v", found, err)
		}
		if events := e.Events(); len(events) != 1 || !events[0].At.Equal(began.Add(30*time.Second)) {
			t.Errorf("events are %+v", events)
		}
		if err := c.Logout(t.Context(), phone1); err != nil {
			t.Errorf("the slot is not free again: %v", err)
		}
	})
}

// Three logins at once take a slot each for as long as they are served;
// queries take none.
func TestConcurrentRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newWorld(Options{MaxConcurrent: 2, Times: RealTimes()})
		c := newClient(t, "http://cucm", e.Transport())
		errs := make([]error, 3)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				errs[i] = c.Login(t.Context(), emapi.LoginRequest{Device: DeviceName(i + 1), User: UserName(i + 1)})
			})
		}
		all.Go(func() {
			if _, err := c.DeviceUsers(t.Context(), []string{phone1}); err != nil {
				t.Errorf("query beside the logins: %v", err)
			}
		})
		began := time.Now()
		all.Wait()
		busy := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
		if len(busy) != 1 || !errors.Is(busy[0], emapi.CodeBusy) {
			t.Errorf("errors beside two successes: %v", busy)
		}
		if s := e.Stats(); s.Peak != 2 || s.OK != 3 || s.Codes[emapi.CodeBusy] != 1 || s.Requests["login"] != 3 || s.Requests["deviceUserQuery"] != 1 {
			t.Errorf("stats are %+v", s)
		}
		if took := time.Since(began); took != RealTimes().Login {
			t.Errorf("two logins at once took %v", took)
		}
	})
}

func TestSleepIsGiven(t *testing.T) {
	var slept time.Duration
	e := newWorld(Options{Times: RealTimes(), Sleep: func(_ context.Context, d time.Duration) error { slept += d; return nil }})
	post(t, e, loginXML(phone1, "user0001"))
	post(t, e, queryXML)
	post(t, e, logoutXML(phone1))
	if slept != 630*time.Millisecond {
		t.Errorf("slept %v, expected 630ms", slept)
	}
}

// In every case the log is in time order and replayed it
// gives the sessions that the emulator shows.
func TestEventsTellTheSessions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clock := &handClock{at(0)}
		e := newWorld(Options{Now: clock.Now, TimeUnit: time.Second})
		e.Change(func(o *Options) {
			o.MultipleLogin = rapid.SampledFrom([]MultipleLogin{NotAllowed, Allowed, AutoLogout}).Draw(rt, "multiple")
		})
		device := rapid.Custom(func(rt *rapid.T) string { return DeviceName(rapid.IntRange(1, 4).Draw(rt, "n")) })
		user := rapid.Custom(func(rt *rapid.T) string { return UserName(rapid.IntRange(1, 4).Draw(rt, "n")) })
		rt.Repeat(map[string]func(*rapid.T){
			"login": func(rt *rapid.T) { post(t, e, loginXML(device.Draw(rt, "device"), user.Draw(rt, "user"))) },
			"timed": func(rt *rapid.T) {
				post(t, e, timed(device.Draw(rt, "device"), user.Draw(rt, "user"), rapid.SampledFrom([]string{"1", "5", "9"}).Draw(rt, "units")))
			},
			"logout": func(rt *rapid.T) { post(t, e, logoutXML(device.Draw(rt, "device"))) },
			"press":  func(rt *rapid.T) { _ = e.PressLogin(device.Draw(rt, "device"), user.Draw(rt, "user")) },
			"remove": func(rt *rapid.T) { e.RemoveDevice(device.Draw(rt, "device")) },
			"add":    func(rt *rapid.T) { e.AddDevice(device.Draw(rt, "device")) },
			"switch": func(*rapid.T) { e.SwitchVersion() },
			"forward": func(rt *rapid.T) {
				clock.now = clock.now.Add(time.Duration(rapid.IntRange(1, 6).Draw(rt, "s")) * time.Second)
			},
			"": func(rt *rapid.T) {
				shown := map[string]string{}
				for _, s := range e.Sessions() {
					shown[s.Device] = s.User
				}
				told, last := map[string]string{}, at(0)
				for _, event := range e.Events() {
					if event.At.Before(last) {
						rt.Fatalf("event %+v is behind %v", event, last)
					}
					last = event.At
					if (event.Kind == Login) == (told[event.Device] != "") {
						rt.Fatalf("event %+v on a phone with user %q", event, told[event.Device])
					}
					if told[event.Device] = event.User; event.Kind == Logout {
						delete(told, event.Device)
					}
				}
				if diff := cmp.Diff(told, shown); diff != "" {
					rt.Fatalf("sessions (-told +shown):\n%s", diff)
				}
			},
		})
	})
}
