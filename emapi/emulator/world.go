package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/emapi"
)

// ErrRestarting is the error of a phone's keys while it restarts, which it does
// after every login and logout if [Options.Restart] says so.
var ErrRestarting = errors.New("the phone is restarting")

// AddDevice adds phones, enabled for Extension Mobility and without a logout
// profile. One that is there already is left as it is.
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
	return e.changePhone(device, func(d *Phone) { d.EM = on })
}

// SetLogoutProfile sets what a phone is while nobody is logged in; empty stands
// for its own settings. The error is [emapi.CodeNoDevice].
func (e *Emulator) SetLogoutProfile(device, profile string) error {
	return e.changePhone(device, func(d *Phone) { d.LogoutProfile = profile })
}

func (e *Emulator) changePhone(device string, change func(*Phone)) error {
	_, release := e.access()
	defer release()
	d := e.cluster.devices[fold(device)]
	if d == nil {
		return emapi.CodeNoDevice
	}
	change(d)
	return nil
}

// AddUser adds a user with device profiles, of which the first is the default.
// Without any the user gets one called "UDP-" and the id. A user who is there
// already is changed; sessions stay.
func (e *Emulator) AddUser(id string, profiles ...string) {
	if len(profiles) == 0 {
		profiles = []string{"UDP-" + id}
	}
	e.SetUser(User{ID: id, Profiles: profiles, Default: profiles[0]})
}

// SetUser adds a user, or changes the one with the same ID, whose sessions stay.
func (e *Emulator) SetUser(u User) {
	_, release := e.access()
	defer release()
	a := e.cluster.users[fold(u.ID)]
	if a == nil {
		a = &account{}
		e.cluster.users[fold(u.ID)] = a
	} else {
		u.ID = a.ID // the events name the sessions by it
	}
	u.Profiles = slices.Clone(u.Profiles)
	a.User = u
	e.cluster.addProfiles(u.Profiles...)
}

// AddProfile adds device profiles that belong to no user: a login may name one.
// Those of users are there already, and stay when their users are removed.
func (e *Emulator) AddProfile(names ...string) {
	_, release := e.access()
	defer release()
	e.cluster.addProfiles(names...)
}

// RemoveUser takes a user out of the cluster; the user's sessions end.
func (e *Emulator) RemoveUser(id string) {
	now, release := e.access()
	defer release()
	if a := e.cluster.users[fold(id)]; a != nil {
		e.cluster.endOf(a, ByRemoval, now)
		delete(e.cluster.users, fold(id))
	}
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
// service without the application's, and the session ends by nothing but
// [Options.MaxLoginTime]. The error is [ErrRestarting] or an [emapi.Code].
func (e *Emulator) PressLogin(device, user string) error {
	now, release := e.access()
	defer release()
	if err := e.press(device, now); err != nil {
		return err
	}
	until := e.opts.until(message{}, now)
	return e.cluster.login(attempt{device: device, user: user, until: until, by: ByPhone}, e.opts, now)
}

// PressVisit is a person of another cluster logging in at the phone by
// cross-cluster EM: nothing is known of the user here. The error is
// [ErrRestarting] or an [emapi.Code].
func (e *Emulator) PressVisit(device, user string) error {
	now, release := e.access()
	defer release()
	if err := e.press(device, now); err != nil {
		return err
	}
	return e.cluster.visit(device, user, now)
}

// PressLogout is a person logging out at the phone. The error is
// [ErrRestarting] or an [emapi.Code].
func (e *Emulator) PressLogout(device string) error {
	now, release := e.access()
	defer release()
	if err := e.press(device, now); err != nil {
		return err
	}
	return e.cluster.logout(device, ByPhone, e.opts, now)
}

// press is what comes before a request that a phone makes for its keys. It takes
// one of the concurrent requests, for [Options.KeysTime].
func (e *Emulator) press(device string, now time.Time) error {
	if d := e.cluster.devices[fold(device)]; d != nil && now.Before(d.Ready) {
		return ErrRestarting
	}
	e.stats.Keys++
	if most := e.opts.maxConcurrent(); most > 0 && e.serving >= most {
		e.stats.KeysBusy++
		return emapi.CodeBusy
	}
	if took := e.opts.KeysTime; took > 0 {
		e.serving++
		e.stats.Peak = max(e.stats.Peak, e.serving)
		e.postpone(job{slot: true, due: now.Add(e.opts.slowed(took, e.serving))}, now)
	}
	return nil
}

// SwitchVersion loses all sessions at once, as a publisher does when it
// switches to another version. Real ones are away meanwhile: see
// [Emulator.DownFor].
func (e *Emulator) SwitchVersion() {
	now, release := e.access()
	defer release()
	e.cluster.endAll(BySwitch, now)
}

// Phones returns the state of all devices by name.
func (e *Emulator) Phones() []Phone {
	now, release := e.access()
	defer release()
	phones := make([]Phone, 0, len(e.cluster.devices))
	for _, d := range e.cluster.phones() {
		phone := *d
		phone.Restarting = now.Before(d.Ready)
		phone.Profile = d.LogoutProfile
		if e.opts.ForgetLastUser {
			phone.LastUser = ""
		}
		if d.Session != nil {
			s := *d.Session
			phone.Session, phone.Profile = &s, s.Profile
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

// Users returns all users by ID.
func (e *Emulator) Users() []User {
	_, release := e.access()
	defer release()
	users := make([]User, 0, len(e.cluster.users))
	for _, a := range e.cluster.users {
		u := a.User
		u.Profiles = append([]string{}, u.Profiles...)
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	return users
}

// Events returns the beginnings and ends of all sessions in time order.
func (e *Emulator) Events() []Event {
	_, release := e.access()
	defer release()
	return append([]Event{}, e.cluster.events...)
}
