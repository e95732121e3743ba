package phone

import (
	"errors"

	"deskd/phone"
	"deskd/reservations"
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
	if errors.Is(err, errStale) {
		v.refused(a, "out of date", false)
		return v.stale()
	}
	if err != nil {
		v.refused(a, "forged", true)
		return v.text("Not accepted\nThis link was not made for this phone. Open the desk's page.")
	}
	first, err := v.Links.Spend(v.as(), v.deed(number, a, ""), v.now)
	switch {
	case err != nil:
		return v.blind(err)
	case !first:
		v.refused(a, "followed before", false)
		return v.stale()
	}
	defer v.acted.note(v.now)
	v.Log.Info("phone acts", "desk", v.desk.Desk.ID, "phone", v.desk.Desk.Device, "address", v.from, "action", a.do, "person", v.on)
	return v.do(a)
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

// refused notes that nothing was done. A forged link goes into the audit, and counts as a
// guess: an address has few of them.
func (v *visit) refused(a act, why string, forged bool) {
	d := v.deed("", a, why)
	if !forged {
		v.Log.Info("phone follows a link that does not count", "phone", d.Device, "address", v.from, "action", d.Action, "why", why)
		return
	}
	v.gate.guessed(v.from, v.now)
	v.Log.Warn("phone's link refused", "phone", d.Device, "address", v.from, "action", d.Action, "why", why)
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
