package postgres

import (
	"fmt"
	"strings"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"deskd/store/dialect"
)

// dialector is gorm's, with what else is Postgres's own.
type dialector struct{ *postgres.Dialector }

var (
	_ dialect.Statements   = dialector{}
	_ gorm.ErrorTranslator = dialector{}
)

// Translate adds to an error what to do about it, once.
func (dialector) Translate(err error) error { return explain(err) }

// Numbered implements [dialect.Statements]. The audit counts by itself: see the migrations.
func (dialector) Numbered(tx *gorm.DB, table string) (n int64, err error) {
	if table == "audit" {
		err = tx.Raw("SELECT last FROM audit_numbered").Row().Scan(&n)
	} else {
		err = tx.Raw("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(?, 'id')::regclass), 0)", table).Row().Scan(&n)
	}
	return n, explain(err)
}

// Try implements [dialect.Statements]. A refused statement ends a transaction of Postgres
// but for what came before a savepoint.
func (dialector) Try(tx *gorm.DB, do func(tx *gorm.DB) error) error {
	point := tx.Session(&gorm.Session{NewDB: true})
	if err := point.Exec("SAVEPOINT tried").Error; err != nil {
		return err
	}
	err := do(tx)
	if err != nil {
		if back := point.Exec("ROLLBACK TO SAVEPOINT tried").Error; back != nil {
			return back
		}
	}
	if done := point.Exec("RELEASE SAVEPOINT tried").Error; done != nil {
		return done
	}
	return err
}

// Member implements [dialect.Statements].
func (dialector) Member(text string, path ...string) string {
	return fmt.Sprintf("deskd_member(%s, '%s')", text, strings.Join(path, "', '"))
}

// Contains implements [dialect.Statements].
func (dialector) Contains(text, part string) string {
	return fmt.Sprintf("strpos(%s, %s) > 0", text, part)
}

// Never implements [dialect.Statements].
func (dialector) Never() string { return "'-infinity'" }

// IsInstant implements [dialect.Statements].
func (dialector) IsInstant(column string) string { return "isfinite(" + column + ")" }
