// Package emapi speaks the Extension Mobility (EM) service protocol of Cisco
// Unified CM: it logs people in and out on phones and asks who is where.
//
// It owns what is on the wire: messages, replies, the table of codes, TLS to
// the cluster and the choice among its nodes. It knows nothing of desks or
// bookings, keeps no state but connections and the node that answered last, and
// never follows a redirect. It repeats nothing that a service may have seen.
// Its invariant: a doubtful reply is never a success and never a free phone.
//
// # The protocol
//
// A message is an XML document in the form field xml of an HTTP POST, and carries the
// name and password of an application user who has the right to act for
// others. There are seven, each a method of [Client]:
//
//	login               Login           a user begins a session on a device
//	logout              Logout          the session on a device ends
//	logoutAll           LogoutAll       every session ends
//	deviceUserQuery     DeviceUsers     who is logged in on these devices?
//	userDevicesQuery    UserDevices     where are these users logged in?
//	checkUser           CheckUser       are these users known?
//	deviceProfileQuery  DeviceProfiles  which device profiles have these users?
//
// The service answers HTTP 200 to all of them, with a success, a failure with a
// code, or results. Queries about many names go out in batches.
//
// # Handling errors
//
// Every error is one of four, and the receiver's next step depends on which:
//
//	var code emapi.Code
//	switch err := client.Login(ctx, login); {
//	case err == nil:
//		// The service confirmed it.
//	case errors.As(err, &code):
//		// Refused: nothing happened, except perhaps with CodeLogoutRequest.
//		// code.Class() says what to do, code.Advice() what to tell a person.
//	case errors.Is(err, emapi.ErrNotSent):
//		// No node has seen it: nothing happened. Try again later.
//	case errors.Is(err, emapi.ErrUnsendable):
//		// Nothing happened, and nothing can: a name in it has to change first.
//	default: // errors.Is(err, emapi.ErrUnknownOutcome)
//		// It may have happened. Ask with DeviceUsers; do not repeat.
//	}
//
// Queries change nothing, so for them an unknown outcome is merely no answer.
// They return what they learned together with the error. A device of state
// [Unknown], or a user who is not Known, was not answered for: that is not free,
// and not missing either.
//
// Codes of the class [Halt] mean that the installation is set up wrong. Stop
// sending then: wrong passwords lock the account of the application user, and
// no other node of the cluster is asked, because it would say the same.
//
// No error, log line or dump of this package's values shows the password, even
// if a server repeats it in its reply.
//
// # Several nodes
//
// [Config.Nodes] lists further nodes of the cluster. A login or logout goes to the
// next one only if no connection came about (refused, not resolved, silent for its
// share of the time, certificate not trusted). Any other failure ends it, because it
// may have been seen, whatever HTTP status came back. A query changes nothing: it fails
// over after any failure, also when a node does not answer in its share of the time.
//
// # Where the documents are silent
//
// The protocol is that of the Cisco Unified Communications Manager XML
// Developers Guide 8.5(1), chapter 6, corrected where real servers differ;
// docs/em-api.md lists the differences with their sources. Where no document says
// anything, this package decided:
//
//   - The unit of exclusiveDuration, minutes or seconds, is the caller's to
//     know: [Exclusive] is a plain number.
//   - Replies are read in the charset they declare (UTF-8, ISO-8859-1 or
//     windows-1252). What is not UTF-8 is read as ISO-8859-1, since a servlet
//     that is told nothing writes that. The Content-Type is ignored.
//   - User ids come back percent-encoded or not. All readings of a spelling are
//     compared with what was asked, without regard to case; see [SameUser] and
//     [Readings].
//   - Whether a server trims names and passwords is unknown, so one with a blank
//     at an end is not sent.
//   - What checkUser says of an unknown user is taken to be doesNotExist, as in
//     the other queries, or a failure with [CodeNoUser].
//   - isViaHeaderSet is sent as true or false; see [Origin].
//   - emccDevice, isDefaultDeviceProfile and exists are set by yes, y, true, t
//     and 1, and not by no, n, false, f and 0. Anything else makes their entry
//     unknown.
//   - An unknown element inside an entry makes the entry unknown unless it is empty: it
//     may be how another version says who is logged in.
//   - loginType, which servers of 12.x take in deviceUserQuery, is not sent,
//     because older ones refuse the message.
//   - A reply that holds more than one answer, or the answer to another kind of
//     message, is no answer.
package emapi
