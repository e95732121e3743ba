// Package cli is what all verbs of the command line share: how they are opened, how they
// take flags, and how they answer and fail.
//
//	app.go      [Open] reads the configuration and opens the database for a verb
//	usage.go    what is wrong with a command line; exit code 2
//	output.go   -o text, json or csv, and what is told beside it
//	times.go    flags that are times, and what their help says
//	meant.go    which reservation the words of a command line mean
//	confirm.go  a question before what cannot be taken back
//	actor.go    who runs the verb, for the audit
//
// A verb returns an error instead of printing it; one that has printed what is wrong
// returns [ErrSaid]. Package main turns errors into exit codes.
//
// It imports daemon for the parts of an installation, console for how things look, and
// no package of verbs.
package cli
