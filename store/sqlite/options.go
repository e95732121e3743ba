package sqlite

import (
	"log/slog"

	"gorm.io/gorm"

	"deskd/store/audit"
)

// Options say how to open a file. The zero ones open it for reading and
// writing, in silence.
type Options struct {
	// ReadOnly refuses every change, creates no file and migrates nothing. It
	// is for the reading verbs of the command line, which may run beside a
	// daemon.
	ReadOnly bool
	// Accept takes the database as it is, though the marker beside it says that
	// it is another or an older one.
	Accept bool
	// Disown is done in the transaction that takes over a database which is not known
	// to be the one last used here; nil does nothing.
	Disown func(tx *gorm.DB) error
	// taken is the verb under which a database without a marker is taken over,
	// "adopt" when empty; from is the file it came from.
	taken, from string
	// sign is the signer of a database that is about to get a marker; a new one
	// when it has no key.
	sign audit.Signer
	// Schema replaces the released schema in tests of those yet to come.
	Schema *Schema
	// Logger is told of migrations and of what the marker says; nil means nobody
	// is.
	Logger *slog.Logger
}
