// Package imports reads desks, people and reservations from CSV files as spreadsheets
// write them, brings them into the database, and reports line by line what came of it.
//
// A file goes through
//
//	encoding.go   bytes to text: UTF-8, UTF-16, Windows-1252; what is no CSV at all
//	csv.go        text to records, each with its line
//	cells.go      what people and programs write into cells
//	importer.go   records to rows: [Importer]; run.go: rows into the store
//	report.go     what came of it: [Report]; names.go, alike.go, twodesks.go and
//	              protected.go add what is worth a warning
//
// A line that cannot be used costs itself alone. It prints nothing.
package imports
