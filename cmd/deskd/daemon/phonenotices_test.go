package daemon

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/emulator/house"
	"deskd/emapi/emulator"
	phoneemulator "deskd/phone/emulator"
	"deskd/reservations"
	"deskd/scheduler/clock"
	phonenotices "deskd/scheduler/notices"
	"deskd/store"
	kept "deskd/store/notices"
	"deskd/store/phones"
)

// door carries the requests of phones to the pages of a daemon.
type door struct{ atomic.Pointer[Instance] }

func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r = r.Clone(r.Context())
	r.RemoteAddr = netip.AddrPortFrom(phoneemulator.Source(r.Context()), 49152).String()
	d.Load().page.ServeHTTP(w, r)
	return w.Result(), nil
}

// onePhone is a cluster of a phone that takes pushes, and whose address is known; service
// carries its requests, nil where it makes none.
func onePhone(t *testing.T, st *store.Store, service http.RoundTripper) (*emulator.Emulator, *house.House) {
	t.Helper()
	cluster := emulator.New(emulator.Options{AppID: "deskd", Password: "only-for-tests", Restart: emulator.RealRestarts()})
	cluster.Populate(1, 1)
	at := netip.MustParseAddr("10.0.0.1")
	rooms, err := house.New(cluster, house.Options{First: at, Phones: phoneemulator.Options{
		Service: service, Authenticate: func(user, password, _ string) bool { return user == "pusher" && password == "only-for-tests" },
	}})
	ok(t, err)
	_, err = st.Phones().Save(t.Context(), []phones.News{{Cluster: "main", Device: emulator.DeviceName(1), Source: phones.CSV, Seen: time.Now(), Address: &at}}, time.Now())
	ok(t, err)
	return cluster, rooms
}

// A daemon tells a person on their phone that their booking ends, a quarter of an hour and five
// minutes before, and of an end that was put off again; never in a call; and the page lets them
// extend it. What was told is in the database, and counted.
func TestNoticesBeforeAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, st := installation(t, "phones: {base_url: \"http://desks.example.com\", networks: [10.0.0.0/24], push: {user: pusher, password_file: em-password}}\n")
		service := new(door)
		cluster, rooms := onePhone(t, st, service)
		began := time.Now()
		r, err := st.Reserve(t.Context(), reservations.Reservation{Desk: "D1", Person: "user0001", Span: reservations.Span{Start: began, End: began.Add(time.Hour)}, Status: reservations.Confirmed, Source: "test"}, began)
		ok(t, err)
		a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
		ok(t, err)
		a.Transport = func(*tls.Config) http.RoundTripper { return cluster.Transport() }
		a.PhonesBy = rooms
		d, err := New(a)
		ok(t, err)
		service.Store(d)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.live(ctx, func(error) {}) }()
		home := rooms.Home(emulator.DeviceName(1))
		shows := func(after time.Duration, want string) {
			t.Helper()
			time.Sleep(time.Until(began.Add(after)))
			synctest.Wait()
			rooms.Wait()
			if got := home.Screen(); want == "" && strings.Contains(got, "Ends at") || !strings.Contains(got, want) {
				t.Errorf("after %s the phone shows\n%s\nnot %q", after, got, want)
			}
		}
		shows(44*time.Minute, "")
		shows(45*time.Minute+5*time.Second, "Ends at 02:00")
		shows(45*time.Minute+5*time.Second, "In 15 minutes")
		home.Exit()
		home.Dial("4711")
		shows(56*time.Minute, "")
		home.HangUp()
		shows(56*time.Minute+time.Second, "In 4 minutes")
		ok(t, home.Press(ctx, "Extend"))
		ok(t, home.Choose(ctx, 1))
		home.Exit()
		shows(75*time.Minute+5*time.Second, "Ends at 02:30")
		shows(85*time.Minute+5*time.Second, "In 5 minutes")
		shown, err := d.board.Look(ctx)
		ok(t, err)
		if r := shown.Remarks; len(r) != 1 || r[0].Desk != "D1" || r[0].Before != "told at" || r[0].At.Sub(began).Round(time.Second) != 85*time.Minute || r[0].After != "that it ends in 5m (sent)" {
			t.Errorf("the page remarks on %+v", r)
		}
		page := httptest.NewRecorder()
		d.metrics.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		stop()
		ok(t, <-done)
		all, err := st.PhoneNotices().List(t.Context(), kept.Filter{})
		ok(t, err)
		if len(all) != 4 {
			t.Errorf("%d notices: %+v", len(all), all)
		}
		for _, n := range all {
			if n.Outcome != phonenotices.Sent || n.Reservation != r.ID || n.Began.Sub(n.Due) > time.Second {
				t.Errorf("%+v", n)
			}
		}
		if !strings.Contains(page.Body.String(), "deskd_notices_total{kind=\"before_end\",outcome=\"sent\"} 4\n") {
			t.Error("they are not counted")
		}
	})
}
