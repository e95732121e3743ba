package booking

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations/rules"
)

// Explanation is what is for and against a booking.
type Explanation struct {
	Rules []rules.Verdict `json:"rules"` // those that are set, in a fixed order
	// Taken is the booking that has the desk; nil: it is free.
	Taken *rules.Refusal `json:"taken,omitempty"`
	// Alternatives are as those of a [Refusal], where something is against it.
	Alternatives []Alternative `json:"alternatives"`
}

// Granted reports whether nothing is against it.
func (e Explanation) Granted() bool {
	for _, v := range e.Rules {
		if v.Refusal != nil {
			return false
		}
	}
	return e.Taken == nil
}

// Explain tells what each rule says about a wish, and who has the desk.
func (b Bookings) Explain(ctx context.Context, w Wish, now time.Time) (Explanation, error) {
	if err := w.Check(); err != nil {
		return Explanation{}, err
	}
	asked := w.reservation()
	e := Explanation{Rules: []rules.Verdict{}, Alternatives: []Alternative{}}
	var q rules.Request
	err := b.Store.Read(ctx, func(book Reader) (err error) {
		var world rules.World
		if q, world, err = b.world(book, asked, now); err != nil {
			return err
		}
		e.Rules = append(e.Rules, rules.Judge(b.Rules(q.Desk), world, q, now)...)
		for _, n := range world.Near {
			if n.Overlaps(q.Span) && e.Taken == nil {
				taken := takenBy(n)
				e.Taken = &taken
			}
		}
		return nil
	})
	if err == nil && !e.Granted() {
		e.Alternatives, err = b.alternatives(ctx, q, now)
	}
	if err != nil {
		return e, fmt.Errorf("explain desk %q: %w", w.Desk, err)
	}
	return e, nil
}
