package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/forecast"
)

// How far ahead is looked, and how often: a forecast takes a moment where thousands of
// bookings begin.
const (
	Ahead         = time.Hour
	foreseenEvery = time.Minute
	hurriedEvery  = 10 * time.Second // while a phone is late, or a booking that has begun is not served
	restsFor      = 50               // times what the last one took, at least
)

// foresight keeps the forecast of the coming hour, and of bookings that have begun and are not
// served, up to date. It is worked out beside the
// rounds, from what they know, when they have done anything since the last one or another
// booking has come into the hour.
type foresight struct {
	last    foreseen
	first   time.Time     // it could have been made from then on
	at      time.Time     // of the last one
	least   time.Duration // to rest after it
	running sync.WaitGroup
	late    atomic.Bool        // the last one had late phones, and the log was told
	free    chan time.Duration // while none is being worked out: how long the last one took
}

// foreseen is what a forecast was made from: with the same, it would be the same.
type foreseen struct {
	version int64     // of the world
	round   time.Time // the last one
	starts  int       // of bookings in the coming hour
	begun   int       // logins that are to go out, or under way, whose bookings have begun, but for repairs
	ends    time.Time // of the last of those
}

func newForesight() *foresight {
	f := &foresight{free: make(chan time.Duration, 1)}
	f.free <- 0
	return f
}

// foresee has the coming hour worked out if it is time. It is called by the goroutine of
// the rounds.
func (r *Reconciler) foresee() {
	f, now := r.foresight, r.now()
	if f.first.IsZero() {
		f.first = now
	}
	if since := now.Sub(f.first); since >= 0 && since < hurriedEvery { // what is through by then needs none
		return
	}
	if since := now.Sub(f.at); since >= 0 && since < max(hurriedEvery, f.least) || r.books.read.IsZero() {
		return
	}
	seen := r.foreseeable(now)
	if since := now.Sub(f.at); since >= 0 && since < foreseenEvery && seen.begun == 0 && !f.late.Load() {
		return
	}
	var took time.Duration
	select {
	case took = <-f.free:
	default:
		return
	}
	same := seen == f.last
	f.at, f.last, f.least = now, seen, restsFor*took
	switch {
	case same:
		f.free <- took
	case seen.starts+seen.begun == 0:
		r.shown.change(func(c *ClusterStatus) { c.Ahead = nil })
		f.tell(r.log, forecast.Wave{})
		f.free <- 0
	default:
		in := r.outlook(r.held, r.books.world)
		f.running.Go(func() {
			began := time.Now()
			w := forecast.Of(in, reservations.Span{Start: now, End: now.Add(Ahead)}, now)
			w.Phones = slices.DeleteFunc(w.Phones, func(p forecast.Phone) bool { return !p.IsLate() }) // the others are many
			r.shown.change(func(c *ClusterStatus) { c.Ahead = &w })
			f.tell(r.log, w)
			f.free <- time.Since(began)
		})
	}
}

// tell tells the log when late phones are foreseen, and when they are no more: what would
// suffice is best changed before.
func (f *foresight) tell(log *slog.Logger, w forecast.Wave) {
	late := w.Late > 0
	was := f.late.Swap(late)
	switch {
	case late && !was:
		log = log.With("phones", w.Late, "of", w.Bookings, "by", w.Most.Round(time.Second))
		if w.Guess {
			log = log.With("measured", false)
		}
		if w.Never > 0 {
			log = log.With("never", w.Never)
		}
		if w.Enough != nil {
			log = log.With("enough", w.Suffices())
		}
		log.Warn("phones will be late")
	case !late && was:
		log.Info("no more phones will be late")
	}
}

// foreseeable is what a forecast would be made from.
func (r *Reconciler) foreseeable(now time.Time) foreseen {
	all := r.books.world.Calendar.All()
	after := func(t time.Time) int {
		return sort.Search(len(all), func(i int) bool { return all[i].Start.After(t) })
	}
	first, last := after(now), after(now.Add(Ahead))
	seen := foreseen{version: r.books.known.Version, round: r.last, starts: last - first}
	for _, s := range r.held {
		if served, _ := r.phones.History.Served(s.Login); !served && s.Op == plan.OpLogin && s.Held == "" && !s.From.After(now) {
			seen.begun++
		}
	}
	if last > first {
		seen.ends = all[last-1].Start
	}
	return seen
}

// outlook is what is known now of the time to come, by the last plan. It does not change
// with the planner.
func (p *planner) outlook(planned []plan.Step, world plan.World) forecast.Input {
	now := p.now()
	stops, feeds, seen := append(p.pause.Blocks(), p.circuit.Blocks(now)...), p.feeds, maps.Clone(p.phones.Seen)
	books := p.books
	return forecast.Input{
		World: world, Policy: p.learned(), Allowed: p.Policy.Pace.Concurrent, Untried: p.permits.Untried(), Service: p.service, Seen: seen, History: p.phones.History.Clone(),
		Facts: plan.Facts{Lost: maps.Clone(p.phones.Outage.Lost), Units: p.phones.Unit.Units, Misdated: slices.Clone(p.trust.Misdated)},
		Away:  p.away.ForPlan(), Steps: slices.Clone(planned),
		Wanted: books.wantedOf,
		Blocks: func(steps []plan.Step) []plan.Block {
			return append(feeds.BlocksOf(steps, seen, world.Calendar, now), stops...)
		},
	}
}

// Foresee is the forecast for the bookings that begin in a span, on what was last seen or,
// with ask, on what the phones answer now. The reconciler must not be running.
func (r *Reconciler) Foresee(ctx context.Context, ask bool, span reservations.Span) (forecast.Wave, error) {
	now := r.now()
	p, err := previewer{r, ask}.preview(ctx, now)
	if err != nil {
		return forecast.Wave{}, err
	}
	whole := reservations.Span{Start: r.Policy.Window(now).Start, End: r.Policy.Window(span.End).End}
	booked, err := r.Book.Reservations(ctx, whole)
	if err != nil {
		return forecast.Wave{}, fmt.Errorf("read reservations: %w", err)
	}
	p.World.Calendar = reservations.NewCalendar(booked)
	return forecast.Of(r.outlook(p.Steps, p.World), span, now), nil
}
