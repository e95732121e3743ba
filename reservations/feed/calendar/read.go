package calendar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// Reading is what a feed says, before desks and people are looked up.
type Reading struct {
	// Occurrences are sorted by start, UID and original start.
	Occurrences []Occurrence
	// Problems name the events that were lost, Notes what is odd about events
	// that were kept. Both are bounded; a last entry counts what is not listed.
	Problems, Notes []reservations.Problem
	// Doubt is what the reading leaves open about bookings that are stored.
	Doubt reservations.Doubt
}

// Warnings are the notes that the feed's owner should see without asking for them.
func (r Reading) Warnings() []reservations.Problem {
	return slices.DeleteFunc(slices.Clone(r.Notes), func(p reservations.Problem) bool { return !p.Note })
}

// Read reads src to its end, keeps what may matter in the window, and expands it there.
// The error refuses the calendar as a whole ([ical.ErrEmpty], [ical.ErrHTML],
// [ical.ErrJSON], [ical.ErrNotCalendar], [ical.ErrTruncated], [ical.ErrTooLarge], or
// more components than are read; [ErrOwn]), or is that of src or of ctx, which is looked at now
// and then; single events that are not understood are in Problems.
func Read(ctx context.Context, src io.Reader, o Options) (Reading, error) {
	if o.Window.Empty() || o.Zone == nil {
		return Reading{}, errors.New("read calendar: the window is empty or the site has no zone")
	}
	var log Report
	x := newExpander(o, &log)
	out, err := occurrences(ctx, src, x, o.Self)
	if err != nil {
		return Reading{}, err
	}
	if log.nameless {
		x.doubts.Event(reservations.Lost{})
	}
	return Reading{out, log.Problems.All(true), log.Notes.All(false), x.doubts.Doubt}, nil
}

// ErrOwn refuses a calendar that the database which reads it has published: its bookings
// would be booked a second time.
var ErrOwn = errors.New("the feed is a calendar that this deskd publishes itself")

// occurrences names the organizer of most events where the feed is too large.
func occurrences(ctx context.Context, src io.Reader, x *expander, self string) ([]Occurrence, error) {
	x.work.Stop = ctx.Err
	add := func(c *ical.Calendar, e *ical.Event) error {
		if self != "" && c.Database == self {
			return ErrOwn
		}
		return x.add(c, e)
	}
	err := ical.Decode(contextReader{ctx, src}, ical.Handler{Event: add, Lost: x.log.strange, Note: x.log.odd, Known: x.zones.Knows})
	if errors.Is(err, ical.ErrComponents) || errors.Is(err, ical.ErrTooLarge) {
		return nil, fmt.Errorf("read calendar: %w%s", err, x.culprit())
	}
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	out, err := x.all()
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	return out, nil
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	src io.Reader
}

// Len is how much there is to read, as far as that is known.
func (r contextReader) Len() int {
	if known, ok := r.src.(interface{ Len() int }); ok {
		return known.Len()
	}
	return ical.MaxSize
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.src.Read(p)
}
