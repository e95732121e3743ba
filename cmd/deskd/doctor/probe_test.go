package doctor

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/configs"
	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store"
)

// Which unit a session's length speaks for.
func TestMeasurement(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		units      int
		configured string
		seen, gone time.Duration
		unit       string
		says       string
		advice     string
	}{
		{2, "minutes", time.Second, 2 * time.Second, "seconds", "ended after 2 seconds, as 2 seconds were", "write unit: seconds under exclusive_duration of cluster main; it says minutes"},
		{2, "seconds", time.Second, 2 * time.Second, "seconds", "ended after 2 seconds, as 2 seconds were", "that is what the configuration says"},
		{2, "minutes", 119 * time.Second, 120 * time.Second, "minutes", "ended after 120 seconds, as 2 minutes were", "that is what the configuration says"},
		{2, "seconds", 119 * time.Second, 120 * time.Second, "minutes", "ended after 120 seconds, as 2 minutes were", "write unit: minutes under"},
		{2, "minutes", 118 * time.Second, 119 * time.Second, "minutes", "ended after 119 seconds", "that is"},
		{2, "minutes", 135 * time.Second, 136 * time.Second, "minutes", "ended after 136 seconds", "that is"},
		{2, "minutes", 20 * time.Second, 21 * time.Second, "seconds", "ended after 21 seconds", "write unit: seconds"},
		{2, "minutes", 59 * time.Second, 60 * time.Second, "neither", "ended after 60 seconds, which is neither 2 seconds nor 2 minutes", "measure again"},
		{2, "minutes", 150 * time.Second, 151 * time.Second, "neither", "which is neither", "measure again"},
		{2, "minutes", 0, 0, "neither", "still there after 2 minutes and more", "mode: indefinite"},
		{1, "minutes", 59 * time.Second, 60 * time.Second, "minutes", "as 1 minutes were", "that is"},
		{1, "minutes", 0, time.Second, "seconds", "as 1 seconds were", "write unit: seconds"},
		{60, "minutes", 59 * time.Second, 60 * time.Second, "seconds", "as 60 seconds were", "write unit: seconds"},
		// Nobody could tell in between: a gap of looks that both units fall into.
		{2, "minutes", time.Second, 125 * time.Second, "neither", "answered too seldom", "measure again"},
	} {
		m := Measurement{Cluster: "main", Units: c.units, Configured: c.configured, Seen: c.seen, Gone: c.gone}.judge()
		if m.Unit != c.unit || !strings.Contains(m.Says, c.says) || !strings.Contains(m.Advice, c.advice) {
			t.Errorf("%d units, seen at %v, gone at %v: %s: %s: %s", c.units, c.seen, c.gone, m.Unit, m.Says, m.Advice)
		}
	}
}

// probing is a probe of D1 for user0001 in simulated time, and what came of it.
type probing struct {
	phones   *emulator.Emulator
	store    *store.Store
	stop     context.CancelFunc
	told     bytes.Buffer
	result   Measurement
	err      error
	attempts []plan.Attempt
	seen     []plan.Observation
	left     []string // who is on the phones at the end
}

// probedDatabase is a database with the desk D1 and the person user0001.
func probedDatabase(t *testing.T) string {
	t.Helper()
	dsn := filepath.Join(t.TempDir(), "deskd.db")
	st, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Configure(t.Context(), []reservations.Site{{Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}); err != nil {
		t.Fatal(err)
	}
	_, err = st.ImportDesks(t.Context(), []reservations.Desk{{ID: "D1", Site: "berlin", Cluster: "main", Device: "SEP000000000001"}}, false)
	_, also := st.ImportPeople(t.Context(), []reservations.Person{{ID: "user0001"}}, false)
	if err := errors.Join(err, also); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// probed runs one in a synctest bubble, where sleeping takes no time and is exact;
// meanwhile runs beside it, in the same bubble.
func probed(t *testing.T, o emulator.Options, meanwhile func(*probing)) *probing {
	t.Helper()
	dsn := probedDatabase(t)
	o.AppID, o.Password = "deskd", "only-for-tests"
	b := &probing{phones: emulator.New(o)}
	b.phones.Populate(4, 4)
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(t.Context(), dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b.store = st
		client, err := emapi.New(emapi.Config{
			URL: "http://localhost" + emulator.Path, AppID: "deskd", Password: emapi.NewSecret("only-for-tests"), HTTP: b.phones.Transport(),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		b.stop = stop
		p := &Probe{
			client: client, journal: st, tell: &b.told, units: 2, timeout: 210 * time.Second,
			cluster: configs.Cluster{Name: "main", ExclusiveDuration: configs.ExclusiveDuration{Unit: "minutes"}},
			login:   plan.Login{Desk: "D1", Device: "SEP000000000001", Person: "user0001"},
		}
		if meanwhile != nil {
			go meanwhile(b)
		}
		b.result, b.err = p.Run(ctx)
		if b.attempts, err = st.Attempts(t.Context(), time.Time{}); err != nil {
			t.Error(err)
		}
		if b.seen, err = st.Seen(t.Context()); err != nil {
			t.Error(err)
		}
		for _, s := range b.phones.Sessions() {
			b.left = append(b.left, s.User)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// outcomes tells the journal, "login done, logout done".
func (b *probing) outcomes() string {
	var words []string
	for _, a := range b.attempts {
		words = append(words, string(a.Op)+" "+string(a.Outcome))
	}
	return strings.Join(words, ", ")
}

// Each unit is told under the emulator, and no session is left behind.
func TestProbe(t *testing.T) {
	t.Parallel()
	press := func(after time.Duration) func(*probing) {
		return func(b *probing) { time.Sleep(after); _ = b.phones.PressLogout("SEP000000000001") }
	}
	for name, c := range map[string]struct {
		options   emulator.Options
		meanwhile func(*probing)
		unit      string
		outcomes  string
		told      string // the last line
	}{
		"minutes":                     {emulator.Options{}, nil, "minutes", "login done", "  120 s  user0001 is logged out\n"},
		"seconds":                     {emulator.Options{TimeUnit: time.Second}, nil, "seconds", "login done", "    2 s  user0001 is logged out\n"},
		"neither":                     {emulator.Options{TimeUnit: time.Hour}, nil, "neither", "login done, logout done", "  210 s  user0001 is logged in\nlogged user0001 out again\n"},
		"a person presses the button": {emulator.Options{}, press(50*time.Second + time.Millisecond), "neither", "login done", "   51 s  user0001 is logged out\n"},
		"another person comes": {emulator.Options{}, func(b *probing) {
			press(50*time.Second + time.Millisecond)(b)
			_ = b.phones.PressLogin("SEP000000000001", "user0002")
		}, "neither", "login done", "   51 s  user0001 is logged out\n"},
		"an answer is lost": {emulator.Options{TimeUnit: time.Second}, func(b *probing) {
			time.Sleep(500 * time.Millisecond)
			_, _ = b.phones.AddFault(emulator.Fault{Action: emulator.Empty, Count: 1})
		}, "seconds", "login done", "    2 s  user0001 is logged out\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := probed(t, c.options, c.meanwhile)
			if b.err != nil || b.result.Unit != c.unit || b.outcomes() != c.outcomes || !strings.HasSuffix(b.told.String(), c.told) {
				t.Errorf("%+v, %v; journal %s; told\n%s", b.result, b.err, b.outcomes(), b.told.String())
			}
			if slices.Contains(b.left, "user0001") {
				t.Errorf("left on the phones are %v", b.left)
			}
			if len(b.seen) != 1 || b.seen[0].Ours || b.seen[0].Person == "user0001" {
				t.Errorf("deskd believes that %+v", b.seen)
			}
		})
	}
}

// What goes wrong, and Ctrl-C, leaves nobody behind either, as far as anybody
// can know.
func TestProbeEnds(t *testing.T) {
	t.Parallel()
	fault := func(f emulator.Fault) func(*probing) {
		return func(b *probing) { _, _ = b.phones.AddFault(f) }
	}
	for name, c := range map[string]struct {
		options   emulator.Options
		meanwhile func(*probing)
		says      string
		outcomes  string
		left      string
	}{
		"Ctrl-C": {emulator.Options{}, func(b *probing) { time.Sleep(30 * time.Second); b.stop() },
			"measure: stopped before the session ended", "login done, logout done", ""},
		"Ctrl-C while the login is under way": {emulator.Options{Times: emulator.RealTimes()}, func(b *probing) { time.Sleep(200 * time.Millisecond); b.stop() },
			"measure: stopped before the session ended", "login done, logout done", ""},
		"refused": {emulator.Options{Times: emulator.RealTimes()}, fault(emulator.Fault{Op: "login", Action: emulator.Refuse, Code: 22}),
			"(code 22)", "login refused", ""},
		"the answer to the login is lost": {emulator.Options{Times: emulator.RealTimes()}, fault(emulator.Fault{Op: "login", Action: emulator.Reset, Effect: true}),
			"outcome unknown", "login unknown, logout done", ""},
		"the logout is refused": {emulator.Options{TimeUnit: time.Hour, Times: emulator.RealTimes()}, fault(emulator.Fault{Op: "logout", Action: emulator.Refuse, Code: 6}),
			"user0001 may still be logged in on SEP000000000001 (desk D1): log out at the phone, or start deskd serve, which ends that session; by its own time it ends within 2 minutes: ", "login done, logout refused", "user0001"},
		"answers are lost at last": {emulator.Options{}, func(b *probing) {
			time.Sleep(30 * time.Second)
			_, _ = b.phones.AddFault(emulator.Fault{Action: emulator.Empty, Count: 3})
			b.stop()
		}, "measure: stopped before the session ended", "login done, logout done", ""},
		"nothing is said about the phone at last": {emulator.Options{}, func(b *probing) {
			time.Sleep(30 * time.Second)
			_, _ = b.phones.AddFault(emulator.Fault{Op: "deviceUserQuery", Action: emulator.Omit, Count: 3})
			b.stop()
		}, "measure: stopped before the session ended", "login done, logout done", ""},
		"the login takes effect later": {emulator.Options{Times: emulator.RealTimes()}, func(b *probing) {
			_, _ = b.phones.AddFault(emulator.Fault{Op: "login", Action: emulator.Reset, Count: 1})
			time.Sleep(20 * time.Second)
			_ = b.phones.PressLogin("SEP000000000001", "user0001")
		}, "outcome unknown", "login unknown, logout done", ""},
		"the login has no effect": {emulator.Options{Times: emulator.RealTimes()}, fault(emulator.Fault{Op: "login", Action: emulator.Reset, Count: 1}),
			"user0001 may yet appear on SEP000000000001 (desk D1)", "login unknown", ""},
		"no answer at last": {emulator.Options{}, func(b *probing) { time.Sleep(30 * time.Second); b.phones.Down(true); b.stop() },
			"user0001 may still be logged in on SEP000000000001 (desk D1): log out at the phone, or start deskd serve, which ends that session; by its own time it ends within 2 minutes: ", "login done", "user0001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := probed(t, c.options, c.meanwhile)
			if b.err == nil || !strings.Contains(b.err.Error(), c.says) || b.outcomes() != c.outcomes {
				t.Errorf("%v; journal %s", b.err, b.outcomes())
			}
			if left := strings.Join(b.left, " "); left != c.left {
				t.Errorf("left on the phone is %q, want %q", left, c.left)
			}
			if c.left != "" && (len(b.seen) != 1 || !b.seen[0].Ours) {
				t.Errorf("no daemon would end it: %+v", b.seen)
			}
		})
	}
}

// A password that is refused while the phone is watched is not sent with every
// look: once by the watch, once to see whether a person has to be logged out.
func TestProbeSparesTheAccount(t *testing.T) {
	t.Parallel()
	b := probed(t, emulator.Options{CredentialCache: -1}, func(b *probing) {
		time.Sleep(30 * time.Second)
		b.phones.Change(func(o *emulator.Options) { o.Password = "another" })
	})
	if got := b.phones.Stats().Codes[3]; got != 2 {
		t.Errorf("the wrong password was sent %d times, want 2", got)
	}
	if b.err == nil || !strings.Contains(b.err.Error(), "user0001 may still be logged in on SEP000000000001") {
		t.Errorf("the error is %v", b.err)
	}
}
