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
	"deskd/web/api/rest"
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
	Person     string    `json:"person,omitempty" minLength:"1" maxLength:"128" doc:"That of the token, where none is given."`
	Start      time.Time `json:"start" doc:"Of the first booking."`
	End        time.Time `json:"end"`
	Note       string    `json:"note,omitempty" maxLength:"500"`
	Rule       string    `json:"rule" maxLength:"500" doc:"An RRULE with COUNT or UNTIL: FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20."`
	OnConflict string    `json:"on_conflict,omitempty" enum:"fail,skip,nearest" default:"fail" doc:"Where a booking cannot be made: make none, skip it, or take the nearest desk."`
}

// SeriesBooked is a series that was booked, or would be.
type SeriesBooked struct {
	Series
	Occurrences []rest.Occurrence `json:"occurrences" nullable:"false"`
	Already     bool              `json:"already" doc:"It was booked before, with that key; its bookings are as they are now."`
	DryRun      bool              `json:"dry_run"`
}

func (a *api) series() {
	const one = "/series/{id}"
	rest.Add(a.frame, rest.Route{
		Method: http.MethodPost, Path: "/series", ID: "book-series", Summary: "Book a desk again and again", Action: access.Book, Status: http.StatusCreated,
		Also: map[string]string{"200": "It was booked before with that key, or this is a dry run."},
	}, a.bookSeries)
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: one, ID: "get-series", Summary: "A series, with its bookings", Action: access.SeeReservations}, a.getSeries)
	rest.Add(a.frame, rest.Route{Method: http.MethodDelete, Path: one, ID: "cancel-series", Summary: "Cancel the bookings of a series, or those from an instant on", Action: access.Book}, a.cancelSeries)
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
	who := rest.AskerOf(ctx)
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
		return nil, rest.Invalid(err.Error())
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
		out.Location = rest.Base + "/series/" + url.PathEscape(done.Series.ID)
	}
	return out, nil
}

func occurrencesOf(who access.Asker, done booking.SeriesAnswer) []rest.Occurrence {
	all := make([]rest.Occurrence, len(done.Occurrences))
	for i, o := range done.Occurrences {
		all[i] = rest.Occurrence{ID: o.ID, Desk: o.Desk, Start: o.Start.UTC(), End: o.End.UTC(), Outcome: string(o.Outcome), Against: rest.ReasonsOf(who, o.Against)}
	}
	return all
}

// withOccurrences is the error of a series that was not booked, with what it is about.
func (a *api) withOccurrences(ctx context.Context, err error, done booking.SeriesAnswer) error {
	err = a.frame.Told(ctx, err)
	if p, ok := errors.AsType[*rest.Problem](err); ok && len(done.Occurrences) > 0 {
		p.Occurrences = occurrencesOf(rest.AskerOf(ctx), done)
	}
	return err
}

// SeriesShown is a series, and its bookings.
type SeriesShown struct {
	Series
	Occurrences []Reservation `json:"occurrences" nullable:"false" doc:"By their original starts."`
}

func (a *api) getSeries(ctx context.Context, q *rest.One) (*rest.Got[SeriesShown], error) {
	who := rest.AskerOf(ctx)
	s, all, err := a.readSeries(ctx, access.SeeReservations, q.ID)
	if err != nil {
		return nil, err
	}
	out := SeriesShown{seriesOf(s), []Reservation{}}
	for _, r := range all {
		if access.Allows(who, access.SeeReservations, r.Person) {
			out.Occurrences = append(out.Occurrences, reservationOf(who, r))
		}
	}
	return rest.Answer(out), nil
}

// readSeries reads a series, if it is of those that the asker may do that with.
func (a *api) readSeries(ctx context.Context, what access.Action, id string) (reservations.Series, []reservations.Reservation, error) {
	s, all, err := a.Reading.Series(ctx, id)
	if err == nil && !access.Allows(rest.AskerOf(ctx), what, s.Person) || errors.Is(err, reservations.ErrNotFound) {
		err = rest.NewProblem(http.StatusNotFound, "not_found", "there is no such series")
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
	rest.One
	From time.Time `query:"from" doc:"Only bookings whose original start is not before it."`
	rest.Trial
},
) (*rest.Got[SeriesCancelled], error) {
	who, now := rest.AskerOf(ctx), a.Now()
	s, all, err := a.readSeries(ctx, access.Book, in.ID)
	if err != nil {
		return nil, err
	}
	out := rest.Answer(SeriesCancelled{seriesOf(s), []Reservation{}, true, in.DryRun})
	first, there := firstLeft(all, in.From, now)
	if !there {
		return out, nil
	}
	c := booking.Change{ID: first.ID, Scope: booking.Rest, How: booking.How{DryRun: in.DryRun, If: asKnown(who, first.ID, "")}}
	done, err := a.Bookings.Cancel(ctx, booking.Actor{}, c, now)
	if err != nil {
		return nil, err
	}
	gone := done.Others
	if first.Status != reservations.Cancelled { // else an absence has cancelled it before
		gone = append([]reservations.Reservation{done.Reservation}, gone...)
	}
	out.Body.Already, out.Body.Cancelled = len(gone) == 0, allSeenBy(who, gone)
	return out, nil
}

// firstLeft is the first booking of a series that is not over, not withdrawn, and was not to begin
// before an instant. It may be cancelled: an absence may have done so, and is not to bring it
// back.
func firstLeft(all []reservations.Reservation, from, now time.Time) (reservations.Reservation, bool) {
	for _, r := range all { // by their original starts
		if r.Status != reservations.Withdrawn && r.End.After(now) && (from.IsZero() || r.Occurrence >= booking.OccurrenceAt(from)) {
			return r, true
		}
	}
	return reservations.Reservation{}, false
}
