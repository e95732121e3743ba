package dialect

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// prepared are the statements that a transaction makes over and over, each compiled
// once: SQLite compiles the triggers with an INSERT, which takes longer than the row.
type prepared map[string]*sql.Stmt

type preparedKey struct{}

// WithPrepared gives a transaction a place for them. They end with it.
func WithPrepared(tx *gorm.DB) *gorm.DB {
	return tx.WithContext(context.WithValue(tx.Statement.Context, preparedKey{}, make(prepared)))
}

// RunPrepared runs the statement that do builds, compiled no more than once in tx.
func RunPrepared(tx *gorm.DB, do func(tx *gorm.DB) *gorm.DB) error {
	all, ok := tx.Statement.Context.Value(preparedKey{}).(prepared)
	if !ok {
		return do(tx).Error
	}
	built := do(tx.Session(&gorm.Session{DryRun: true}))
	if built.Error != nil {
		return built.Error
	}
	text := built.Statement.SQL.String()
	stmt := all[text]
	if stmt == nil {
		var err error
		if stmt, err = tx.Statement.ConnPool.PrepareContext(tx.Statement.Context, text); err != nil {
			return Translate(tx, err)
		}
		all[text] = stmt
	}
	_, err := stmt.ExecContext(tx.Statement.Context, built.Statement.Vars...)
	return Translate(tx, err)
}
