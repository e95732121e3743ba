package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/tables"
)

// Node is a daemon that serves the database, or did.
type Node struct {
	Name    string
	Version string // of deskd
	Page    string // the address that it serves pages at
	Started time.Time
	Seen    time.Time // when it last said that it is there
	Ended   time.Time // zero while it runs, or when it could not say that it ends
	// Ahead is by how much its clock was ahead of the database's, nil where they are one.
	Ahead *time.Duration
	// Settings are what it needs alike with the other nodes, each as a digest by its key; nil
	// where it has not told.
	Settings map[string]string
}

// Duty is what one node does at a time.
type Duty struct {
	Name      string // "cluster main", "feeds"
	Node      string // the one that does it, "" while nobody does
	Since     time.Time
	Takeovers int       // how often it has changed hands
	Told      string    // what its node last told of it, as JSON
	ToldAt    time.Time // zero for never
}

// Silence is for how long a node may say nothing and still be taken to run.
const Silence = 3 * SayEvery

// SayEvery is how often a node says that it is there, where there may be several.
const SayEvery = 5 * time.Second

// Runs reports whether a node runs, as far as it has said so.
func (n Node) Runs(now time.Time) bool { return n.Ended.IsZero() && now.Sub(n.Seen) < Silence }

// State is how a node is: runs, silent or ended. Held says that a process has the lock of its
// database.
func (n Node) State(held bool, now time.Time) string {
	switch {
	case !n.Ended.IsZero():
		return "ended"
	case n.Runs(now), held:
		return "runs"
	}
	return "silent"
}

// kept is for how long a node that says nothing any more is listed.
const kept = 30 * 24 * time.Hour

type nodeRow struct {
	Name      string `gorm:"primaryKey"`
	Version   string
	Page      string
	StartedAt dialect.Lenient
	SeenAt    dialect.Lenient
	EndedAt   dialect.Lenient
	AheadMs   *int64
	Settings  string
}

func (nodeRow) TableName() string { return "nodes" }

type dutyRow struct {
	Name      string `gorm:"primaryKey"`
	Node      string
	SinceAt   dialect.Lenient
	Takeovers int
	Told      string
	ToldAt    dialect.Lenient
}

func (dutyRow) TableName() string { return "duties" }

// Keeper keeps nodes and duties.
type Keeper struct{ db database }

type database interface {
	dialect.Transactions
	dialect.Duties
}

// New is the keeper of a database.
func New(db database) Keeper { return Keeper{db} }

// Say writes down how a node is, and forgets those that have said nothing for a month.
func (k Keeper) Say(ctx context.Context, n Node) error {
	row := nodeRow{
		Name: n.Name, Version: n.Version, Page: n.Page,
		StartedAt: dialect.Lenient{Time: n.Started}, SeenAt: dialect.Lenient{Time: n.Seen}, EndedAt: dialect.Lenient{Time: n.Ended},
	}
	if n.Ahead != nil {
		ms := n.Ahead.Milliseconds()
		row.AheadMs = &ms
	}
	if n.Settings != nil {
		text, err := json.Marshal(n.Settings)
		if err != nil {
			return fmt.Errorf("record node %q: %w", n.Name, err)
		}
		row.Settings = string(text)
	}
	err := k.db.Change(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("seen_at < ?", dialect.Milli{Time: n.Seen.Add(-kept)}).Delete(&nodeRow{}).Error; err != nil {
			return err
		}
		return tables.Replace(tx, &row)
	})
	if err != nil {
		return fmt.Errorf("record node %q: %w", n.Name, err)
	}
	return nil
}

// Took writes down that a node has a duty from now on. It has changed hands when another had
// it before.
func (k Keeper) Took(ctx context.Context, duty, node string, now time.Time) error {
	err := k.db.Change(ctx, func(tx *gorm.DB) error {
		row := dutyRow{Name: duty}
		err := tx.Take(&row).Error
		fresh := errors.Is(err, gorm.ErrRecordNotFound)
		if err != nil && !fresh {
			return err
		}
		if !fresh && row.Node != node {
			row.Takeovers++
		}
		row.Node, row.SinceAt, row.Told, row.ToldAt = node, dialect.Lenient{Time: now}, "", dialect.Lenient{}
		return tables.Replace(tx, &row)
	})
	if err != nil {
		return fmt.Errorf("record who has %s: %w", duty, err)
	}
	return nil
}

// Tell writes down what a node has to tell of its duty.
func (k Keeper) Tell(ctx context.Context, duty, told string, now time.Time) error {
	err := k.db.Change(ctx, func(tx *gorm.DB) error {
		return tx.Model(&dutyRow{}).Where("name = ?", duty).Updates(map[string]any{"told": told, "told_at": dialect.Milli{Time: now}}).Error
	})
	if err != nil {
		return fmt.Errorf("record how %s stands: %w", duty, err)
	}
	return nil
}

// Nodes lists the nodes, by name.
func (k Keeper) Nodes(ctx context.Context) ([]Node, error) {
	var rows []nodeRow
	if err := k.db.Read(ctx).Order("name").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	all := make([]Node, len(rows))
	for i, r := range rows {
		all[i] = Node{Name: r.Name, Version: r.Version, Page: r.Page, Started: r.StartedAt.Time, Seen: r.SeenAt.Time, Ended: r.EndedAt.Time}
		if r.AheadMs != nil {
			ahead := time.Duration(*r.AheadMs) * time.Millisecond
			all[i].Ahead = &ahead
		}
		if json.Unmarshal([]byte(r.Settings), &all[i].Settings) != nil {
			all[i].Settings = nil // it has not told, or another version tells it otherwise
		}
	}
	return all, nil
}

// Duties lists the duties, by name, each with the node that took it last.
func (k Keeper) Duties(ctx context.Context) ([]Duty, error) {
	var rows []dutyRow
	if err := k.db.Read(ctx).Order("name").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read duties: %w", err)
	}
	all := make([]Duty, len(rows))
	for i, r := range rows {
		all[i] = Duty{Name: r.Name, Node: r.Node, Since: r.SinceAt.Time, Takeovers: r.Takeovers, Told: r.Told, ToldAt: r.ToldAt.Time}
	}
	return all, nil
}

// Vacant are the duties that no node has, of those that are wanted; duties are as [Keeper.Held]
// lists them.
func Vacant(wanted []string, duties []Duty) (free []Duty) {
	for _, name := range wanted {
		last := Duty{Name: name}
		if i := slices.IndexFunc(duties, func(d Duty) bool { return d.Name == name }); i >= 0 {
			last = duties[i]
		}
		if last.Node == "" {
			free = append(free, last)
		}
	}
	return free
}

// unlocked begins the names of what is told by who drives a cluster, beside that duty, as one that
// needs no lock.
const unlocked = "inventory "

// Held lists the duties that a running node has, by name, without a node those that nobody has:
// whose lock is free, or whose node has told nothing any more, though it told before.
func (k Keeper) Held(ctx context.Context, now time.Time) ([]Duty, error) {
	taken, err := k.db.Taken(ctx)
	if err != nil {
		return nil, err
	}
	known, err := k.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	all, err := k.Duties(ctx)
	for i, d := range all {
		runs := slices.ContainsFunc(known, func(n Node) bool { return n.Name == d.Node && n.Ended.IsZero() })
		free := !taken(d.Name) || !d.ToldAt.IsZero() && now.Sub(d.ToldAt) > Silence
		if strings.HasPrefix(d.Name, unlocked) {
			free = false
		}
		if !runs || free {
			all[i].Node = ""
		}
	}
	return all, err
}
