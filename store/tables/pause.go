package tables

import (
	"deskd/scheduler/guard"
	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
)

// Pause is the pause of a cluster.
type Pause struct {
	Cluster string `gorm:"primaryKey"`
	Since   dialect.Milli
	By      string
	Why     string
	Proof   string
}

// TableName implements gorm's Tabler.
func (Pause) TableName() string { return "pauses" }

// PauseOf reads the pause of a cluster. Who paused it is taken from deskd alone:
// what another program has written is sql's.
func PauseOf(s audit.Signer, tx *gorm.DB, cluster string) (guard.Pause, error) {
	var row Pause
	err := tx.Where("cluster = ?", cluster).Limit(1).Find(&row).Error
	return guard.Pause{Since: row.Since.Time, By: s.By(row.By, row.Proof, ProvesPause, row.Signed()...), Why: row.Why}, err
}

// ProvesPause is what the proof of a pause is of, beside who made it.
const ProvesPause = "pause"

// Signed is what the proof of a pause says, besides by whom.
func (r Pause) Signed() []string { return []string{r.Cluster, r.Since.Text(), r.Why} }

// SignPause completes a row that deskd writes.
func SignPause(s audit.Signer, r Pause) Pause {
	r.Proof = s.Sign(ProvesPause, append(r.Signed(), r.By)...)
	return r
}
