// Package clock tells the time, waits, and says how far the time can be trusted.
//
// [Clock] is the machine's clock, one that runs a day in a minute, or one that jumps.
// [Trust] is the guard of the rounds: a wall clock is set by people and by NTP, and one
// of a machine that slept has gone on without the program. Either way it has jumped, as
// the monotonic clock shows. What was seen, read and waited for says nothing then: all is
// asked again. A sleep is treated like a clock that was set: the time may be right, but
// neither calendars nor phones have been asked since, the network may not be up, and the
// hardware's clock not yet be corrected.
//
// A jump does not tell whether the clock is right now or was before. So a clock that has
// stayed for a while serves empty phones, which harms nobody; but those who were on a
// phone before stay until both clocks say that their time is over (doubt.go). At the
// start the clock is compared with the newest instant in the database, and with the phone
// system's clock (witness.go): a daemon that was off has not seen the jump. Small steps
// add up (steps.go), and the age of what deskd did is told by the clock it was done by
// (age.go).
//
// It imports deskd/reservations and deskd/scheduler/plan.
package clock
