package emulator

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"deskd/emapi"
)

// Two hundred clients over real connections, through a limit that the service
// agrees with: none is refused, and the service sees no more at once than that.
func TestManyClients(t *testing.T) {
	const clients = 200
	e := New(Options{AppID: "deskd", Password: "secret", MaxConcurrent: 8, Times: Times{Login: time.Millisecond, Logout: time.Millisecond}})
	e.Populate(clients, clients)
	s := httptest.NewServer(e)
	defer s.Close()
	c := newClient(t, s.URL, nil)
	limit := emapi.NewLimit(8, 0)
	var all sync.WaitGroup
	for n := 1; n <= clients; n++ {
		all.Go(func() {
			device, user := DeviceName(n), UserName(n)
			err := limit.Do(t.Context(), func(ctx context.Context) error {
				return c.Login(ctx, emapi.LoginRequest{Device: device, User: user})
			})
			if err != nil {
				t.Errorf("login %s: %v", device, err)
				return
			}
			found, err := c.DeviceUsers(t.Context(), []string{device, DeviceName(n%clients + 1)})
			if err != nil || !found[0].Is(user) {
				t.Errorf("query %s: %+v, %v", device, found, err)
			}
			if n%2 == 0 {
				err = limit.Do(t.Context(), func(ctx context.Context) error { return c.Logout(ctx, device) })
			}
			if err != nil {
				t.Errorf("logout %s: %v", device, err)
			}
		})
	}
	all.Wait()
	stats := e.Stats()
	if stats.Peak > 8 || stats.OK != clients*5/2 || len(stats.Codes) != 0 {
		t.Errorf("stats are %+v", stats)
	}
	if n := len(e.Sessions()); n != clients/2 {
		t.Errorf("%d sessions are left, expected %d", n, clients/2)
	}
}

// The same crowd without a limit: a client that is not served is told that the
// service is busy, and nobody is told wrong.
func TestCrowdWithoutLimit(t *testing.T) {
	const clients = 200
	e := New(Options{AppID: "deskd", Password: "secret", Times: Times{Login: time.Millisecond}})
	e.Populate(clients, clients)
	c := newClient(t, "http://cucm", e.Transport())
	var all sync.WaitGroup
	errs := make([]error, clients)
	for n := range clients {
		all.Go(func() {
			errs[n] = c.Login(t.Context(), emapi.LoginRequest{Device: DeviceName(n + 1), User: UserName(n + 1)})
		})
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !errors.Is(err, emapi.CodeBusy) {
			t.Errorf("error is %v", err)
		}
	}
	s := e.Stats()
	if done == 0 || done != len(e.Sessions()) || s.Peak > 5 || s.OK != done || s.Codes[emapi.CodeBusy] != clients-done {
		t.Errorf("%d done, stats are %+v", done, s)
	}
}
