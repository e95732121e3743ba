package emapi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Limit holds back logins and logouts so that a cluster meets no more of them
// than configured, at once and per minute. All callers of one cluster share
// one; queries do not go through it, since the service does not count them. It is safe
// for concurrent use. The zero Limit lets everything through.
type Limit struct {
	slots chan struct{}
	pace  *rate.Limiter
}

// NewLimit returns a limit of concurrent requests at once and perMinute begun
// per minute; 0 or less means no limit in that respect. Requests are spaced
// evenly, without a burst, so that no minute, wherever it begins, holds more.
func NewLimit(concurrent, perMinute int) *Limit {
	l := &Limit{}
	if concurrent > 0 {
		l.slots = make(chan struct{}, concurrent)
	}
	if perMinute > 0 {
		l.pace = rate.NewLimiter(rate.Limit(float64(perMinute)/60), 1)
	}
	return l
}

// Resume takes in what others have sent to the cluster before this limit was
// made, so that a restarted process goes on where the last one was killed:
// began are the instants of their requests, and ends those until which the ones
// without an answer may still be under way. Both are in any order; instants
// ahead of now, by a clock that was set back, count as now. Call it once, before
// the first [Limit.Do].
func (l *Limit) Resume(began, ends []time.Time, now time.Time) {
	began = slices.SortedFunc(slices.Values(began), time.Time.Compare)
	if l.pace != nil {
		// Each request costs its share of a minute. More than a minute's worth
		// changes nothing: the first request waits for the oldest of these to be
		// a minute old, and the minutes from then on hold no others.
		minute := int(float64(l.pace.Limit())*60 + 0.5)
		for _, at := range began[max(0, len(began)-minute):] {
			l.pace.ReserveN(now.Add(min(0, at.Sub(now))), 1)
		}
	}
	// The latest to end holds a place until then, the one before it the next.
	ends = slices.SortedFunc(slices.Values(ends), func(a, b time.Time) int { return b.Compare(a) })
	for _, at := range ends[:min(len(ends), cap(l.slots))] {
		if left := at.Sub(now); left > 0 {
			l.slots <- struct{}{}
			time.AfterFunc(left, func() { <-l.slots })
		}
	}
}

// Do runs send as soon as the limit lets it and returns its error. When ctx
// ends first, or would end before it is send's turn, send is not run and the
// error wraps [ErrNotSent].
func (l *Limit) Do(ctx context.Context, send func(context.Context) error) error {
	if l.slots != nil {
		select {
		case l.slots <- struct{}{}:
			defer func() { <-l.slots }()
		case <-ctx.Done():
			return fmt.Errorf("wait for a free request: %w: %w", ErrNotSent, context.Cause(ctx))
		}
	}
	// The pace is kept at the moment of sending, hence after the wait above.
	if l.pace != nil {
		if err := l.pace.Wait(ctx); err != nil {
			return fmt.Errorf("wait for the next request: %w: %w", ErrNotSent, err)
		}
	}
	return send(ctx)
}
