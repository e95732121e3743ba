package scheduler_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// ban is a time in which nothing may be sent to a phone, or to any if it names
// none.
type ban struct {
	from, to time.Time
	device   string
	why      string
}

// faults are those whose reaction is to be through two minutes after they have
// gone.
var faults = []emulator.Fault{
	{Action: emulator.Delay, Delay: 5 * time.Second}, {Action: emulator.Delay, Delay: 15 * time.Second},
	{Action: emulator.Hang}, {Action: emulator.Reset}, {Action: emulator.Pretend}, {Action: emulator.HTML},
	{Action: emulator.Status, Status: 500}, {Action: emulator.Status, Status: 503}, {Action: emulator.Empty},
	{Action: emulator.Truncated}, {Action: emulator.Cut}, {Action: emulator.TwoRoots}, {Action: emulator.TwoAnswers},
	{Action: emulator.Oversize}, {Action: emulator.Deep}, {Action: emulator.Drip}, {Action: emulator.Omit},
	{Action: emulator.Refuse, Code: emapi.CodeBusy}, {Action: emulator.Refuse, Code: 0}, {Action: emulator.Refuse, Code: 29},
}

// passing are the codes that pass by themselves, also when every request of a
// minute is refused with them.
var passing = []emapi.Code{emapi.CodeBusy, emapi.CodeBusy, emapi.CodeUnknown, emapi.CodeDatabase, emapi.CodeHotelingRead, emapi.CodeHotelingWrite, emapi.CodeRISDown}

// spoil lets the phone system fail for up to a minute.
func (m *model) spoil() {
	f := faults[m.rand.IntN(len(faults))]
	f.Op = []string{"", "login", "logout", "deviceUserQuery"}[m.rand.IntN(4)]
	f.Effect = mayHaveHappened(f) && m.chance(2)
	f.Count = 1 + m.rand.IntN(2)
	if m.chance(3) {
		f = emulator.Fault{Action: emulator.Refuse, Code: passing[m.rand.IntN(len(passing))]}
	}
	m.suffer(f, m.between(time.Second, time.Minute))
	m.disturbed(soon)
}

// mayHaveHappened reports whether f leaves open what became of a request.
func mayHaveHappened(f emulator.Fault) bool {
	return f.Action != emulator.Refuse || f.Code == emapi.CodeUnknown || f.Code == emapi.CodeDatabase
}

// suffer lets a fault last for d, while something happens.
func (m *model) suffer(f emulator.Fault, d time.Duration) {
	_, err := m.emulator.AddFault(f)
	m.ok(err)
	m.tell("fault: %+v", f)
	if m.chance(2) {
		m.cancelOne()
	}
	m.bookSomething(m.anyDesk(), m.anybody())
	m.meanwhile(d)
	m.emulator.ClearFaults()
	m.tell("fault over")
}

func (m *model) down() {
	m.tell("the phone system is down")
	m.emulator.Down(true)
	m.meanwhile(m.between(time.Second, 15*time.Minute))
	m.emulator.Down(false)
	m.tell("it is up")
	m.disturbed(soon)
}

func (m *model) loseAll() {
	m.tell("all sessions are lost")
	m.emulator.SwitchVersion()
	m.disturbed(bySweep)
}

// reboot ends the daemon, sometimes for hours. Its clock may be set meanwhile,
// and what changes finds it at its start.
func (m *model) reboot() {
	m.off()
	wait := m.between(0, time.Minute)
	if m.chance(4) {
		wait = m.between(0, 2*time.Hour)
	}
	m.meanwhile(wait)
	if m.chance(8) {
		m.set(m.either(m.between(time.Minute, time.Hour)), 0)
	}
	m.on()
}

func (m *model) off() {
	m.halt()
	m.offAt = time.Now()
	m.ok(m.store.Close())
	m.tell("the daemon is off")
}

func (m *model) on() {
	m.open()
	m.trust()
	m.start()
	m.tell("the daemon is on")
	m.disturbed(bySweep)
}

// Codes that wait for a person to fix their cause, which deskd does not see.
var (
	deskFaults = []emapi.Code{emapi.CodePolicy, emapi.CodeLogoutDisabled, emapi.CodeNoDevice, emapi.CodeNoProfile, emapi.CodeEMDisabled, emapi.CodeNoUser, emapi.CodeChangePassword, emapi.CodeChangePIN, 77}
	halts      = []emapi.Code{emapi.CodeParse, emapi.CodeNoCredentials, emapi.CodeBadCredentials, emapi.CodeUnknownQuery, emapi.CodeDirectory, emapi.CodeNoProxyRight, emapi.CodeUntrustedIP, emapi.CodeProxyNotAllowed}
)

// refuse lets the phone system refuse what is asked of one phone, or everything,
// until a person has repaired it.
func (m *model) refuse() {
	f := emulator.Fault{Action: emulator.Refuse, Op: []string{"", "login", "logout"}[m.rand.IntN(3)]}
	if m.chance(4) {
		f.Code = halts[m.rand.IntN(len(halts))]
		m.suffer(f, m.between(time.Second, 18*time.Minute)) // what is refused twice waits for an hour
		m.disturbed(byRetry)
		return
	}
	desk := m.anyDesk()
	f.Device, f.Code = m.deviceOf(desk), deskFaults[m.rand.IntN(len(deskFaults))]
	m.excuse(desk, time.Hour)
	m.suffer(f, m.between(time.Second, 30*time.Minute))
	m.excuse(desk, byRetry)
}

// lockOut changes the application user's password, and then the daemon's or
// the old one back. A wrong one locks the account after a few tries.
func (m *model) lockOut() {
	refused := m.emulator.Stats().Codes[emapi.CodeBadCredentials]
	password := fmt.Sprintf("secret%d", m.rand.Int())
	m.tell("the phone system's password changes")
	m.emulator.Change(func(o *emulator.Options) { o.Password = password })
	began, d := time.Now(), m.between(time.Second, 40*time.Minute)
	m.meanwhile(d)
	if m.chance(3) {
		m.reboot()
	}
	wrong, may := m.emulator.Stats().Codes[emapi.CodeBadCredentials]-refused, 2+int(time.Since(began)/(10*time.Minute))
	if wrong > may {
		m.wrong(time.Now(), "a wrong password was sent %d times within %v", wrong, time.Since(began))
	}
	m.tell("it is repaired, after %d refusals", wrong)
	if m.chance(2) {
		m.setPassword(password)
		m.disturbed(bySweep)
		return
	}
	old, err := os.ReadFile(filepath.Join(m.dir, "password"))
	m.ok(err)
	m.emulator.Change(func(o *emulator.Options) { o.Password = string(old) })
	m.disturbed(byRetry)
}

// losePhone takes a phone out of the phone system for a while.
func (m *model) losePhone() {
	desk := m.anyDesk()
	m.tell("%s is taken away", desk)
	m.emulator.RemoveDevice(m.deviceOf(desk))
	began := time.Now().Add(thought)
	m.excuse(desk, 3*time.Hour)
	m.meanwhile(m.between(time.Minute, 90*time.Minute))
	m.emulator.AddDevice(m.deviceOf(desk))
	m.tell("%s is there again", desk)
	m.bans = append(m.bans, ban{began, time.Now(), m.deviceOf(desk), "the phone system does not know the phone"})
	m.excused[desk] = time.Time{}
	m.excuse(desk, byRetry)
	m.disturbed(bySweep)
}

// mute lets the phone system say nothing about one phone, or about none.
func (m *model) mute() {
	desk, device := m.anyDesk(), ""
	if m.chance(2) {
		device = m.deviceOf(desk)
	}
	m.tell("nothing is said about %q", device)
	_, err := m.emulator.AddFault(emulator.Fault{Op: "deviceUserQuery", Device: device, Action: emulator.Omit})
	m.ok(err)
	began := time.Now().Add(thought)
	m.meanwhile(m.between(30*time.Second, 30*time.Minute))
	m.emulator.ClearFaults()
	m.bans = append(m.bans, ban{began, time.Now(), device, "nobody knew who was on the phone"})
	m.tell("all is said again")
	m.disturbed(bySweep)
}

// switchOff turns Extension Mobility off, for a phone or a person, and on again.
func (m *model) switchOff() {
	desk, who := m.anyDesk(), m.anybody()
	turn := func(on bool) { m.ok(m.emulator.EnableEM(m.deviceOf(desk), on)) }
	what := desk
	if m.chance(2) {
		what = who
		turn = func(on bool) {
			m.emulator.SetUser(emulator.User{ID: who, Profiles: []string{"UDP-" + who}, Default: "UDP-" + who, ChangePIN: !on})
		}
	}
	turn(false)
	m.tell("extension mobility is off for %s", what)
	m.excuse(what, 3*time.Hour)
	m.meanwhile(m.between(time.Minute, 90*time.Minute))
	turn(true)
	m.tell("extension mobility is on for %s", what)
	m.excused[what] = time.Time{}
	m.excuse(what, byRetry)
	m.disturbed(soon)
}

// pause stops the cluster by hand for a while, also over a restart.
func (m *model) pause() {
	_, err := m.store.PauseClusters(m.by(), []string{"main"}, "new wiring", m.now())
	m.ok(err)
	m.written.Store(true)
	began := time.Now()
	m.tell("the cluster is paused")
	m.meanwhile(m.between(time.Minute, time.Hour))
	if m.chance(4) {
		m.reboot()
	}
	if m.chance(4) {
		m.loseAll()
		m.meanwhile(m.between(time.Minute, 10*time.Minute))
	}
	m.bans = append(m.bans, ban{began, time.Now(), "", "the cluster was paused"})
	_, err = m.store.ResumeClusters(m.by(), []string{"main"})
	m.ok(err)
	m.written.Store(true)
	m.tell("the cluster is resumed")
	m.disturbed(bySweep)
}
