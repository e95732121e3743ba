package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"deskd/store/audit"
)

// A database that was restored knows nothing of what was revoked since the copy was made: a
// secret that was lost, and revoked for that, would open everything again. Only a database
// that is known to be the newest may say which tokens still count.

// keepRevocations revokes in the database ready what does not count any more in the one at
// path, and everything where that one cannot say. It returns how many tokens those are.
func keepRevocations(ctx context.Context, path, ready string, o Options) (revoked int, err error) {
	counting, err := countingAt(ctx, path)
	if ctx.Err() != nil {
		return 0, err
	}
	if err != nil {
		counting = nil // it has no say
	}
	s, err := Open(ctx, ready, o)
	if err != nil {
		return 0, err
	}
	defer s.Close() //nolint:errcheck // what counts is committed
	err = audit.New(s, s.sign).Change(ctx, "restore", func(tx *gorm.DB) error {
		revoked, err = revokeBut(tx, counting)
		return err
	})
	return revoked, err
}

// countingAt are the tokens that count in the database at path, none unless it is the one last
// used here.
func countingAt(ctx context.Context, path string) (ids []string, err error) {
	if known, err := readMarker(path); known == nil || err != nil {
		return nil, err
	}
	if doubt, err := doubted(ctx, path); doubt != nil || err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", untouched(path))
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	rows, err := db.QueryContext(ctx, "SELECT id FROM tokens WHERE revoked_at = ''")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// revokeBut revokes all tokens but some, and returns how many that are.
func revokeBut(tx *gorm.DB, counting []string) (revoked int, err error) {
	var ids []string
	if err := tx.Raw("SELECT id FROM tokens WHERE revoked_at = '' ORDER BY id").Scan(&ids).Error; err != nil {
		return 0, err
	}
	for _, id := range ids {
		if slices.Contains(counting, id) {
			continue
		}
		if err := tx.Exec("UPDATE tokens SET revoked_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?", id).Error; err != nil {
			return revoked, err
		}
		if err := audit.Note(tx, "token", id, map[string]any{"is": map[string]any{"revoked": true}}); err != nil {
			return revoked, err
		}
		revoked++
	}
	return revoked, nil
}
