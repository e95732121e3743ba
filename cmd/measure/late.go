package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deskd/emapi/emulator"
)

// lateness is that of single logins: at the phone system, after the instant for which it
// was planned, a moment before it is due.
func lateness(ctx context.Context, l *lab) error {
	for _, rows := range l.sizes([]int{10_000, 1_000_000}) {
		h, err := l.built(ctx, plot{desks: 2000, rows: rows})
		if err != nil {
			return err
		}
		for _, c := range []struct {
			what  string
			every time.Duration
			noise bool
		}{{"one every 3 s", 3 * time.Second, false}, {"one a second", time.Second, false}, {"one a second, another program writes 50 rows a second", time.Second, true}} {
			var lines []line
			for _, q := range []string{"median", "p99", "max"} {
				lines = append(lines, line{what: fmt.Sprintf("lateness of a login, %d rows, %s: %s", rows, c.what, q), unit: "ms"})
			}
			lines[0].peerIs, lines[1].reach = "(AfterFunc and POST)", "p99 25 ms"
			if err := inTurns(ctx, lines, h.lateness(c.every, c.noise), l.afterFuncs(c.every)); err != nil {
				return err
			}
		}
	}
	return nil
}

// singles are bookings of desks that have none, from an instant on, one after the other.
func (h *house) singles(from time.Time, every time.Duration) []lone {
	var all []lone
	for n := range h.lab.n(40, 5) {
		all = append(all, lone{h.desks - n, from.Add(time.Duration(n) * every)})
	}
	return all
}

// lateness has a daemon log in one person after the other.
func (h *house) lateness(every time.Duration, noise bool) turn {
	return func(ctx context.Context) ([]float64, error) {
		if err := h.clear(ctx); err != nil {
			return nil, err
		}
		s, err := h.lab.phones(ctx, h.desks)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		d, err := h.serve(ctx, conditions{main: s, concurrent: 5, perMinute: 600})
		if err != nil {
			return nil, err
		}
		defer d.stop()
		singles := h.singles(time.Now().Add(ready+10*time.Second).Truncate(time.Second), every)
		if err := h.book(ctx, singles); err != nil {
			return nil, err
		}
		quiet, end := context.WithCancel(ctx)
		var beside sync.WaitGroup
		if noise {
			beside.Go(func() { h.write(quiet) })
		}
		began, err := s.loggedIn(ctx, len(singles), time.Duration(len(singles))*every+2*time.Minute)
		end()
		beside.Wait()
		if err != nil {
			return nil, err
		}
		late, err := h.late(ctx, began)
		return quantiles(late), err
	}
}

// late is how late each login met a phone system, after the instant that the journal says it
// was planned for: of those whose sessions began there.
func (h *house) late(ctx context.Context, began map[string]time.Time) ([]time.Duration, error) {
	rows, err := h.db.QueryContext(ctx, "SELECT device, not_before FROM attempts WHERE reservation LIKE 'm%' AND op = 'login'")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var late []time.Duration
	for rows.Next() {
		var device, planned string
		if err := rows.Scan(&device, &planned); err != nil {
			return nil, err
		}
		due, err := time.Parse(time.RFC3339, planned)
		if err != nil {
			return nil, err
		}
		if at, there := began[device]; there {
			late = append(late, at.Sub(due))
		}
	}
	return late, rows.Err()
}

// write has another program write 50 rows a second, far from now.
func (h *house) write(ctx context.Context) {
	for n := 0; rest(ctx, 20*time.Millisecond) == nil; n++ {
		start := time.Now().AddDate(1, 0, n/1000).Truncate(24 * time.Hour).Add(time.Duration(n%1000) * time.Minute).UTC()
		_, _ = h.db.ExecContext(ctx, "INSERT INTO reservations (desk, person, starts_at, ends_at, source) VALUES (?, 'user0001', ?, ?, 'noise')",
			fmt.Sprintf("D%06d", 1), start.Format(time.RFC3339), start.Add(time.Minute).Format(time.RFC3339)) // one more or less is no matter
	}
}

// afterFuncs has a timer for each login post it.
func (l *lab) afterFuncs(every time.Duration) turn {
	return func(ctx context.Context) ([]float64, error) {
		n := l.n(40, 5)
		s, err := l.phones(ctx, n)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		first := time.Now().Add(time.Second)
		due := make(map[string]time.Time)
		for i := range n {
			device, at := emulator.DeviceName(i+1), first.Add(time.Duration(i)*every)
			due[device] = at
			form := loginForm(device, emulator.UserName(i+1))
			time.AfterFunc(time.Until(at), func() { _ = post(ctx, s.url, form) }) // the emulator says what has come
		}
		began, err := s.loggedIn(ctx, n, time.Duration(n)*every+time.Minute)
		if err != nil {
			return nil, err
		}
		var late []time.Duration
		for device, at := range began {
			late = append(late, at.Sub(due[device]))
		}
		return quantiles(late), nil
	}
}
