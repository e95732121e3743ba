package poll

import (
	"context"
	"fmt"
	"strings"
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

// brake decides what of a change is believed, and keeps back the rest: what goes, if
// that is too much at once, and the larger part of what comes. All else goes through, so
// that no loss keeps others' bookings waiting. What is kept back ripens by itself, each
// booking from when it was first kept back, so that another loss does not begin the wait
// of this one again; a person's answer is to the whole.
func (f *Poller) brake(ctx context.Context, state *reservations.FeedState, c reservations.Change, b braked) (reservations.Change, error) {
	total := b.total()
	var kept reservations.Change
	if f.Brake.HoldsLoss(c.Drop, b.have, b.now) {
		kept.Drop = c.Drop
	}
	// A first reading is not asked about: nobody could say what is sudden in it.
	booked, err := f.Store.FeedBooked(ctx, reservations.FeedSource(state.Name))
	if err != nil {
		return c, err
	}
	if booked {
		kept.Add = f.Brake.HeldBack(c.Add, b.have, b.now)
	}
	if len(kept.Drop)+len(kept.Add) == 0 {
		letGo(state)
		return c, nil
	}
	held, err := f.Held.HeldChange(ctx, state.Name)
	if err != nil {
		return c, fmt.Errorf("read held change of feed %q: %w", state.Name, err)
	}
	covered := held.Any() && held.Covers(kept)
	switch {
	case covered && held.Answer == reservations.Accepted:
		f.Log.Info("held change is accepted", "feed", state.Name, "by", held.By, "dropped", len(kept.Drop), "added", len(kept.Add))
		letGo(state)
		return c, nil
	case !covered && held.Answer == reservations.Rejected: // what was rejected is asked about again
		held.Seen = nil
	}
	rejected := covered && held.Answer == reservations.Rejected
	kept = ripen(&held, kept, b.steady, rejected)
	if len(kept.Drop)+len(kept.Add) == 0 {
		letGo(state)
		return c, nil
	}
	if !covered {
		held = reservations.Held{Change: reservations.NewHeld(kept, b.window.End).Change, Until: b.window.End, Seen: held.Seen}
	}
	if err := f.Held.HoldChange(ctx, state.Name, held); err != nil {
		return c, fmt.Errorf("hold change of feed %q: %w", state.Name, err)
	}
	noteHeld(state, held, change{kept, total, rejected})
	return c.Without(kept), nil
}

// ripen counts what is kept back in held.Seen and returns what still waits: all of it,
// if it was rejected.
func ripen(held *reservations.Held, kept reservations.Change, now time.Time, rejected bool) reservations.Change {
	seen := make(map[string]reservations.Sighting, len(kept.Drop)+len(kept.Add))
	waits := func(key string) bool {
		s, known := held.Seen[key]
		if !known {
			s.Since = now
		}
		s.Times++
		if !rejected && s.Times >= heldFetches && now.Sub(s.Since) >= heldFor {
			return false
		}
		seen[key] = s
		return true
	}
	var left reservations.Change
	for _, r := range kept.Drop {
		if waits(reservations.KeyOfDrop(r)) {
			left.Drop = append(left.Drop, r)
		}
	}
	for _, r := range kept.Add {
		if waits(reservations.KeyOfAdd(r)) {
			left.Add = append(left.Add, r)
		}
	}
	held.Seen = seen
	return left
}

// change is what is kept back of a feed with so many bookings in all.
type change struct {
	reservations.Change
	total    int
	rejected bool
}

// noteHeld writes down what is kept back, for people.
func noteHeld(state *reservations.FeedState, held reservations.Held, kept change) {
	total, rejected := kept.total, kept.rejected
	letGo(state)
	for _, s := range held.Seen {
		if state.HeldSeen == 0 || s.Since.Before(state.HeldSince) {
			state.HeldSince = s.Since
		}
		state.HeldSeen = max(state.HeldSeen, s.Times)
	}
	state.HeldLoss, state.HeldGain, state.HeldRejected = len(kept.Drop), len(kept.Add), rejected
	var what []string
	if n := len(kept.Drop); n > 0 {
		what = append(what, fmt.Sprintf("has lost %d of %d bookings at once", n, total))
	}
	if n := len(kept.Add); n > 0 {
		what = append(what, fmt.Sprintf("has %d new bookings at once, beside %d", n, total))
	}
	state.Problem = "the feed " + strings.Join(what, " and ")
	switch {
	case rejected && len(kept.Add) == 0:
		state.Problem += fmt.Sprintf(": rejected by %s, the bookings stay until it has them back, or drops others", held.By)
	case rejected:
		state.Problem += fmt.Sprintf(": rejected by %s, nothing of it is done as long as it says the same", held.By)
	case len(kept.Add) == 0:
		state.Problem += fmt.Sprintf(": they stay until it has said so for half an hour, or a person has looked: deskd feed show %s", state.Name)
	default:
		state.Problem += fmt.Sprintf(": nothing of it is done until it has said so for half an hour, or a person has looked: deskd feed show %s", state.Name)
	}
}

// letGo forgets that a change was held.
func letGo(state *reservations.FeedState) {
	state.HeldSince, state.HeldSeen, state.HeldLoss, state.HeldGain, state.HeldRejected = time.Time{}, 0, 0, 0, false
}
