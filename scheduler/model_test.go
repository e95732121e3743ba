package scheduler_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"deskd/emapi/emulator"
	"deskd/scheduler"
	"deskd/store/audit"
)

// TestModel lets a daemon live through weeks of random bookings, calendars,
// changes, people at the phones, faults, brakes, restarts and clocks that jump,
// in simulated time. Two quiet minutes after each disturbance the phones are
// held against the oracle, and each week's journal against the actions that no
// correct daemon takes. DESKD_WEEKS says how many weeks, DESKD_WEEKS_SEED
// repeats a run; without them one week is lived, the same each time.
func TestModel(t *testing.T) {
	t.Parallel()
	weeks, seed := number(t, "DESKD_WEEKS", 0), number(t, "DESKD_WEEKS_SEED", int(time.Now().UnixNano()&0xffffff))
	days := 7
	if weeks == 0 { // a sample, the same each time
		weeks, seed = 1, number(t, "DESKD_WEEKS_SEED", 1)
		if raceDetector || testing.Short() {
			days = 1
		}
	}
	t.Logf("DESKD_WEEKS_SEED=%d", seed)
	for i := range weeks {
		t.Run(strconv.Itoa(seed+i), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) { newModel(t, seed+i, dir).live(days) })
		})
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q: expected a whole number", name, text)
	}
	return n
}

// model is a scenario that makes itself up, and what an onlooker knows of it
// who needs neither plan nor journal: the bookings, and when each came to be
// as it is.
//
// An instant called at is one of the test's own clock, which nobody sets; one
// called now, and those of bookings, are by the wall clock of the daemon's machine.
type model struct {
	*scenario
	rand      *rand.Rand
	multiple  emulator.MultipleLogin
	versions  map[string][]version // reservation → what it was, oldest first
	ids       []string             // of all reservations, by age
	quiet     time.Time            // when the last disturbance should be repaired
	excused   map[string]time.Time // desk or person → when what was wrong with it should be repaired
	looks     []time.Time          // when all was quiet, and the phones were looked at
	bans      []ban
	turning   sync.RWMutex // of eras, which a poll of the daemon reads too
	eras      []era
	offAt     time.Time    // the daemon was switched off
	slept     atomic.Int64 // a duration: the machine's suspensions, through which the phones were awake
	calendars []*calendar
	polling   sync.Mutex // guards polls, and what the calendars say
	polls     []reading  // not yet taken in
	story     []string
	written   atomic.Bool      // by another program, and not yet noticed
	happened  []emulator.Event // so far
	lags      []lag
}

// What passes before a difference has to be repaired: after most disturbances,
// after those that only a sweep finds, and after refusals that wait for a
// person to fix their cause.
const (
	soon    = 2 * time.Minute
	bySweep = 5*time.Minute + soon
	byRetry = 15*time.Minute + bySweep
)

func newModel(t *testing.T, seed int, dir string) *model {
	r := rand.New(rand.NewPCG(uint64(seed), 0)) //nolint:gosec // a run that can be repeated
	setup := "-- setup --\n"
	pick := func(key string, words ...string) string {
		word := words[r.IntN(len(words))]
		setup += key + ": " + word + "\n"
		return word
	}
	multiple := pick("multiple-login", "not-allowed", "auto-logout", "allowed")
	pick("relogin", "always", "always", "outage", "never")
	pick("stranger", "takeover", "takeover", "wait", "leave")
	pick("walkups", "leave", "leave", "end")
	pick("elsewhere", "move", "move", "refuse")
	pick("grace", "0s", "0s", "3m")
	pick("lead", "10m", "0s", "25m")
	pick("ready", "20s", "0s", "1m")
	pick("min_left", "5m", "5m", "1m", "12m")
	pick("per_minute", "60", "60", "20")
	pick("credential-cache", "2m", "-1s")
	if unit := pick("configured-unit", "1m", "1m", "1s", "-1s"); unit == "1s" {
		setup += "unit: 1s\n"
	}
	m := &model{
		rand: r, multiple: emulator.MultipleLogin(multiple),
		versions: make(map[string][]version), excused: make(map[string]time.Time),
	}
	m.scenario = newScenario(t, txtar.Parse([]byte(setup+"-- one.ics --\n-- two.ics --\n")), dir)
	m.emulator.Change(func(o *emulator.Options) {
		o.Now = func() time.Time { return time.Now().UTC().Add(time.Duration(m.slept.Load())) }
	})
	// To look into the database every second takes as long as all the rest.
	m.changed = func(context.Context) (bool, error) { return m.written.Swap(false), nil }
	m.polled = m
	m.tell("%s", strings.ReplaceAll(setup, "\n", " "))
	return m
}

func (m *model) tell(format string, args ...any) {
	m.story = append(m.story, time.Now().UTC().Format("Mon 15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// wrong reports a failure, and when it was.
func (m *model) wrong(at time.Time, format string, args ...any) {
	m.t.Helper()
	m.t.Errorf("%s %s", at.UTC().Format("Mon 15:04:05.000"), fmt.Sprintf(format, args...))
}

// live is as many days from a Monday on.
func (m *model) live(days int) {
	time.Sleep(time.Until(m.date))
	m.started = time.Now()
	m.open()
	defer m.close()
	m.fill()
	m.begin()
	m.trust()
	m.start()
	m.disturbed(bySweep)
	for day := range days {
		m.night(day, m.date.AddDate(0, 0, day).Add(6*time.Hour))
		for time.Now().Before(m.date.AddDate(0, 0, day).Add(20*time.Hour)) && !m.t.Failed() {
			m.disturb()
			m.sleepTo(time.Now().Add(time.Duration(1+m.rand.ExpFloat64()*900) * time.Second))
		}
	}
	m.sleepTo(m.quiet.Add(time.Minute))
	m.actions()
	if m.t.Failed() {
		m.t.Logf("the week so far:\n%s\n%s", strings.Join(m.story, "\n"), m.transcript())
	}
	if len(m.looks) < 5*days && !m.t.Failed() {
		m.t.Errorf("the phones were looked at %d times only", len(m.looks))
	}
}

// night lets time pass until a morning, mostly with the machine switched off.
func (m *model) night(day int, morning time.Time) {
	if day%3 != 0 {
		m.sleepTo(time.Now().Add(time.Minute))
		m.off()
		time.Sleep(time.Until(morning.Add(-10 * time.Minute)))
		m.on()
	}
	m.sleepTo(morning)
}

func (m *model) disturbed(d time.Duration) {
	if until := time.Now().Add(d); until.After(m.quiet) {
		m.quiet = until
	}
}

// excuse lets a desk or a person be as they are, until the daemon has to have
// found that what was wrong with them is repaired.
func (m *model) excuse(what string, d time.Duration) {
	if until := time.Now().Add(d); until.After(m.excused[what]) {
		m.excused[what] = until
	}
}

func (m *model) isExcused(what string) bool { return m.excused[what].After(time.Now()) }

// sleepTo lets time pass, and looks at the phones whenever all is to be well.
func (m *model) sleepTo(t time.Time) {
	if m.quiet.Before(t) {
		time.Sleep(time.Until(m.quiet))
		m.check()
		time.Sleep(time.Until(t))
		m.check()
	}
	time.Sleep(time.Until(t))
}

// disturbances are what happens to the world, each as often as its weight.
var disturbances = []struct {
	weight int
	do     func(m *model)
}{
	{80, func(m *model) { m.bookSomething(m.anyDesk(), m.anybody()) }},
	{20, (*model).edit},
	{20, (*model).cancelOne},
	{25, (*model).press},
	{10, (*model).unpress},
	{20, (*model).spoil},
	{5, (*model).down},
	{10, (*model).reboot},
	{10, (*model).loseAll},
	{30, (*model).editCalendar},
	{8, (*model).spoilCalendar},
	{8, (*model).shrink},
	{10, (*model).garble},
	{8, (*model).removeFeed},
	{8, (*model).renameFeed},
	{12, (*model).lag},
	{8, (*model).nudge},
	{8, (*model).leap},
	{4, (*model).suspend},
	{8, (*model).refuse},
	{3, (*model).lockOut},
	{6, (*model).losePhone},
	{6, (*model).mute},
	{6, (*model).switchOff},
	{6, (*model).pause},
	{10, (*model).rush},
}

// disturb does one thing to the world.
func (m *model) disturb() {
	n := 0
	for _, d := range disturbances {
		n += d.weight
	}
	n = m.rand.IntN(n)
	for _, d := range disturbances {
		if n -= d.weight; n < 0 {
			d.do(m)
			return
		}
	}
}

// meanwhile is what goes on during a disturbance: bookings come and go, and
// people walk about. Then it sleeps for as long as is left.
func (m *model) meanwhile(d time.Duration) {
	end := time.Now().Add(d)
	for range m.rand.IntN(4) {
		time.Sleep(min(time.Until(end), time.Duration(m.rand.ExpFloat64()*float64(d)/4)))
		switch m.rand.IntN(6) {
		case 0, 1, 2:
			m.bookSomething(m.anyDesk(), m.anybody())
		case 3:
			m.cancelOne()
		case 4:
			m.edit()
		case 5:
			m.press()
		}
	}
	time.Sleep(time.Until(end))
}

func (m *model) anyDesk() string   { return fmt.Sprintf("D%d", 1+m.rand.IntN(desks)) }
func (m *model) anybody() string   { return people[m.rand.IntN(len(people))] }
func (m *model) chance(n int) bool { return m.rand.IntN(n) == 0 }

// between is a random duration, to the second.
func (m *model) between(least, most time.Duration) time.Duration {
	return least + time.Duration(m.rand.Int64N(int64((most-least)/time.Second)+1))*time.Second
}

// by is the context of what a person does at the command line.
func (m *model) by() context.Context { return audit.WithActor(m.t.Context(), "cli:admin") }

var _ scheduler.Watcher = (*model)(nil)
