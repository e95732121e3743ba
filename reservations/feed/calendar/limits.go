package calendar

import (
	"errors"
	"fmt"

	"deskd/reservations/feed/ical"
)

// All who write events share the limits of a feed. So nothing that one event asks for
// refuses the feed, and what does not fit is taken from those who ask for most:
//
//	the events of one UID    2,000 occurrences in the window, 2,000,000 of work
//	those of one organizer   half of what the feed has: 250,000 and 20,000,000
//	the feed                 500,000 and 40,000,000
//
// Series have their turn in the order of the feed, each with about what a daily one
// needs. Those that want more wait until all others had theirs, and then go by how many
// wait with the same organizer: invented organizers gain nothing over a person with a
// single series. Where there are too many, those that name no desk come last: they book
// nothing. Those for which nothing is left are lost, each reported by name, and what
// they booked before stays. An event without an organizer stands for itself; several
// that share a UID have what an organizer has together, and each of them what a series
// has.
const (
	maxOccurrences = 500_000
	maxSeries      = 2_000
	maxSeriesWork  = 2_000_000
	maxWriter      = maxOccurrences / 2
	maxWriterWork  = maxFeedWork / 2
	maxRuleWork    = 1_000_000 // of one rule, in days looked at and times made
	maxFeedWork    = 40_000_000
	maxZoneWork    = 50_000     // of one rule of a VTIMEZONE
	maxZonesWork   = 20_000_000 // zones have an account of their own: many need them
	maxBulk        = 50_000_000 // see burden
)

// excess is the error of an event that asks for more than its share.
type excess string

func (e excess) Error() string { return string(e) }

const (
	errFeedWork   = excess("the feed's rules take more work together than deskd spends on a feed, and those of this event are among the costly ones")
	errSeriesWork = excess("the series takes more work than deskd spends on one")
	errWriterWork = excess("the rules of its organizer take more work than deskd spends on one")
)

var (
	errOccurrences = excess(fmt.Sprintf("the feed has more than %d occurrences in the window, and this event is among those that have many", maxOccurrences))
	errSeries      = excess(fmt.Sprintf("the series has more than %d occurrences in the window", maxSeries))
	errWriter      = excess(fmt.Sprintf("its organizer has more than %d occurrences in the window", maxWriter))
	errBulk        = excess("events like it, of many kilobytes, are more than deskd keeps of a feed")
)

// excessive reports whether err is about a share.
func excessive(err error) bool {
	var e excess
	return errors.As(err, &e) || errors.Is(err, ical.ErrEventSize)
}

// hintOfExcess is what can be done about err, if it is about a share.
func hintOfExcess(err error) string {
	if !excessive(err) {
		return ""
	}
	return "what it booked before stays; let it repeat less often, or divide it"
}
