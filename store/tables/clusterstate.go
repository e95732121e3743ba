package tables

import (
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
	"deskd/store/dialect"
)

// ClusterState is what is remembered of a cluster.
type ClusterState struct {
	Cluster     string `gorm:"primaryKey"`
	OpenedAt    dialect.Lenient
	RefusedAt   dialect.Lenient
	Code        int
	Problem     string
	Salt        []byte
	Fingerprint []byte
	Tries       int
	TriedAt     dialect.Lenient
	Readmitted  int64
	Renewed     int64
	Units       string
	DoubtedAt   dialect.Lenient
	Unit        int64 // seconds
	Clocks      lenientClocks
}

// clocks are kept as JSON; the empty text is none.
type clocks clock.Clocks

// Value implements [driver.Valuer].
func (c clocks) Value() (driver.Value, error) {
	if clock.Clocks(c).Blank() {
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

// lenientClocks are clocks of a row that another program may have spoilt: what
// cannot be read is none, and says so.
type lenientClocks struct {
	clocks
	bad string
}

// Scan implements [database/sql.Scanner].
func (c *lenientClocks) Scan(v any) error {
	c.bad = ""
	if err := c.clocks.Scan(v); err != nil {
		c.clocks, c.bad = clocks{}, fmt.Sprintf("its row in the database cannot be read: clocks is %q, which are no clocks", v)
	}
	return nil
}

// TableName implements gorm's Tabler.
func (ClusterState) TableName() string { return "cluster_states" }

// ClusterStateOf is the row of s.
func ClusterStateOf(s guard.ClusterState) ClusterState {
	return ClusterState{
		Cluster: s.Cluster, OpenedAt: dialect.Lenient{Time: s.Opened}, RefusedAt: dialect.Lenient{Time: s.Refused}, Code: s.Code, Problem: s.Problem,
		Salt: s.Salt, Fingerprint: s.Fingerprint, Tries: s.Tries, TriedAt: dialect.Lenient{Time: s.Tried}, Readmitted: s.Readmitted, Renewed: s.Renewed,
		Units: s.Units, DoubtedAt: dialect.Lenient{Time: s.Doubted}, Unit: int64(s.Unit / time.Second), Clocks: lenientClocks{clocks: clocks(s.Clocks)},
	}
}

// Decode never fails. Of a row that another program has spoilt the refusal stands:
// it is as old as can be, so that one question tells whether it still holds.
func (r ClusterState) Decode() guard.ClusterState {
	bad := dialect.Unreadable(dialect.Named{Column: "opened_at", At: &r.OpenedAt}, dialect.Named{Column: "refused_at", At: &r.RefusedAt}, dialect.Named{Column: "tried_at", At: &r.TriedAt}, dialect.Named{Column: "doubted_at", At: &r.DoubtedAt})
	if r.OpenedAt.Bad != "" {
		r.OpenedAt.Time = time.Unix(0, 0).UTC()
	}
	return guard.ClusterState{
		Unreadable: cmp.Or(bad, r.Clocks.bad),
		Cluster:    r.Cluster,
		Refusals: guard.Refusals{
			Opened: r.OpenedAt.Time, Refused: r.RefusedAt.Time, Code: r.Code, Problem: r.Problem,
			Salt: r.Salt, Fingerprint: r.Fingerprint, Tries: r.Tries, Tried: r.TriedAt.Time, Readmitted: r.Readmitted, Renewed: r.Renewed,
		},
		UnitDoubt: guard.UnitDoubt{Units: r.Units, Doubted: r.DoubtedAt.Time, Unit: time.Duration(r.Unit) * time.Second},
		Clocks:    clock.Clocks(r.Clocks.clocks),
	}
}
