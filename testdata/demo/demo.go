// Package demo holds the sample data of `deskd demo`: the desks, people,
// calendars and bookings of one Tuesday in Berlin.
package demo

import "embed"

// Files are desks.csv, people.csv, reservations.csv, floor4.ics and floor5.ics.
//
//go:embed *.csv *.ics
var Files embed.FS
