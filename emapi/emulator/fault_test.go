package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/emapi"
)

// faultCases say what a client makes of each fault, and whether the login that
// met it took effect.
var faultCases = []struct {
	name    string
	fault   Fault
	want    error
	effect  bool
	elapsed time.Duration
}{
	{"none", Fault{Action: Delay, Op: "logout"}, nil, true, 0},
	{"delay", Fault{Action: Delay, Delay: 100 * time.Millisecond}, nil, true, 100 * time.Millisecond},
	{"code", Fault{Action: Refuse, Code: emapi.CodePolicy}, emapi.CodePolicy, false, 0},
	{"code with effect", Fault{Action: Refuse, Code: emapi.CodeLogoutRequest, Effect: true}, emapi.CodeLogoutRequest, true, 0},
	{"undocumented code", Fault{Action: Refuse, Code: 4711}, emapi.Code(4711), false, 0},
	{"success without effect", Fault{Action: Pretend}, nil, false, 0},
	{"reset before", Fault{Action: Reset}, emapi.ErrUnknownOutcome, false, 0},
	{"reset after", Fault{Action: Reset, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"web page", Fault{Action: HTML}, emapi.ErrUnknownOutcome, false, 0},
	{"web page after", Fault{Action: HTML, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"status 500", Fault{Action: Status, Status: 500, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"status 503", Fault{Action: Status, Status: 503}, emapi.ErrUnknownOutcome, false, 0},
	{"status 302", Fault{Action: Status, Status: 302, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"empty", Fault{Action: Empty}, emapi.ErrUnknownOutcome, false, 0},
	{"truncated", Fault{Action: Truncated, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"cut", Fault{Action: Cut, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"two roots", Fault{Action: TwoRoots, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"two answers", Fault{Action: TwoAnswers, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"deep", Fault{Action: Deep, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
	{"oversize", Fault{Action: Oversize, Effect: true}, emapi.ErrUnknownOutcome, true, 0},
}

func TestFaults(t *testing.T) {
	doors := map[string]func(*testing.T, *Emulator) *emapi.Client{
		"in process": func(t *testing.T, e *Emulator) *emapi.Client { return newClient(t, "http://cucm", e.Transport()) },
		"HTTP": func(t *testing.T, e *Emulator) *emapi.Client {
			s := httptest.NewServer(e)
			t.Cleanup(s.Close)
			return newClient(t, s.URL, nil)
		},
	}
	for door, open := range doors {
		for _, tt := range faultCases {
			t.Run(door+"/"+tt.name, func(t *testing.T) {
				e := newWorld(Options{})
				if _, err := e.AddFault(tt.fault); err != nil {
					t.Fatal(err)
				}
				c := open(t, e)
				began := time.Now()
				err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"})
				if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
					t.Errorf("error is %v, expected %v", err, tt.want)
				}
				if got := len(e.Sessions()) == 1; got != tt.effect {
					t.Errorf("login took effect: %v, expected %v", got, tt.effect)
				}
				if took := time.Since(began); took < tt.elapsed {
					t.Errorf("login took %v, expected %v", took, tt.elapsed)
				}
			})
		}
	}
}

func TestHang(t *testing.T) {
	for name, effect := range map[string]bool{"before the effect": false, "after the effect": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newWorld(Options{MaxConcurrent: 1})
				if _, err := e.AddFault(Fault{Op: "login", Action: Hang, Effect: effect}); err != nil {
					t.Fatal(err)
				}
				c := newClient(t, "http://cucm", e.Transport())
				done := make(chan error)
				began := time.Now()
				go func() {
					done <- c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"})
				}()
				synctest.Wait()
				if err := c.Logout(t.Context(), phone2); !errors.Is(err, emapi.CodeBusy) {
					t.Errorf("the hanging request takes no slot: %v", err)
				}
				if err := <-done; !errors.Is(err, emapi.ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error is %v", err)
				}
				if took := time.Since(began); took != 5*time.Second {
					t.Errorf("the client hung for %v", took)
				}
				if got := len(e.Sessions()) == 1; got != effect {
					t.Errorf("login took effect: %v", got)
				}
				if err := c.Logout(t.Context(), phone2); err != nil {
					t.Errorf("the slot is not free again: %v", err)
				}
			})
		})
	}
}

func TestDown(t *testing.T) {
	e := newWorld(Options{})
	s := httptest.NewServer(e)
	defer s.Close()
	near, far := newClient(t, "http://cucm", e.Transport()), newClient(t, s.URL, nil)
	e.Down(true)
	if err := near.Logout(t.Context(), phone1); !errors.Is(err, emapi.ErrNotSent) {
		t.Errorf("in process: %v", err)
	}
	// Over HTTP the request is on its way before the emulator can hang up.
	if err := far.Logout(t.Context(), phone1); !errors.Is(err, emapi.ErrUnknownOutcome) {
		t.Errorf("HTTP: %v", err)
	}
	e.Down(false)
	for _, c := range []*emapi.Client{near, far} {
		if err := c.Logout(t.Context(), phone1); err != nil {
			t.Errorf("up again: %v", err)
		}
	}
	if s := e.Stats(); s.Requests["logout"] != 2 {
		t.Errorf("requests while down were counted: %+v", s)
	}
}

func TestOmit(t *testing.T) {
	e := newWorld(Options{})
	id, err := e.AddFault(Fault{Op: "deviceUserQuery", Device: "sep000000000002", Action: Omit})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, "http://cucm", e.Transport())
	ask := func(want ...emapi.State) {
		t.Helper()
		found, err := c.DeviceUsers(t.Context(), []string{phone1, phone2})
		if err != nil || found[0].State != want[0] || found[1].State != want[1] {
			t.Errorf("found %+v (%v), expected %v", found, err, want)
		}
	}
	ask(emapi.Free, emapi.Unknown)
	if !e.RemoveFault(id) || e.RemoveFault(id) {
		t.Error("the rule is not removed once")
	}
	ask(emapi.Free, emapi.Free)
	if _, err := e.AddFault(Fault{Action: Omit}); err != nil {
		t.Fatal(err)
	}
	ask(emapi.Unknown, emapi.Unknown)
	e.ClearFaults()
	if _, err := e.AddFault(Fault{User: "user0001", Action: Omit}); err != nil {
		t.Fatal(err)
	}
	who, err := c.CheckUser(t.Context(), []string{"user0001", "user0002"})
	if err != nil || who[0].Known || !who[1].Exists {
		t.Errorf("found %+v (%v)", who, err)
	}
}

// Two answers are the one that was due and its contrary, in one reply.
func TestTwoAnswers(t *testing.T) {
	e := newWorld(Options{})
	if _, err := e.AddFault(Fault{Action: TwoAnswers, Effect: true}); err != nil {
		t.Fatal(err)
	}
	const no = "<failure>\n<error code=\"%d\">%s</error>\n</failure>\n"
	unknown, nobody := fmt.Sprintf(no, 0, "Unknown Error"), fmt.Sprintf(no, 19, "No user logged in")
	tests := map[string]string{
		loginXML(phone1, "user0001"): declaration + "<response>\n<success/>\n" + unknown + "</response>\n",
		logoutXML(phone2):            "<response>\n" + nobody + "<success/>\n</response>\n",
	}
	for message, want := range tests {
		if diff := cmp.Diff(want, post(t, e, message)); diff != "" {
			t.Errorf("reply (-want +got):\n%s", diff)
		}
	}
}

// A reply that comes byte by byte keeps a client until its patience ends: the
// request is done all the same.
func TestDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newWorld(Options{})
		if _, err := e.AddFault(Fault{Op: "login", Action: Drip}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		c := newClient(t, "http://cucm", e.Transport())
		err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"})
		if took := time.Since(began); !errors.Is(err, emapi.ErrUnknownOutcome) || took != 5*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		if len(e.Sessions()) != 1 {
			t.Error("the login has no effect")
		}
		expect(t, "a client that waits", verdict(post(t, e, loginXML(phone2, "user0002"))), "ok")
		if took := time.Since(began); took != 5*time.Second+time.Duration(len(success))*time.Second {
			t.Errorf("the whole reply took %v", took)
		}
	})
}

func TestDripOverHTTP(t *testing.T) {
	e := newWorld(Options{Sleep: func(context.Context, time.Duration) error { return nil }})
	if _, err := e.AddFault(Fault{Action: Drip}); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(e)
	defer s.Close()
	c := newClient(t, s.URL, nil)
	if err := c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"}); err != nil {
		t.Errorf("a reply in single bytes: %v", err)
	}
}

// Rules count what came to them and what they did, also when they are spent or
// removed.
func TestFaultStats(t *testing.T) {
	e := newWorld(Options{Seed: 7})
	for _, f := range []Fault{
		{Op: "logout", Action: Refuse, Code: 6, Count: 2},
		{Op: "logout", Action: Refuse, Code: 9, Chance: 0.5},
		{User: "USER0002", Action: Refuse, Code: 29},
		{Device: phone2, Action: Delay},
	} {
		if _, err := e.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	nines := 0
	for range 20 {
		if verdict(post(t, e, logoutXML(phone1))) == "code 9" {
			nines++
		}
	}
	expect(t, "by user", verdict(post(t, e, loginXML(phone1, "user%30002"))), "code 29")
	e.RemoveFault(4)
	expect(t, "by device removed", verdict(post(t, e, loginXML(phone2, "user0001"))), "ok")
	want := []FaultStats{{1, 2, 2}, {2, 18, nines}, {3, 1, 1}, {4, 0, 0}}
	got := e.Stats()
	if diff := cmp.Diff(want, got.Faults); diff != "" || nines == 0 || nines == 18 || got.Seed != 7 {
		t.Errorf("seed %d (-want +got):\n%s", got.Seed, diff)
	}
	if left := e.Faults(); len(left) != 2 {
		t.Errorf("rules left: %+v", left)
	}
	if e.ClearFaults(); len(e.Faults()) != 0 {
		t.Error("rules are left after all were removed")
	}
}

// What is refused as busy meets no rule.
func TestBusyMeetsNoRule(t *testing.T) {
	e := newWorld(Options{MaxConcurrent: 1})
	if _, err := e.AddFault(Fault{Action: Refuse, Code: 6}); err != nil {
		t.Fatal(err)
	}
	e.serving = 1 // as if a login were under way
	expect(t, "busy", verdict(post(t, e, logoutXML(phone1))), "code 26")
	if s := e.Stats(); s.Faults[0].Matched != 0 {
		t.Errorf("stats are %+v", s)
	}
}

// A run is repeated by setting its seed again.
func TestSeedStartsOver(t *testing.T) {
	e := newWorld(Options{})
	run := func(seed string) (all string) {
		for _, s := range []string{"1", seed} {
			if err := e.Set(map[string]string{"seed": s}); err != nil {
				t.Fatal(err)
			}
		}
		for range 50 {
			all += verdict(post(t, e, logoutXML(phone1)))
		}
		return all
	}
	if _, err := e.AddFault(Fault{Action: Refuse, Code: 6, Chance: 0.5}); err != nil {
		t.Fatal(err)
	}
	first := run("42")
	if run("42") != first || run("43") == first {
		t.Error("the seed does not decide the run")
	}
}

// The first rule that matches acts, for as long as it lasts.
func TestFaultMatching(t *testing.T) {
	e := newWorld(Options{})
	for _, f := range []Fault{
		{Op: "login", Device: phone1, Action: Refuse, Code: 6, Count: 2},
		{Op: "login", Device: phone1, Action: Refuse, Code: 29, Count: 1},
		{Op: "logout", Action: Refuse, Code: 9},
	} {
		if _, err := e.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	login := loginXML("sep000000000001", "user0001")
	for i, want := range []string{"code 6", "code 6", "code 29", "ok", "code 18"} {
		if got := verdict(post(t, e, login)); got != want {
			t.Errorf("login %d: %s, expected %s", i+1, got, want)
		}
	}
	expect(t, "other device", verdict(post(t, e, loginXML(phone2, "user0002"))), "ok")
	expect(t, "other operation", verdict(post(t, e, logoutXML(phone2))), "code 9")
	if left := e.Faults(); len(left) != 1 || left[0].ID != 3 {
		t.Errorf("rules left: %+v", left)
	}
}

func TestFaultByChance(t *testing.T) {
	hits := func(seed uint64) (n int, pattern string) {
		e := newWorld(Options{Seed: seed})
		if _, err := e.AddFault(Fault{Action: Refuse, Code: 6, Chance: 0.25}); err != nil {
			t.Fatal(err)
		}
		for range 400 {
			v := verdict(post(t, e, logoutXML(phone1)))
			if v == "code 6" {
				n++
			}
			pattern += v
		}
		return n, pattern
	}
	n, first := hits(1)
	if n < 60 || n > 140 {
		t.Errorf("%d of 400 requests met a fault of chance 0.25", n)
	}
	if _, again := hits(1); again != first {
		t.Error("the same seed gives another run")
	}
	if _, other := hits(2); other == first {
		t.Error("another seed gives the same run")
	}
}

func TestBadFaultIsRefused(t *testing.T) {
	e := newWorld(Options{})
	for _, f := range []Fault{
		{}, {Action: "explode"}, {Action: Status}, {Action: Status, Status: 200},
		{Action: Refuse, Code: -2}, {Action: Delay, Count: -1}, {Action: Delay, Chance: 1.5}, {Action: Delay, Delay: -1},
	} {
		if _, err := e.AddFault(f); err == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
	if len(e.Faults()) != 0 {
		t.Errorf("rules are in force: %+v", e.Faults())
	}
}

func TestInProcessDoorLikeHTTP(t *testing.T) {
	e := newWorld(Options{})
	s := httptest.NewServer(e)
	defer s.Close()
	for _, path := range []string{Path, "/"} {
		near, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://cucm"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		far, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := e.Transport().RoundTrip(near)
		if err != nil {
			t.Fatal(err)
		}
		b, err := http.DefaultTransport.RoundTrip(far)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Body.Close() }()
		if a.StatusCode != b.StatusCode || a.ContentLength != b.ContentLength {
			t.Errorf("%s: HTTP %d with %d bytes in process, %d with %d otherwise", path, a.StatusCode, a.ContentLength, b.StatusCode, b.ContentLength)
		}
	}
}

// A refusal without a number is one that clients have to take as such.
func TestRefusalWithoutCode(t *testing.T) {
	e := newWorld(Options{})
	if _, err := e.AddFault(Fault{Action: Refuse, Code: emapi.CodeNone}); err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{loginXML(phone1, "user0001"), queryXML} {
		if reply := post(t, e, message); !strings.Contains(reply, "<error>refused without a code</error>") {
			t.Errorf("reply is %s", reply)
		}
	}
}
