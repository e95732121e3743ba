package emulator

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"deskd/emapi"
)

// Emulator is an EM service with its cluster. Make one with [New]. All its
// methods are safe for concurrent use.
type Emulator struct {
	mu      sync.Mutex
	opts    Options
	cluster cluster
	faults  faultList
	late    []job // requests whose client has gone, by due
	stats   Stats
	serving int // logins and logouts in flight
	down    bool
}

// Stats counts what the service has seen and said since it began.
type Stats struct {
	// Requests counts by operation; "" holds those that could not be read.
	Requests map[string]int `json:"requests"`
	// OK and Codes count the answers given in good form; Spoilt those that a
	// fault lost or damaged, or whose sender had gone.
	OK     int                `json:"ok"`
	Codes  map[emapi.Code]int `json:"codes"`
	Spoilt int                `json:"spoilt"`
	// Peak is the most logins and logouts that were in flight at once.
	Peak int `json:"peak"`
}

// New returns an emulator of an empty cluster.
func New(opts Options) *Emulator {
	return &Emulator{
		opts:    opts,
		cluster: cluster{devices: make(map[string]*Phone), users: make(map[string]*user), restart: opts.RestartTime},
		faults:  faultList{chance: rand.New(rand.NewPCG(opts.Seed, 0))}, //nolint:gosec // one seed, one sequence of faults
		stats:   Stats{Requests: make(map[string]int), Codes: make(map[emapi.Code]int)},
	}
}

// access locks the emulator and settles what is due. It returns the present
// instant and the function that unlocks.
func (e *Emulator) access() (now time.Time, release func()) {
	e.mu.Lock()
	now = e.opts.now()
	e.settle(now)
	return now, e.mu.Unlock
}

// Change turns knobs while the service runs: f gets the options in force.
func (e *Emulator) Change(f func(*Options)) {
	_, release := e.access()
	defer release()
	f(&e.opts)
	e.cluster.restart = e.opts.RestartTime
}

// AddDevice adds phones, enabled for Extension Mobility. One that is there
// already is left as it is.
func (e *Emulator) AddDevice(names ...string) {
	_, release := e.access()
	defer release()
	for _, name := range names {
		if e.cluster.devices[fold(name)] == nil {
			e.cluster.devices[fold(name)] = &Phone{Device: name, EM: true}
		}
	}
}

// RemoveDevice takes a phone out of the cluster; a session on it ends.
// [Emulator.AddDevice] brings it back.
func (e *Emulator) RemoveDevice(name string) {
	now, release := e.access()
	defer release()
	if d := e.cluster.devices[fold(name)]; d != nil {
		e.cluster.end(d, ByRemoval, now)
		delete(e.cluster.devices, fold(name))
	}
}

// EnableEM turns Extension Mobility on a phone on or off. A session on it stays.
// The error is [emapi.CodeNoDevice].
func (e *Emulator) EnableEM(device string, on bool) error {
	_, release := e.access()
	defer release()
	d := e.cluster.devices[fold(device)]
	if d == nil {
		return emapi.CodeNoDevice
	}
	d.EM = on
	return nil
}

// AddUser adds a user with device profiles, of which the first is the default.
// Without any the user gets one called "UDP-" and the id. A user who is there
// already gets the new profiles.
func (e *Emulator) AddUser(id string, profiles ...string) {
	_, release := e.access()
	defer release()
	if len(profiles) == 0 {
		profiles = []string{"UDP-" + id}
	}
	if u := e.cluster.users[fold(id)]; u != nil {
		u.profiles = profiles
		return
	}
	e.cluster.users[fold(id)] = &user{id: id, profiles: profiles}
}

// DeviceName is the name of the nth device of [Emulator.Populate], from 1.
func DeviceName(n int) string { return fmt.Sprintf("SEP%012X", n) }

// UserName is the id of the nth user of [Emulator.Populate], from 1.
func UserName(n int) string { return fmt.Sprintf("user%04d", n) }

// Populate adds a world by size, named by [DeviceName] and [UserName].
func (e *Emulator) Populate(devices, users int) {
	for n := range devices {
		e.AddDevice(DeviceName(n + 1))
	}
	for n := range users {
		e.AddUser(UserName(n + 1))
	}
}

// PressLogin is a person logging in at the phone: the checks are those of the
// service without the application's, and the session has no end. The error is
// an [emapi.Code].
func (e *Emulator) PressLogin(device, user string) error {
	now, release := e.access()
	defer release()
	return e.cluster.login(attempt{device: device, user: user, by: ByPhone}, e.opts.MultipleLogin, now)
}

// PressLogout is a person logging out at the phone. The error is an
// [emapi.Code].
func (e *Emulator) PressLogout(device string) error {
	now, release := e.access()
	defer release()
	return e.cluster.logout(device, ByPhone, now)
}

// SwitchVersion loses all sessions at once, as a publisher does when it
// switches to another version.
func (e *Emulator) SwitchVersion() {
	now, release := e.access()
	defer release()
	e.cluster.endAll(BySwitch, now)
}

// Down makes the service unreachable, or reachable again: requests in process
// fail as if the connection had been refused, real ones are closed unread.
func (e *Emulator) Down(down bool) {
	_, release := e.access()
	defer release()
	e.down = down
}

// Phones returns the state of all devices by name.
func (e *Emulator) Phones() []Phone {
	_, release := e.access()
	defer release()
	phones := make([]Phone, 0, len(e.cluster.devices))
	for _, d := range e.cluster.phones() {
		phone := *d
		if d.Session != nil {
			s := *d.Session
			phone.Session = &s
		}
		phones = append(phones, phone)
	}
	return phones
}

// Sessions returns who is logged in now, by device.
func (e *Emulator) Sessions() []Session {
	sessions := []Session{}
	for _, p := range e.Phones() {
		if p.Session != nil {
			sessions = append(sessions, *p.Session)
		}
	}
	return sessions
}

// Events returns the beginnings and ends of all sessions in time order.
func (e *Emulator) Events() []Event {
	_, release := e.access()
	defer release()
	return append([]Event{}, e.cluster.events...)
}

// Stats returns the counts so far.
func (e *Emulator) Stats() Stats {
	_, release := e.access()
	defer release()
	s := e.stats
	s.Requests = maps.Clone(s.Requests)
	s.Codes = maps.Clone(s.Codes)
	return s
}
