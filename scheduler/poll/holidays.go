package poll

import (
	"context"
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/reservations/feed/fetch"
)

// mostHolidays is how many days a calendar of holidays may list in its window.
const mostHolidays = 1000

// readHolidays takes the whole days that a calendar lists for holidays of its site. What is no
// whole day is none, and is counted as not understood.
func (f *Poller) readHolidays(ctx context.Context, body fetch.Body, o feed.Options, state *reservations.FeedState) error {
	h, unread, err := holidays(ctx, body, o)
	if err != nil {
		return err
	}
	changed, err := f.Store.KeepHolidays(ctx, h, state.Good)
	if err != nil {
		return err
	}
	if changed {
		state.Changed = state.Good
		f.Log.Info("holidays changed", "feed", h.Feed, "site", h.Site, "count", len(h.Days))
	}
	state.Problem, state.Events, state.Unread = "", len(h.Days), unread
	return nil
}

// holidays are the whole days that a calendar lists, and how many events are none.
func holidays(ctx context.Context, body fetch.Body, o feed.Options) (h reservations.Holidays, unread int, err error) {
	read, err := feed.Occurrences(ctx, body, o.Window, o.Zone)
	if err != nil {
		return h, 0, err
	}
	h = reservations.Holidays{Feed: o.Feed.Name, Site: o.Feed.Site, Window: o.Window}
	unread = len(read.Problems)
	for _, e := range read.Occurrences {
		day := reservations.Holiday{Span: e.Span, Name: reservations.Legible(e.Summary)}
		switch {
		case !e.AllDay || e.Empty():
			unread++
		case !slices.Contains(h.Days, day):
			h.Days = append(h.Days, day)
		}
	}
	if len(h.Days) > mostHolidays {
		return h, 0, fmt.Errorf("the calendar lists %d holidays, and %d are the most: is it one of holidays?", len(h.Days), mostHolidays)
	}
	return h, unread, nil
}
