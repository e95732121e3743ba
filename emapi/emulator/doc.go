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
// It starts no goroutine and sets no timer: what is due (the end of an exclusive
// duration, a login whose sender has gone) is settled at the next access, with
// the instant at which it was due. Its invariant: the event log is in time
// order and tells the sessions of every instant.
package emulator
