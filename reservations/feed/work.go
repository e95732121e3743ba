package feed

import (
	"errors"
	"fmt"
)

// The work a feed may cost, in days looked at and times made. One rule may use
// maxRuleWork of it, the search for its first instance maxSearch: 400 years of
// days, after which the calendar repeats itself. A feed that uses up maxFeedWork
// is refused.
const (
	maxRuleWork = 1_000_000
	maxSearch   = 150_000
	maxFeedWork = 50_000_000
)

var (
	errRuleWork = errors.New("the rule takes more work than a booking is worth")
	errFeedWork = errors.New("the feed's rules take more work together than deskd spends on a feed")
	errNever    = errors.New("the rule never selects a day")
	errEndless  = errors.New("the series goes on beyond the year 9999")
	errStopped  = errors.New("reading was stopped")
)

// work is what may still be spent. stop, if there is one, says why to end early.
type work struct {
	rule, feed int
	stop       func() error
	checked    int
}

// spend takes n off what the rule and the feed have left.
func (w *work) spend(n int) error {
	w.rule -= n
	if err := w.spendFeed(n); err != nil {
		return err
	}
	if w.rule < 0 {
		return errRuleWork
	}
	return nil
}

// spendFeed takes n off what the feed has left.
func (w *work) spendFeed(n int) error {
	w.feed -= n
	if w.feed < 0 {
		return errFeedWork
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
