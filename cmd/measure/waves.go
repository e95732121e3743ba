package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// ready is how long before its start a login is due, by default: the phone restarts.
const ready = 20 * time.Second

// lead is how long before its start a login goes out at most, by default.
const lead = 10 * time.Minute

// front is a wave: bookings that begin together, and what the phone system takes.
type front struct {
	logins, concurrent, perMinute int
	service                       time.Duration
}

// least is the least time between the first login and the last.
func (f front) least() time.Duration {
	gap := f.service / time.Duration(f.concurrent)
	if f.perMinute > 0 {
		gap = max(gap, time.Minute/time.Duration(f.perMinute))
	}
	return time.Duration(f.logins) * gap
}

func (f front) phones(ctx context.Context, l *lab) (*phoneSystem, error) {
	return l.phones(ctx, f.logins, "--login-time", f.service.String(), "--max-concurrent", fmt.Sprint(f.concurrent))
}

func waves(ctx context.Context, l *lab) error {
	return front{logins: l.n(1000, 100), concurrent: 5, service: time.Second}.lines(ctx, l)
}

func rates(ctx context.Context, l *lab) error {
	fronts := []front{{logins: l.n(2000, 100), concurrent: 5, perMinute: 500}}
	if l.full {
		fronts = append(fronts, front{logins: 10_000, concurrent: 5, perMinute: 500})
	}
	for _, f := range fronts {
		if err := f.lines(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// lines measure f beside a pool, and beside jobs of cron where the answers' time bounds it:
// neither a pool that begins when the logins are due nor jobs know of a rate.
func (f front) lines(ctx context.Context, l *lab) error {
	name := fmt.Sprintf("wave of %d, %v each, 5 at once: ", f.logins, f.service)
	if f.perMinute > 0 {
		name = fmt.Sprintf("wave of %d, at %d a minute: ", f.logins, f.perMinute)
	}
	name += "the first morning and the next: "
	lines := []line{
		{what: name + "phones ready at the start, in %", reach: "100"},
		{what: name + "first to last ÷ least", reach: "1.02"},
		{what: name + "busy answers", reach: "0"},
	}
	if f.perMinute > 0 {
		return inTurns(ctx, lines, f.deskd(l), nil)
	}
	for i := range lines {
		lines[i].peerIs = "(pool in order, from when they are due)"
	}
	if err := inTurns(ctx, lines, f.deskd(l), f.turn(l, f.ahead(), pool)); err != nil {
		return err
	}
	for i := range lines {
		lines[i].peer, lines[i].peerIs = nil, "(robfig/cron, a job each)"
	}
	for range 2 {
		got, err := f.turn(l, f.ahead(), jobs)(ctx)
		if err != nil {
			return err
		}
		for i, x := range got {
			lines[i].peer = append(lines[i].peer, x)
		}
	}
	printLines(lines)
	return nil
}

// deskd has a daemon send the wave: first one that has never met the phone system, with its whole
// lead before the wave, then one that knows from its journal how many requests at once it takes.
func (f front) deskd(l *lab) turn {
	first := true
	return func(ctx context.Context) ([]float64, error) {
		h, err := l.built(ctx, plot{desks: f.logins})
		if err != nil {
			return nil, err
		}
		clean, ahead := h.empty, f.ahead()
		if first {
			clean, ahead, first = h.clear, max(ahead, lead), false
		}
		if err := clean(ctx); err != nil {
			return nil, err
		}
		return f.turn(l, ahead, func(ctx context.Context, s *phoneSystem, start time.Time) error {
			perMinute := f.perMinute
			if perMinute == 0 {
				perMinute = 1_000_000
			}
			d, err := h.serve(ctx, conditions{main: s, concurrent: f.concurrent, perMinute: perMinute})
			if err != nil {
				return err
			}
			defer d.stop()
			if err := h.book(ctx, together(f.logins, start)); err != nil {
				return err
			}
			_, err = s.loggedIn(ctx, f.logins, time.Until(start)+f.least()+2*time.Minute)
			return err
		})(ctx)
	}
}

// ahead is how long before its start a wave has to begin.
func (f front) ahead() time.Duration { return f.least()*21/20 + ready }

// together are bookings of the first desks that begin together.
func together(n int, start time.Time) []lone {
	all := make([]lone, n)
	for i := range all {
		all[i] = lone{i + 1, start}
	}
	return all
}

// turn lets send have the phones of f logged in for an instant, and says how many were in
// time to restart, how long it took, and how many requests met a phone system that was busy.
func (f front) turn(l *lab, ahead time.Duration, send func(ctx context.Context, s *phoneSystem, start time.Time) error) turn {
	return func(ctx context.Context) ([]float64, error) {
		s, err := f.phones(ctx, l)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		start := time.Now().Add(ahead + 30*time.Second).Truncate(time.Second)
		if err := send(ctx, s, start); err != nil {
			return nil, err
		}
		began, err := s.logins(ctx)
		if err != nil {
			return nil, err
		}
		st, err := s.stats(ctx)
		return []float64{f.inTime(began, start), f.stretch(began), float64(st.Codes[emapi.CodeBusy])}, err
	}
}

// inTime is how many sessions began early enough for their phones to restart, in percent.
func (f front) inTime(began map[string]time.Time, start time.Time) float64 {
	n := 0
	for _, at := range began {
		if !at.After(start.Add(-16 * time.Second)) {
			n++
		}
	}
	return 100 * float64(n) / float64(f.logins)
}

// pause is a time without a login that is none of the wave's: deskd has sent the first few early, to
// learn how long an answer takes, and sends the others as late as they may be.
const pause = 30 * time.Second

// stretch is how long it took from the first session to the last, without pauses and with a share
// for the first, in terms of the least.
func (f front) stretch(began map[string]time.Time) float64 {
	share := f.least() / time.Duration(f.logins)
	took, before := time.Duration(0), time.Time{}
	for _, at := range slices.SortedFunc(maps.Values(began), time.Time.Compare) {
		gap := at.Sub(before)
		if before.IsZero() || gap > pause {
			gap = share
		}
		took, before = took+gap, at
	}
	return took.Seconds() / f.least().Seconds()
}

// pool is a worker pool that begins, in order, when the logins are due.
func pool(ctx context.Context, s *phoneSystem, start time.Time) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	if err := rest(ctx, time.Until(start.Add(-ready))); err != nil {
		return err
	}
	return poolOf(ctx, c, s)
}

// poolOf logs in every phone of s, five at once.
func poolOf(ctx context.Context, c *emapi.Client, s *phoneSystem) error {
	var workers sync.WaitGroup
	work := make(chan int)
	for range 5 {
		workers.Go(func() {
			for n := range work {
				_ = c.Login(ctx, emapi.LoginRequest{Device: emulator.DeviceName(n), User: emulator.UserName(n), Exclusive: 65}) // counted by the emulator
			}
		})
	}
	for n := range s.size {
		work <- n + 1
	}
	close(work)
	workers.Wait()
	return ctx.Err()
}

// jobs are as many jobs of robfig/cron as there are bookings, each of which tries again,
// after a second, as long as the phone system is busy.
func jobs(ctx context.Context, s *phoneSystem, start time.Time) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	table := cron.New(cron.WithLocation(time.UTC))
	var all sync.WaitGroup
	all.Add(s.size)
	for n := range s.size {
		table.Schedule(once{start.Add(-ready)}, cron.FuncJob(func() {
			defer all.Done()
			for ctx.Err() == nil {
				err := c.Login(ctx, emapi.LoginRequest{Device: emulator.DeviceName(n + 1), User: emulator.UserName(n + 1), Exclusive: 65})
				if err == nil || rest(ctx, time.Second) != nil {
					return
				}
			}
		}))
	}
	table.Start()
	defer table.Stop()
	all.Wait()
	return ctx.Err()
}

// once is a schedule of a single instant.
type once struct{ at time.Time }

// Next implements [cron.Schedule].
func (o once) Next(now time.Time) time.Time {
	if now.Before(o.at) {
		return o.at
	}
	return time.Time{}
}

// logins is the CPU of a login of a wave, in houses that grow.
func logins(ctx context.Context, l *lab) error {
	for _, n := range l.sizes([]int{1000, 2000, 10_000}) {
		f := front{logins: n, concurrent: 5, service: time.Millisecond}
		h, err := l.built(ctx, plot{desks: n})
		if err != nil {
			return err
		}
		lines := []line{{what: fmt.Sprintf("CPU of a login in a wave, %d desks", n), unit: "ms", peerIs: "(pool in order)", reach: "5 ms, ×1.2"}}
		if err := inTurns(ctx, lines, f.cpu(l, h), f.poolCPU(l)); err != nil {
			return err
		}
	}
	return nil
}

// cpu is what a login costs a daemon, without its start.
func (f front) cpu(l *lab, h *house) turn {
	return func(ctx context.Context) ([]float64, error) {
		if err := h.clear(ctx); err != nil {
			return nil, err
		}
		s, err := f.phones(ctx, l)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		d, err := h.serve(ctx, conditions{main: s, concurrent: f.concurrent, perMinute: 1_000_000})
		if err != nil {
			return nil, err
		}
		defer d.stop()
		used, err := d.cpuOf(func() error {
			if err := h.book(ctx, together(f.logins, time.Now().Add(ready+30*time.Second).Truncate(time.Second))); err != nil {
				return err
			}
			if _, err := s.loggedIn(ctx, f.logins, 10*time.Minute); err != nil {
				return err
			}
			return rest(ctx, 3*time.Second) // for the second looks
		})
		return []float64{used.Seconds() * 1000 / float64(f.logins)}, err
	}
}

// poolCPU is what it costs a pool that remembers nothing.
func (f front) poolCPU(l *lab) turn {
	return func(ctx context.Context) ([]float64, error) {
		s, err := f.phones(ctx, l)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		c, err := s.client()
		if err != nil {
			return nil, err
		}
		used, err := ownCPU(func() error { return poolOf(ctx, c, s) })
		return []float64{used.Seconds() * 1000 / float64(f.logins)}, err
	}
}
