package phone_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"deskd/phone/emulator"
	"deskd/reservations/rules"
	"deskd/scheduler/plan"
)

// Over a real connection, a page has the form that the oldest phone reads, whatever it asks
// for: not packed, not in chunks, with its length, and expired, but not so long ago that a
// phone takes it for no date. It leads nowhere but to the address of the configuration.
func TestForm(t *testing.T) {
	h := newHouse(t, func(h *house) { h.setup.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	h.place(1, netip.MustParseAddr("127.0.0.1"))
	server := httptest.NewServer(h.handler)
	defer server.Close()
	ask := func(version, charset, query string) (*http.Response, string) {
		t.Helper()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		fail(t, err)
		defer conn.Close() //nolint:errcheck // it was only read
		_, err = fmt.Fprintf(conn, "GET /phone?%s HTTP/%s\r\nHost: evil.example\r\nAccept-Encoding: gzip\r\nAccept-Charset: %s\r\nx-CiscoIPPhoneModelName: CP-8845\r\nConnection: close\r\n\r\n", query, version, charset)
		fail(t, err)
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		fail(t, err)
		defer got.Body.Close() //nolint:errcheck // it was only read
		text, err := io.ReadAll(got.Body)
		fail(t, err)
		return got, string(text)
	}
	home := "name=" + device(1)
	for _, version := range []string{"1.0", "1.1"} {
		for _, query := range []string{home, home + "&p=more", home + "&p=extend", home + "&p=end", home + "&p=free", home + "&p=find", home + "&do=end&t=forged", "name=SEP0", ""} {
			got, text := ask(version, "utf-8", query)
			expires, err := http.ParseTime(got.Header.Get("Expires"))
			if err != nil || !expires.Before(nine) || expires.Year() <= 1970 {
				t.Errorf("%s: Expires %q", query, got.Header.Get("Expires"))
			}
			if got.StatusCode != 200 || got.ContentLength != int64(len(text)) || len(got.TransferEncoding) > 0 || got.Header.Get("Content-Encoding") != "" ||
				got.Header.Get("Content-Type") != "text/xml; charset=UTF-8" || got.Header.Get("Location") != "" {
				t.Errorf("%s: %s, length %d of %d, %v", query, got.Status, got.ContentLength, len(text), got.Header)
			}
			for part := range strings.SplitSeq(text, "<URL>") {
				address, _, found := strings.Cut(part, "</URL>")
				if found && !strings.HasPrefix(address, base+"/phone?") && !strings.HasPrefix(address, "SoftKey:") || len(strings.ReplaceAll(address, "&amp;", "&")) > 256 && found {
					t.Errorf("%s: leads to %q", query, address)
				}
			}
			if strings.Contains(text, "evil") {
				t.Errorf("%s: the host of the request is in %s", query, text)
			}
		}
	}
	if got, _ := ask("1.1", "iso-8859-1", home); got.Header.Get("Content-Type") != "text/xml; charset=ISO-8859-1" {
		t.Errorf("a phone that reads ISO-8859-1 alone is sent %q", got.Header.Get("Content-Type"))
	}
}

// A database that does not answer, and a mistake of deskd's own, are pages, too.
func TestFailures(t *testing.T) {
	h := newHouse(t)
	broken := newHouse(t)
	fail(t, broken.store.Close())
	p := broken.put(emulator.M8845, 1)
	p.Open(h.ctx, base+"/phone?name="+device(1))
	if s := p.Screen(); !strings.Contains(s, "deskd cannot tell") {
		t.Errorf("without a database\n%s", s)
	}
	h.identify = nil
	h.setup.Login = nil
	h.pages.Bookings.Rules = nil // a mistake
	page := h.get(address(1), "name="+device(1))
	h.shows(page, []string{"deskd has met a mistake"}, names)
	if !strings.Contains(h.log.String(), "page of a phone panicked") {
		t.Errorf("the log says %s", h.log)
	}
}

// Without the login service's address a walk-up is told what to do instead.
func TestNoLoginService(t *testing.T) {
	h := newHouse(t, func(h *house) { h.setup.Login = nil })
	h.shows(h.get(address(3), "name="+device(3)+"&p=login"), []string{"Not from here", "Extension Mobility"}, []string{"do="})
}

// A calendar's booking is not extended at a phone, and ends there by being cancelled.
func TestCalendarsBooking(t *testing.T) {
	h := newHouse(t)
	_, err := h.store.Reserve(h.ctx, calendars("4.14", "max", "09:00", "12:00"), nine.AddDate(0, 0, -1))
	fail(t, err)
	h.see(3, "max")
	h.shows(h.get(address(3), "name="+device(3)+"&p=extend"), []string{"of a calendar"}, []string{"do="})
	page := h.get(address(3), "name="+device(3)+"&p=end")
	h.shows(page, []string{"The calendar keeps its entry"}, nil)
	h.shows(h.get(address(3), h.link(page, "end")), []string{"Ended at 09:05"}, nil)
	if got := h.bookings("4.14"); got != "" {
		t.Errorf("bookings of 4.14 are\n%s", got)
	}
}

// A booking that begins soon can be checked in for, and no more.
func TestBeforeItBegins(t *testing.T) {
	h := newHouse(t)
	h.book("4.14", "max", "09:15", "12:00")
	h.see(3, "max")
	page := h.get(address(3), "name="+device(3))
	h.shows(page, []string{"Free until 09:15", "Check in by 09:45"}, []string{"p=extend", "p=end", "p=take"})
	h.shows(h.get(address(3), h.link(page, "checkin")), []string{"Checked in"}, nil)
	if got := h.bookings("4.14"); got != "max 09:15-12:00 cli +phone\n" {
		t.Errorf("bookings of 4.14 are\n%s", got)
	}
	h.pass(time.Second)
	h.shows(h.get(address(3), "name="+device(3)+"&p=end"), []string{"Nothing was done"}, []string{"do="})
}

// What the rules of time forbid is not offered; what only the database can tell is refused in
// words as it is wanted.
func TestExtendByTheRules(t *testing.T) {
	h := newHouse(t, func(h *house) {
		h.rules.Longest = 4 * time.Hour
		h.rules.Quotas = []rules.Quota{{Per: rules.PerDay, Hours: 3}}
	})
	h.book("4.14", "max", "09:00", "12:00")
	h.see(3, "max")
	page := h.get(address(3), "name="+device(3)+"&p=extend")
	h.shows(page, []string{"Until 12:30", "Until 13:00"}, []string{"Until 14:00", "Until 16:00"})
	h.shows(h.get(address(3), h.link(page, "extend")), []string{"Not extended", "You have booked as much as you may."}, []string{"max", "quota"})
	if got := h.bookings("4.14"); got != "max 09:00-12:00 cli\n" {
		t.Errorf("bookings of 4.14 are\n%s", got)
	}
	h.rules.Longest = 3 * time.Hour
	h.shows(h.get(address(3), "name="+device(3)+"&p=extend"), []string{"Not longer than it is", "longer than a booking may be"}, []string{"do="})
}

// Who comes to a desk whose last person is in a call is told so, and for how long at most; and so
// is nobody once that person has gone.
func TestNextWaitsForCall(t *testing.T) {
	h := newHouse(t, func(h *house) { h.setup.WaitForCall = 10 * time.Minute })
	h.pass(4 * time.Hour)
	h.observe(plan.Observation{Device: device(1), Person: "jane", Known: true, Exists: true, Ours: true, Since: nine, At: h.clock()})
	a := plan.Attempt{Cluster: "main", Began: h.clock(), Outcome: plan.Held}
	a.Op, a.Cause, a.Desk, a.Device, a.Person, a.Reservation, a.Why = plan.OpHold, plan.CauseCall, "4.12", device(1), "jane", "r", "its person is in a call"
	_, err := h.live.Journal(h.store).Begin(h.ctx, a)
	fail(t, err)
	h.shows(h.get(address(1), "name="+device(1)), []string{"Logged in: Jane Smith", "They are in a call: the login of Max Power waits for its end, for 10 minutes at most."}, nil)
	h.shows(h.get(address(2), "name="+device(1)), []string{"Taken until"}, []string{"call"})
	h.see(1, "")
	h.shows(h.get(address(1), "name="+device(1)), []string{"Max Power"}, []string{"in a call"})
}
