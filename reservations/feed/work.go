package feed

import (
	"cmp"
	"errors"
	"fmt"
)

// maxSearch is what the search for the first instance of a rule may cost: 400 years
// of days, after which the calendar repeats itself.
const maxSearch = 150_000

var (
	errRuleWork    = errors.New("the rule takes more work than a booking is worth")
	errSeriesSpent = errors.New("the series takes more work than it may")
	errTotalSpent  = errors.New("the rules take more work together than they may")
	errNever       = errors.New("the rule never selects a day")
	errEndless     = errors.New("the series goes on beyond the year 9999")
	errStopped     = errors.New("reading was stopped")
)

// work is what may still be spent, in days looked at and times made: by one rule, by
// the rules of one series, and by all together. It is not safe for concurrent use.
type work struct {
	rule, series, total int
	// overSeries and overTotal are the errors when series or total is spent; nil for
	// errSeriesSpent and errTotalSpent.
	overSeries, overTotal error
	// stop, if there is one, is asked now and then, and says why to end early.
	stop    func() error
	checked int
}

// spend takes n off what the rule, the series and all have left.
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

// spendSeries takes n off what the series and all have left.
func (w *work) spendSeries(n int) error {
	w.series -= n
	w.total -= n
	switch {
	case w.total < 0:
		return cmp.Or(w.overTotal, errTotalSpent)
	case w.series < 0:
		return cmp.Or(w.overSeries, errSeriesSpent)
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
