package api

import (
	"context"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/access"
	"deskd/web/api/records"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Closure is a time in which desks cannot be booked.
type Closure struct {
	ID     string    `json:"id,omitempty" doc:"None of a dry run's."`
	Site   string    `json:"site,omitempty"`
	Floor  string    `json:"floor,omitempty"`
	Zone   string    `json:"zone,omitempty"`
	Desk   string    `json:"desk,omitempty"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Reason string    `json:"reason"`
	Feed   string    `json:"feed,omitempty" doc:"The calendar of holidays that it is of."`
}

// Header implements [rest.Row].
func (Closure) Header() []string {
	return []string{"id", "site", "floor", "zone", "desk", "start", "end", "reason", "feed"}
}

// Cells implements [rest.Row].
func (c Closure) Cells() []string {
	return []string{c.ID, c.Site, c.Floor, c.Zone, c.Desk, rest.Instant(c.Start), rest.Instant(c.End), c.Reason, c.Feed}
}

func closureOf(c booking.Closure) Closure {
	return Closure{c.ID, c.Site, c.Floor, c.Zone, c.Desk, c.Start.UTC(), c.End.UTC(), c.Why, c.Feed}
}

// closed is what cannot be booked.
func (a *api) closed() {
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/closures", ID: "list-closures", Summary: "Closures that are not over, by their start", Action: access.SeeDesks, List: true}, a.listClosures)
	rest.Add(a.frame, rest.Route{
		Method: http.MethodPost, Path: "/closures", ID: "close", Summary: "Close a desk, a zone, a floor or a site for a time", Action: access.Close, Status: http.StatusCreated,
		Also: rest.Tried,
	}, a.closeDesks)
	rest.Add(a.frame, rest.Route{Method: http.MethodDelete, Path: "/closures/{id}", ID: "reopen", Summary: "Take a closure back", Action: access.Close}, a.reopen)
}

func (a *api) listClosures(ctx context.Context, q *struct {
	rest.Paged
	Where
},
) (*rest.Listed[Closure], error) {
	found, err := a.Reading.Closures(ctx, q.place(), a.Now())
	if err != nil {
		return nil, err
	}
	if err := records.Nothing(ctx, a.View, view.Place(q.place()), len(found)); err != nil {
		return nil, err
	}
	all := []Closure{}
	for _, c := range found {
		all = append(all, closureOf(c))
	}
	return rest.List(q.Paged, rest.InOrder(all, func(c Closure) string { return rest.Instant(c.Start) + " " + c.ID }))
}

// Closing is a closure as it is asked for.
type Closing struct {
	Site   string    `json:"site,omitempty" minLength:"1" maxLength:"200" doc:"Or a desk. Floor and zone narrow it."`
	Floor  string    `json:"floor,omitempty" minLength:"1" maxLength:"200"`
	Zone   string    `json:"zone,omitempty" minLength:"1" maxLength:"200"`
	Desk   string    `json:"desk,omitempty" minLength:"1" maxLength:"200"`
	Start  time.Time `json:"start,omitzero" doc:"Now, where none is given."`
	End    time.Time `json:"end"`
	Reason string    `json:"reason" maxLength:"500" doc:"For those who cannot book."`
	Cancel bool      `json:"cancel,omitempty" doc:"Take back what is booked there, but for bookings of calendars and of other programs."`
}

// Closed is what has become of a closure.
type Closed struct {
	Closure
	Stays   []Reservation `json:"stays" nullable:"false" doc:"Bookings in it that stay, and are obeyed."`
	Gone    []Reservation `json:"gone" nullable:"false" doc:"Bookings that were cancelled, or end as it begins."`
	DryRun  bool          `json:"dry_run"`
	Already bool          `json:"already" doc:"It was closed before, with that key; what has gone then is not told again."`
}

func (a *api) closeDesks(ctx context.Context, in *struct {
	rest.Trial
	rest.Retried
	Body Closing
},
) (*rest.Made[Closed], error) {
	who, now := rest.AskerOf(ctx), a.Now()
	key, err := a.keyOf(who, in.Key)
	if err != nil {
		return nil, err
	}
	c := booking.Closing{
		Place: booking.Place{Site: in.Body.Site, Floor: in.Body.Floor, Zone: in.Body.Zone, Desk: in.Body.Desk},
		Span:  reservations.Span{Start: in.Body.Start, End: in.Body.End}, Why: in.Body.Reason, Cancel: in.Body.Cancel, Key: key, DryRun: in.DryRun,
	}
	meant := c
	if meant.Start.IsZero() {
		meant.Start = now
	}
	if err := meant.Check(); err != nil {
		return nil, rest.Invalid(err.Error())
	}
	done, err := a.Bookings.Close(ctx, booking.Actor{}, c, now)
	if err != nil {
		return nil, err
	}
	out := Closed{closureOf(done.Closure), allSeenBy(who, done.Stays), allSeenBy(who, done.Gone), done.DryRun, done.Already}
	return rest.MadeOf(out, done.DryRun || done.Already), nil
}

func (a *api) reopen(ctx context.Context, in *struct {
	rest.One
	rest.Trial
},
) (*rest.Got[Closure], error) {
	now := a.Now()
	all, err := a.Reading.Closures(ctx, booking.Place{}, now)
	if err != nil {
		return nil, err
	}
	if _, err := rest.Whole(all, in.ID, func(c booking.Closure) string { return c.ID }, booking.ErrNoClosure); err != nil {
		return nil, err
	}
	done, err := a.Bookings.Reopen(ctx, booking.Actor{}, booking.Reopening{ID: in.ID, DryRun: in.DryRun}, now)
	return rest.Answer(closureOf(done)), err
}
