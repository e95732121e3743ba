package dialect

import (
	"context"
	"sync"

	"gorm.io/gorm"
)

// Spelled are the texts of the statements that transactions of one database make often, as
// its dialect spells them: as many as [ExecEach] is called with. That each is compiled once
// is the affair of the connection. The zero Spelled has none.
type Spelled struct{ texts sync.Map }

type spelledKey struct{}

// WithSpelled gives a transaction those of its database.
func WithSpelled(tx *gorm.DB, of *Spelled) *gorm.DB {
	return tx.WithContext(context.WithValue(tx.Statement.Context, spelledKey{}, of))
}

// spell is text as the dialect of tx spells its parameters, each a single value.
func (s *Spelled) spell(tx *gorm.DB, text string, args []any) (string, error) {
	if known, ok := s.texts.Load(text); ok {
		return known.(string), nil //nolint:forcetypeassert // it holds nothing else
	}
	built := tx.Session(&gorm.Session{DryRun: true}).Exec(text, args...)
	if built.Error != nil {
		return "", built.Error
	}
	s.texts.Store(text, built.Statement.SQL.String())
	return built.Statement.SQL.String(), nil
}

// ExecEach runs a statement whose text is the same for each of many rows, with its
// parameters, each a single value. Where gorm would build the text for every row, it does
// so for the first one that a database meets.
func ExecEach(tx *gorm.DB, text string, args ...any) error {
	all, ok := tx.Statement.Context.Value(spelledKey{}).(*Spelled)
	if !ok {
		return tx.Exec(text, args...).Error
	}
	spelled, err := all.spell(tx, text, args)
	if err != nil {
		return err
	}
	// A statement about one row is over before anybody could give it up. To watch for that
	// takes a goroutine for each; the transaction is given up all the same.
	_, err = tx.Statement.ConnPool.ExecContext(context.WithoutCancel(tx.Statement.Context), spelled, args...)
	return Translate(tx, err)
}
