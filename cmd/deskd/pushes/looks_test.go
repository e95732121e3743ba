package pushes_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/configs"
	service "deskd/emapi/emulator"
	"deskd/phone/emulator"
	"deskd/scheduler/plan"
)

// sent is what was sent to the first phone, and held there, since ten, with the instant.
func (o *office) sent() string {
	o.Helper()
	all, err := o.store.Attempts(o.Context(), ten.Add(-30*time.Minute))
	o.ok(err)
	var parts []string
	for _, a := range all {
		if a.Device != service.DeviceName(1) {
			continue
		}
		text := fmt.Sprintf("%s %s %s", a.Began.Format("15:04:05"), a.Op, a.Person)
		if a.Op == plan.OpHold {
			_, why, _ := strings.Cut(a.Why, "; ")
			text += " (" + why + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// TestEndsThatWait lets a booking end at ten, whose person may be in a call, and another person's
// begin then. The logout waits for ten minutes at most.
func TestEndsThatWait(t *testing.T) {
	me, other := service.UserName(1), service.UserName(2)
	const held = "10:00:00 hold user0001 (its person is in a call; waits until 2026-03-02T10:10:00Z at most)"
	for name, c := range map[string]struct {
		then func(o *office, home *emulator.Phone)
		want string
	}{
		"no call": {func(*office, *emulator.Phone) {}, "10:00:00 logout user0001, 10:00:00 login user0002"},
		"a call of three minutes": {func(o *office, home *emulator.Phone) {
			home.Take("4711")
			until(2 * time.Minute)
			if got := home.Screen(); !strings.Contains(got, "next") {
				o.Errorf("in the call the phone shows\n%s; told %s, pushed %s", got, o.told(), o.pushes())
			}
			until(3 * time.Minute)
			home.HangUp()
		}, held + ", 10:03:10 logout user0001, 10:03:10 login user0002"},
		"a call, of someone who has logged in by themselves": {func(_ *office, home *emulator.Phone) {
			home.Take("4711")
			until(3 * time.Minute)
			home.HangUp()
		}, held + ", 10:03:10 logout user0001, 10:03:10 login user0002"},
		"a call that does not end": {func(_ *office, home *emulator.Phone) {
			home.Take("4711")
		}, held + ", 10:10:00 logout user0001, 10:10:00 login user0002"},
		"a daemon that is killed meanwhile": {func(o *office, home *emulator.Phone) {
			home.Take("4711")
			until(4 * time.Minute)
			o.halt(true)
			until(5 * time.Minute)
			o.start()
		}, held + ", 10:10:00 logout user0001, 10:10:00 login user0002"},
		"web access is off": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{WebAccessOff: true})
		}, "10:00:00 logout user0001, 10:00:00 login user0002"},
		"no answer": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{Slow: time.Minute})
		}, "10:00:02 logout user0001, 10:00:02 login user0002"},
		"no address": {func(o *office, home *emulator.Phone) {
			o.forget()
			home.Take("4711")
		}, "10:00:00 logout user0001, 10:00:00 login user0002"},
		"a phone that goes away in the call": {func(_ *office, home *emulator.Phone) {
			home.Take("4711")
			until(time.Minute)
			home.SetFaults(emulator.Faults{WebAccessOff: true})
		}, held + ", 10:01:10 logout user0001, 10:01:10 login user0002"},
	} {
		if !played(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, 2)
				o.config.Phones.ClearHistory, o.config.Phones.BaseURL = false, "http://desks.example.com/phone"
				o.config.Phones.Notices = configs.Notices{Next: true}
				o.config.Policy.End.WaitForCall = configs.Duration(10 * time.Minute)
				time.Sleep(time.Until(ten.Add(-time.Hour)))
				o.reserve(me, ten.Add(-time.Hour), ten)
				o.reserve(other, ten, ten.Add(time.Hour))
				until(-8 * time.Minute)
				alone := strings.Contains(name, "by themselves")
				if alone {
					o.ok(o.cluster.PressLogin(service.DeviceName(1), me))
				}
				o.start()
				until(-time.Minute)
				c.then(o, o.house.Home(service.DeviceName(1)).Phone)
				until(15 * time.Minute)
				o.halt(false)
				got := o.sent()
				if !alone {
					_, got, _ = strings.Cut(got, ", ") // the login
				}
				if got != c.want {
					t.Errorf("sent %s\nwant %s", got, c.want)
				}
				if on := o.house.Home(service.DeviceName(1)).User(); on != other {
					t.Errorf("%q is on the phone", on)
				}
				o.house.Wait()
				o.ok(o.store.Close())
			})
		})
	}
}
