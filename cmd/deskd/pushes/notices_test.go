package pushes_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/deskd/pushes"
	"deskd/configs"
	service "deskd/emapi/emulator"
	"deskd/phone"
	"deskd/phone/emulator"
	pushing "deskd/phone/push"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/notices"
	"deskd/scheduler/plan"
	kept "deskd/store/notices"
)

// pages are those of deskd: they name the notice.
type pages struct{}

func (pages) RoundTrip(r *http.Request) (*http.Response, error) {
	body := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<CiscoIPPhoneText><Title>" + r.URL.Query().Get("k") + "</Title><Text>notice</Text></CiscoIPPhoneText>"
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml; charset=ISO-8859-1"}}, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)), Request: r,
	}, nil
}

// mute are notices that a killed process writes nothing of.
type mute struct {
	pushes.Kept
	dead   *atomic.Bool
	unsaid *atomic.Int32
}

func (m mute) Begin(ctx context.Context, n notices.Notice, now time.Time) (bool, error) {
	if m.dead.Load() {
		return false, errKilled
	}
	return m.Kept.Begin(ctx, n, now)
}

func (m mute) End(ctx context.Context, n notices.Notice, is notices.Result, now time.Time) error {
	if m.dead.Load() || m.unsaid.Add(-1) >= 0 {
		return errKilled
	}
	return m.Kept.End(ctx, n, is, now)
}

func (m mute) Try(ctx context.Context, n notices.Notice, problem string) error {
	if m.dead.Load() {
		return errKilled
	}
	return m.Kept.Try(ctx, n, problem)
}

// notices are those of a deskd, whose pushes are written down.
func (o *office) notices(n *pushes.Notices, dead *atomic.Bool) *pushes.Notices {
	if n == nil {
		return nil
	}
	n.Kept = mute{n.Kept, dead, &o.unsaid}
	push := n.Push
	n.Push = func(ctx context.Context, to pushing.Phone, e phone.Execute) error {
		began, on := time.Now(), o.house.Home(to.Name).User()
		err := push(ctx, to, e)
		if err == nil && o.silent.Load() {
			err = &pushing.Error{Outcome: pushing.NoAnswer, Posted: true, Err: errors.New("nothing came back")}
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.pushed = append(o.pushed, fmt.Sprintf("%s %q %s", began.Format("15:04:05"), on, pushing.OutcomeOf(err)))
		return err
	}
	return n
}

// told are the notices of the first desk, oldest first, as they are written down.
func (o *office) told() string {
	o.Helper()
	all, err := o.store.PhoneNotices().List(o.Context(), kept.Filter{Desk: "D1"})
	o.ok(err)
	slices.Reverse(all)
	var parts []string
	for _, n := range all {
		text := fmt.Sprintf("%s %s", n.Kind, n.Outcome)
		if n.Problem != "" {
			text += ": " + n.Problem
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// change changes the booking of the first desk.
func (o *office) change(to func(*reservations.Reservation)) {
	o.Helper()
	all, err := o.store.Reservations(o.Context(), reservations.Span{Start: ten.Add(-time.Hour), End: ten.Add(3 * time.Hour)})
	o.ok(err)
	r := all[0]
	to(&r)
	o.ok(o.store.Bookings().Change(o.Context(), booking.Deed{Verb: "move", Now: time.Now()}, func(b booking.Book) error {
		_, err := b.Put(r)
		return err
	}))
	o.kick()
}

// TestNotices lets a booking end at ten, of which its person is told five minutes before.
func TestNotices(t *testing.T) {
	me, other := service.UserName(1), service.UserName(2)
	for name, c := range map[string]struct {
		then   func(o *office, home *emulator.Phone)
		told   string
		pushes string
	}{
		"told once": {func(*office, *emulator.Phone) {}, "before_end sent", `09:55:00 "user0001" ok`},
		"killed before, and there again in time": {func(o *office, _ *emulator.Phone) {
			o.halt(true)
			until(-4 * time.Minute)
			o.start()
		}, "before_end sent", `09:56:00 "user0001" ok`},
		"killed before, and there again too late": {func(o *office, _ *emulator.Phone) {
			o.halt(true)
			until(-2 * time.Minute)
			o.start()
		}, "before_end dropped: its time had passed by 3m0s when it could be told", ""},
		"killed after": {func(o *office, _ *emulator.Phone) {
			until(-4*time.Minute - 30*time.Second)
			o.halt(true)
			until(-4 * time.Minute)
			o.start()
		}, "before_end sent", `09:55:00 "user0001" ok`},
		"killed while it is pushed": {func(o *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{Slow: time.Second})
			until(-5*time.Minute + 1500*time.Millisecond)
			o.halt(true)
			home.SetFaults(emulator.Faults{})
			until(-4 * time.Minute)
			o.start()
		}, "before_end unknown: deskd was ended while it was told", `09:55:00 "user0001" no answer`},
		"killed between two tries": {func(o *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{WebAccessOff: true})
			until(-5*time.Minute + 30*time.Second)
			o.halt(true)
			home.SetFaults(emulator.Faults{})
			until(-4 * time.Minute)
			o.start()
		}, "before_end sent", `09:55:00 "user0001" web access off, 09:55:20 "user0001" web access off, 09:56:00 "user0001" ok`},
		"killed in the second try": {func(o *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{WebAccessOff: true})
			until(-5*time.Minute + 10*time.Second)
			home.SetFaults(emulator.Faults{Slow: time.Second})
			until(-5*time.Minute + 21500*time.Millisecond)
			o.halt(true)
			home.SetFaults(emulator.Faults{})
			until(-4 * time.Minute)
			o.start()
		}, "before_end unknown: deskd was ended while it was told", `09:55:00 "user0001" web access off, 09:55:20 "user0001" no answer`},
		"another node drives, and has it again": {func(o *office, _ *emulator.Phone) {
			o.lost.Store(true)
			until(-4 * time.Minute)
			o.lost.Store(false)
		}, "before_end sent", `09:56:01 "user0001" ok`},
		"the outcome cannot be written down": {func(o *office, _ *emulator.Phone) {
			o.unsaid.Store(2)
		}, "before_end sent", `09:55:00 "user0001" ok`},
		"the answer is lost": {func(o *office, _ *emulator.Phone) {
			o.silent.Store(true)
		}, "before_end unknown: push to : no answer: nothing came back", `09:55:00 "user0001" no answer`},
		"another person is on the phone": {func(o *office, home *emulator.Phone) {
			o.ok(o.cluster.PressLogout(home.Name()))
			until(-5*time.Minute - 40*time.Second)
			o.ok(o.cluster.PressLogin(home.Name(), other))
		}, "before_end someone else", ""},
		"nobody is": {func(o *office, home *emulator.Phone) {
			o.halt(false)
			o.relogin = plan.ReloginNever
			o.ok(o.cluster.PressLogout(home.Name()))
			o.start()
		}, "before_end absent", ""},
		"the phone restarts": {func(_ *office, home *emulator.Phone) {
			until(-5*time.Minute - time.Second)
			home.Session(me, time.Now().Add(30*time.Second))
		}, "before_end sent", `09:55:00 "user0001" web access off, 09:55:20 "user0001" web access off, 09:55:40 "user0001" ok`},
		"web access is off": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{WebAccessOff: true})
		}, "before_end not sent: push to SEP000000000001: web access off: dial tcp: connection refused", sixTimes(`"user0001" web access off`)},
		"the wrong password": {func(o *office, _ *emulator.Phone) {
			o.password("wrong")
		}, "before_end refused: push to SEP000000000001: refused credentials: HTTP status 401", `09:55:00 "user0001" refused credentials`},
		"another answers at first": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{Name: strings.Repeat(" ", 5_000_000)})
			until(-5*time.Minute + 10*time.Second)
			home.SetFaults(emulator.Faults{NameStatus: http.StatusUnauthorized})
			until(-5*time.Minute + 30*time.Second)
			home.SetFaults(emulator.Faults{})
		}, "before_end sent", `09:55:00 "user0001" malformed answer, 09:55:20 "user0001" refused credentials, 09:55:40 "user0001" ok`},
		"nonsense for a name": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{Name: "<html/>"})
		}, `before_end not sent: push to SEP000000000001: malformed answer: the root is "html"`, sixTimes(`"user0001" malformed answer`)},
		"nonsense for an answer": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{Body: "<html/>"})
		}, `before_end unknown: push to SEP000000000001: malformed answer: the root is "html"`, `09:55:00 "user0001" malformed answer`},
		"no address": {func(o *office, _ *emulator.Phone) {
			o.forget()
		}, "before_end not sent: no address of the phone is known", ""},
		"the cluster is paused": {func(o *office, _ *emulator.Phone) {
			_, err := o.store.PauseClusters(o.Context(), []string{"main"}, "painters", time.Now())
			o.ok(err)
			o.kick()
		}, "before_end not sent: deskd does not ask the phone system: paused", ""},
		"extended": {func(o *office, _ *emulator.Phone) {
			until(-time.Minute)
			o.change(func(r *reservations.Reservation) { r.End = ten.Add(10 * time.Minute) })
		}, "before_end sent, before_end sent", `09:55:00 "user0001" ok, 10:05:00 "user0001" ok`},
		"shortened": {func(o *office, _ *emulator.Phone) {
			o.change(func(r *reservations.Reservation) { r.End = ten.Add(-4 * time.Minute) })
		}, "before_end dropped: its time had passed by 3m10s when it could be told", ""},
		"moved": {func(o *office, _ *emulator.Phone) {
			o.change(func(r *reservations.Reservation) { r.Desk = "D2" })
		}, "moved sent", `09:54:15 "" ok, 09:55:00 "user0001" ok`},
		"moved, and the next person comes": {func(o *office, _ *emulator.Phone) {
			o.change(func(r *reservations.Reservation) { r.Desk = "D2" })
			o.reserve(other, time.Now(), ten.Add(time.Hour))
		}, "moved someone else", `09:55:00 "user0001" ok`},
		"moved, and the phone does not come back": {func(o *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{WebAccessOff: true})
			o.change(func(r *reservations.Reservation) { r.Desk = "D2" })
		}, "moved not sent: push to SEP000000000001: web access off: dial tcp: connection refused", strings.Join([]string{
			`09:54:15 "" web access off`, `09:54:35 "" web access off`, `09:54:55 "" web access off`, `09:55:00 "user0001" ok`, // at the new desk
			`09:55:20 "" web access off`, `09:55:40 "" web access off`, `09:56:00 "" web access off`,
		}, ", ")},
	} {
		if !played(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, 2)
				o.config.Phones.ClearHistory, o.config.Phones.BaseURL = false, "http://desks.example.com/phone"
				o.config.Phones.Notices = configs.Notices{BeforeEnd: []configs.Duration{configs.Duration(5 * time.Minute)}, Moved: true, Next: true}
				time.Sleep(time.Until(ten.Add(-time.Hour)))
				o.reserve(me, ten.Add(-time.Hour), ten)
				until(-8 * time.Minute) // a daemon that comes late costs less
				o.start()
				until(-6 * time.Minute)
				home := o.house.Home(service.DeviceName(1))
				c.then(o, home.Phone)
				until(12 * time.Minute)
				o.halt(false)
				if got := o.told(); got != c.told {
					t.Errorf("told %q, want %q", got, c.told)
				}
				if got := o.pushes(); got != c.pushes {
					t.Errorf("pushed %s, want %s", got, c.pushes)
				}
				o.house.Wait()
				o.ok(o.store.Close())
			})
		})
	}
}

// sixTimes is a push that comes to nothing until it is too late.
func sixTimes(what string) string {
	var all []string
	for i := range 6 {
		all = append(all, ten.Add(-5*time.Minute+time.Duration(i)*20*time.Second).Format("15:04:05")+" "+what)
	}
	return strings.Join(all, ", ")
}
