package doctor

import (
	"context"
	"deskd/scheduler/guard"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/emapi"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/web/view"
)

// cluster asks about every desk's device and every person's profiles.
func (d *doctor) cluster(ctx context.Context, c configs.Cluster) {
	what := "cluster " + c.Name
	keys, err := daemon.CredentialsOf(c)
	if err != nil {
		d.wrong(what, "correct the configuration", "%v", err)
		return
	}
	state, err := d.state(ctx, c, keys)
	if err != nil {
		d.wrong(what, "", "%v", err)
		return
	}
	if state.Doubts(daemon.Duration(d.Config, c)) {
		d.wrong(what, "deskd probe-duration", "%s", state.Units)
	}
	if err := errors.Join(d.paused(ctx, what, c.Name), d.heldLogouts(ctx, what, c.Name)); err != nil {
		d.wrong(what, "", "%v", err)
		return
	}
	if d.mayNotAsk(what, state) {
		d.reach(ctx, what, keys)
		return
	}
	desks, devices := d.desksOf(c)
	if len(devices) == 0 {
		d.odd(what, "deskd import desks FILE.csv", "no desk belongs to it")
		devices = []string{noDevice}
	}
	working := d.nodes(ctx, what, keys, devices)
	if working == nil {
		return
	}
	d.letIn(ctx, what, state)
	d.busy(ctx, what, c)
	if len(desks) > 0 {
		d.phones(what, desks, working.answers)
	}
	d.profiles(ctx, what, *working)
}

// reach looks whether the nodes of a cluster that may not be asked can be reached
// at all, by the connection alone: nothing is sent, and so no password.
func (d *doctor) reach(ctx context.Context, what string, k daemon.Credentials) {
	for _, address := range k.Addresses() {
		one, name, g := k.Only(address), nodeName(k, what, address), &trace{}
		if _, err := one.Client(g.around); err != nil {
			d.wrong(name, "correct the configuration", "%v", err)
			continue
		}
		if err := g.connect(ctx, address); err != nil {
			says, fix := diagnose(ctx, err, one.Cluster, g)
			d.wrong(name, fix, "%s", says)
			continue
		}
		d.ok(name, "it can be reached")
	}
}

// nodeName names the node at address after its cluster, and by its host where
// there are others.
func nodeName(k daemon.Credentials, cluster, address string) string {
	if len(k.FailoverURLs) == 0 {
		return cluster
	}
	return cluster + " at " + hostOf(address)
}

// node is an EM service of a cluster that has answered.
type node struct {
	configs.Cluster // with the address of this one alone
	client          *emapi.Client
	trace           *trace
	answers         []emapi.DeviceUser
}

// nodes asks each EM node of a cluster by itself, for one that is down goes
// unnoticed as long as another answers, and returns the first that answers. After
// a refusal of deskd itself no other is asked: tries lock the account.
func (d *doctor) nodes(ctx context.Context, what string, k daemon.Credentials, devices []string) (working *node) {
	for _, address := range k.Addresses() {
		one, name := k.Only(address), nodeName(k, what, address)
		n := node{Cluster: one.Cluster, trace: &trace{}}
		var err error
		if n.client, err = one.Client(n.trace.around); err != nil {
			d.wrong(name, "correct the configuration", "%v", err)
			continue
		}
		n.answers, err = n.client.DeviceUsers(ctx, devices)
		d.clockOf(name, n.trace)
		if err != nil {
			says, fix := diagnose(ctx, err, n.Cluster, n.trace)
			d.wrong(name, fix, "%s", says)
			if err := d.Remember(ctx, k.Cluster, err); err != nil {
				d.odd(name, "", "the refusal is not kept, and the next verb asks again: %v", err)
			}
			if code, refused := errors.AsType[emapi.Code](err); refused && code.Class() == emapi.Halt {
				return working
			}
			continue
		}
		d.ok(name, "it answers and accepts deskd's credentials")
		if working == nil {
			working = &n
		}
	}
	return working
}

// paused tells of a cluster that a person has paused.
func (d *doctor) paused(ctx context.Context, what, cluster string) error {
	if d.Store == nil {
		return nil // there is no database yet
	}
	p, err := d.Store.Pause(ctx, cluster)
	if p.On() {
		d.odd(what, "deskd resume "+cluster, "it is paused %v since %s: nothing is sent to its phones", p, console.ShortTime(p.Since, d.View.Zone(""), d.Clock.Now()))
	}
	return err
}

// heldLogouts tells of logouts of a cluster that wait for a person.
func (d *doctor) heldLogouts(ctx context.Context, what, cluster string) error {
	if d.Store == nil {
		return nil // there is no database yet
	}
	held, err := d.Store.HeldLogouts(ctx, cluster)
	if waiting := held.Waiting(d.Clock.Now()); len(waiting) > 0 {
		d.odd(what, "deskd logouts release "+cluster+", or bring the bookings back", "%s", view.LogoutsHeld(cluster, waiting))
	}
	return err
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // the configuration was checked
	}
	return u.Host
}

// noDevice is asked about where there is no desk yet: that it is unknown can be
// said by none but a phone system that accepts deskd.
const noDevice = "SEP000000000000"

// desksOf returns the desks of a cluster whose phones can be asked about, and
// tells of the others.
func (d *doctor) desksOf(c configs.Cluster) (desks []reservations.Desk, devices []string) {
	for _, desk := range d.desks {
		if desk.Cluster != c.Name {
			continue
		}
		if _, err := c.Device(desk.Device); err != nil {
			d.wrong("desk "+desk.ID, "correct the desk's device name, or allow its kind in the key devices of the cluster", "%v", err)
			continue
		}
		desks, devices = append(desks, desk), append(devices, desk.Device)
	}
	return desks, devices
}

// state is what the daemon remembers of a cluster. A refusal of other
// credentials than those of now does not count.
func (d *doctor) state(ctx context.Context, c configs.Cluster, k daemon.Credentials) (guard.ClusterState, error) {
	if d.Store == nil {
		return guard.ClusterState{}, nil // there is no database yet
	}
	s, err := d.Store.ClusterState(ctx, c.Name)
	if err != nil || !s.Open() {
		return s, err
	}
	same, err := k.Were(s)
	if !same {
		s = s.Closed()
	}
	return s, err
}

// mayNotAsk tells how the cluster stands with the daemon, and reports whether
// that forbids a question: the same password was refused a moment ago.
func (d *doctor) mayNotAsk(what string, s guard.ClusterState) bool {
	now := d.Clock.Now()
	if !s.Open() || !s.Until(now).After(now) {
		return false
	}
	since, until := console.ShortTime(s.Opened, d.View.Zone(""), now), console.ShortTime(s.Until(now), d.View.Zone(""), now)
	if !daemon.AboutPassword(s.Code) || d.Again {
		d.odd(what, "", "deskd is refused since %s, and a daemon asks again at %s", since, until)
		return false
	}
	d.wrong(what, "correct it; if you have set it on the phone system instead, deskd doctor --again asks once more",
		"it refuses the password since %s (code %d), and the password is still the same: it is not sent again before %s, because tries lock the account",
		since, s.Code, until)
	return true
}

// letIn tells a daemon that waits before an open circuit, or because others
// ended before their first answer, that the way is free.
func (d *doctor) letIn(ctx context.Context, what string, s guard.ClusterState) {
	if s.Until(d.Clock.Now()).IsZero() {
		return
	}
	st, err := store.Open(ctx, d.Config.Database.DSN, store.Options{})
	if err != nil {
		d.odd(what, "", "the daemon is not told that it is let in again: %v", err)
		return
	}
	if err := st.SaveClusterState(ctx, s.Closed()); err != nil {
		d.odd(what, "", "the daemon is not told that it is let in again: %v", err)
	} else {
		d.ok(what, "the daemon, which was held back, goes on at once")
	}
	_ = st.Close() // what was written is on disk
}

// phones checks that the phone system knows every desk's phone.
func (d *doctor) phones(what string, desks []reservations.Desk, answers []emapi.DeviceUser) {
	good := 0
	for i, answer := range answers {
		switch answer.State {
		case emapi.NoSuchDevice:
			d.wrong("desk "+desks[i].ID, "correct the desk's device name, or add the phone to the cluster", "the phone system does not know %s", answer.Device)
		case emapi.Occupied:
			good++
			if answer.CrossCluster {
				d.odd("desk "+desks[i].ID, "", "a visitor of another cluster (EMCC) is on %s: deskd leaves them alone, also during a booking", answer.Device)
			}
		case emapi.Unknown:
			d.odd("desk "+desks[i].ID, "ask again", "the phone system says nothing about %s", answer.Device)
		default:
			good++
		}
	}
	says := fmt.Sprintf("it knows %d of %s", good, console.Count(len(desks), "phone", "phones"))
	if good == 0 {
		d.wrong(what, "check that this is the phone system of these desks, and that their device names are written as there", "%s", says)
		return
	}
	d.ok(what, "%s; whether Extension Mobility is enabled on them, no question tells: a login does (code 22)", says)
}

// profiles checks that everybody can be logged in.
func (d *doctor) profiles(ctx context.Context, what string, n node) {
	if len(d.people) == 0 {
		return
	}
	ids := make([]string, len(d.people))
	for i, p := range d.people {
		ids[i] = p.ID
	}
	answers, err := n.client.DeviceProfiles(ctx, ids)
	if err != nil {
		says, fix := diagnose(ctx, err, n.Cluster, n.trace)
		d.wrong(what, fix, "ask for the people's profiles: %s", says)
		return
	}
	good := 0
	for i, p := range d.people {
		answer := answers[i]
		switch {
		case !answer.Known:
			d.odd("person "+p.ID, "ask again", "the phone system says nothing about this user")
			continue
		case !answer.Exists:
			d.wrong("person "+p.ID, "correct the user id, or add the end user to the cluster", "the phone system does not know this user")
			continue
		case p.Profile == "" && len(answer.Profiles) == 0:
			d.wrong("person "+p.ID, "give the user a device profile, or name one in the people's file", "the user has no device profile")
			continue
		}
		good++
		d.profile(p, answer.Profiles)
	}
	says := fmt.Sprintf("%d of %s can be logged in", good, console.Count(len(ids), "person", "people"))
	switch {
	case good == 0:
		d.wrong(what, "check that this is the phone system of these people, and that their user ids are written as there", "%s", says)
	case good < len(ids):
		d.odd(what, "see the people named here", "%s", says)
	default:
		d.ok(what, "%s", says)
	}
}

// profile remarks on what a login of p would meet. Nothing of it is wrong for
// sure: a single profile needs no mark, not every version marks one, and a profile
// named at login need not be the user's.
func (d *doctor) profile(p reservations.Person, profiles []emapi.Profile) {
	marked := slices.ContainsFunc(profiles, func(q emapi.Profile) bool { return q.Default })
	named := slices.ContainsFunc(profiles, func(q emapi.Profile) bool { return strings.EqualFold(p.Profile, q.Name) })
	switch {
	case p.Profile == "" && !marked && len(profiles) > 1:
		d.odd("person "+p.ID, "mark one as the default, or name one in the people's file", "none of the user's %d device profiles is marked as the default one", len(profiles))
	case p.Profile != "" && !named:
		d.odd("person "+p.ID, "check the profile's name: a login may name one that is not the user's, but it has to exist", "the device profile %q is not among the user's", p.Profile)
	}
}

// skewAllowed is how far the phone system's clock may be off before it is told:
// its answers are dated to the second, and take a moment.
const skewAllowed = time.Minute

// clockOf compares the clock with the phone system's, as its answer was dated.
func (d *doctor) clockOf(what string, g *trace) {
	if g.date.IsZero() {
		return
	}
	if off := g.date.Sub(d.Clock.Now()).Round(time.Second); off.Abs() > skewAllowed {
		word := "ahead of"
		if off < 0 {
			word = "behind"
		}
		d.odd(what, "set both by NTP: logins come as early or late as this machine's clock is off", "its clock is %v %s this machine's", off.Abs(), word)
	}
}

// refusals tells of the desks whose last login or logout the phone system has
// refused for a reason that a question does not show: Extension Mobility is off
// on the phone, say.
func (d *doctor) refusals(ctx context.Context) error {
	last, err := d.Store.LastAttempts(ctx)
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	for _, desk := range d.desks {
		a := last[desk.Device]
		code := emapi.Code(a.Code)
		if a.Outcome != plan.Refused || now.Sub(a.Began) > 24*time.Hour || code.Class() != emapi.DeskFault && code.Class() != emapi.Policy {
			continue
		}
		d.wrong("desk "+desk.ID, code.Advice(), "the %s of %s at %s was refused: %v", a.Op, a.Person, console.ShortTime(a.Began, d.View.Zone(desk.Site), now), code)
	}
	return nil
}

// clocks tells of a clock that the daemon does not believe, or would not if it was
// started now, and of what waits for that.
func (d *doctor) clocks(ctx context.Context) {
	now := d.Clock.Now()
	for _, c := range d.Config.Clusters {
		p, err := d.Preview(ctx, c, nil, now)
		switch {
		case err != nil:
			d.wrong("cluster "+c.Name, "", "what is due cannot be worked out: %v", err)
		case p.Clock != "":
			d.odd("cluster "+c.Name, "look at this machine's clock (timedatectl), and set it right; if it is right, a day will show it", "the clock is in doubt: %s",
				console.LocalTimes(p.Clock, d.View.Zone(""), now))
		}
	}
}
