package phone

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/phone"
	"deskd/reservations"
)

// The notices that have a page.
const (
	noticeMoved = "moved"
	noticeNext  = "next"
)

// NoticeAddress is the page that a phone is told to show, of a kind of notice, about a booking or
// none. It is "" where the phone could not follow it. The page is made as it is fetched: a phone may
// wait for the end of a call.
func NoticeAddress(base, device, kind, about string) string {
	address := strings.TrimSuffix(base, "/") + Path + "?name=" + url.QueryEscape(device) + "&p=" + pageNotice + "&k=" + url.QueryEscape(kind)
	if about != "" {
		address += "&r=" + url.QueryEscape(about)
	}
	if len(address) > phone.MaxURL || len(address)-strings.LastIndexByte(address, '/')-1 > phone.MaxFilename {
		return ""
	}
	return address
}

// notice is the page of a notice, as far as it is still so: otherwise the first page is shown.
func (v *visit) notice() phone.Object {
	switch v.query.Get("k") {
	case noticeMoved:
		return v.wasMoved()
	case noticeNext:
		return v.someoneWaits()
	}
	return v.endsSoon()
}

// soon is how near the end of a booking is that a notice can be about.
const soon = 4 * time.Hour

// endsSoon tells until when the desk is theirs, and offers what the first page does about that.
func (v *visit) endsSoon() phone.Object {
	r := v.runs()
	if r == nil || r.End.Sub(v.now) > soon {
		return v.home()
	}
	said, _ := v.parts(r, r.End)
	text := "Ends at " + v.clock(r.End) + "\n" + said
	if line := v.nextLine(v.desk.Next); line != "" {
		text += "\n" + line
	}
	var keys []phone.SoftKeyItem
	if later, _ := v.later(r); len(later) > 0 {
		keys = append(keys, phone.SoftKeyItem{Name: "Extend", URL: v.page(pageExtend)})
	}
	return v.text(text, append(keys, phone.SoftKeyItem{Name: "End", URL: v.page(pageEnd)})...)
}

// minutes is how long something takes, in words.
func minutes(d time.Duration) string {
	switch n := int((d + time.Minute/2) / time.Minute); {
	case n < 1:
		return "less than a minute"
	case n == 1:
		return "a minute"
	default:
		return strconv.Itoa(n) + " minutes"
	}
}

// wasMoved tells which desk the booking has now that was this one's. It names nobody: its person
// may be logged out already, and shows only what is of that booking.
func (v *visit) wasMoved() phone.Object {
	id := v.query.Get("r")
	for _, d := range v.snapshot.Desks {
		for _, r := range []*reservations.Reservation{d.Booking, d.Next} {
			if r == nil || r.ID != id || id == "" || d.Desk.ID == v.desk.Desk.ID {
				continue
			}
			if v.on != "" && !reservations.SamePerson(v.on, r.Person) {
				return v.home()
			}
			text := "Now at desk " + reservations.Legible(d.Desk.ID) + "\nYour booking was moved. It is from " + v.clock(r.Start) + " to " + v.clock(r.End) + "."
			if d.Desk.Name != "" && d.Desk.Name != d.Desk.ID {
				text += "\n" + reservations.Legible(d.Desk.Name)
			}
			return v.text(text)
		}
	}
	return v.home()
}

// someoneWaits tells that the desk is the next person's.
func (v *visit) someoneWaits() phone.Object {
	b := v.desk.Booking
	if b == nil || v.on == "" || v.runs() != nil {
		return v.home()
	}
	who := "Someone"
	if b.Person != "" {
		who = v.called(b.Person)
	}
	return v.text("Next person waits\n" + who + " has this desk from " + v.clock(b.Start) + ". Your booking is over: please make room.")
}

// later are the ends that a booking may be given now, and why there are none.
func (v *visit) later(r *reservations.Reservation) (ends []time.Time, why string) {
	if ofCalendar(r) {
		return nil, "The booking is of a calendar: change it there."
	}
	why = "The next booking begins, or the day ends, when yours does."
	ends = slices.DeleteFunc(v.ends(r.End), func(end time.Time) bool {
		against := v.against(*r, end)
		if len(against) > 0 {
			why = because(against[0].Code)
		}
		return len(against) > 0
	})
	return ends, why
}
