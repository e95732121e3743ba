package remarks

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/reservations"
	told "deskd/scheduler/notices"
	"deskd/store/notices"
	"deskd/web/view"
)

// For how long it is said what a phone was told, and how long before the last reading a notice
// may have begun that was not there yet: another node's clock is another.
const (
	toldFor   = 20 * time.Minute
	readAgain = 10 * time.Second
)

// Told are the notices that phones were told of late. A page reads no more of them than those that
// have begun, or have not ended, since the one before. It is safe for use by several goroutines; a
// nil t tells nothing.
type Told struct {
	List func(ctx context.Context, f notices.Filter) ([]notices.Told, error)

	mu   sync.Mutex
	all  map[string]notices.Told // by their keys
	upto time.Time
}

// Remarks are what the phones of all desks were told, the newest of each, in the order of desks.
func (t *Told) Remarks(ctx context.Context, at time.Time) ([]view.Remark, error) {
	if t == nil {
		return nil, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.read(ctx, at); err != nil {
		return nil, err
	}
	newest := make(map[string]notices.Told)
	for _, n := range t.all {
		if was, known := newest[n.Desk]; n.Outcome != told.Absent && n.Outcome != told.SomeoneElse && (!known || later(n, was)) {
			newest[n.Desk] = n
		}
	}
	all := make([]view.Remark, 0, len(newest))
	for _, n := range newest {
		all = append(all, view.Remark{Desk: n.Desk, Before: "told at", At: n.Began, After: textOf(n)})
	}
	slices.SortFunc(all, func(a, b view.Remark) int { return strings.Compare(a.Desk, b.Desk) })
	return all, nil
}

// read takes in what has begun since, and what has become of the others.
func (t *Told) read(ctx context.Context, at time.Time) error {
	from := at.Add(-toldFor)
	if !t.upto.IsZero() && !at.Before(t.upto) {
		from = reservations.Latest(from, t.upto.Add(-readAgain))
	}
	for key, n := range t.all {
		switch age := at.Sub(n.Began); {
		case age > toldFor:
			delete(t.all, key)
		case n.Outcome == "":
			from = reservations.Earliest(from, n.Began)
		}
	}
	found, err := t.List(ctx, notices.Filter{From: from})
	if err != nil {
		return err
	}
	if t.all == nil {
		t.all = make(map[string]notices.Told)
	}
	for _, n := range found {
		t.all[n.Key] = n
	}
	t.upto = at
	return nil
}

func later(a, b notices.Told) bool {
	return a.Began.After(b.Began) || a.Began.Equal(b.Began) && a.Key > b.Key
}

// textOf is what was told, and what came of it.
func textOf(n notices.Told) string {
	text := "of " + string(n.Kind)
	switch n.Kind {
	case told.BeforeEnd:
		text = "that it ends in " + strings.TrimSuffix(n.Ahead.String(), "0s")
	case told.Moved:
		text = "that it was moved to desk " + n.Other
	case told.Next:
		text = "that the next person waits"
	}
	if n.Outcome == "" {
		return text
	}
	text += " (" + string(n.Outcome)
	if n.Problem != "" {
		text += ": " + n.Problem
	}
	return text + ")"
}
