package scheduler_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
)

// TestModel lets a daemon live through weeks of random bookings, changes,
// people at the phones, faults and restarts, in simulated time. Two quiet
// minutes after each disturbance the phones are held against the oracle, and
// each week's journal against the actions that no correct daemon takes.
// DESKD_WEEKS says how many weeks, DESKD_WEEKS_SEED repeats a run; without
// them one week is lived, the same each time.
func TestModel(t *testing.T) {
	t.Parallel()
	weeks, seed := number(t, "DESKD_WEEKS", 0), number(t, "DESKD_WEEKS_SEED", int(time.Now().UnixNano()&0xffffff))
	days := 7
	if weeks == 0 { // a sample, the same each time
		weeks, seed = 1, number(t, "DESKD_WEEKS_SEED", 1)
		if raceDetector {
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
type model struct {
	*scenario
	rand     *rand.Rand
	versions map[string][]version // reservation → what it was, oldest first
	ids      []string             // of all reservations, by age
	quiet    time.Time            // when the last disturbance should be mended
	story    []string
	checks   int
	written  atomic.Bool      // by another program, and not yet noticed
	happened []emulator.Event // of the week, once it is over
}

// version is a reservation from known on. The zero span is that of a cancelled one.
type version struct {
	known        time.Time
	desk, person string
	reservations.Span
}

// What passes before a difference has to be mended: after most disturbances,
// and after those that only a sweep finds.
const (
	soon    = 2 * time.Minute
	bySweep = 5*time.Minute + soon
)

func newModel(t *testing.T, seed int, dir string) *model {
	r := rand.New(rand.NewPCG(uint64(seed), 0)) //nolint:gosec // a run that can be repeated
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	setup := "-- setup --\nmultiple-login: " + pick("not-allowed", "auto-logout", "allowed") +
		"\nstranger: " + pick("takeover", "takeover", "wait") + "\nwalkups: " + pick("leave", "leave", "end") +
		"\ngrace: " + pick("0s", "0s", "3m") + "\nlead: " + pick("10m", "0s", "25m") + "\n"
	m := &model{scenario: newScenario(t, txtar.Parse([]byte(setup)), dir), rand: r, versions: make(map[string][]version)}
	// To look into the database every second takes as long as all the rest.
	m.changed = func(context.Context) (bool, error) { return m.written.Swap(false), nil }
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
	m.start()
	m.disturbed(soon)
	for day := range days {
		m.sleepTo(m.date.AddDate(0, 0, day).Add(6 * time.Hour))
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
	if m.checks < 10*days {
		m.t.Errorf("the phones were looked at %d times only", m.checks)
	}
}

func (m *model) disturbed(d time.Duration) {
	if until := time.Now().Add(d); until.After(m.quiet) {
		m.quiet = until
	}
}

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

// disturb does one thing to the world.
func (m *model) disturb() {
	desk := 1 + m.rand.IntN(desks)
	who := people[m.rand.IntN(len(people))]
	switch n := m.rand.IntN(20); {
	case n < 9:
		m.bookSomething(fmt.Sprintf("D%d", desk), who)
	case n < 11:
		m.edit()
	case n < 13:
		m.cancel()
	case n < 15:
		err := m.emulator.PressLogin(device(desk), who)
		m.tell("%s logs in at D%d: %v", who, desk, err)
		m.disturbed(bySweep)
	case n < 16:
		err := m.emulator.PressLogout(device(desk))
		m.tell("somebody logs out at D%d: %v", desk, err)
		m.disturbed(bySweep)
	case n < 18:
		m.spoil()
	case n < 19:
		m.reboot()
	default:
		m.tell("all sessions are lost")
		m.emulator.SwitchVersion()
		m.disturbed(bySweep)
	}
}

// bookSomething books a desk from about now on, or for later in the day, if
// desk and person are free then: conflicts are not what this is about.
func (m *model) bookSomething(desk, who string) {
	start := time.Now().Truncate(time.Minute).Add(time.Duration(m.rand.IntN(180)-10) * time.Minute)
	if m.rand.IntN(4) == 0 { // right behind another one
		if v, ok := m.some(); ok {
			desk, start = v.desk, v.End
			if m.rand.IntN(2) == 0 {
				who = v.person
			}
		}
	}
	span := reservations.Span{Start: start, End: start.Add(time.Duration(5+m.rand.IntN(150)) * time.Minute)}
	if !span.End.After(time.Now()) || !m.isFree(desk, who, span, "") {
		return
	}
	r, err := m.store.Reserve(m.t.Context(), reservations.Reservation{Desk: desk, Person: who, Source: reservations.SourceCLI, Span: span}, time.Now())
	m.ok(err)
	m.running.Kick()
	m.ids = append(m.ids, r.ID)
	m.know(r.ID, version{desk: desk, person: who, Span: span})
}

// write changes the database as another program does.
func (m *model) write(query string) {
	m.foreign(query)
	m.written.Store(true)
}

// know notes what a reservation is from now on.
func (m *model) know(id string, v version) {
	v.known = time.Now()
	m.versions[id] = append(m.versions[id], v)
	m.tell("%s: %s %s %s-%s", id[:4], v.desk, v.person, v.Start.Format("15:04"), v.End.Format("15:04"))
	m.disturbed(soon)
}

// some is a reservation that has not ended.
func (m *model) some() (version, bool) {
	id, ok := m.someID()
	return m.last(id), ok
}

func (m *model) someID() (string, bool) {
	var ids []string
	for _, id := range m.ids {
		if m.last(id).End.After(time.Now()) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	return ids[m.rand.IntN(len(ids))], true
}

func (m *model) last(id string) version {
	if all := m.versions[id]; len(all) > 0 {
		return all[len(all)-1]
	}
	return version{}
}

func (m *model) isFree(desk, who string, span reservations.Span, but string) bool {
	for id := range m.versions {
		v := m.last(id)
		if id != but && (v.desk == desk || v.person == who) && v.Start.Before(span.End) && span.Start.Before(v.End) {
			return false
		}
	}
	return true
}

// edit changes a reservation's end, desk or person, as another program does.
func (m *model) edit() {
	id, ok := m.someID()
	if !ok {
		return
	}
	v := m.last(id)
	switch m.rand.IntN(3) {
	case 0:
		v.End = v.Start.Add(time.Duration(5+m.rand.IntN(180)) * time.Minute)
	case 1:
		v.desk = fmt.Sprintf("D%d", 1+m.rand.IntN(desks))
	default:
		v.person = people[m.rand.IntN(len(people))]
	}
	if !m.isFree(v.desk, v.person, v.Span, id) {
		return
	}
	m.write(fmt.Sprintf("UPDATE reservations SET desk = '%s', person = '%s', ends_at = '%s' WHERE id = '%s'",
		v.desk, v.person, v.End.UTC().Format("2006-01-02T15:04:05Z"), id))
	m.know(id, v)
}

func (m *model) cancel() {
	if id, ok := m.someID(); ok {
		m.write("UPDATE reservations SET status = 'cancelled' WHERE id = '" + id + "'")
		m.know(id, version{desk: m.last(id).desk, person: m.last(id).person})
	}
}

// faults are those whose reaction is to be through two minutes after they have
// gone; codes that wait for a person are not among them.
var faults = []emulator.Fault{
	{Action: emulator.Delay, Delay: 5 * time.Second}, {Action: emulator.Delay, Delay: 15 * time.Second},
	{Action: emulator.Hang}, {Action: emulator.Reset}, {Action: emulator.Pretend}, {Action: emulator.HTML},
	{Action: emulator.Status, Status: 500}, {Action: emulator.Status, Status: 503}, {Action: emulator.Empty},
	{Action: emulator.Truncated}, {Action: emulator.Cut}, {Action: emulator.TwoRoots}, {Action: emulator.TwoAnswers},
	{Action: emulator.Oversize}, {Action: emulator.Deep}, {Action: emulator.Drip}, {Action: emulator.Omit},
	{Action: emulator.Refuse, Code: emapi.CodeBusy}, {Action: emulator.Refuse, Code: 0}, {Action: emulator.Refuse, Code: 29},
}

// spoil lets the phone system fail for up to a minute, or be down for up to a
// quarter of an hour; something is booked meanwhile.
func (m *model) spoil() {
	if m.rand.IntN(5) == 0 {
		m.tell("the phone system is down")
		m.emulator.Down(true)
		m.bookSomething(fmt.Sprintf("D%d", 1+m.rand.IntN(desks)), people[m.rand.IntN(len(people))])
		time.Sleep(time.Duration(1+m.rand.IntN(900)) * time.Second)
		m.emulator.Down(false)
		m.tell("it is up")
		m.disturbed(soon)
		return
	}
	f := faults[m.rand.IntN(len(faults))]
	f.Op = []string{"", "login", "logout", "deviceUserQuery"}[m.rand.IntN(4)]
	f.Effect = m.rand.IntN(2) == 0
	f.Count = 1 + m.rand.IntN(2)
	_, err := m.emulator.AddFault(f)
	m.ok(err)
	m.tell("fault: %+v", f)
	if m.rand.IntN(2) == 0 {
		m.cancel()
	}
	m.bookSomething(fmt.Sprintf("D%d", 1+m.rand.IntN(desks)), people[m.rand.IntN(len(people))])
	time.Sleep(time.Duration(1+m.rand.IntN(60)) * time.Second)
	m.emulator.ClearFaults()
	m.tell("fault over")
	m.disturbed(soon)
}

// reboot ends the daemon, sometimes for hours.
func (m *model) reboot() {
	m.halt()
	m.ok(m.store.Close())
	m.tell("the daemon is off")
	wait := time.Duration(m.rand.IntN(60)) * time.Second
	if m.rand.IntN(4) == 0 {
		wait = time.Duration(m.rand.IntN(120)) * time.Minute
	}
	time.Sleep(wait)
	m.open()
	m.start()
	m.tell("the daemon is on")
	m.disturbed(soon)
}
