package audit

import (
	"encoding/json"
	"slices"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

// Redact blanks item and what of chained rows of the audit, and returns how many
// there were. Those that are blank already do not count.
func Redact(tx *gorm.DB, ids []int64) (int, error) {
	n := 0
	for part := range slices.Chunk(ids, dialect.MostParameters) {
		done := tx.Exec("UPDATE audit SET item = '', what = '', salt = '' WHERE salt <> '' AND hash <> '' AND id IN ?", part)
		if done.Error != nil {
			return n, done.Error
		}
		n += int(done.RowsAffected)
	}
	return n, nil
}

// Verbs of the deeds that redact. Their rows say how many rows they redacted, and
// name nobody.
const (
	VerbAnonymise = "anonymise"
	VerbErase     = "erase"
)

// redactions is how many rows the deed of deskd that r tells of has redacted.
func (r Row) redactions() int {
	if r.Verb != VerbAnonymise && r.Verb != VerbErase || r.Actor == SQLActor {
		return 0
	}
	var what struct {
		Is struct{ Redacted int }
	}
	if json.Unmarshal([]byte(r.What), &what) != nil {
		return 0
	}
	return what.Is.Redacted
}
