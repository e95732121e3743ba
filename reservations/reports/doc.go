// Package reports says how desks were used and how their phones served them: in a stretch of
// days, for each site, floor, zone or desk, and for each weekday where that is asked for.
//
//	asked.go     what is asked for, and what is not
//	line.go      a line of a report
//	sum.go       how bookings and logins become lines
//	opening.go   how long desks were open, and how much of that was booked
//
// It is pure: bookings and logins come in one after the other, as [deskd/store/usage] counts
// them, and nobody is named in what comes out. A booking and a login belong to the day of
// their site's clock on which they begin; what is booked of opening hours, to the days of those.
package reports
