package scheduler

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
)

// A change that takes away too much is let through once it has been seen this
// often over this long: a server that lost its data for a moment has them back
// by then. A person's answer is heeded at once.
const (
	heldFetches = 3
	heldFor     = 30 * time.Minute
)

// braked is what a feed's change is measured against.
type braked struct {
	have   []reservations.Reservation
	window reservations.Span
	now    time.Time
	steady time.Time // the same by the clock that is trusted
}

// total counts the current and future bookings of the feed.
func (b braked) total() int {
	n := 0
	for _, h := range b.have {
		if h.End.After(b.now) && h.Status != reservations.Cancelled {
			n++
		}
	}
	return n
}

// held decides whether a change takes away too many bookings to be believed at
// once, heeds what a person has said to it, and remembers how often it was seen.
func (f *Feeds) held(ctx context.Context, state *reservations.FeedState, c reservations.Change, b braked) (bool, error) {
	lost, total := len(c.Drop), b.total()
	if !f.Brake.Holds(lost, total) {
		letGo(state)
		return false, nil
	}
	held, err := f.Store.HeldChange(ctx, state.Name)
	if err != nil {
		return false, fmt.Errorf("read held change of feed %q: %w", state.Name, err)
	}
	if !held.Any() || !held.Covers(c) { // another change is another question
		letGo(state)
		held = reservations.NewHeld(c, b.window.End)
		if err := f.Store.HoldChange(ctx, state.Name, held); err != nil {
			return false, fmt.Errorf("hold change of feed %q: %w", state.Name, err)
		}
	}
	if held.Answer == reservations.Accepted {
		f.Log.Info("held change is accepted", "feed", state.Name, "by", held.By, "dropped", lost)
		letGo(state)
		return false, nil
	}
	if state.HeldSeen == 0 {
		state.HeldSince = b.steady
	}
	state.HeldSeen++
	state.HeldLoss, state.HeldRejected = lost, held.Answer == reservations.Rejected
	if state.HeldRejected {
		state.Problem = fmt.Sprintf("the feed has lost %d of %d bookings at once: rejected by %s, the bookings stay until it says something else",
			lost, total, held.By)
		return true, nil
	}
	if state.HeldSeen >= heldFetches && b.steady.Sub(state.HeldSince) >= heldFor {
		letGo(state)
		return false, nil
	}
	state.Problem = fmt.Sprintf("the feed has lost %d of %d bookings at once: they stay until it has said so for half an hour, or somebody has looked: deskd feed show %s",
		lost, total, state.Name)
	return true, nil
}

// letGo forgets that a change was held.
func letGo(state *reservations.FeedState) {
	state.HeldSince, state.HeldSeen, state.HeldLoss, state.HeldRejected = time.Time{}, 0, 0, false
}
