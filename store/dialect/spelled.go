package dialect

import (
	"context"

	"gorm.io/gorm"
)

// spelled are the texts of the statements that a transaction makes for each of many rows,
// as the dialect spells them. That each is compiled once is the affair of the connection.
type spelled map[string]string

type spelledKey struct{}

// WithSpelled gives a transaction a place for them.
func WithSpelled(tx *gorm.DB) *gorm.DB {
	return tx.WithContext(context.WithValue(tx.Statement.Context, spelledKey{}, make(spelled)))
}

// ExecEach runs a statement that is made for each of many rows, with its parameters, each
// a single value. Where gorm would build the text for every row, it does so for the first,
// to have the dialect spell the parameters.
func ExecEach(tx *gorm.DB, text string, args ...any) error {
	all, ok := tx.Statement.Context.Value(spelledKey{}).(spelled)
	if !ok {
		return tx.Exec(text, args...).Error
	}
	if all[text] == "" {
		built := tx.Session(&gorm.Session{DryRun: true}).Exec(text, args...)
		if built.Error != nil {
			return built.Error
		}
		all[text] = built.Statement.SQL.String()
	}
	// A statement about one row is over before anybody could give it up. To watch for that
	// takes a goroutine for each; the transaction is given up all the same.
	_, err := tx.Statement.ConnPool.ExecContext(context.WithoutCancel(tx.Statement.Context), all[text], args...)
	return Translate(tx, err)
}
