package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/dialect"
)

type logoutRow struct {
	Session     int64 `gorm:"primaryKey"`
	Cluster     string
	Reservation string
	UntilAt     dialect.Lenient
	Since       dialect.Lenient
	ReleasedAt  dialect.Lenient
	By          string
	Proof       string
	Device      string
	// Who is there: as the attempt says that began the session, or for a walk-up
	// the last observation.
	Desk, Person string `gorm:"->"`
	// Begun is the end that the session's booking had when it began.
	Begun dialect.Lenient `gorm:"->"`
}

func (logoutRow) TableName() string { return "held_logouts" }

const provesRelease = "release"

// signed is what the proof of an accepted end says, besides by whom.
func (r logoutRow) signed() []string {
	return []string{fmt.Sprint(r.Session), r.Cluster, r.ReleasedAt.Text()}
}

// heldLogout never fails. A hold that another program has spoilt goes on, with the end
// that the journal has of its booking, and an answer that cannot be read is none.
func heldLogout(s audit.Signer, r logoutRow) plan.HeldLogout {
	bad := dialect.Unreadable(dialect.Named{Column: "until_at", At: &r.UntilAt}, dialect.Named{Column: "since", At: &r.Since}, dialect.Named{Column: "released_at", At: &r.ReleasedAt})
	if r.UntilAt.Bad != "" {
		r.UntilAt.Time = r.Begun.Time
		if r.Session < 0 { // a walk-up's, which no booking ends
			r.UntilAt.Time = r.Since.AddDate(0, 0, 1)
		}
	}
	return plan.HeldLogout{
		Unreadable: bad,
		EarlyLogout: plan.EarlyLogout{
			Session: r.Session, Desk: r.Desk, Device: r.Device, Person: r.Person, Reservation: r.Reservation, Until: r.UntilAt.Time,
		},
		Since: r.Since.Time, Released: r.ReleasedAt.Time, By: s.By(r.By, r.Proof, provesRelease, r.signed()...),
	}
}

// HeldLogouts implements [deskd/scheduler.States].
func (s *Store) HeldLogouts(ctx context.Context, cluster string) (plan.HeldLogouts, error) {
	ends, err := heldLogoutsOf(s.sign, s.db.Read(ctx), cluster)
	if err != nil {
		return nil, fmt.Errorf("read held logouts of cluster %q: %w", cluster, err)
	}
	return ends, nil
}

func heldLogoutsOf(s audit.Signer, tx *gorm.DB, cluster string) (plan.HeldLogouts, error) {
	var rows []logoutRow
	err := tx.Raw(`SELECT e.*, coalesce(a.desk, d.id, '') AS desk, coalesce(a.person, o.person, '') AS person, a.until_at AS begun
		FROM held_logouts e LEFT JOIN attempts a ON a.id = e.session
		LEFT JOIN desks d ON d.device = e.device LEFT JOIN observations o ON o.device = e.device
		WHERE e.cluster = ? AND (e.session < 0 OR a.id IS NOT NULL) ORDER BY e.session`, cluster).Scan(&rows).Error
	var ends plan.HeldLogouts
	for _, r := range rows {
		ends = append(ends, heldLogout(s, r))
	}
	return ends, err
}

// logoutPart is how many held logouts one transaction writes: each is a row of the audit, too.
const logoutPart = 100

// KeepLogouts implements [deskd/scheduler.States]. Many are written in parts: one that
// is interrupted is repeated by the next round, which holds them all the same.
func (s *Store) KeepLogouts(ctx context.Context, cluster string, held plan.HeldLogouts, over []int64) error {
	rows := make([]logoutRow, len(held))
	for i, h := range held {
		rows[i] = logoutRow{Session: h.Session, Cluster: cluster, Device: h.Device, Reservation: h.Reservation, UntilAt: dialect.Lenient{Time: h.Until}, Since: dialect.Lenient{Time: h.Since}}
	}
	err := dialect.InParts(ctx, rows, logoutPart, func(part []logoutRow, _ bool) error {
		return s.audit.Change(ctx, "hold", func(tx *gorm.DB) error {
			fresh, err := unheld(tx, part)
			if err != nil || len(fresh) == 0 {
				return err
			}
			return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error
		})
	})
	if err == nil {
		err = dialect.InParts(ctx, over, logoutPart, func(part []int64, _ bool) error {
			return s.audit.Change(ctx, "hold", func(tx *gorm.DB) error { return tx.Where("session IN ?", part).Delete(&logoutRow{}).Error })
		})
	}
	if err != nil {
		return fmt.Errorf("record held logouts of cluster %q: %w", cluster, err)
	}
	return nil
}

// unheld are those of rows whose session is not held yet.
func unheld(tx *gorm.DB, rows []logoutRow) ([]logoutRow, error) {
	sessions, held := make([]int64, len(rows)), []int64{}
	for i, r := range rows {
		sessions[i] = r.Session
	}
	err := tx.Model(&logoutRow{}).Where("session IN ?", sessions).Pluck("session", &held).Error
	return slices.DeleteFunc(slices.Clone(rows), func(r logoutRow) bool { return slices.Contains(held, r.Session) }), err
}

// ReleaseLogouts records that the early logouts of a cluster that wait for a person may
// be carried out, and returns them. Those that are held later are not among
// them. With an id the answer is to those of that [plan.HeldLogouts.ID] alone.
// The error is [reservations.ErrNotHeld] when none waits, or others than those. Many are released
// in parts: when one fails, those before it are released, and the others still wait
// for an answer.
func (s *Store) ReleaseLogouts(ctx context.Context, cluster, id string, now time.Time) (ends plan.HeldLogouts, err error) {
	all, err := heldLogoutsOf(s.sign, s.db.Read(ctx), cluster)
	if err == nil {
		ends = all.Waiting(now)
		if len(ends) == 0 || id != "" && id != ends.ID() {
			err = reservations.ErrNotHeld
		}
	}
	change := ends.ID()
	if err == nil {
		err = dialect.InParts(ctx, ends, logoutPart, func(part []plan.HeldLogout, last bool) error {
			return s.audit.Change(ctx, "release", func(tx *gorm.DB) error {
				if err := s.release(tx, cluster, part, now); err != nil || !last {
					return err
				}
				return audit.Note(tx, "cluster", cluster, map[string]any{"is": map[string]any{"change": change, "logouts": len(ends)}})
			})
		})
	}
	if err != nil {
		return nil, fmt.Errorf("release logouts of cluster %q: %w", cluster, err)
	}
	return ends, nil
}

func (s *Store) release(tx *gorm.DB, cluster string, ends []plan.HeldLogout, now time.Time) error {
	actor := audit.ActorOf(tx.Statement.Context)
	for i := range ends {
		ends[i].Released, ends[i].By = now, actor
		row := logoutRow{Session: ends[i].Session, Cluster: cluster, ReleasedAt: dialect.Lenient{Time: now}}
		err := tx.Exec("UPDATE held_logouts SET released_at = ?, by = ?, proof = ? WHERE session = ?",
			row.ReleasedAt, actor, s.sign.Sign(provesRelease, append(row.signed(), actor)...), row.Session).Error
		if err != nil {
			return err
		}
	}
	return nil
}
