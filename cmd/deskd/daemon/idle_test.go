package daemon

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
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
	"deskd/configs"
	"deskd/emapi/emulator"
	phoneemulator "deskd/phone/emulator"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/store/phones"
)

// lounge is a daemon that ends sessions at phones that nobody touches, with its phones.
type lounge struct {
	*testing.T
	config  configs.Config
	store   *store.Store
	cluster *emulator.Emulator
	rooms   *house.House
	daemon  atomic.Pointer[Instance]
	log     bytes.Buffer
	begun   time.Time
	stop    func()
}

const lounging = `phones: {base_url: "http://desks.example.com", networks: [10.0.0.0/24], idle_logout: {after: 10m}}
`

func newLounge(t *testing.T, n int) *lounge {
	t.Helper()
	l := &lounge{T: t, begun: time.Now()}
	l.config, l.store = installation(t, lounging)
	l.config.Sites[0].Rules.CheckIn = new(configs.Duration(30 * time.Minute))
	l.cluster = emulator.New(emulator.Options{AppID: "deskd", Password: "only-for-tests", Restart: emulator.RealRestarts()})
	l.cluster.Populate(n, n)
	var err error
	l.rooms, err = house.New(l.cluster, house.Options{First: netip.MustParseAddr("10.0.0.1"), Phones: phoneemulator.Options{Service: l}})
	ok(t, err)
	var news []phones.News
	var desks []reservations.Desk
	var people []reservations.Person
	for i, home := range l.rooms.Homes() {
		news = append(news, phones.News{Cluster: "main", Device: home.Name(), Source: phones.CSV, Seen: time.Now(), Address: &home.Address})
		desks = append(desks, reservations.Desk{ID: fmt.Sprintf("D%d", i+1), Site: l.config.Sites[0].Name, Cluster: "main", Device: home.Name()})
		people = append(people, reservations.Person{ID: emulator.UserName(i + 1)})
	}
	_, err = l.store.ImportDesks(t.Context(), desks, false)
	ok(t, err)
	_, err = l.store.ImportPeople(t.Context(), people, false)
	ok(t, err)
	_, err = l.store.Phones().Save(t.Context(), news, time.Now())
	ok(t, err)
	l.start()
	return l
}

// start runs a daemon over the same database.
func (l *lounge) start() {
	a, err := NewParts(l.config, l.store, slog.New(slog.NewTextHandler(&l.log, nil)), clock.Clock{})
	ok(l.T, err)
	a.Transport = func(*tls.Config) http.RoundTripper { return l.cluster.Transport() }
	a.PhonesBy = l.rooms
	d, err := New(a)
	ok(l.T, err)
	l.daemon.Store(d)
	ctx, stop := context.WithCancel(l.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.live(ctx, func(error) {}) }()
	l.stop = func() {
		stop()
		ok(l.T, <-ended)
	}
}

// RoundTrip brings a request of a phone to the daemon.
func (l *lounge) RoundTrip(r *http.Request) (*http.Response, error) {
	return l.from(phoneemulator.Source(r.Context()), r), nil
}

func (l *lounge) from(at netip.Addr, r *http.Request) *http.Response {
	r = r.Clone(r.Context())
	r.RemoteAddr = netip.AddrPortFrom(at, 49152).String()
	w := httptest.NewRecorder()
	l.daemon.Load().page.ServeHTTP(w, r)
	return w.Result()
}

const idleURL = "http://desks.example.com/phone?name=#DEVICENAME#&p=idle"

// phone is that of a number, whose Idle URL is deskd's.
func (l *lounge) phone(n int) *house.Home {
	home := l.rooms.Home(emulator.DeviceName(n))
	home.Idle(idleURL, time.Minute)
	return home
}

// walksUp logs the person of a number in at the phone of that number.
func (l *lounge) walksUp(n int) *house.Home {
	ok(l.T, l.cluster.PressLogin(emulator.DeviceName(n), emulator.UserName(n)))
	return l.phone(n)
}

func (l *lounge) book(n int, from, until time.Time) {
	_, err := l.store.Reserve(l.Context(), reservations.Reservation{
		Desk: fmt.Sprintf("D%d", n), Person: emulator.UserName(n), Span: reservations.Span{Start: from, End: until}, Status: reservations.Confirmed, Source: "test",
	}, time.Now())
	ok(l.T, err)
}

// ended says when and why deskd ended the session at a phone, "" for not.
func (l *lounge) ended(n int) string {
	attempts, err := l.store.Attempts(l.Context(), time.Time{})
	ok(l.T, err)
	for _, a := range attempts {
		if a.Device == emulator.DeviceName(n) && a.Op == plan.OpLogout && a.Outcome == plan.Done {
			return fmt.Sprintf("%s %s", a.Ended.Sub(l.begun).Round(time.Minute), a.Cause)
		}
	}
	return ""
}

// Sessions outside bookings end at phones that nobody touches, and no others.
func TestIdleLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLounge(t, 8)
		at := func(minutes int) time.Time { return l.begun.Add(time.Duration(minutes) * time.Minute) }
		l.book(1, at(0), at(35))     // within their booking
		l.book(2, at(10), at(25))    // came early
		time.Sleep(75 * time.Second) // phones say at a quarter past each minute that they rest
		l.phone(1)
		for n := 2; n <= 8; n++ {
			l.walksUp(n)
		}
		home := func(n int) *house.Home { return l.rooms.Home(emulator.DeviceName(n)) }
		home(5).SetFaults(phoneemulator.Faults{Stream: true})
		home(6).SetFaults(phoneemulator.Faults{WebAccessOff: true})
		home(7).Idle("", 0) // does not say that it rests, …
		for minute := 1; minute <= 40; minute++ {
			time.Sleep(time.Until(at(minute)))
			if minute%5 == 0 {
				home(4).Touch()
			}
			switch minute {
			case 8:
				home(8).Dial("4711")
			case 20:
				home(8).HangUp()
			case 12:
				l.says(3, "logged out at 2000-01-01T00:15:00Z unless someone touches the phone (phones.idle_logout)")
			}
			forged := httptest.NewRequest(http.MethodGet, "/phone?p=idle&a=still&name="+emulator.DeviceName(7), nil) // … and another machine does
			forged.Header.Set("x-CiscoIPPhoneModelName", "CP-8845")
			l.from(netip.MustParseAddr("10.0.0.99"), forged)
		}
		l.stop()
		// Who walked up is seen by the sweep after five minutes.
		want := map[int]string{1: "35m0s end", 2: "25m0s idle", 3: "15m0s idle", 4: "", 5: "", 6: "", 7: "", 8: "31m0s idle"}
		for n, want := range want {
			if got := l.ended(n); got != want {
				t.Errorf("phone %d: ended %q, want %q", n, got, want)
			}
		}
		if !strings.Contains(l.log.String(), "phone rests, and does not say whether a stream runs") {
			t.Error("the log does not tell of the phone that cannot be asked")
		}
	})
}

// says looks for a remark on the desk of a number, and for none on any other.
func (l *lounge) says(n int, want string) {
	l.Helper()
	got, err := l.daemon.Load().remarks(l.Context(), "", time.Now())
	ok(l.T, err)
	for _, r := range got {
		if r.Desk != fmt.Sprintf("D%d", n) {
			continue
		}
		if text := fmt.Sprint(r.Before, " ", r.At.UTC().Format(time.RFC3339), " ", r.After); text != want {
			l.Errorf("desk %d: %s, want %s", n, text, want)
		}
		return
	}
	l.Errorf("nothing is said of desk %d: %v", n, got)
}

// What a phone has told before a restart counts after it.
func TestIdleThroughARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLounge(t, 1)
		time.Sleep(time.Minute)
		l.walksUp(1)
		time.Sleep(9 * time.Minute)
		l.stop()
		l.start()
		time.Sleep(9 * time.Minute)
		l.stop()
		if got := l.ended(1); got != "15m0s idle" {
			t.Errorf("ended %q", got)
		}
	})
}

// Who uses their phone has come, and who rests beside it has not.
func TestPhoneActivityChecksIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLounge(t, 2)
		for n := range 2 {
			l.book(n+1, l.begun.Add(time.Hour), l.begun.Add(3*time.Hour))
		}
		time.Sleep(65 * time.Minute)
		one, other := l.phone(1), l.phone(2)
		one.Open(t.Context(), "http://desks.example.com/phone?name="+one.Name())
		if s := one.Screen(); !strings.Contains(s, "Yours until") || !strings.Contains(s, "Check in") {
			t.Errorf("who only looks has come:\n%s", s)
		}
		one.Open(t.Context(), "http://desks.example.com/phone?name="+one.Name()+"&p=more")
		one.Open(t.Context(), "http://desks.example.com/phone?name="+one.Name())
		if s := one.Screen(); !strings.Contains(s, "Yours until") || strings.Contains(s, "Check in") {
			t.Errorf("the phone shows\n%s", s)
		}
		time.Sleep(40 * time.Minute)
		if s := other.Screen(); !strings.Contains(s, "Free") {
			t.Errorf("the other shows\n%s", s)
		}
		left, err := l.store.Reservations(t.Context(), reservations.Span{Start: time.Now(), End: time.Now().Add(time.Minute)})
		ok(t, err)
		if len(left) != 1 || left[0].Person != emulator.UserName(1) {
			t.Fatalf("booked are %+v", left)
		}
		ok(t, l.store.Bookings().Read(t.Context(), func(book booking.Reader) error {
			came, err := book.Evidence([]string{left[0].ID})
			if all := came[left[0].ID]; len(all) != 1 || all[0].Source != "phone-activity" {
				t.Errorf("evidence is %+v", all)
			}
			return err
		}))
		l.stop()
	})
}
