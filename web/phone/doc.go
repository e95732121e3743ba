// Package phone is what Cisco phones show of deskd: whose desk theirs is, until when, who
// is next, and what the person in front of it may do about that.
//
//	handler.go     the door: what is answered to whom, and how
//	caller.go      which phone calls, and whether it is believed
//	limits.go      how much may be asked
//	link.go        links that act, once
//	visit.go       one request, and how the desk stands
//	home.go        the first page, and what can be done from it
//	booking.go     check in, extend, end
//	walkup.go      log in at a free desk, and take it
//	free.go        other desks
//	colleagues.go  who may be found, and where
//	notice.go      what a phone was told to show
//	idle.go        phones that nobody touches, and that someone does
//	words.go       times and refusals in words
//
// It decides nothing about bookings: that is package booking's. Its invariants: nothing is
// done without a link that deskd has made for that phone at that address, for that booking,
// and that nobody has followed before; and the person who acts is logged in at the phone, and acts
// for the booking that is theirs. Who is not believed gets to know whether the desk is taken,
// and until when. Every answer is a page that a phone can show: there is no status but 200.
package phone
