package booking

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Opening is a desk with what says when it is open: its rules, closures and holidays.
type Opening struct {
	reservations.Desk
	Rules rules.Rules
	World rules.World
}

// Openings are the desks of a place, in their order, with what says when each is open in a span.
func (b Bookings) Openings(ctx context.Context, place Place, span reservations.Span) (all []Opening, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		closed, err := book.Closures(span)
		if err != nil {
			return err
		}
		// Whether owners are away is not asked: the far future has the fewest absences.
		desks, err := book.Standing(place, span.End.AddDate(100, 0, 0))
		for _, d := range desks {
			its := b.Rules(d.Desk)
			all = append(all, Opening{d.Desk, its, rules.World{Closures: closing(closed, d.Desk), Holidays: holidays(closed, d.Desk, its.Location())}})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read when desks are open from %s on: %w", span.Start.Format(time.DateOnly), err)
	}
	return all, nil
}
