package main

import (
	"context"
	"fmt"
	"time"
)

// others is how many desks another cluster has.
const others = 100

// beside is the lateness of single logins in one cluster during a wave in another.
func beside(ctx context.Context, l *lab) error {
	n := l.n(10_000, 500)
	h, err := l.built(ctx, plot{desks: n + others})
	if err != nil {
		return err
	}
	var lines []line
	for _, q := range []string{"median", "p99", "max"} {
		lines = append(lines, line{what: fmt.Sprintf("lateness in another cluster during a wave of %d: %s", n, q), unit: "ms"})
	}
	lines[1].reach = "p99 50 ms"
	return inTurns(ctx, lines, h.besideWave(n), nil)
}

// besideWave has the first n desks of h, in one cluster, log in together, while those of the
// other cluster do so one by one.
func (h *house) besideWave(n int) turn {
	return func(ctx context.Context) ([]float64, error) {
		if err := h.clear(ctx); err != nil {
			return nil, err
		}
		if _, err := h.db.ExecContext(ctx, "UPDATE desks SET cluster = 'other' WHERE id > ?", fmt.Sprintf("D%06d", n)); err != nil {
			return nil, err
		}
		var systems [2]*phoneSystem
		for i := range systems {
			s, err := h.lab.phones(ctx, h.desks)
			if err != nil {
				return nil, err
			}
			defer s.stop()
			systems[i] = s
		}
		d, err := h.serve(ctx, conditions{main: systems[0], other: systems[1], concurrent: 5, perMinute: 6000})
		if err != nil {
			return nil, err
		}
		defer d.stop()
		return h.both(ctx, n, systems)
	}
}

// both books the wave in one phone system and the single logins in the other, and says how
// late those were.
func (h *house) both(ctx context.Context, n int, systems [2]*phoneSystem) ([]float64, error) {
	first := time.Now().Add(ready + 10*time.Second).Truncate(time.Second)
	bookings := together(n, first.Add(others*time.Second)) // the wave takes that long, and ends when these do
	for i := range others {
		bookings = append(bookings, lone{n + i + 1, first.Add(time.Duration(i) * time.Second)})
	}
	if err := h.book(ctx, bookings); err != nil {
		return nil, err
	}
	began, err := systems[1].loggedIn(ctx, others, time.Until(first)+(others+60)*time.Second)
	if err != nil {
		return nil, err
	}
	if _, err := systems[0].loggedIn(ctx, n, 10*time.Minute); err != nil {
		return nil, err
	}
	late, err := h.late(ctx, began)
	return quantiles(late), err
}
