// Package console is how the verbs speak to people at a terminal: lines that no
// outside text can forge, tables, CSV and JSON, and times as people read and type
// them.
//
// Names, notes and reasons are whatever another program, a calendar or the phone
// system wrote. Everything here keeps such a text on one line and in its column
// ([Printf], [Table], [CSV]), and [Writer] is the last fence before the terminal.
//
// Times are instants in UTC everywhere else. Here they get the wall clock of a
// site: [ReadTime] reads what was typed, [ShortTime], [ZonedTime] and [DayTime]
// show, and [LocalTimes] words the instants inside of a text.
//
//	legible.go     what outside text may look like
//	table.go       tables, lists, CSV, JSON
//	localtimes.go  times as they are shown
//	readtime.go    times as they are typed
//
// It imports the nouns alone, and knows neither verbs nor flags.
package console
