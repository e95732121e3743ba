package tables

import (
	"encoding/json"
	"errors"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
)

// Held is the held change of a feed.
type Held struct {
	Feed       string `gorm:"primaryKey"`
	ID         string
	Change     string // JSON
	Seen       string // JSON
	SeenProof  string
	UntilAt    dialect.Lenient
	Answer     reservations.Answer
	By         string
	AnsweredAt dialect.Lenient
	Proof      string
}

// TableName implements gorm's Tabler.
func (Held) TableName() string { return "feed_held" }

// What the proofs of a held change are of.
const (
	ProvesAnswer = "answer"
	ProvesSeen   = "seen" // a change ripens by it, without a person
)

// Signed is what the proof of an answer says, besides whose it is.
func (r Held) Signed() []string {
	return []string{r.ID, string(r.Answer), r.AnsweredAt.Text()}
}

// HeldOf is the held change of a feed. One that another program has spoilt counts
// as none: the next poll asks its question again.
func HeldOf(s audit.Signer, tx *gorm.DB, feed string) (reservations.Held, error) {
	var row Held
	err := tx.Where("feed = ?", feed).Limit(1).Find(&row).Error
	if err != nil || row.Feed == "" {
		return reservations.Held{}, err
	}
	h := reservations.Held{Until: row.UntilAt.Time, Answer: row.Answer, By: s.By(row.By, row.Proof, ProvesAnswer, row.Signed()...), At: row.AnsweredAt.Time}
	bad := dialect.Unreadable(dialect.Named{Column: "until_at", At: &row.UntilAt}, dialect.Named{Column: "answered_at", At: &row.AnsweredAt})
	if err := errors.Join(json.Unmarshal([]byte(row.Change), &h.Change), json.Unmarshal([]byte(row.Seen), &h.Seen)); err != nil || bad != "" {
		return reservations.Held{}, nil //nolint:nilerr // it counts as none
	}
	if !s.Proves(row.SeenProof, ProvesSeen, row.Seen) { // another program's: the wait begins again
		h.Seen = nil
	}
	return h, nil
}
