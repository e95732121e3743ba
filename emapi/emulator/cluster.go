package emulator

import (
	"slices"
	"strings"
	"time"

	"deskd/emapi"
)

// Actor is what began or ended a session.
type Actor string

// The actors of events.
const (
	ByAPI     Actor = "api"
	ByPhone   Actor = "phone"   // a person at the phone's keys
	ByTimer   Actor = "timer"   // the session's exclusive duration ran out
	BySwitch  Actor = "switch"  // a switch-version lost all sessions
	ByRemoval Actor = "removal" // the device was taken out of the cluster
)

// Kind is what an [Event] did.
type Kind string

// The kinds of events.
const (
	Login  Kind = "login"
	Logout Kind = "logout"
)

// Event is the beginning or end of a session.
type Event struct {
	At     time.Time `json:"at"`
	Device string    `json:"device"`
	User   string    `json:"user"`
	Kind   Kind      `json:"kind"`
	By     Actor     `json:"by"`
}

// Session is a user logged in on a device.
type Session struct {
	Device  string    `json:"device"`
	User    string    `json:"user"`
	Profile string    `json:"profile"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until,omitzero"` // zero: no exclusive duration
	By      Actor     `json:"by"`
	// Visitor says that the user belongs to another cluster (EMCC).
	Visitor bool `json:"visitor,omitempty"`
}

// Phone is the state of one device.
type Phone struct {
	Device   string `json:"device"`
	EM       bool   `json:"em"` // Extension Mobility is enabled
	LastUser string `json:"last_user,omitempty"`
	// LogoutProfile is what the phone is while nobody is logged in, and Profile
	// what it is now; empty stands for the phone's own settings.
	LogoutProfile string `json:"logout_profile,omitempty"`
	Profile       string `json:"profile,omitempty"`
	// Ready is when the phone is back from the restart that the last login or
	// logout caused, zero when it never restarted; Restarting says that it is
	// not back yet.
	Ready      time.Time `json:"ready,omitzero"`
	Restarting bool      `json:"restarting,omitempty"`
	Session    *Session  `json:"session,omitempty"` // nil: nobody is logged in
}

// User is a person of the cluster's directory.
type User struct {
	ID string `json:"id"`
	// Profiles are the device profiles of the user. Default is the one of a
	// login that names none; a single profile is that without being marked.
	// Otherwise such a login is refused with code 12.
	Profiles []string `json:"profiles"`
	Default  string   `json:"default,omitempty"`
	// ChangePassword and ChangePIN keep the user from logging in, with codes 27
	// and 41, as credentials do that are due for a change.
	ChangePassword bool `json:"change_password,omitempty"`
	ChangePIN      bool `json:"change_pin,omitempty"`
	// Barred keeps the user from logging in by policy: code 4.
	Barred bool `json:"barred,omitempty"`
}

// cluster is the database behind the service. Its names compare without regard
// to case. It has no lock and no clock: the Emulator holds both.
type cluster struct {
	devices map[string]*Phone
	users   map[string]*account
	// profiles are all device profiles, by folded name. No user needs to have
	// them: "Technically, no need exists to assign a profile to a user. The device
	// profile can be specified at login." (Developers Guide, ch. 6)
	profiles map[string]string
	events   []Event
	// nextEnd is no later than the first Until of any session; zero means that
	// none ends by itself.
	nextEnd time.Time
	restart Restarts
}

// account is a user and where the user is logged in, oldest first.
type account struct {
	User
	at []*Phone
}

func fold(name string) string { return strings.ToLower(name) }

// user finds a user by id as it is or percent-encoded, as clients send both.
func (c *cluster) user(id string) *account {
	if u := c.users[fold(id)]; u != nil {
		return u
	}
	return c.users[fold(emapi.DecodeUser(id))]
}

// attempt is a login before it is checked.
type attempt struct {
	device, user, profile string
	until                 time.Time // zero: no end
	by                    Actor
}

// login runs the service's checks in the order its logs show and begins the
// session. The error is an emapi.Code.
func (c *cluster) login(a attempt, o Options, now time.Time) error {
	d := c.devices[fold(a.device)]
	switch {
	case d == nil:
		return emapi.CodeNoDevice
	case o.broken(Hoteling):
		return emapi.CodeHotelingRead
	case !d.EM:
		return emapi.CodeEMDisabled
	case o.broken(LoginStatus):
		return emapi.CodeHotelingWrite
	case d.Session != nil:
		return emapi.CodeOccupied // also when it is the same user's
	}
	u := c.user(a.user)
	switch {
	case u == nil:
		return emapi.CodeNoUser
	case u.ChangePassword:
		return emapi.CodeChangePassword
	case u.ChangePIN:
		return emapi.CodeChangePIN
	case u.Barred:
		return emapi.CodePolicy
	}
	profile, ok := c.profileOf(u, a.profile)
	if !ok {
		return emapi.CodeNoProfile
	}
	if len(u.at) > 0 && o.MultipleLogin != Allowed && o.MultipleLogin != AutoLogout {
		return emapi.CodeElsewhere
	}
	if o.broken(RIS) {
		return emapi.CodeRISDown
	}
	if o.MultipleLogin == AutoLogout {
		c.endOf(u, a.by, now)
	}
	c.begin(d, u, Session{Device: d.Device, User: u.ID, Profile: profile, Since: now, Until: a.until, By: a.by})
	if o.broken(LogoutTimer) && !a.until.IsZero() {
		return emapi.CodeLogoutRequest
	}
	return nil
}

// visit begins the session of a user of another cluster. The error is an
// emapi.Code.
func (c *cluster) visit(device, user string, now time.Time) error {
	d := c.devices[fold(device)]
	switch {
	case d == nil:
		return emapi.CodeNoDevice
	case !d.EM:
		return emapi.CodeEMDisabled
	case d.Session != nil:
		return emapi.CodeOccupied
	}
	c.begin(d, nil, Session{Device: d.Device, User: user, Since: now, By: ByPhone, Visitor: true})
	return nil
}

func (c *cluster) addProfiles(names ...string) {
	for _, name := range names {
		if _, known := c.profiles[fold(name)]; !known {
			c.profiles[fold(name)] = name
		}
	}
}

// profileOf returns the profile that a login of u gets: the one called name,
// also one of another user, or for "" the user's default or single one.
func (c *cluster) profileOf(u *account, name string) (string, bool) {
	switch {
	case name == "" && u.Default == "" && len(u.Profiles) == 1:
		return u.Profiles[0], true
	case name == "":
		name = u.Default
		i := slices.IndexFunc(u.Profiles, func(p string) bool { return strings.EqualFold(p, name) })
		if i < 0 {
			return "", false
		}
		return u.Profiles[i], true
	}
	found, ok := c.profiles[fold(name)]
	return found, ok
}

// logout ends the session on a device. The error is an emapi.Code.
func (c *cluster) logout(device string, by Actor, o Options, now time.Time) error {
	d := c.devices[fold(device)]
	switch {
	case d == nil:
		return emapi.CodeNoDevice
	case o.broken(Hoteling):
		return emapi.CodeHotelingRead
	case !d.EM:
		return emapi.CodeLogoutDisabled
	case o.broken(LoginStatus):
		return emapi.CodeHotelingWrite
	case d.Session == nil:
		return emapi.CodeNobody
	case o.broken(RIS):
		return emapi.CodeRISDown
	}
	timed := !d.Session.Until.IsZero()
	c.end(d, by, now)
	if timed && o.broken(LogoutTimer) {
		return emapi.CodeLogoutRequest
	}
	return nil
}

// endAll ends every session, in the order of devices.
func (c *cluster) endAll(by Actor, now time.Time) {
	for _, d := range c.phones() {
		c.end(d, by, now)
	}
}

// endOf ends the sessions of u, the oldest first.
func (c *cluster) endOf(u *account, by Actor, now time.Time) {
	for _, d := range slices.Clone(u.at) {
		c.end(d, by, now)
	}
}

// begin begins the session s of u on d; u is nil for a visitor.
func (c *cluster) begin(d *Phone, u *account, s Session) {
	d.Session = &s
	d.Ready = s.Since.Add(c.restart.Login)
	if u != nil {
		u.at = append(u.at, d)
	}
	if !s.Until.IsZero() && (c.nextEnd.IsZero() || s.Until.Before(c.nextEnd)) {
		c.nextEnd = s.Until
	}
	c.log(Event{At: s.Since, Device: d.Device, User: s.User, Kind: Login, By: s.By})
}

// end is the only way a session ends. Without one on d it does nothing.
func (c *cluster) end(d *Phone, by Actor, at time.Time) {
	if d.Session == nil {
		return
	}
	s := d.Session
	if u := c.users[fold(s.User)]; u != nil && !s.Visitor {
		u.at = slices.DeleteFunc(u.at, func(o *Phone) bool { return o == d })
	}
	d.Session = nil
	d.Ready = at.Add(c.restart.Logout)
	d.LastUser = s.User
	c.log(Event{At: at, Device: d.Device, User: s.User, Kind: Logout, By: by})
}

func (c *cluster) log(e Event) { c.events = append(c.events, e) }

// expire ends the sessions whose time is over, each at its own instant.
func (c *cluster) expire(now time.Time) {
	if c.nextEnd.IsZero() || c.nextEnd.After(now) {
		return
	}
	var over []*Phone
	c.nextEnd = time.Time{}
	for _, d := range c.phones() {
		switch {
		case d.Session == nil || d.Session.Until.IsZero():
		case !d.Session.Until.After(now):
			over = append(over, d)
		case c.nextEnd.IsZero() || d.Session.Until.Before(c.nextEnd):
			c.nextEnd = d.Session.Until
		}
	}
	slices.SortStableFunc(over, func(a, b *Phone) int { return a.Session.Until.Compare(b.Session.Until) })
	for _, d := range over {
		c.end(d, ByTimer, d.Session.Until)
	}
}

// phones returns the devices by name.
func (c *cluster) phones() []*Phone {
	all := make([]*Phone, 0, len(c.devices))
	for _, d := range c.devices {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *Phone) int { return strings.Compare(a.Device, b.Device) })
	return all
}
