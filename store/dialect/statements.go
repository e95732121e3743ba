package dialect

import "gorm.io/gorm"

// Statements is what differs within a transaction. The dialector that a database gives
// to gorm implements it, so that it is at hand where a transaction is: see [Of]. It
// implements [gorm.ErrorTranslator] besides, which adds to an error what to do about it
// and makes refusals [ErrOverlap] and [ErrConstraint].
//
// All other SQL above this package is the same for every dialect, on these terms:
//
//   - Texts compare and sort by bytes. User ids and mail addresses compare without
//     regard to case, by the collation of their columns.
//   - A column of an instant is never NULL: [Statements.Never] stands for none. Instants
//     are parameters, [Second] or [Milli], never literals. The driver gives and takes
//     them as texts in UTC.
//   - Truth is TRUE and FALSE, never 1 and 0: what the columns hold is the dialect's.
//   - Parameters are ? or @name.
type Statements interface {
	// Numbered is the highest number that a table has given to a row, 0 for none.
	Numbered(tx *gorm.DB, table string) (int64, error)
	// Try does what a rule of the schema may refuse. When it is refused nothing of it
	// stays, and the transaction goes on.
	Try(tx *gorm.DB, do func(tx *gorm.DB) error) error
	// Member is the text of a member of a JSON text, by its path, and NULL where there
	// is none or the text is no JSON.
	Member(text string, path ...string) string
	// Contains asks whether a text has part in it, as it is spelled.
	Contains(text, part string) string
	// IsInstant asks whether a column holds a readable instant.
	IsInstant(column string) string
	// Never is the instant of a column that has none.
	Never() string
}

// Of is the dialect of tx. Each of our databases has one.
func Of(tx *gorm.DB) Statements {
	return tx.Dialector.(Statements) //nolint:forcetypeassert // each of ours is one
}

// Translate is the error of something done to tx beside gorm, as gorm would have
// returned it.
func Translate(tx *gorm.DB, err error) error {
	if d, ok := tx.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		return d.Translate(err)
	}
	return err
}
