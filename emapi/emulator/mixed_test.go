package emulator

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"deskd/emapi"
)

// The world of the crowd: few phones and people, so that they get in each other's way.
const mixedPhones, mixedPeople = 12, 8

// Two hundred clients that log in and out, ask, press keys and turn knobs, all
// at once, on few phones and with faults in between. Whatever the order: the
// counters add up, the limit holds, and nobody is on two phones.
func TestMixedCrowd(t *testing.T) {
	const clients, rounds = 200, 10
	e := New(Options{AppID: "deskd", Password: "secret", MaxConcurrent: 6, Times: Times{Login: 200 * time.Microsecond, Logout: 100 * time.Microsecond}, Seed: 3})
	e.Populate(mixedPhones, mixedPeople)
	for _, f := range []Fault{
		{Op: "login", Action: Refuse, Code: emapi.CodeDatabase, Chance: 0.05},
		{Op: "logout", Action: Reset, Effect: true, Chance: 0.05},
		{Action: Truncated, Chance: 0.02},
		{Op: "login", Action: Delay, Delay: time.Millisecond, Count: 20},
	} {
		if _, err := e.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewServer(e)
	defer s.Close()
	doors := []*emapi.Client{newClient(t, s.URL, nil), newClient(t, "http://cucm", e.Transport())}
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(n), 0))
			for range rounds {
				stir(t, e, doors[n%len(doors)], dice)
			}
		})
	}
	all.Wait()
	checkCounters(t, e)
	checkOnePhoneEach(t, e)
	if peak := e.Stats().Peak; peak > 6 || peak < 2 {
		t.Errorf("%d requests were in flight at once", peak)
	}
}

// stir does one thing of many. What comes of it is for the invariants to judge;
// only an answer that says the opposite of what it may is wrong here.
func stir(t *testing.T, e *Emulator, c *emapi.Client, dice *rand.Rand) {
	device, user := DeviceName(1+dice.IntN(mixedPhones)), UserName(1+dice.IntN(mixedPeople))
	var err error
	switch dice.IntN(8) {
	case 0, 1, 2:
		err = c.Login(t.Context(), emapi.LoginRequest{Device: device, User: user, Exclusive: emapi.Exclusive(dice.IntN(2))})
	case 3, 4:
		err = c.Logout(t.Context(), device)
	case 5:
		_, err = c.DeviceUsers(t.Context(), []string{device})
	case 6:
		_ = e.PressLogin(device, user) // refusals are as good as successes
		_ = e.PressLogout(device)
	case 7:
		// A client that gives up at once leaves a request behind or sends none.
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Microsecond)
		err = c.Login(ctx, emapi.LoginRequest{Device: device, User: user})
		cancel()
	}
	var code emapi.Code
	known := errors.As(err, &code) || errors.Is(err, emapi.ErrUnknownOutcome) || errors.Is(err, emapi.ErrNotSent)
	if err != nil && !known {
		t.Errorf("%s, %s: %v", device, user, err)
	}
	if errors.As(err, &code) {
		switch code {
		case emapi.CodeBusy, emapi.CodeOccupied, emapi.CodeElsewhere, emapi.CodeNobody, emapi.CodeDatabase:
		default:
			t.Errorf("%s, %s: %v", device, user, err)
		}
	}
}

// checkCounters waits for what clients left behind and adds up.
func checkCounters(t *testing.T, e *Emulator) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		s := e.Stats()
		came, ended := 0, s.OK+s.Spoilt
		for _, n := range s.Requests {
			came += n
		}
		for _, n := range s.Codes {
			ended += n
		}
		if came == ended && s.Serving == 0 && came > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d requests came and %d ended: %+v", came, ended, s)
		}
	}
}

// checkOnePhoneEach replays the log: at no instant is a user on two phones, or a
// phone with two users.
func checkOnePhoneEach(t *testing.T, e *Emulator) {
	t.Helper()
	phoneOf, userOn := make(map[string]string), make(map[string]string)
	for _, event := range e.Events() {
		if event.Kind == Logout {
			if phoneOf[event.User] != event.Device {
				t.Errorf("%+v, but the user is on %q", event, phoneOf[event.User])
			}
			delete(phoneOf, event.User)
			delete(userOn, event.Device)
			continue
		}
		if phoneOf[event.User] != "" || userOn[event.Device] != "" {
			t.Errorf("%+v, but the user is on %q and the phone has %q", event, phoneOf[event.User], userOn[event.Device])
		}
		phoneOf[event.User], userOn[event.Device] = event.Device, event.User
	}
	if len(e.Sessions()) != len(userOn) {
		t.Errorf("%d sessions, the log tells of %d", len(e.Sessions()), len(userOn))
	}
}
