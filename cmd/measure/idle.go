package main

import (
	"context"
	"fmt"
	"time"
)

// idle is the CPU of a daemon with nothing to do, by the number of reservations.
func idle(ctx context.Context, l *lab) error {
	for _, rows := range l.sizes([]int{10_000, 100_000, 1_000_000}) {
		h, err := l.built(ctx, plot{desks: 2000, rows: rows})
		if err != nil {
			return err
		}
		if err := h.clear(ctx); err != nil {
			return err
		}
		s, err := l.phones(ctx, h.desks)
		if err != nil {
			return err
		}
		lines := []line{{what: fmt.Sprintf("idle CPU, %d rows", rows), unit: "%", reach: "0.3 %, flat"}}
		err = inTurns(ctx, lines, func(ctx context.Context) ([]float64, error) {
			d, err := h.serve(ctx, conditions{main: s, concurrent: 5, perMinute: 500})
			if err != nil {
				return nil, err
			}
			defer d.stop()
			if err := d.settle(ctx); err != nil {
				return nil, err
			}
			watched := time.Duration(l.n(60, 5)) * time.Second
			used, err := d.cpuOf(func() error { return rest(ctx, watched) })
			return []float64{100 * used.Seconds() / watched.Seconds()}, err
		}, nil)
		s.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// starts is how long a daemon takes to start, by the number of reservations, attempts and
// rows of the audit.
func starts(ctx context.Context, l *lab) error {
	for _, rows := range l.sizes([]int{10_000, 100_000, 1_000_000}) {
		h, err := l.built(ctx, plot{desks: 2000, rows: rows, archived: true})
		if err != nil {
			return err
		}
		s, err := l.phones(ctx, h.desks)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("start with %d reservations, attempts and rows of the audit: ", rows)
		lines := []line{{what: name + "page", unit: "s"}, {what: name + "ready", unit: "s", reach: "2 s"}, {what: name + "CPU until ready", unit: "s"}}
		err = inTurns(ctx, lines, h.start(s), nil)
		s.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// start starts a daemon, and says when its page and its probe answered, and what CPU that took.
func (h *house) start(s *phoneSystem) turn {
	return func(ctx context.Context) ([]float64, error) {
		began := time.Now()
		d, err := h.begin(ctx, conditions{main: s, concurrent: 5, perMinute: 500})
		if err != nil {
			return nil, err
		}
		defer d.stop()
		if err := d.answers(ctx, d.url+"/healthz", time.Minute); err != nil {
			return nil, err
		}
		page := time.Since(began)
		if err := d.answers(ctx, d.url+"/readyz", time.Minute); err != nil {
			return nil, err
		}
		ready := time.Since(began)
		used, err := d.cpu()
		return []float64{page.Seconds(), ready.Seconds(), used.Seconds()}, err
	}
}
