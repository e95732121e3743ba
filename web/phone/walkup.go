package phone

import (
	"net/url"
	"strings"
	"sync"
	"time"

	"deskd/phone"

	"deskd/reservations"
	"deskd/reservations/booking"
)

// walked is at which phones someone has gone to log in, and when: they are looked at soon.
type walked struct {
	mu  sync.Mutex
	all map[string]time.Time // by device
}

// walksFor is for how long someone who has gone to log in is expected.
const walksFor = 10 * time.Minute

func (w *walked) note(device string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil || len(w.all) >= mostRemembered {
		w.all = make(map[string]time.Time)
	}
	w.all[device] = now
}

func (w *walked) expects(device string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, gone := w.all[device]
	return gone && now.Sub(at).Abs() < walksFor
}

// loginURL is the cluster's own login service for this phone, "" for none.
func (v *visit) loginURL() string {
	return strings.ReplaceAll(v.Login[v.desk.Desk.Cluster], "#DEVICENAME#", url.QueryEscape(v.desk.Desk.Device))
}

// login offers to log in at the phone, by the cluster's own service: it asks for user id and
// PIN, and deskd never does. Those who have logged in without deskd, and whom no look has seen yet,
// get the page that they have logged in for.
func (v *visit) login() phone.Object {
	if v.on == "" && v.sees() {
		return v.arrived()
	}
	if v.on != "" {
		return v.text("Someone is logged in\n" + v.called(v.on) + " is on this phone.")
	}
	if v.loginURL() == "" {
		return v.text("Not from here\nUse the phone's own Extension Mobility service, then come back. (deskd has no em_login_url for this cluster.)")
	}
	return v.text(v.fact()+"\nLog in with your user id and PIN. Then open this page again to book the desk.",
		phone.SoftKeyItem{Name: "Log in", URL: v.link(act{do: doLogin})})
}

// sees asks the phone system whether someone has logged in since the last look, and takes it in.
func (v *visit) sees() bool {
	is, known := v.onPhone()
	if !known || is.Visitor || is.Person == "" {
		return false
	}
	v.Look(v.desk.Desk.Cluster)
	v.on, v.unsure = is.Person, ""
	return true
}

// arrived is the page for those who are seen at last: their own desk, or one that they can book.
func (v *visit) arrived() phone.Object {
	if v.mayTake() {
		return v.take()
	}
	return v.home()
}

// openLogin has the phone open the cluster's login, and deskd look who has logged in.
func (v *visit) openLogin() phone.Object {
	at := v.loginURL()
	if at == "" || v.on != "" {
		return v.login()
	}
	v.walked.note(v.desk.Desk.Device, v.now)
	v.Look(v.desk.Desk.Cluster)
	return phone.Execute{Items: []phone.ExecuteItem{{URL: at}}}
}

// take offers the desk to who is logged in at it, for as long as it is free and the rules
// allow.
func (v *visit) take() phone.Object {
	if !v.mayTake() {
		return v.notFree()
	}
	stay := v.stay(v.limit(v.now))
	stay.DryRun = true
	would, err := v.Bookings.WalkUp(v.as(), booking.Actor{}, stay, v.now)
	if err != nil {
		return v.refuse("Not to be booked", err)
	}
	return v.text("Free until "+v.clock(would.End)+"\nBook it for "+v.called(v.on)+"?",
		phone.SoftKeyItem{Name: "Book", URL: v.link(act{doTake, instant(would.End)})})
}

// takeIt books the desk.
func (v *visit) takeIt(arg string) phone.Object {
	if !v.mayTake() {
		return v.notFree()
	}
	done, err := v.Bookings.WalkUp(v.as(), booking.Actor{}, v.stay(time.Unix(number(arg), 0).UTC()), v.now)
	if err != nil {
		return v.refuse("Not booked", err)
	}
	return v.text("Yours until " + v.clock(done.End) + "\nThe desk is booked for you.")
}

func (v *visit) mayTake() bool { return v.on != "" && v.desk.Booking == nil }

func (v *visit) notFree() phone.Object {
	if v.on == "" {
		return v.text("Nobody is logged in\nLog in at this phone first, then open this page again.")
	}
	return v.text(v.taken() + "\nThe desk cannot be booked now.")
}

// stay is that of someone who stands at the desk.
func (v *visit) stay(until time.Time) booking.Visit {
	return booking.Visit{Desk: v.desk.Desk.ID, Person: v.on, Until: reservations.Latest(until, v.now), Source: source}
}
