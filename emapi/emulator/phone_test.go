package emulator

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskd/emapi"
)

// When a session ends, by what the login asked for, the enforced maximum and the
// rule between them. Times are in minutes after the login; 0 is never.
func TestEndOfSession(t *testing.T) {
	indefinite := "<exclusiveDuration><indefinite/></exclusiveDuration>"
	units := func(n int) string {
		return "<exclusiveDuration><time>" + strconv.Itoa(n) + "</time></exclusiveDuration>"
	}
	tests := []struct {
		asked   string
		maximum int
		want    map[EndRule]int
	}{
		{"", 0, map[EndRule]int{ShorterWins: 0, ExclusiveWins: 0, MaximumWins: 0}},
		{units(90), 0, map[EndRule]int{ShorterWins: 90, ExclusiveWins: 90, MaximumWins: 90}},
		{indefinite, 0, map[EndRule]int{ShorterWins: 0, ExclusiveWins: 0, MaximumWins: 0}},
		{"", 60, map[EndRule]int{ShorterWins: 60, ExclusiveWins: 60, MaximumWins: 60}},
		{units(90), 60, map[EndRule]int{"": 60, ShorterWins: 60, ExclusiveWins: 90, MaximumWins: 60}},
		{units(30), 60, map[EndRule]int{"": 30, ShorterWins: 30, ExclusiveWins: 30, MaximumWins: 60}},
		{indefinite, 60, map[EndRule]int{ShorterWins: 60, ExclusiveWins: 0, MaximumWins: 60}},
	}
	for _, tt := range tests {
		for rule, want := range tt.want {
			clock := &handClock{at(0)}
			e := newWorld(Options{Now: clock.Now, MaxLoginTime: time.Duration(tt.maximum) * time.Minute, EndRule: rule})
			expect(t, tt.asked, verdict(post(t, e, strings.Replace(loginXML(phone1, "user0001"), "</userID>", "</userID>"+tt.asked, 1))), "ok")
			var end time.Time
			if want > 0 {
				end = at(60 * want)
			}
			if got := e.Sessions()[0].Until; !got.Equal(end) {
				t.Errorf("%q with a maximum of %d and rule %q ends at %v, expected %v", tt.asked, tt.maximum, rule, got, end)
			}
			if clock.now = at(60 * max(want, 600)); want > 0 && len(e.Sessions()) > 0 {
				t.Errorf("%q with a maximum of %d and rule %q does not end", tt.asked, tt.maximum, rule)
			}
		}
	}
}

func TestMaximumHoldsAtThePhone(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now, MaxLoginTime: time.Hour, EndRule: ExclusiveWins})
	press(t, e, phone1, "user0001")
	if s := e.Sessions(); !s[0].Until.Equal(at(3600)) {
		t.Errorf("session is %+v", s[0])
	}
}

// A duration beyond all clocks is as good as none, and none ends at once.
func TestEndlessDuration(t *testing.T) {
	e := newWorld(Options{})
	expect(t, "login", verdict(post(t, e, timed(phone1, "user0001", strconv.Itoa(math.MaxInt64)))), "ok")
	if len(e.Sessions()) != 1 {
		t.Error("the session is over")
	}
}

// After a login the phone is away for 16 seconds and after a logout for 12. Its
// keys do nothing meanwhile; the service goes on.
func TestRestart(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now, Restart: RealRestarts()})
	steps := []struct {
		at   int
		do   func() error
		want error
	}{
		{0, func() error { return e.PressLogin(phone1, "user0001") }, nil},
		{15, func() error { return e.PressLogout(phone1) }, ErrRestarting},
		{15, func() error { return e.PressLogin(phone2, "user0002") }, nil}, // another phone
		{16, func() error { return e.PressLogout(phone1) }, nil},
		{27, func() error { return e.PressLogin(phone1, "user0001") }, ErrRestarting},
		{28, func() error { return e.PressLogin(phone1, "user0001") }, nil},
		{29, func() error { return e.PressLogin("x", "user0001") }, emapi.CodeNoDevice},
	}
	for _, s := range steps {
		clock.now = at(s.at)
		if err := s.do(); !errors.Is(err, s.want) {
			t.Errorf("at %d: %v, expected %v", s.at, err, s.want)
		}
	}
	if p := e.Phones()[0]; !p.Restarting || !p.Ready.Equal(at(44)) {
		t.Errorf("phone is %+v", p)
	}
	expect(t, "the service", verdict(post(t, e, logoutXML(phone1))), "ok")
	clock.now = at(41)
	if p := e.Phones()[0]; p.Restarting || !p.Ready.Equal(at(41)) {
		t.Errorf("phone is %+v", p)
	}
}

// People at the phones and applications share the concurrent requests.
func TestKeysNeedASlot(t *testing.T) {
	e := newWorld(Options{MaxConcurrent: 1})
	e.serving = 1 // as if a login were under way
	if err := e.PressLogin(phone1, "user0001"); !errors.Is(err, emapi.CodeBusy) {
		t.Errorf("login at a phone: %v", err)
	}
	if err := e.PressLogout(phone1); !errors.Is(err, emapi.CodeBusy) {
		t.Errorf("logout at a phone: %v", err)
	}
	expect(t, "query", verdict(post(t, e, queryXML)[:len("<response>")]), "<response>")
	e.Change(func(o *Options) { o.CountQueries = true })
	expect(t, "query that counts", verdict(post(t, e, queryXML)), "code 26")
}

// A person's request holds its slot for as long as it takes, and one that finds none is
// counted; requests take longer the more there are.
func TestKeysTakeTime(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now, MaxConcurrent: 2, KeysTime: 2 * time.Second, SlowFrom: 1})
	for i, want := range []error{nil, nil, emapi.CodeBusy} {
		if err := e.PressLogin([]string{phone1, phone2, phone2}[i], []string{"user0001", "user0002", "user0003"}[i]); !errors.Is(err, want) {
			t.Errorf("press %d: %v, want %v", i, err, want)
		}
	}
	if s := e.Stats(); s.Keys != 3 || s.KeysBusy != 1 || s.Serving != 2 || s.Peak != 2 {
		t.Errorf("counted: %+v", s)
	}
	clock.now = at(2) // the second one takes twice as long, being one of two
	if s := e.Stats(); s.Serving != 1 {
		t.Errorf("%d are served after two seconds", s.Serving)
	}
	clock.now = at(4)
	if s := e.Stats(); s.Serving != 0 {
		t.Errorf("%d are served after four seconds", s.Serving)
	}
}

// A user's record changes under a session without harm to it, and goes with it.
func TestUsersChange(t *testing.T) {
	e := newWorld(Options{})
	press(t, e, phone1, "user0001")
	e.AddUser("USER0001", "new")
	expect(t, "elsewhere", verdict(post(t, e, loginXML(phone2, "user0001"))), "code 25")
	e.RemoveUser("User0001")
	if s := e.Sessions(); len(s) != 0 {
		t.Errorf("sessions are %+v", s)
	}
	expect(t, "removed", verdict(post(t, e, loginXML(phone2, "user0001"))), "code 23")
	if events := e.Events(); events[1].By != ByRemoval || events[1].User != "user0001" {
		t.Errorf("events are %+v", events)
	}
	if users := e.Users(); len(users) != 2 || users[0].ID != "user0002" || users[0].Default != "UDP-user0002" {
		t.Errorf("users are %+v", users)
	}
}

func TestPopulateBySize(t *testing.T) {
	e := New(Options{})
	e.Populate(5000, 5000)
	phones, users := e.Phones(), e.Users()
	if len(phones) != 5000 || phones[4999].Device != "SEP000000001388" || len(users) != 5000 || users[4999].ID != "user5000" {
		t.Errorf("%d phones and %d users", len(phones), len(users))
	}
}
