package guard

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// levels are those of package slog.
var levels = map[plan.Level]slog.Level{plan.Info: slog.LevelInfo, plan.Warn: slog.LevelWarn, plan.Error: slog.LevelError}

// line is how one kind is logged.
type line plan.LogRule

// TransitionLog keeps the list of a cluster's blocks, and logs what begins and what is
// over. The zero TransitionLog with a Log has an empty list.
type TransitionLog struct {
	Log  *slog.Logger // names the cluster
	Mute []plan.Kind  // kinds that another process says
	list []plan.Block
	said map[plan.Kind]time.Time
}

// Update replaces the list. Blocks that do not know since when they last have it from the
// list before, or from now. It returns the list, in the order of the kinds given and of
// the names in each.
func (t *TransitionLog) Update(blocks []plan.Block, now time.Time) []plan.Block {
	before := make(map[place]plan.Block, len(t.list))
	for _, b := range t.list {
		before[placeOf(b)] = b
	}
	blocks = slices.Clone(blocks)
	for i, b := range blocks {
		if b.Since.IsZero() {
			if blocks[i].Since = now; !before[placeOf(b)].Since.IsZero() {
				blocks[i].Since = before[placeOf(b)].Since
			}
		}
	}
	order := make(map[plan.Kind]int)
	for i, b := range slices.Backward(blocks) {
		order[b.Kind] = i
	}
	slices.SortFunc(blocks, func(a, b plan.Block) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), cmp.Compare(a.Scope.Name(), b.Scope.Name()))
	})
	for _, l := range plan.LogRules {
		if slices.Contains(t.Mute, l.Kind) {
			continue
		}
		t.logKind(line(l), ofKind(t.list, l.Kind), ofKind(blocks, l.Kind), now)
	}
	t.list = blocks
	return blocks
}

// Moved keeps the instants those of a wall clock that has jumped.
func (t *TransitionLog) Moved(by time.Duration) {
	for i := range t.list {
		t.list[i].Since = t.list[i].Since.Add(by)
	}
	for kind, at := range t.said {
		t.said[kind] = at.Add(by)
	}
}

// place is a block's identity.
type place struct {
	kind  plan.Kind
	scope plan.Scope
}

func placeOf(b plan.Block) place { return place{b.Kind, b.Scope} }

func ofKind(blocks []plan.Block, kind plan.Kind) []plan.Block {
	var all []plan.Block
	for _, b := range blocks {
		if b.Kind == kind && !b.Said {
			all = append(all, b)
		}
	}
	return all
}

// logKind compares the blocks of one kind.
func (t *TransitionLog) logKind(l line, was, is []plan.Block, now time.Time) {
	if l.Each != "" {
		t.logEach(l, was, is)
		return
	}
	switch {
	case len(is) == 0 && len(was) == 0:
		return
	case len(is) == 0:
		delete(t.said, l.Kind)
		if l.Ends != "" {
			t.Log.Info(l.Ends, "lasted", now.Sub(was[0].Since).Round(time.Second))
		}
		return
	}
	if len(was) > 0 && !(l.Again && !slices.Equal(names(was), names(is))) && (l.Every == 0 || now.Sub(t.said[l.Kind]) < l.Every) {
		return
	}
	if t.said == nil {
		t.said = make(map[plan.Kind]time.Time)
	}
	t.said[l.Kind] = now
	t.Log.Log(context.Background(), levels[l.Level], l.Begins, l.attributes(is)...)
}

// logEach compares scope by scope.
func (t *TransitionLog) logEach(l line, was, is []plan.Block) {
	before, after := names(was), names(is)
	for _, b := range is {
		if !slices.Contains(before, b.Scope.Name()) {
			t.Log.Log(context.Background(), levels[l.Level], l.Begins, l.Each, b.Scope.Name(), "err", b.Text)
		}
	}
	for _, name := range before {
		if !slices.Contains(after, name) {
			t.Log.Info(l.Ends, l.Each, name)
		}
	}
}

// attributes are those of a line that begins.
func (l line) attributes(blocks []plan.Block) []any {
	first, alike := blocks[0], true
	for _, b := range blocks {
		first.Since = reservations.Earliest(first.Since, b.Since)
		alike = alike && b.Text == first.Text
	}
	attributes := []any{"since", first.Since}
	if !first.Until.IsZero() && len(blocks) == 1 {
		attributes = append(attributes, "until", first.Until)
	}
	switch named := first.Scope.Name() != ""; {
	case l.Names != "" && named:
		attributes = append(attributes, l.Names, names(blocks))
	case named:
		attributes = append(attributes, "phones", len(blocks))
	}
	attributes = append(attributes, first.Fields...)
	if alike && l.Level != plan.Info {
		attributes = append(attributes, "err", first.Text)
	}
	return attributes
}

func names(blocks []plan.Block) []string {
	var all []string
	for _, b := range blocks {
		all = append(all, b.Scope.Name())
	}
	return all
}
