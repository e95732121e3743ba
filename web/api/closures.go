package api

import (
	"context"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/access"
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

func (Closure) header() []string {
	return []string{"id", "site", "floor", "zone", "desk", "start", "end", "reason", "feed"}
}

func (c Closure) cells() []string {
	return []string{c.ID, c.Site, c.Floor, c.Zone, c.Desk, instant(c.Start), instant(c.End), c.Reason, c.Feed}
}

func closureOf(c booking.Closure) Closure {
	return Closure{c.ID, c.Site, c.Floor, c.Zone, c.Desk, c.Start.UTC(), c.End.UTC(), c.Why, c.Feed}
}

// closed is what cannot be booked.
func (a *api) closed() {
	add(a, route{method: http.MethodGet, path: "/closures", id: "list-closures", summary: "Closures that are not over, by their start", action: access.SeeDesks, list: true}, a.listClosures)
	add(a, route{
		method: http.MethodPost, path: "/closures", id: "close", summary: "Close a desk, a zone, a floor or a site for a time", action: access.Close, status: http.StatusCreated,
		also: map[string]string{"200": "This is a dry run."},
	}, a.closeDesks)
	add(a, route{method: http.MethodDelete, path: "/closures/{id}", id: "reopen", summary: "Take a closure back", action: access.Close}, a.reopen)
}

func (a *api) listClosures(ctx context.Context, q *struct {
	Paged
	Where
},
) (*listed[Closure], error) {
	found, err := a.Reading.Closures(ctx, q.place(), a.Now())
	if err != nil {
		return nil, err
	}
	all := []Closure{}
	for _, c := range found {
		all = append(all, closureOf(c))
	}
	return page(q.Paged, inOrder(all, func(c Closure) string { return instant(c.Start) + " " + c.ID }))
}

// Closing is a closure as it is asked for.
type Closing struct {
	Site   string    `json:"site,omitempty" maxLength:"200" doc:"Or a desk. Floor and zone narrow it."`
	Floor  string    `json:"floor,omitempty" maxLength:"200"`
	Zone   string    `json:"zone,omitempty" maxLength:"200"`
	Desk   string    `json:"desk,omitempty" maxLength:"200"`
	Start  time.Time `json:"start,omitzero" doc:"Now, where none is given."`
	End    time.Time `json:"end"`
	Reason string    `json:"reason" maxLength:"500" doc:"For those who cannot book."`
	Cancel bool      `json:"cancel,omitempty" doc:"Take back what is booked there, but for bookings of calendars and of other programs."`
}

// Closed is what has become of a closure.
type Closed struct {
	Closure
	Stays  []Reservation `json:"stays" nullable:"false" doc:"Bookings in it that stay, and are obeyed."`
	Gone   []Reservation `json:"gone" nullable:"false" doc:"Bookings that were cancelled, or end as it begins."`
	DryRun bool          `json:"dry_run"`
}

// madeClosure is the answer of a closure.
type madeClosure struct {
	Status int
	Body   Closed
}

func (a *api) closeDesks(ctx context.Context, in *struct {
	DryRun bool `query:"dry_run" doc:"Say who is affected, and do nothing."`
	Body   Closing
},
) (*madeClosure, error) {
	now := a.Now()
	c := booking.Closing{
		Place: booking.Place{Site: in.Body.Site, Floor: in.Body.Floor, Zone: in.Body.Zone, Desk: in.Body.Desk},
		Span:  reservations.Span{Start: in.Body.Start, End: in.Body.End}, Why: in.Body.Reason, Cancel: in.Body.Cancel, DryRun: in.DryRun,
	}
	if c.Start.IsZero() {
		c.Start = now
	}
	if err := c.Check(); err != nil {
		return nil, invalid(err.Error())
	}
	done, err := a.Bookings.Close(ctx, booking.Actor{}, c, now)
	if err != nil {
		return nil, err
	}
	who, status := askerOf(ctx), http.StatusCreated
	if done.DryRun {
		status = http.StatusOK
	}
	return &madeClosure{status, Closed{closureOf(done.Closure), allSeenBy(who, done.Stays), allSeenBy(who, done.Gone), done.DryRun}}, nil
}

func (a *api) reopen(ctx context.Context, in *struct {
	One
	DryRun bool `query:"dry_run" doc:"Say what would be done, and do nothing."`
},
) (*got[Closure], error) {
	now := a.Now()
	all, err := a.Reading.Closures(ctx, booking.Place{}, now)
	if err != nil {
		return nil, err
	}
	for _, c := range all { // a part of an id names nothing here
		if c.ID == in.ID {
			done, err := a.Bookings.Reopen(ctx, booking.Actor{}, booking.Reopening{ID: in.ID, DryRun: in.DryRun}, now)
			return &got[Closure]{closureOf(done)}, err
		}
	}
	return nil, booking.ErrNoClosure
}
