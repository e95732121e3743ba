package phone

import (
	"strconv"
	"time"

	"deskd/phone"
	"deskd/reservations/booking"
)

// Rests hears whether phones are touched. It waits for nothing.
type Rests interface {
	// Rested takes in that nobody touches a phone any more or, with still, that nobody has
	// touched it since it told so last.
	Rested(cluster, device string, still bool, at time.Time)
	// Used takes in that someone uses a phone.
	Used(cluster, device string, at time.Time)
	// Every is how often a phone that rests is to say so again.
	Every() time.Duration
}

// pageIdle is what a phone fetches that nobody touches: its Idle URL.
const pageIdle = "idle"

// still is what a phone adds that goes on resting.
const still = "still"

// IdleQuery is the query of the Idle URL, behind the name of the phone.
const IdleQuery = "p=" + pageIdle

// activity is the source of the evidence that someone uses a phone within their booking.
const activity = "phone-activity"

// idle is the page of a phone that nobody touches: what everybody may see of the desk. A phone
// fetches its Idle URL as it comes to rest, and then, as long as nobody presses a key, what the
// page refreshes itself by: that is another address, for someone may touch the phone in between
// and leave it at once.
func (v *visit) idle() phone.Object {
	if v.Rests != nil {
		v.Rests.Rested(v.desk.Desk.Cluster, v.desk.Desk.Device, v.query.Get("a") == still, v.now)
		if url := v.page(pageIdle, "a", still); url != "" {
			v.refresh = strconv.Itoa(int(v.Rests.Every().Seconds())) + "; url=" + url
		}
	}
	text := v.taken()
	if v.closed != nil {
		text = v.fact()
	}
	return v.text(text)
}

// touched notes that someone uses the phone. Within the time in which the person who is logged
// in has to come, that says that they have: but for the first page, at which everybody looks who
// wants to know whose desk it is.
func (v *visit) touched() {
	if v.Rests == nil {
		return
	}
	v.Rests.Used(v.desk.Desk.Cluster, v.desk.Desk.Device, v.now)
	a, asked := v.expected()
	if !asked || v.query.Get("p") == "" || v.query.Get("do") != "" { // what is done tells of itself
		return
	}
	_, err := v.Bookings.CheckIn(v.as(), booking.Actor{}, booking.Presence{ID: a.ID, Source: activity, How: v.own(a.ID)}, v.now)
	if err != nil {
		v.Log.Info("phone is used, and that does not check in", "phone", v.desk.Desk.Device, "reservation", a.ID, "err", err)
		return
	}
	v.acted.note(v.desk.Desk.ID, v.now)
	v.due = &due{a, false}
}
