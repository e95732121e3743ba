// Package emulator is an Extension Mobility (EM) service to develop and test
// against: faithful where real servers are known to be odd, and awkward on
// demand where they may be.
//
// It owns a cluster of phones and users in memory, the checks and codes of the
// service in their real order, the time things take, and rules for faults. It
// has two doors with one behaviour behind them: an [Emulator] is an
// http.Handler for real connections, and [Emulator.Transport] carries requests
// within the process, for clients inside a testing/synctest bubble, where a
// socket cannot be.
//
// It starts no goroutine and sets no timer but in a listener's Accept during an
// outage: what is due (the end of an exclusive duration, a login whose client has
// gone) is settled at the next access, with the instant at which it was due.
// Its invariant: the event log is in time order and tells the sessions of every
// instant.
//
// # What no document says
//
// Where neither a document nor a log of a real server tells what the service
// does, the emulator chooses, and [Options] has a knob for the other choice:
//
//   - Replies are text/xml in UTF-8 (ContentType, Charset).
//   - checkUser says doesNotExist of an unknown user (CheckUserFailure).
//   - The query userDeviceProfileQuery of the guide's sample is unknown (Lenient),
//     and failed queries say error (ErrorMessage).
//   - exclusiveDuration counts minutes (TimeUnit). Of it and an enforced maximum
//     login time the shorter holds (EndRule), for people at the phones as well.
//   - Queries take none of the concurrent requests (CountQueries); people at the
//     phones need a free one, for no time.
//   - Correct credentials of an application are cached, for two minutes after they
//     were compared and not after they were used; wrong ones are compared again (CredentialCache, CacheRefusals). The right to act
//     for others is looked up every time. A service that was down has an empty
//     cache.
//   - A phone's last user shows in replies (ForgetLastUser).
//   - The sender whose address is validated is the other end of the connection,
//     never remoteIPAddr; isViaHeaderSet counts as a Via header.
//   - An unknown query (code 8) is refused after the application is known, and a
//     user whose password or PIN is due (codes 27 and 41) where an unknown user
//     would be. Attributes and name prefixes are outside the DTD.
//   - The service does not wait for phones that restart; their keys do
//     ([ErrRestarting]).
//   - A switch-version ends sessions phone by phone, in the order of names.
//   - Requests on their way go on when the service goes down in process; over a
//     socket their answers are lost.
package emulator
