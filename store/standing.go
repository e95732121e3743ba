package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler"
)

type standingRow struct {
	Cluster   string `gorm:"primaryKey"`
	OpenedAt  milli
	RefusedAt milli
	Code      int
	Problem   string
	Salt      []byte
	Print     []byte
	Tries     int
	TriedAt   milli
	Units     string
	DoubtedAt milli
	Unit      int64 // seconds
	Clocks    clocks
}

// clocks are kept as JSON; the empty text is none.
type clocks scheduler.Clocks

// Value implements [driver.Valuer].
func (c clocks) Value() (driver.Value, error) {
	if len(c.Former)+len(c.Misdated) == 0 {
		return "", nil
	}
	text, err := json.Marshal(c)
	return string(text), err
}

// Scan implements [database/sql.Scanner].
func (c *clocks) Scan(v any) error {
	*c = clocks{}
	text, ok := v.(string)
	if !ok || text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), c)
}

func (standingRow) TableName() string { return "standings" }

func standingRowOf(s scheduler.Standing) standingRow {
	return standingRow{
		Cluster: s.Cluster, OpenedAt: milli{s.Opened}, RefusedAt: milli{s.Refused}, Code: s.Code, Problem: s.Problem,
		Salt: s.Salt, Print: s.Print, Tries: s.Tries, TriedAt: milli{s.Tried},
		Units: s.Units, DoubtedAt: milli{s.Doubted}, Unit: int64(s.Unit / time.Second), Clocks: clocks(s.Clocks),
	}
}

func (r standingRow) noun() scheduler.Standing {
	return scheduler.Standing{
		Cluster: r.Cluster, Opened: r.OpenedAt.Time, Refused: r.RefusedAt.Time, Code: r.Code, Problem: r.Problem,
		Salt: r.Salt, Print: r.Print, Tries: r.Tries, Tried: r.TriedAt.Time,
		Units: r.Units, Doubted: r.DoubtedAt.Time, Unit: time.Duration(r.Unit) * time.Second, Clocks: scheduler.Clocks(r.Clocks),
	}
}

// Standing implements [deskd/scheduler.Standings].
func (s *Store) Standing(ctx context.Context, cluster string) (scheduler.Standing, error) {
	var row standingRow
	err := s.read.WithContext(ctx).Where("cluster = ?", cluster).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return scheduler.Standing{Cluster: cluster}, nil
	case err != nil:
		return scheduler.Standing{}, fmt.Errorf("read standing of cluster %q: %w", cluster, explain(err))
	}
	return row.noun(), nil
}

// SaveStanding implements [deskd/scheduler.Standings]. A standing that says
// nothing leaves no row behind.
func (s *Store) SaveStanding(ctx context.Context, standing scheduler.Standing) error {
	err := s.change(ctx, func(tx *gorm.DB) error {
		if standing.Blank() {
			return tx.Where("cluster = ?", standing.Cluster).Delete(&standingRow{}).Error
		}
		row := standingRowOf(standing)
		return replace(tx, &row)
	})
	if err != nil {
		return fmt.Errorf("record standing of cluster %q: %w", standing.Cluster, err)
	}
	return nil
}
