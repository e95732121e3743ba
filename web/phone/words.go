package phone

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"deskd/phone"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// clock is an instant by the clock of the desk's site; the end of a day is 24:00. In the hour that
// a clock shows twice, as it is put back, it says which: 02:30 CEST is before 02:30 CET.
func (v *visit) clock(at time.Time) string {
	at, now := at.In(v.zone), v.now.In(v.zone)
	switch days := at.Sub(now).Hours() / 24; {
	case at.After(now) && at.Equal(rules.PeriodOf(rules.PerDay, now, v.zone).End):
		return "24:00"
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
		return at.Format("15:04" + whichOf(at))
	case days > -1 && days < 6:
		return at.Format("Mon 15:04" + whichOf(at))
	}
	return at.Format("2 Jan 15:04" + whichOf(at))
}

// whichOf is the form of what tells an instant from another one at which the clock shows the same,
// "" for most.
func whichOf(at time.Time) string {
	offset := func(at time.Time) time.Duration {
		_, seconds := at.Zone()
		return time.Duration(seconds) * time.Second
	}
	since, until := at.ZoneBounds()
	back := !since.IsZero() && at.Sub(since) < offset(since.Add(-1))-offset(at)
	if back || !until.IsZero() && until.Sub(at) <= offset(at)-offset(until) {
		return " MST"
	}
	return ""
}

// The forms of numbers in a query.
func instant(at time.Time) string { return strconv.FormatInt(at.Unix(), 36) }
func decimal(n int) string        { return strconv.FormatInt(int64(n), 36) }

// number is 0 for what is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 36, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// refuse is the page for what was not done, and why. What a refusal says elsewhere names
// people and bookings: at a phone it is said in words of its own.
func (v *visit) refuse(what string, err error) phone.Object {
	why := v.why(err)
	if why == "" {
		return v.blind(err)
	}
	v.Log.Info("phone is refused", "desk", v.desk.Desk.ID, "phone", v.desk.Desk.Device, "person", v.on, "why", err)
	return v.text(what + "\n" + why)
}

// why is why something was not done, "" where deskd has failed.
func (v *visit) why(err error) string {
	refusal, refused := errors.AsType[*booking.Refusal](err)
	switch {
	case refused:
		return because(refusal.Code)
	case errors.Is(err, errTheirs):
		return "The booking is not yours."
	case errors.Is(err, reservations.ErrCancelled), errors.Is(err, reservations.ErrNotFound):
		return "The booking does not stand any more."
	case errors.Is(err, reservations.ErrUnknownPerson):
		return "deskd does not know " + v.called(v.on) + ": ask those who run it."
	case errors.Is(err, booking.ErrRequest):
		return "That time is over, or was changed meanwhile."
	}
	return ""
}

// because says in words why something is refused.
func because(code rules.Code) string {
	if said := sentences[code]; said != "" {
		return said
	}
	return "The rule " + strings.ReplaceAll(string(code), "_", " ") + " is against it."
}

// sentences are refusals in words, by their codes.
var sentences = map[rules.Code]string{
	booking.Taken:      "Someone else has the desk then.",
	booking.OfFeed:     "The booking is of a calendar: change it there.",
	booking.Over:       "The booking is over.",
	booking.NotBegun:   "The booking has not begun.",
	booking.NotYet:     "It is too early to check in.",
	booking.OfNobody:   "The booking names nobody.",
	rules.ClosedDay:    "The site is closed on that day.",
	rules.OutsideHours: "The site is closed at that time.",
	rules.OnHoliday:    "It is a holiday.",
	rules.TooEarly:     "That day cannot be booked yet.",
	rules.TooShort:     "That is shorter than a booking may be.",
	rules.TooLong:      "That is longer than a booking may be.",
	rules.NoSlot:       "Bookings have fixed times here.",
	rules.SecondDesk:   "You have another desk at that time.",
	rules.OverQuota:    "You have booked as much as you may.",
	rules.NotForGroup:  "The desk is for another group.",
	rules.InBuffer:     "That is too close to the next booking.",
	rules.NotInService: "The desk is out of service.",
	rules.Closed:       "The desk is closed then.",
	rules.Owned:        "The desk is its owner's.",
}
