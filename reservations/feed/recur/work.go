package recur

import (
	"cmp"
	"errors"
	"fmt"
)

// maxSearch is what the search for the first instance of a rule may cost: 400 years
// of days, after which the calendar repeats itself.
const maxSearch = 150_000

// The errors of rules that can be read and not followed.
var (
	// ErrNever says that a rule never selects a day, ErrStopped that [Work.Stop] did.
	ErrNever       = errors.New("the rule never selects a day")
	ErrStopped     = errors.New("reading was stopped")
	errRuleWork    = errors.New("the rule takes more work than a booking is worth")
	errSeriesSpent = errors.New("the series takes more work than it may")
	errTotalSpent  = errors.New("the rules take more work together than they may")
	errEndless     = errors.New("the series goes on beyond the year 9999")
)

// Work is what rules may cost, in days examined and times made: a rule may be written
// to run for ever. It is not safe for concurrent use.
type Work struct {
	// PerRule is what one rule may cost, each time it is followed; Series what is left for
	// the rules of one series, and Total for all together.
	PerRule, Series, Total int
	// OverSeries and OverTotal are the errors when that is spent; nil for a plain text.
	OverSeries, OverTotal error
	// Stop, if there is one, is asked now and then. Its error ends the work, as an
	// [ErrStopped].
	Stop func() error

	rule    int // left of PerRule
	checked int
}

// enough is what a single rule may cost by default.
const enough = 1_000_000

// spend takes n off what the rule, the series and all have left.
func (w *Work) spend(n int) error {
	w.rule -= n
	if err := w.SpendSeries(n); err != nil {
		return err
	}
	if w.rule < 0 {
		return errRuleWork
	}
	return nil
}

// SpendSeries takes n off what the series and all have left, for work that is done
// elsewhere.
func (w *Work) SpendSeries(n int) error {
	w.Series -= n
	w.Total -= n
	switch {
	case w.Total < 0:
		return cmp.Or(w.OverTotal, errTotalSpent)
	case w.Series < 0:
		return cmp.Or(w.OverSeries, errSeriesSpent)
	}
	const often = 100_000
	if w.checked += n; w.checked < often || w.Stop == nil {
		return nil
	}
	w.checked = 0
	if err := w.Stop(); err != nil {
		return fmt.Errorf("%w: %w", ErrStopped, err)
	}
	return nil
}
