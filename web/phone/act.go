package phone

import (
	"context"
	"errors"
	"time"

	"deskd/phone"
	"deskd/reservations"
	"deskd/scheduler/plan"
)

// What links do.
const (
	doCheckIn = "checkin"
	doExtend  = "extend"
	doEnd     = "end"
	doLogin   = "login"
	doTake    = "take"
)

// act does what a link says, if deskd has made it for this phone and nothing has changed
// since. Without a token nothing is done, and the first page is shown.
func (v *visit) act(a act) phone.Object {
	token := v.query.Get("t")
	if token == "" {
		return v.home()
	}
	number, err := v.open(token, a)
	if errors.Is(err, errStale) && v.on == "" && v.sees() { // the page was theirs whom no look has seen yet
		number, err = v.open(token, a)
	}
	if errors.Is(err, errStale) {
		v.refused(a, "out of date", false)
		return v.stale()
	}
	if err != nil {
		v.refused(a, "forged", true)
		return v.text("Not accepted\nThis link was not made for this phone. Open the desk's page.")
	}
	if no := v.gone(a); no != nil {
		return no
	}
	first, err := v.Links.Spend(v.as(), v.deed(number, a, ""), v.now)
	switch {
	case err != nil:
		return v.blind(err)
	case !first:
		v.refused(a, "followed before", false)
		return v.stale()
	}
	defer v.acted.note(v.desk.Desk.ID, v.now)
	v.Log.Info("phone acts", "desk", v.desk.Desk.ID, "phone", v.desk.Desk.Device, "address", v.from, "action", a.do, "person", v.on)
	return v.do(a)
}

// askWithin is how long the phone system may take to say who is on a phone.
const askWithin = 2 * time.Second

// silencing are the kinds of states in which deskd asks a phone system nothing.
var silencing = []plan.Kind{plan.KindRefused, plan.KindUnanswered, plan.KindCertificate}

// gone is the page for those who are not logged in at the phone any more, no matter who pressed
// the key: what was seen there last may be minutes old, and so the phone system is asked. Nil lets
// them act. Nobody has to be logged in to go to the cluster's own login.
func (v *visit) gone(a act) phone.Object {
	if a.do == doLogin {
		return nil
	}
	is, known := v.onPhone()
	switch {
	case !known:
		v.refused(a, "the phone system does not say who is logged in", false)
		return v.text("deskd cannot tell\nThe phone system does not say who is logged in here. Nothing was done. Try again in a moment.")
	case is.Visitor || reservations.PersonKey(is.Person) != reservations.PersonKey(v.on):
		v.Look(v.desk.Desk.Cluster)
		v.refused(a, "someone else is logged in by now, or nobody", false)
		return v.text("Not logged in\nSomeone else is logged in here by now, or nobody. Nothing was done. Open the desk's page again.")
	}
	return nil
}

// onPhone is who is logged in at the phone, as the phone system says when it is asked, and whether
// it says so without a doubt.
func (v *visit) onPhone() (is plan.Observation, known bool) {
	if v.cluster().Count(silencing...) > 0 {
		return is, false
	}
	ctx, stop := context.WithTimeout(v.ctx, askWithin)
	defer stop()
	is, err := v.OnPhone(ctx, v.desk.Desk.Cluster, v.desk.Desk.Device)
	if err != nil {
		v.Log.Info("phone system does not say who is on a phone", "phone", v.desk.Desk.Device, "err", err)
		return is, false
	}
	return is, is.Known && is.Doubt == ""
}

func (v *visit) do(a act) phone.Object {
	switch a.do {
	case doCheckIn:
		return v.checkIn()
	case doExtend:
		return v.extendTo(a.arg)
	case doEnd:
		return v.endNow()
	case doLogin:
		return v.openLogin()
	case doTake:
		return v.takeIt(a.arg)
	}
	return v.home()
}

// stale is the page for a link that does not count any more.
func (v *visit) stale() phone.Object {
	return v.text("Out of date\nNothing was done: the page was used before, is some minutes old, or something has changed. Open the desk's page again.")
}

// deed is what is done, or tried, for the audit.
func (v *visit) deed(number string, a act, refused string) Deed {
	d := Deed{Link: number, Device: cleaned(v.device), Address: v.from.String(), Action: cleaned(a.do), Refused: refused}
	if v.desk != nil {
		d.Device = v.desk.Desk.Device
	}
	if r := v.theirs(); r != nil {
		d.Reservation = r.ID
	}
	return d
}

// theirs is the booking of who is logged in, nil for none, or where that is not known.
func (v *visit) theirs() *reservations.Reservation {
	if v.desk == nil {
		return nil
	}
	return v.mine()
}

// refused puts into the audit that nothing was done. A forged link counts as a guess, of which
// an address has few; of the others an address has so many in the audit, and all in the log.
func (v *visit) refused(a act, why string, forged bool) {
	d := v.deed("", a, why)
	if forged {
		v.gate.guessed(v.from, v.now)
		v.Log.Warn("phone's link refused", "phone", d.Device, "address", v.from, "action", d.Action, "why", why)
	} else {
		v.Log.Info("phone follows a link that does not count", "phone", d.Device, "address", v.from, "action", d.Action, "why", why)
		if !v.gate.audits(v.from, v.now) {
			return
		}
	}
	if err := v.Links.Refuse(v.WithActor(v.ctx, "phone"), d); err != nil {
		v.Log.Error("refused link of a phone is not in the audit", "err", err)
	}
}

// longestName is how much of what someone has sent is written down.
const longestName = 64

// cleaned is what someone has sent, as it can be written down.
func cleaned(text string) string {
	if runes := []rune(text); len(runes) > longestName {
		text = string(runes[:longestName])
	}
	return reservations.Legible(text)
}
