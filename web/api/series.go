package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/access"
)

// Series is bookings that repeat, as they were asked for.
type Series struct {
	ID      string    `json:"id,omitempty" doc:"None of a dry run's."`
	Desk    string    `json:"desk"`
	Person  string    `json:"person,omitempty"`
	Rule    string    `json:"rule" doc:"An RRULE."`
	Starts  string    `json:"starts" doc:"When the first booking begins, as a clock in the zone shows it."`
	Ends    string    `json:"ends"`
	Zone    string    `json:"timezone"`
	Note    string    `json:"note,omitempty"`
	Created time.Time `json:"created,omitzero"`
}

func seriesOf(s reservations.Series) Series {
	return Series{s.ID, s.Desk, s.Person, s.Rule, s.Starts, s.Ends, s.Zone, s.Note, s.Created}
}

// SeriesWish is a series as it is asked for.
type SeriesWish struct {
	Desk       string    `json:"desk" maxLength:"200"`
	Person     string    `json:"person,omitempty" maxLength:"128" doc:"That of the token, where none is given."`
	Start      time.Time `json:"start" doc:"Of the first booking."`
	End        time.Time `json:"end"`
	Note       string    `json:"note,omitempty" maxLength:"500"`
	Rule       string    `json:"rule" maxLength:"500" doc:"An RRULE with COUNT or UNTIL: FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20."`
	OnConflict string    `json:"on_conflict,omitempty" enum:"fail,skip,nearest" default:"fail" doc:"Where a booking cannot be made: make none, skip it, or take the nearest desk."`
}

// Occurrence is what has become of a booking of a series.
type Occurrence struct {
	ID      string    `json:"id,omitempty" doc:"Of one that is booked."`
	Desk    string    `json:"desk"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Outcome string    `json:"outcome" enum:"booked,moved,skipped,failed,not_booked"`
	Against []Reason  `json:"against,omitempty" doc:"What stands against it at the desk of the series."`
}

// SeriesBooked is a series that was booked, or would be.
type SeriesBooked struct {
	Series
	Occurrences []Occurrence `json:"occurrences" nullable:"false"`
	Already     bool         `json:"already" doc:"It was booked before, with that key; its bookings are as they are now."`
	DryRun      bool         `json:"dry_run"`
}

func (a *api) series() {
	const one = "/series/{id}"
	add(a, route{
		method: http.MethodPost, path: "/series", id: "book-series", summary: "Book a desk again and again", action: access.Book, status: http.StatusCreated,
		also: map[string]string{"200": "It was booked before with that key, or this is a dry run."},
	}, a.bookSeries)
	add(a, route{method: http.MethodGet, path: one, id: "get-series", summary: "A series, with its bookings", action: access.SeeReservations}, a.getSeries)
	add(a, route{method: http.MethodDelete, path: one, id: "cancel-series", summary: "Cancel the bookings of a series, or those from an instant on", action: access.Book}, a.cancelSeries)
}

// madeSeries is the answer of a series that was booked.
type madeSeries struct {
	Status   int
	Location string `header:"Location"`
	Body     SeriesBooked
}

func (a *api) bookSeries(ctx context.Context, in *struct {
	Try
	Key  string `header:"Idempotency-Key" maxLength:"100" doc:"Asked again with it, nothing is booked twice. It is kept for 30 days."`
	Body SeriesWish
},
) (*madeSeries, error) {
	who := askerOf(ctx)
	actor, how, err := a.how(ctx, in.Try)
	if err != nil {
		return nil, err
	}
	w := booking.SeriesWish{Rule: in.Body.Rule, OnConflict: booking.OnConflict(in.Body.OnConflict), Wish: booking.Wish{
		Desk: in.Body.Desk, Span: reservations.Span{Start: in.Body.Start, End: in.Body.End}, Note: in.Body.Note, Source: source, How: how,
	}}
	if w.Person, err = booksFor(who, in.Body.Person); err != nil {
		return nil, err
	}
	if w.Key, err = a.keyOf(who, in.Key); err != nil {
		return nil, err
	}
	if err := w.Check(); err != nil {
		return nil, invalid(err.Error())
	}
	done, err := a.Bookings.BookSeries(ctx, actor, w, a.Now())
	if err != nil {
		return nil, a.withOccurrences(ctx, err, done)
	}
	out := &madeSeries{Status: http.StatusCreated, Body: SeriesBooked{seriesOf(done.Series), occurrencesOf(who, done), done.Already, done.DryRun}}
	if done.Already || done.DryRun {
		out.Status = http.StatusOK
	}
	if done.Series.ID != "" {
		out.Location = Base + "/series/" + url.PathEscape(done.Series.ID)
	}
	return out, nil
}

func occurrencesOf(who access.Asker, done booking.SeriesAnswer) []Occurrence {
	all := make([]Occurrence, len(done.Occurrences))
	for i, o := range done.Occurrences {
		all[i] = Occurrence{o.ID, o.Desk, o.Start.UTC(), o.End.UTC(), string(o.Outcome), reasonsOf(who, o.Against)}
	}
	return all
}

// withOccurrences is the error of a series that was not booked, with what it is about.
func (a *api) withOccurrences(ctx context.Context, err error, done booking.SeriesAnswer) error {
	err = a.told(ctx, err)
	if p, ok := errors.AsType[*Problem](err); ok && len(done.Occurrences) > 0 {
		p.Occurrences = occurrencesOf(askerOf(ctx), done)
	}
	return err
}

// SeriesShown is a series, and its bookings.
type SeriesShown struct {
	Series
	Occurrences []Reservation `json:"occurrences" nullable:"false" doc:"By their original starts."`
}

func (a *api) getSeries(ctx context.Context, q *One) (*got[SeriesShown], error) {
	who := askerOf(ctx)
	s, all, err := a.readSeries(ctx, access.SeeReservations, q.ID)
	if err != nil {
		return nil, err
	}
	out := SeriesShown{seriesOf(s), []Reservation{}}
	for _, r := range all {
		if access.Allows(who, access.SeeReservations, r.Person) {
			out.Occurrences = append(out.Occurrences, reservationOf(r))
		}
	}
	return &got[SeriesShown]{out}, nil
}

// readSeries reads a series, if it is of those that the asker may do that with.
func (a *api) readSeries(ctx context.Context, what access.Action, id string) (reservations.Series, []reservations.Reservation, error) {
	s, all, err := a.Reading.Series(ctx, id)
	if err == nil && !access.Allows(askerOf(ctx), what, s.Person) || errors.Is(err, reservations.ErrNotFound) {
		err = problem(http.StatusNotFound, "not_found", "there is no such series")
	}
	return s, all, err
}

// SeriesCancelled is what of a series was cancelled.
type SeriesCancelled struct {
	Series
	Cancelled []Reservation `json:"cancelled" nullable:"false"`
	Already   bool          `json:"already" doc:"There was nothing left to cancel."`
	DryRun    bool          `json:"dry_run"`
}

func (a *api) cancelSeries(ctx context.Context, in *struct {
	One
	From   time.Time `query:"from" doc:"Only bookings whose original start is not before it."`
	DryRun bool      `query:"dry_run" doc:"Say what would be done, and do nothing."`
},
) (*got[SeriesCancelled], error) {
	who, now := askerOf(ctx), a.Now()
	s, all, err := a.readSeries(ctx, access.Book, in.ID)
	if err != nil {
		return nil, err
	}
	out := &got[SeriesCancelled]{SeriesCancelled{seriesOf(s), []Reservation{}, true, in.DryRun}}
	first, there := firstLeft(all, in.From, now)
	if !there {
		return out, nil
	}
	c := booking.Change{ID: first.ID, Scope: booking.Rest, How: booking.How{DryRun: in.DryRun, If: asKnown(who, first.ID, "")}}
	done, err := a.Bookings.Cancel(ctx, booking.Actor{}, c, now)
	if err != nil {
		return nil, err
	}
	if out.Body.Already = done.Already; !done.Already {
		out.Body.Cancelled = allSeenBy(who, append([]reservations.Reservation{done.Reservation}, done.Others...))
	}
	return out, nil
}

// firstLeft is the first booking of a series that counts, is not over, and was not to begin
// before an instant.
func firstLeft(all []reservations.Reservation, from, now time.Time) (reservations.Reservation, bool) {
	for _, r := range all { // by their original starts
		counts := r.Status == reservations.Confirmed || r.Status == reservations.Conflict
		if counts && r.End.After(now) && (from.IsZero() || r.Occurrence >= booking.OccurrenceAt(from)) {
			return r, true
		}
	}
	return reservations.Reservation{}, false
}
