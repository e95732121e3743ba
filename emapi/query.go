package emapi

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// State is what a query said of a device: [Unknown], [NoSuchDevice], [Free] or
// [Occupied].
type State int

// The states of a device. The zero State is Unknown: the reply did not name
// the device, or contradicted itself about it. Unknown is never free.
const (
	Unknown State = iota
	NoSuchDevice
	Free
	Occupied
)

// String returns the state in lower-case words.
func (s State) String() string {
	switch s {
	case NoSuchDevice:
		return "no such device"
	case Free:
		return "free"
	case Occupied:
		return "occupied"
	}
	return "unknown"
}

// DeviceUser says who is logged in on a device.
type DeviceUser struct {
	Device   string // as asked for
	State    State
	User     string // decoded; empty unless Occupied
	RawUser  string // User as the reply spelt it
	LastUser string // who was logged in before, decoded; empty when unknown
	// CrossCluster says that the user is a visitor of another cluster (EMCC);
	// false unless Occupied.
	CrossCluster bool
	// Doubt says why the reply's entry leaves the State Unknown; empty when the
	// reply has none.
	Doubt string
}

// Is reports whether id is the user logged in. It compares as the phone system
// does: without regard to case, encoded or not.
func (d DeviceUser) Is(id string) bool {
	return d.State == Occupied && SameUser(d.RawUser, id)
}

// UserDevices says on which devices a user is logged in.
type UserDevices struct {
	User    string // as asked for
	Known   bool   // the reply named the user; false means nothing was learned
	Exists  bool
	Devices []string // in the reply's order
}

// UserCheck says whether a user id exists.
type UserCheck struct {
	User   string // as asked for
	Known  bool   // the reply named the user; false means nothing was learned
	Exists bool
}

// UserProfiles lists the device profiles of a user.
type UserProfiles struct {
	User     string // as asked for
	Known    bool   // the reply named the user; false means nothing was learned
	Exists   bool
	Profiles []Profile // in the reply's order
}

// Profile is a device profile of a user.
type Profile struct {
	Name    string
	Default bool // used by a login that names no profile
}

// DeviceUsers asks who is logged in on devices and answers in their order.
// The answer always has one entry per device; a device about which nothing was
// learned is [Unknown]. A batch that fails ends the asking: the
// answers before it are kept and returned together with the error. A name that
// cannot be a device's is not sent; the error names it and the rest is asked.
func (c *Client) DeviceUsers(ctx context.Context, devices []string) ([]DeviceUser, error) {
	found := make([]DeviceUser, len(devices))
	for i, name := range devices {
		found[i].Device = name
	}
	err := c.ask(ctx, question{
		op: opDeviceUsers, element: "deviceName", names: devices,
		check: func(name string) error { return checkDevice(c.deviceName, name) },
		take: func(r reply, asked []int) error {
			for _, i := range asked {
				found[i] = r.device(devices[i])
			}
			return nil
		},
	})
	return found, err
}

// device reads what r says of the device called name. Entries that contradict
// each other say nothing.
func (r reply) device(name string) DeviceUser {
	found := DeviceUser{Device: name}
	count := 0
	for _, e := range r.devices {
		if !mayBeSame(e.name, name) || !strings.EqualFold(e.name, name) {
			continue
		}
		d := e.read(name)
		if count++; count > 1 && d != found {
			return DeviceUser{Device: name, Doubt: "the reply contradicts itself"}
		}
		found = d
	}
	return found
}

// mayBeSame reports whether two names may differ in case alone, by their last bytes: devices
// of one make begin alike, and of fifty asked together each is compared with all.
func mayBeSame(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	x, y := a[len(a)-1], b[len(b)-1]
	const caseBit = 'a' - 'A'
	return x|caseBit == y|caseBit || x >= utf8.RuneSelf || y >= utf8.RuneSelf
}

// UserDevices asks on which devices users are logged in and answers in their
// order. Failures are treated as by [Client.DeviceUsers].
func (c *Client) UserDevices(ctx context.Context, users []string) ([]UserDevices, error) {
	found := make([]UserDevices, len(users))
	for i, id := range users {
		found[i].User = id
	}
	err := c.askUsers(ctx, opUserDevices, users, func(i int, e userEntry) {
		foreign := e.exists || len(e.profiles) > 0
		known := e.odd == "" && !foreign && (e.missing || e.none) != (len(e.devices) > 0) && !(e.missing && e.none)
		if found[i].Known = known; known {
			found[i].Exists, found[i].Devices = !e.missing, e.devices
		}
	})
	return found, err
}

// CheckUser asks which users exist and answers in their order. Failures are
// treated as by [Client.DeviceUsers].
func (c *Client) CheckUser(ctx context.Context, users []string) ([]UserCheck, error) {
	found := make([]UserCheck, len(users))
	for i, id := range users {
		found[i].User = id
	}
	err := c.askUsers(ctx, opCheckUser, users, func(i int, e userEntry) {
		foreign := e.none || len(e.devices)+len(e.profiles) > 0
		known := e.odd == "" && !foreign && e.missing != e.exists
		found[i] = UserCheck{User: users[i], Known: known, Exists: known && e.exists}
	})
	return found, err
}

// DeviceProfiles asks for the device profiles of users and answers in their
// order. Failures are treated as by [Client.DeviceUsers].
func (c *Client) DeviceProfiles(ctx context.Context, users []string) ([]UserProfiles, error) {
	found := make([]UserProfiles, len(users))
	for i, id := range users {
		found[i].User = id
	}
	err := c.askUsers(ctx, opDeviceProfiles, users, func(i int, e userEntry) {
		foreign := e.exists || len(e.devices) > 0
		known := e.odd == "" && !foreign && (len(e.profiles) == 0 || !e.missing && !e.none) && !(e.missing && e.none)
		if found[i].Known = known; known {
			found[i].Exists, found[i].Profiles = !e.missing, e.profiles
		}
	})
	return found, err
}

// askUsers asks one of the queries about users and hands take the entry of
// each one that the reply names once, in a way that means no other of them.
func (c *Client) askUsers(ctx context.Context, op string, users []string, take func(i int, e userEntry)) error {
	return c.ask(ctx, question{
		op: op, element: "userID", names: users, spell: c.wireID, check: checkUser,
		take: func(r reply, asked []int) error {
			var refused []error
			for _, i := range asked {
				e, ok := r.user(users[i], c.wireID)
				other := func(j int) bool { return !strings.EqualFold(users[i], users[j]) && SameUser(e.id, users[j]) }
				switch {
				case !ok, slices.ContainsFunc(asked, other):
				case len(e.failures) == 0:
					take(i, e)
				case e.failures[0].code == CodeNoUser:
					take(i, userEntry{missing: true})
				default:
					refused = append(refused, c.refusal(op, users[i], e.failures[0]))
				}
			}
			return errors.Join(refused...)
		},
	})
}

// user returns the entry of the user id, false when there is not exactly one. A
// service may answer about the spelling that it was sent.
func (r reply) user(id string, spell func(string) string) (userEntry, bool) {
	var found userEntry
	count := 0
	for _, e := range r.users {
		if SameUser(e.id, id) || SameUser(e.id, spell(id)) {
			found = e
			count++
		}
	}
	return found, count == 1
}

// question is a query about several names.
type question struct {
	op      string
	element string // that holds one name
	names   []string
	spell   func(name string) string // on the wire; nil: as it is
	check   func(name string) error
	// take reads the answer to a batch; asked are the places of its names. Its
	// error is reported and does not end the asking.
	take func(r reply, asked []int) error
}

// ask sends q in batches, in the order of its names. Its error joins the names
// that cannot be sent, what take found wrong, and the failure that ended the
// asking.
func (c *Client) ask(ctx context.Context, q question) error {
	places, problems := q.places()
	for batch := range slices.Chunk(places, c.batch) {
		r, err := c.askBatch(ctx, q, batch)
		if err != nil {
			problems = append(problems, err)
			break
		}
		if err := q.take(r, slices.Concat(batch...)); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// places returns where each name that can be sent stands in q, and why the
// others cannot. Spellings that differ in case alone are one name, to be sent as
// it stands first: no document says whether a server answers twice for two of them.
func (q question) places() (places [][]int, problems []error) {
	known, first := make(map[string]int, len(q.names)), make([]int, len(q.names))
	for i, name := range q.names {
		if err := q.check(name); err != nil {
			problems = append(problems, cannotSend(q.op, err))
			continue
		}
		key := strings.ToLower(name)
		if n, again := known[key]; again {
			places[n] = append(places[n], i)
			continue
		}
		known[key] = len(places)
		first[i] = i
		places = append(places, first[i:i+1:i+1])
	}
	return places, problems
}

func (c *Client) askBatch(ctx context.Context, q question, places [][]int) (reply, error) {
	target := ""
	if len(places) == 1 {
		target = q.names[places[0][0]]
	}
	message := c.encode(query, q.op, func(m *message) {
		for _, at := range places {
			name := q.names[at[0]]
			if q.spell != nil {
				name = q.spell(name)
			}
			m.leaf(q.element, name)
		}
	})
	r, err := c.send(ctx, subject(q.op, target), message, true)
	switch {
	case err != nil:
		return reply{}, err
	case r.successes == 0 && len(r.failures) == 1 && len(r.devices)+len(r.users) == 0:
		return reply{}, c.refusal(q.op, target, r.failures[0])
	case r.successes > 0 || len(r.failures) > 0:
		return reply{}, unknown(subject(q.op, target), errors.New("the reply is no answer to a query or contradicts itself"))
	case !r.results && len(r.devices)+len(r.users) == 0:
		return reply{}, unknown(subject(q.op, target), errors.New("the reply holds no results"))
	}
	return r, nil
}
