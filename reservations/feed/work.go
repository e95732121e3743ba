package feed

import (
	"errors"
	"fmt"
)

// The work a feed may cost, in days looked at and times made. One rule may use
// maxRuleWork of it, the search for its first instance maxSearch: 400 years of
// days, after which the calendar repeats itself. What the events of one UID may
// use, and those of one organizer, is in share.go. Zones have an account of their
// own: many need them.
const (
	maxRuleWork  = 1_000_000
	maxSearch    = 150_000
	maxFeedWork  = 40_000_000
	maxZonesWork = 20_000_000
)

var (
	errRuleWork = errors.New("the rule takes more work than a booking is worth")
	errNever    = errors.New("the rule never selects a day")
	errEndless  = errors.New("the series goes on beyond the year 9999")
	errStopped  = errors.New("reading was stopped")
)

// work is what may still be spent. stop, if there is one, says why to end early.
type work struct {
	rule, series, feed int
	over               error // what is said when the series has nothing left
	stop               func() error
	checked            int
}

// spend takes n off what the rule, the series and the feed have left.
func (w *work) spend(n int) error {
	w.rule -= n
	if err := w.spendSeries(n); err != nil {
		return err
	}
	if w.rule < 0 {
		return errRuleWork
	}
	return nil
}

// spendSeries takes n off what the series and the feed have left.
func (w *work) spendSeries(n int) error {
	w.series -= n
	w.feed -= n
	switch {
	case w.feed < 0:
		return errFeedWork
	case w.series < 0 && w.over != nil:
		return w.over
	case w.series < 0:
		return errSeriesWork
	}
	const often = 100_000
	if w.checked += n; w.checked < often || w.stop == nil {
		return nil
	}
	w.checked = 0
	if err := w.stop(); err != nil {
		return fmt.Errorf("%w: %w", errStopped, err)
	}
	return nil
}
