package ical

import (
	"errors"
	"fmt"
)

// Errors that refuse a calendar as a whole; tell them apart with errors.Is. ErrUTF16
// and ErrOpening are ErrNotCalendar, too.
var (
	ErrEmpty       = errors.New("the feed is empty")
	ErrHTML        = errors.New("the feed is a web page, perhaps a login or error page, not a calendar")
	ErrJSON        = errors.New("the feed is JSON, not a calendar")
	ErrNotCalendar = errors.New("the feed is not a calendar")
	ErrUTF16       = fmt.Errorf("%w: it is written in UTF-16, calendars are UTF-8", ErrNotCalendar)
	ErrOpening     = fmt.Errorf("%w: it does not begin with BEGIN:VCALENDAR", ErrNotCalendar)
	ErrTruncated   = errors.New("the feed is cut off: END:VCALENDAR is missing")
	ErrTooLarge    = errors.New("the feed is larger than deskd reads")
	ErrComponents  = fmt.Errorf("more than %d components", maxComponents)
)

// ErrEventSize is the fault of an event that is longer than [MaxEvent].
var ErrEventSize = fmt.Errorf("the event is longer than %d bytes, without its description", MaxEvent)

// Fault is what is wrong with an event, with the line it was found on.
type Fault struct {
	Line int
	Err  error
}

// Error makes a fault an error that keeps its line.
func (f *Fault) Error() string { return f.Err.Error() }

func (f *Fault) Unwrap() error { return f.Err }
