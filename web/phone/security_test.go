package phone_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"deskd/phone/emulator"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/scheduler/plan"
	"deskd/web/phone"
)

// stays fails if anything was done at desk 4.12.
func (h *house) stays(what string) {
	h.t.Helper()
	if got := h.bookings("4.12"); got != bookedAt412 {
		h.t.Errorf("%s: bookings are\n%s", what, got)
	}
}

// shows fails if a page has not what it should have, or has what it should not.
func (h *house) shows(page string, want, not []string) {
	h.t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			h.t.Errorf("no %q in %s", w, page)
		}
	}
	for _, n := range not {
		if strings.Contains(page, n) {
			h.t.Errorf("%q in %s", n, page)
		}
	}
}

var names = []string{"Jane", "Smith", "Max", "jane", "max", "do="}

// A caller who is not believed sees whether the desk is taken, and until when; outside of the
// networks, not even that.
func TestStrangers(t *testing.T) {
	h := newHouse(t)
	home := "name=" + device(1)
	h.shows(h.get(address(2), home), []string{"Taken until 12:00"}, names)
	h.shows(h.get(address(1), home), []string{"Yours until 12:00", "Max Power"}, nil)
	outside := netip.MustParseAddr("10.21.0.1")
	h.shows(h.get(outside, home), []string{"Not for this network"}, append(names, "12:00"))
	h.shows(h.get(address(1), "name=SEPFFFFFFFFFFFF"), []string{"No desk has this phone"}, append(names, "12:00"))
	h.shows(h.get(address(1), ""), []string{"#DEVICENAME#"}, append(names, "12:00"))
	h.shows(h.get(address(1), home, func(r *http.Request) { r.Header.Del("x-CiscoIPPhoneModelName") }), []string{"This page is for phones"}, append(names, "12:00"))
	h.shows(h.get(address(1), home, func(r *http.Request) { r.Header.Set("X-Forwarded-For", address(2).String()) }), []string{"Yours"}, nil)
	h.shows(h.get(address(2), home, func(r *http.Request) { r.Header.Set("X-Forwarded-For", address(1).String()) }), []string{"Taken"}, names)
	link := h.link(h.get(address(1), home), "checkin")
	for name, header := range map[string]string{"Origin": "http://evil.example", "Referer": "http://evil.example/", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"} {
		page := h.get(address(1), link, func(r *http.Request) { r.Header.Set(name, header) })
		h.shows(page, []string{"This page is for phones"}, append(names, "12:00"))
	}
	for _, method := range []string{http.MethodPost, http.MethodHead, http.MethodDelete} {
		h.get(address(1), link, func(r *http.Request) { r.Method = method })
	}
	h.stays("browsers and other methods")
}

// Without networks the door is closed, and says so.
func TestClosedDoor(t *testing.T) {
	h := newHouse(t, func(h *house) { h.setup.Networks = nil })
	h.shows(h.get(address(1), "name="+device(1)), []string{"Not set up for phones"}, append(names, "12:00"))
}

// A link acts for the phone, address, booking, action and argument that it was made for, once,
// for three minutes; and what is tried is in the audit.
func TestLinks(t *testing.T) {
	h := newHouse(t)
	home := "name=" + device(1)
	link := h.link(h.get(address(1), home), "checkin")
	q, err := url.ParseQuery(link)
	fail(t, err)
	change := func(key, value string) string {
		c := make(url.Values)
		for k, v := range q {
			c[k] = v
		}
		c.Set(key, value)
		return c.Encode()
	}
	token := q.Get("t")
	altered := map[string]string{
		"another action":   change("do", "end"),
		"another argument": change("a", "zzzz"),
		"no action":        change("do", "no-such"),
		"a longer token":   change("t", token+"AA"),
		"a shorter token":  change("t", token[:len(token)-2]),
		"no token":         change("t", ""),
	}
	all, err := base64.RawURLEncoding.DecodeString(token)
	fail(t, err)
	for _, i := range []int{0, 4, 10, 16, 31} { // of expiry, number, digest and seal
		other := append([]byte(nil), all...)
		other[i] ^= 1
		altered["byte "+string(rune('a'+i))] = change("t", base64.RawURLEncoding.EncodeToString(other))
	}
	for what, query := range altered { // each in a house of its own, of the same key: an address has few guesses
		h := newHouse(t)
		h.shows(h.get(address(1), query), nil, []string{"Too many", "Checked in", "Ended"})
		h.stays(what)
	}
	h = newHouse(t)
	link = h.link(h.get(address(1), home), "checkin")
	h.get(address(2), link)
	h.stays("another address")
	h.get(address(2), strings.Replace(link, device(1), device(2), 1))
	h.stays("another phone's name, at its address")
	h.get(address(1), strings.Replace(link, device(1), strings.ToLower(device(1)), 1)) // is the same phone
	if got := h.bookings("4.12"); !strings.Contains(got, "+phone") {
		t.Errorf("the link does nothing: %s", got)
	}
	h.shows(h.get(address(1), link), []string{"Out of date"}, nil)
	if n := strings.Count(h.bookings("4.12"), "+phone"); n != 1 {
		t.Errorf("it acts %d times", n)
	}
	rows := strings.Join(h.audit(), "\n")
	h.shows(rows, []string{
		`phone ` + device(1) + ` {"is":{"action":"checkin","address":"10.20.0.2","refused":"the address is not that of the phone"`,
		`"refused":"forged"`, "phone:" + device(1) + " " + device(1) + ` {"is":{"action":"checkin","address":"10.20.0.1","reservation":"`,
	}, []string{"jane", "Jane"})
	if !strings.Contains(h.log.String(), "phone's link refused") || !strings.Contains(h.log.String(), "phone acts") {
		t.Errorf("the log says %s", h.log)
	}
}

// A token that has one bit more than its bytes is not another one: it would act twice.
func TestTokensHaveOneForm(t *testing.T) {
	h := newHouse(t)
	link := h.link(h.get(address(1), "name="+device(1)), "checkin")
	h.get(address(1), link)
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(letters, link[len(link)-1])
	h.pass(time.Second)
	h.get(address(1), link[:len(link)-1]+letters[last^1:][:1])
	if n := strings.Count(h.bookings("4.12"), "+phone"); n != 1 {
		t.Errorf("it acts %d times: %s", n, h.bookings("4.12"))
	}
}

// What has changed since the page was shown is not acted on.
func TestStaleLinks(t *testing.T) {
	for name, change := range map[string]func(h *house){
		"another person has logged in": func(h *house) { h.see(1, "max") },
		"nobody is logged in":          func(h *house) { h.see(1, "") },
		"it is not known who is":       func(h *house) { h.see(1, "?") },
		"time has passed":              func(h *house) { h.pass(3*time.Minute + time.Second) },
		"the booking has changed": func(h *house) {
			h.end("4.12")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			page := h.get(address(1), "name="+device(1)+"&p=end")
			link := h.link(page, "end")
			change(h)
			before := h.bookings("4.12")
			h.shows(h.get(address(1), link), nil, []string{"Ended at"})
			if got := h.bookings("4.12"); got != before {
				t.Errorf("bookings were\n%s and are\n%s", before, got)
			}
		})
	}
}

// A thousand guessed tokens change nothing, are few in the audit, and keep no one else out.
func TestGuesses(t *testing.T) {
	h := newHouse(t)
	home := "name=" + device(1)
	good := h.link(h.get(address(1), home), "checkin")
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // guesses, not secrets
	for range 1000 {
		guess := make([]byte, 32)
		for i := range guess {
			guess[i] = byte(random.UintN(256))
		}
		h.get(address(1), home+"&do=checkin&t="+base64.RawURLEncoding.EncodeToString(guess))
	}
	h.stays("guesses")
	if n := len(h.audit()); n == 0 || n > 10 {
		t.Errorf("%d rows of the audit", n)
	}
	h.shows(h.get(address(1), good), []string{"Too many requests"}, names)
	h.shows(h.get(address(2), "name="+device(2)), []string{"Free until 15:00"}, nil)
	h.pass(time.Minute)
	h.shows(h.get(address(1), home), []string{"Yours until 12:00"}, nil)
	if n := strings.Count(h.log.String(), "phone asks too much"); n != 1 {
		t.Errorf("the log says %d times that it asks too much", n)
	}
}

// One address asks for so much and no more; others are answered all the same.
func TestTooManyPages(t *testing.T) {
	h := newHouse(t)
	answered := 0
	for range 100 {
		if !strings.Contains(h.get(address(2), "name="+device(2)), "Too many") {
			answered++
		}
	}
	if answered < 10 || answered > 40 {
		t.Errorf("%d of 100 are answered", answered)
	}
	h.shows(h.get(address(1), "name="+device(1)), []string{"Yours until"}, nil)
}

// Who acts is who is logged in, for the booking that is theirs: nobody else has a link, and a
// link that there was does nothing for others.
func TestWhoActs(t *testing.T) {
	doubtful := plan.Observation{Device: device(1), Person: "jane", Known: true, Exists: true, At: nine, Since: nine, Doubt: "in doubt"}
	visitor := plan.Observation{Device: device(1), Person: "jane", Known: true, Exists: true, At: nine, Since: nine, Visitor: true}
	for name, on := range map[string]func(h *house){
		"nobody": func(h *house) { h.see(1, "") }, "unknown": func(h *house) { h.see(1, "?") }, "max": func(h *house) { h.see(1, "max") },
		"doubtful": func(h *house) { h.observe(doubtful) }, "a visitor": func(h *house) { h.observe(visitor) },
		"long unseen": func(h *house) { h.pass(20 * time.Minute); h.swept = nine },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			on(h)
			for _, page := range []string{"", "&p=more", "&p=extend", "&p=end", "&p=take"} {
				h.shows(h.get(address(1), "name="+device(1)+page), nil, []string{"do=checkin", "do=extend", "do=end", "do=take"})
			}
			h.stays(name)
		})
	}
}

// Links that two nodes are asked for at once act once, and one of them after a restart as well.
func TestOnceOverNodes(t *testing.T) {
	h := newHouse(t)
	link := h.link(h.get(address(1), "name="+device(1)), "checkin")
	// Another node of the same database, or this one after a restart.
	other := &house{t: t, ctx: h.ctx, store: h.store, now: h.now, swept: h.swept, log: new(bytes.Buffer), rules: h.rules, setup: h.setup}
	other.serve()
	var both sync.WaitGroup
	for _, node := range []*house{h, other} {
		for range 4 {
			both.Go(func() { node.get(address(1), link) })
		}
	}
	both.Wait()
	rows := strings.Join(h.audit(), "\n")
	if done, refused := strings.Count(rows, `"action"`), strings.Count(rows, `"refused":"followed before"`); done != 8 || refused != 7 {
		t.Errorf("%d deeds, %d of them refused: %v", done, refused, rows)
	}
}

// Who has left the phone, or whose session the phone system does not confirm, does nothing there,
// whatever was seen last; and what is tried is in the audit. The link counts still when its person is
// back.
func TestGone(t *testing.T) {
	for name, c := range map[string]struct {
		now func(h *house)
		say string
		why string
	}{
		"nobody":         {func(h *house) { h.really = map[string]string{device(1): ""} }, "Not logged in", "someone else is logged in by now, or nobody"},
		"someone else":   {func(h *house) { h.really = map[string]string{device(1): "max"} }, "Not logged in", "someone else is logged in by now, or nobody"},
		"a doubt":        {func(h *house) { h.answer = func(o *plan.Observation) { o.Doubt = "two answers" } }, "deskd cannot tell", "the phone system does not say who is logged in"},
		"a visitor":      {func(h *house) { h.answer = func(o *plan.Observation) { o.Visitor = true } }, "Not logged in", "someone else is logged in by now, or nobody"},
		"silence":        {func(h *house) { h.mute = true }, "deskd cannot tell", "the phone system does not say who is logged in"},
		"deskd refused":  {func(h *house) { h.blocks = []plan.Block{{Kind: plan.KindRefused}} }, "deskd cannot tell", "the phone system does not say who is logged in"},
		"not its server": {func(h *house) { h.blocks = []plan.Block{{Kind: plan.KindCertificate}} }, "deskd cannot tell", "the phone system does not say who is logged in"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			link := h.link(h.get(address(1), "name="+device(1)), "checkin")
			c.now(h)
			asked := len(h.looks)
			h.shows(h.get(address(1), link), []string{c.say, "Nothing was done"}, []string{"Checked in"})
			h.stays(name)
			if rows := strings.Join(h.audit(), "\n"); !strings.Contains(rows, c.why) {
				t.Errorf("the audit says %q", rows)
			}
			if h.really != nil && len(h.looks) == asked {
				t.Error("the phones are not looked at")
			}
			h.mute, h.really, h.answer, h.blocks = false, nil, nil, nil
			h.shows(h.get(address(1), link), []string{"Checked in"}, nil)
		})
	}
}

// What does not count is in the audit: followed before, out of date, sent by a browser; and no
// more often than an address may fill it.
func TestRefusalsAreAudited(t *testing.T) {
	h := newHouse(t)
	link := h.link(h.get(address(1), "name="+device(1)), "checkin")
	h.get(address(1), link, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") })
	h.get(address(1), link)
	h.get(address(1), link)
	h.pass(4 * time.Minute)
	h.get(address(1), link)
	h.shows(strings.Join(h.audit(), "\n"), []string{"a browser has sent it", `"refused":"followed before"`, `"refused":"out of date"`}, nil)
	before := len(h.audit())
	for range 60 {
		h.get(address(1), link)
		h.pass(time.Second)
	}
	if more := len(h.audit()) - before; more < 20 || more > 30 {
		t.Errorf("%d rows in a minute", more)
	}
}

// What someone does at a phone is seen there at once, and has nobody else wait: their pages are
// those of the last seconds.
func TestOthersDoNotWait(t *testing.T) {
	h := newHouse(t, func(h *house) { h.kept = true })
	h.shows(h.get(address(1), h.link(h.get(address(1), "name="+device(1)), "checkin")), []string{"Checked in"}, nil)
	done := h.nows.Load()
	if h.get(address(1), "name="+device(1)); h.nows.Load() == done {
		t.Error("the page of the phone itself is an old one")
	}
	done = h.nows.Load()
	for range 3 {
		h.get(address(2), "name="+device(2))
	}
	if n := h.nows.Load() - done; n > 0 {
		t.Errorf("for the pages of another phone everything is read %d times", n)
	}
}

// Where no address is known, and that is to be believed, what says at the caller's address which
// phone it is decides; where one is known, nothing else does. However many ask at once, each is asked.
func TestIdentify(t *testing.T) {
	is, asked := map[netip.Addr]string{}, 0
	var mu sync.Mutex
	h := newHouse(t, func(h *house) {
		h.identify = func(_ context.Context, a netip.Addr) (string, error) {
			time.Sleep(10 * time.Millisecond) // a phone takes its time
			mu.Lock()
			defer mu.Unlock()
			asked++
			if is[a] == "" {
				return "", errors.New("nothing listens")
			}
			return is[a], nil
		}
	})
	elsewhere := netip.MustParseAddr("10.20.9.9")
	is[elsewhere] = device(1)
	h.shows(h.get(elsewhere, "name="+device(1)), []string{"Taken until"}, names)
	if asked != 0 {
		t.Error("asked, though the address is known")
	}
	_, err := h.store.ImportDesks(h.ctx, deskMore(), false)
	fail(t, err)
	h.shows(h.get(elsewhere, "name="+device(9)), []string{"Free today"}, []string{"do=", "p=more"})
	h.pass(time.Minute)
	is[elsewhere] = strings.ToLower(device(9))
	h.shows(h.get(elsewhere, "name="+device(9)), []string{"Free today", "p=more"}, nil)
	before := asked
	for range 10 {
		h.get(elsewhere, "name="+device(9))
	}
	if asked != before {
		t.Errorf("asked %d times within a moment", asked-before)
	}
	var all sync.WaitGroup
	crowd := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 20, 8, byte(n)}) }
	for n := range 30 {
		is[crowd(n)] = device(9)
	}
	for n := range 30 {
		from := crowd(n)
		all.Go(func() { h.shows(h.get(from, "name="+device(9)), []string{"Free today", "p=more"}, nil) })
	}
	all.Wait()
	before = asked
	h.shows(h.get(netip.MustParseAddr("192.0.2.1"), "name="+device(9)), []string{"Not for this network"}, nil)
	if asked != before {
		t.Error("asked outside of the networks")
	}
}

// Where no address is known, nobody is believed unless that is wanted.
func TestNamesAreNotBelieved(t *testing.T) {
	h := newHouse(t)
	_, err := h.store.ImportDesks(h.ctx, deskMore(), false)
	fail(t, err)
	h.shows(h.get(address(9), "name="+device(9)), []string{"Free today", "does not know where this phone is"}, []string{"do=", "p=more"})
}

// Names that are markup, and ones that are long, are shown as text, and pages stay such that
// a phone can read them.
func TestStrangeNames(t *testing.T) {
	h := newHouse(t)
	h.book("4.14", "zoe", "08:00", "18:00")
	for _, m := range emulator.Models() {
		p := h.put(m, 3)
		p.Open(h.ctx, base+phone.Path+"?name="+device(3))
		if s := p.Screen(); !strings.Contains(s, "Taken until 18:00") {
			t.Errorf("%s shows\n%s", m.Name, s)
		}
	}
	page := h.get(address(3), "name="+device(3))
	h.shows(page, []string{"Zoë &lt;b&gt;"}, []string{"<b>"})
	hostile := h.get(address(1), "name="+url.QueryEscape("<evil>\x00\u202e")+"&do=checkin&t=x")
	h.shows(hostile, nil, []string{"evil"})
	h.shows(strings.Join(h.audit(), " "), nil, []string{"\u202e", "\x00"})
}

// A phone that has got another address does not bring its links along.
func TestMovedPhone(t *testing.T) {
	h := newHouse(t)
	link := h.link(h.get(address(1), "name="+device(1)), "checkin")
	h.pass(11 * time.Second)
	h.place(1, netip.MustParseAddr("10.20.9.9"))
	h.shows(h.get(netip.MustParseAddr("10.20.9.9"), link), []string{"Not accepted"}, nil)
	h.stays("another address of the same phone")
}

// Desks are listed that are free, at which nobody is, and that can be booked.
func TestFreeDesks(t *testing.T) {
	h := newHouse(t)
	list := func() string { return h.get(address(1), "name="+device(1)+"&p=free") }
	h.shows(list(), []string{"4.13 to 15:00", "4.14 today", "5.02 today"}, []string{"5.01", "4.12 "})
	h.see(2, "max")
	h.pass(6 * time.Second)
	h.shows(list(), []string{"4.14"}, []string{"4.13"})
	by := booking.Bookings{Store: h.store.Bookings(), Rules: func(reservations.Desk) rules.Rules { return h.rules }}
	_, err := by.Close(h.ctx, booking.Actor{}, booking.Closing{Place: booking.Place{Desk: "4.14"}, Span: reservations.Span{Start: hm("08:00"), End: hm("14:00")}, Why: "painters"}, h.clock())
	fail(t, err)
	h.pass(6 * time.Second)
	h.shows(list(), []string{"5.02"}, []string{"4.13", "4.14"})
	h.mu.Lock()
	h.blocks = []plan.Block{{Kind: plan.KindPaused, Scope: plan.Scope{All: true}}}
	h.mu.Unlock()
	h.shows(h.get(address(1), "name="+device(1)), []string{"Logins are paused"}, nil)
}
