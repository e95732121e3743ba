package sqlite

import (
	"context"
	"path/filepath"

	"gorm.io/gorm"

	"deskd/store/audit"
)

// adopt takes over a database that is not known to be the one last used here:
// one without a marker, one that is accepted although the marker speaks against
// it, or a backup. why is the verb in the audit.
func (s *DB) adopt(ctx context.Context, why, from string) error {
	return audit.New(s, s.sign).Change(ctx, why, func(tx *gorm.DB) error {
		if s.disown != nil {
			if err := s.disown(tx); err != nil {
				return err
			}
		}
		if why != "restore" { // which knows more
			if _, err := revokeBut(tx, nil); err != nil {
				return err
			}
		}
		return audit.Note(tx, "database", filepath.Base(s.path), map[string]any{"is": map[string]string{"from": from}})
	})
}
