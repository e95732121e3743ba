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
	if all[text] == nil {
		if err := all.compile(tx, text, text); err != nil {
			return err
		}
	}
	return all.run(tx, text, built.Statement.Vars)
}

// ExecPrepared runs a statement with its parameters, each a single value, compiled no more
// than once in tx. Where [RunPrepared] has gorm build the text for every row, this one
// does so for the first, to have the dialect spell the parameters.
func ExecPrepared(tx *gorm.DB, text string, args ...any) error {
	all, ok := tx.Statement.Context.Value(preparedKey{}).(prepared)
	if !ok {
		return tx.Exec(text, args...).Error
	}
	if all[text] == nil {
		built := tx.Session(&gorm.Session{DryRun: true}).Exec(text, args...)
		if built.Error != nil {
			return built.Error
		}
		if err := all.compile(tx, text, built.Statement.SQL.String()); err != nil {
			return err
		}
	}
	return all.run(tx, text, args)
}

// compile compiles text, to be found by key.
func (all prepared) compile(tx *gorm.DB, key, text string) error {
	stmt, err := tx.Statement.ConnPool.PrepareContext(tx.Statement.Context, text) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return Translate(tx, err)
	}
	all[key] = stmt
	return nil
}

// run runs what was compiled.
func (all prepared) run(tx *gorm.DB, key string, args []any) error {
	_, err := all[key].ExecContext(tx.Statement.Context, args...)
	return Translate(tx, err)
}
