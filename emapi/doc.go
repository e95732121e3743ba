// Package emapi speaks the Extension Mobility (EM) service protocol of Cisco
// Unified CM: it logs people in and out on phones and asks who is where.
//
// It owns what is on the wire: messages, replies, the table of codes, TLS to
// the cluster. It knows nothing of desks or bookings, keeps no state between
// calls, repeats nothing and never follows a redirect. Deciding what to do
// after a failure is the caller's business; the package says which of three it
// was:
//
//   - refused: the service answered with a [Code] (errors.As finds it, and the
//     [Error] around it);
//   - [ErrNotSent]: the request did not reach the service, so it had no effect;
//   - [ErrUnknownOutcome]: it may have had its effect, but no answer came that
//     can be trusted. Ask with [Client.DeviceUsers]; do not repeat.
//
// Its invariant: a doubtful reply is never a success and never a free phone.
//
// The protocol is that of the Cisco Unified Communications Manager XML
// Developers Guide 8.5(1), chapter 6, corrected where real servers differ;
// docs/em-api.md lists the differences.
package emapi
