package phone

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"deskd/phone"
	"deskd/phone/model"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

// visit is one request of a phone.
type visit struct {
	*Handler
	ctx    context.Context
	at     model.Phone
	from   netip.Addr
	query  url.Values
	device string // as it calls itself
	base   string // of addresses: as the phone has come, by TLS or without
	now    time.Time

	snapshot view.Snapshot
	desk     *board.Desk
	zone     *time.Location
	closing  []booking.Closure // of the desk, that are not over
	closed   *booking.Closure  // in which the desk is now
	// on is who is logged in at the phone and may act, "" for nobody; unsure says why it is
	// not known who is.
	on, unsure string
	due        *due
	refresh    string // when the phone fetches another page by itself, and which; "" for never
}

// acted is when something was done last at the phones of desks: who asks there then sees it.
// Others see it some seconds later, so that they do not wait for each key that one presses.
type acted struct {
	mu sync.Mutex
	at map[string]time.Time // by desk
}

func (a *acted) note(desk string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.at, func(_ string, at time.Time) bool { return now.Sub(at).Abs() >= seenWithin })
	if a.at == nil {
		a.at = make(map[string]time.Time)
	}
	a.at[desk] = now
}

// lately reports whether a snapshot may not show yet what was done at a desk.
func (a *acted) lately(desk string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Sub(a.at[desk]).Abs() < seenWithin
}

// seenWithin is when a snapshot of lately shows what was done.
const seenWithin = 5 * time.Second

// look is how everything stands.
func (v *visit) look() (view.Snapshot, error) {
	s, err := v.Lately(v.ctx)
	if d := deskOf(s, v.device); err == nil && d != nil && v.acted.lately(d.Desk.ID, v.now) {
		return v.Now(v.ctx)
	}
	return s, err
}

// answer is the page.
func (v *visit) answer() phone.Object {
	if v.device == "" {
		return plain("deskd", "Which phone is this?\nThe address of the service has to end with name=#DEVICENAME#. deskd phone service prints it.")
	}
	var err error
	if v.snapshot, err = v.look(); err != nil {
		return v.blind(err)
	}
	if v.desk = deskOf(v.snapshot, v.device); v.desk == nil {
		v.refuseForged("the name is no desk's phone")
		return plain("deskd", "No desk has this phone\nAsk those who run deskd.")
	}
	v.zone = zoneOf(v.snapshot, v.desk.Desk.Site)
	believed, placed, err := v.believes(v.ctx, v.desk.Desk, v.from, v.now)
	if err != nil {
		return v.blind(err)
	}
	if !believed {
		v.refuseForged("the address is not that of the phone")
		return v.stranger(placed)
	}
	if err := v.readClosed(); err != nil {
		return v.blind(err)
	}
	v.recognise()
	switch v.query.Get("p") {
	case pageIdle:
		return v.idle()
	case pageNotice: // nobody has asked for it
	default:
		v.touched()
	}
	if do := v.query.Get("do"); do != "" {
		return v.act(act{do, v.query.Get("a")})
	}
	return v.shown(v.query.Get("p"))
}

// shown is a page that does nothing, by its name. Any other name is that of the first one.
func (v *visit) shown(name string) phone.Object {
	switch name {
	case pageMore:
		return v.more()
	case pageExtend:
		return v.extend()
	case pageEnd:
		return v.end()
	case pageLogin:
		return v.login()
	case pageTake:
		return v.take()
	case pageFree:
		return v.freeDesks()
	case pageDesk:
		return v.freeDesk()
	case pageFind:
		return v.find()
	case pageFound:
		return v.found()
	case pagePerson:
		return v.person()
	case pageNotice:
		return v.notice()
	}
	return v.home()
}

// The pages that do nothing.
const (
	pageMore, pageExtend, pageEnd   = "more", "extend", "end"
	pageLogin, pageTake             = "login", "take"
	pageFree, pageDesk              = "free", "desk"
	pageFind, pageFound, pagePerson = "find", "found", "person"
	pageNotice                      = "notice"
)

// blind is the page while the database does not answer.
func (v *visit) blind(err error) phone.Object {
	v.Log.Warn("page of a phone cannot be made", "phone", v.device, "err", err)
	return plain("deskd", "deskd cannot tell\nIts database does not answer. Logins stay as they are. Try again in a moment.")
}

// stranger is the page for a caller that is not known to be the phone, of which it is known
// where it is, or not.
func (v *visit) stranger(placed bool) phone.Object {
	if !placed {
		return plain("Desk", v.taken()+"\ndeskd does not know where this phone is, so that it shows no more. Ask those who run deskd.")
	}
	return plain("Desk", v.taken()+"\nThis phone is not where deskd knows it to be, so that it shows no more. Ask those who run deskd.")
}

// refuseForged notes a link that was followed by someone who is not believed.
func (v *visit) refuseForged(why string) {
	if do := v.query.Get("do"); do != "" {
		v.refused(act{do, ""}, why, true)
	}
}

// deskOf is the desk whose phone is called so, nil for none.
func deskOf(s view.Snapshot, device string) *board.Desk {
	for _, d := range s.Desks {
		if len(d.Desk.Device) == len(device) && strings.EqualFold(d.Desk.Device, device) {
			return d
		}
	}
	return nil
}

func zoneOf(s view.Snapshot, site string) *time.Location {
	for _, one := range s.Sites {
		if one.Name == site && one.Zone != nil {
			return one.Zone
		}
	}
	return time.UTC
}

// closedFor is for how long is known which desks are closed.
const closedFor = 5 * time.Second

// readClosed finds out whether the desk is out of service.
func (v *visit) readClosed() error {
	all, err := v.closures.get(v.ctx, question[struct{}]{struct{}{}, closedFor, v.now}, func(ctx context.Context) ([]booking.Closure, error) {
		return v.Reading.Closures(ctx, booking.Place{}, v.now)
	})
	for i, c := range all {
		if !c.Holds(v.desk.Desk) {
			continue
		}
		v.closing = append(v.closing, c)
		if c.Contains(v.now) && (v.closed == nil || c.End.After(v.closed.End)) {
			v.closed = &all[i]
		}
	}
	return err
}

// longUnseen is how old what was seen of a phone may be for anyone to act by it.
const longUnseen = 15 * time.Minute

// recognise finds out who is logged in at the phone, by what was seen there last.
func (v *visit) recognise() {
	seen := v.desk.Phone
	switch {
	case !seen.Known || !seen.Exists || seen.Doubt != "":
		v.unsure = "deskd does not know who is logged in here."
	case v.now.Sub(reservations.Latest(seen.At, v.cluster().Swept)) > longUnseen:
		v.unsure = "deskd has not seen lately who is logged in here."
		v.Look(v.desk.Desk.Cluster)
	case seen.Visitor:
		v.unsure = "Someone of another cluster is logged in."
	default:
		v.on = seen.Person
	}
}

// cluster is how the cluster of the desk stands.
func (v *visit) cluster() scheduler.ClusterStatus {
	for _, c := range v.snapshot.Clusters {
		if c.Cluster == v.desk.Desk.Cluster {
			return c
		}
	}
	return scheduler.ClusterStatus{}
}

// paused reports whether a person has stopped the cluster.
func (v *visit) paused() bool { return v.cluster().Count(plan.KindPaused) > 0 }

// early is how long before the start of their booking someone may act for it.
const early = 15 * time.Minute

// mine is the booking of who is logged in that runs, or begins soon; nil for none.
func (v *visit) mine() *reservations.Reservation {
	for _, r := range []*reservations.Reservation{v.desk.Booking, v.desk.Next} {
		if r != nil && v.on != "" && r.Person != "" && reservations.SamePerson(r.Person, v.on) && r.Start.Before(v.now.Add(early)) {
			return r
		}
	}
	return nil
}

// runs is the booking of who is logged in that has begun; nil for none.
func (v *visit) runs() *reservations.Reservation {
	if r := v.mine(); r != nil && !r.Start.After(v.now) {
		return r
	}
	return nil
}

// about is what a link is about: the person who acts, the booking that is theirs, and that of the desk.
func (v *visit) about() string {
	parts := []string{reservations.PersonKey(v.on)}
	for _, r := range []*reservations.Reservation{v.mine(), v.desk.Booking} {
		if r != nil {
			parts = append(parts, r.ID, r.Person, r.Start.UTC().Format(time.RFC3339), r.End.UTC().Format(time.RFC3339))
		}
		parts = append(parts, "")
	}
	return strings.Join(parts, "\x00")
}

// as is the context of what the person logged in asks for, by the name of the phone.
func (v *visit) as() context.Context {
	return v.WithActor(v.ctx, "phone:"+v.desk.Desk.Device)
}

// text is a page of text with the way back to the first page.
func (v *visit) text(text string, keys ...phone.SoftKeyItem) phone.Object {
	return v.laid(v.at.LayText(phone.Head{Title: v.title(), SoftKeys: append(keys, v.back())}, text))
}

// laid notes what did not fit.
func (v *visit) laid(l model.Laid) phone.Object {
	for _, cut := range l.Cuts {
		v.Log.Debug("page of a phone was laid out", "phone", v.desk.Desk.Device, "cut", cut.String())
	}
	return l.Object
}

// title is that of every page.
func (v *visit) title() string {
	return "Desk " + reservations.Legible(cmp.Or(v.desk.Desk.ID, v.desk.Desk.Name))
}

// back leads to the first page. Pages expire as they are shown, so that the phone's own key
// leaves them all.
func (v *visit) back() phone.SoftKeyItem { return phone.SoftKeyItem{Name: "Desk", URL: v.page("")} }
