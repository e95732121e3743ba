package emapi

import (
	"context"
	"fmt"

	"golang.org/x/time/rate"
)

// Limit holds back logins and logouts so that a cluster meets no more of them
// than configured, at once and per minute. All callers of one cluster share
// one; queries pass by it, since the service does not count them. It is safe
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
