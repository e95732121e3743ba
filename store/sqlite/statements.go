package sqlite

import (
	"fmt"
	"strings"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"deskd/store/dialect"
)

// dialector is gorm's, with what else is SQLite's own.
type dialector struct{ sqlite.Dialector }

var (
	_ dialect.Statements   = dialector{}
	_ gorm.ErrorTranslator = dialector{}
)

// Translate adds to an error what to do about it, once.
func (dialector) Translate(err error) error { return explain(err) }

// Numbered implements [dialect.Statements].
func (dialector) Numbered(tx *gorm.DB, table string) (n int64, err error) {
	err = tx.Raw("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)", table).Scan(&n).Error
	return n, err
}

// Try implements [dialect.Statements]. SQLite takes back a refused statement alone, so
// that no savepoint is needed. (Those of gorm's nested transactions are never released
// and pile up.)
func (dialector) Try(tx *gorm.DB, do func(tx *gorm.DB) error) error { return do(tx) }

// Member implements [dialect.Statements].
func (dialector) Member(text string, path ...string) string {
	return fmt.Sprintf("iif(json_valid(%[1]s), %[1]s ->> '$.%[2]s', NULL)", text, strings.Join(path, "."))
}

// Contains implements [dialect.Statements].
func (dialector) Contains(text, part string) string {
	return fmt.Sprintf("instr(%s, %s) > 0", text, part)
}

// Never implements [dialect.Statements].
func (dialector) Never() string { return "''" }

// IsInstant implements [dialect.Statements].
func (dialector) IsInstant(column string) string { return column + " GLOB " + likeInstant }

// likeInstant is the pattern of an instant: what another program has written in another
// form is not the newest.
const likeInstant = `'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*Z'`
