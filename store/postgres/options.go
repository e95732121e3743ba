package postgres

import "log/slog"

// Options say how to open a database. The zero ones open it for reading and writing, in
// silence.
type Options struct {
	// ReadOnly refuses every change and migrates nothing. It is for the reading verbs of
	// the command line.
	ReadOnly bool
	// Driving is the DSN of driving sessions, where that of the rest leads to a proxy; empty:
	// the same.
	Driving string
	// Logger is told of migrations; nil means nobody is.
	Logger *slog.Logger
}
