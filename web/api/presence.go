package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/access"
	"deskd/web/api/records"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// presence is who is there: who has come, and who stands at a desk.
func (a *api) presence() {
	rest.Add(a.frame, rest.Route{Method: http.MethodPost, Path: "/reservations/{id}/check-in", ID: "check-in", Summary: "Say that the person of a booking has come", Action: access.Book}, a.checkIn)
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/arrivals", ID: "list-arrivals", Summary: "Bookings whose people can check in now, by their deadlines", Action: access.SeeReservations, List: true}, a.listArrivals)
	rest.Add(a.frame, rest.Route{
		Method: http.MethodPost, Path: "/walkups", ID: "walk-up", Summary: "Book a desk for who stands at it, from now on", Action: access.Book, Status: http.StatusCreated,
		Also: rest.Tried,
	}, a.walkUp)
}

// Arrival is a booking whose person has to come.
type Arrival struct {
	Reservation
	From     time.Time `json:"from" doc:"From when on a check-in counts."`
	Deadline time.Time `json:"deadline,omitzero" doc:"When it is released, unless they come."`
	Came     bool      `json:"came"`
	Evidence []Came    `json:"evidence" nullable:"false" doc:"What says that they have come."`
}

// Came is what says that someone has come.
type Came struct {
	Source string    `json:"source" doc:"api, cli or login."`
	At     time.Time `json:"at"`
}

// Header implements [rest.Row].
func (Arrival) Header() []string {
	return append(Reservation{}.header(), "from", "deadline", "came")
}

// Cells implements [rest.Row].
func (r Arrival) Cells() []string {
	came := ""
	if r.Came {
		came = rest.Instant(r.Evidence[0].At)
	}
	return append(r.Reservation.cells(), rest.Instant(r.From), rest.Instant(r.Deadline), came)
}

func arrivalOf(who access.Asker, of booking.Arrival) Arrival {
	out := Arrival{reservationOf(who, of.Reservation), of.From.UTC(), of.Deadline.UTC(), of.Came(), []Came{}}
	for _, e := range of.Evidence {
		out.Evidence = append(out.Evidence, Came{e.Source, e.At.UTC()})
	}
	return out
}

// Where is a place in which things are asked for.
type Where struct {
	Site  string `query:"site" maxLength:"200"`
	Floor string `query:"floor" maxLength:"200"`
	Zone  string `query:"zone" maxLength:"200"`
	Desk  string `query:"desk" maxLength:"200"`
}

func (w Where) place() booking.Place {
	return booking.Place{Site: w.Site, Floor: w.Floor, Zone: w.Zone, Desk: w.Desk}
}

func (a *api) listArrivals(ctx context.Context, q *struct {
	rest.Paged
	Where
},
) (*rest.Listed[Arrival], error) {
	found, err := a.Reading.Arrivals(ctx, q.place(), a.Now())
	if err != nil {
		return nil, err
	}
	if err := records.Nothing(ctx, a.View, view.Place(q.place()), len(found)); err != nil {
		return nil, err
	}
	who, all := rest.AskerOf(ctx), []Arrival{}
	for _, one := range found {
		if access.Allows(who, access.SeeReservations, one.Person) {
			all = append(all, arrivalOf(who, one))
		}
	}
	return rest.List(q.Paged, rest.InOrder(all, func(r Arrival) string { return rest.Instant(r.Deadline) + " " + r.ID }))
}

// CheckedIn is what has become of a check-in.
type CheckedIn struct {
	Arrival
	Asked   bool `json:"asked" doc:"The booking would be released without it."`
	Already bool `json:"already" doc:"It was known before that they had come."`
	DryRun  bool `json:"dry_run"`
}

func (a *api) checkIn(ctx context.Context, in *struct {
	rest.One
	rest.Trial
	Match string `header:"If-Match" maxLength:"200" doc:"The ETag of the booking as it is known: if it is another one by now, nothing is done."`
},
) (*rest.Got[CheckedIn], error) {
	who := rest.AskerOf(ctx)
	how := booking.How{DryRun: in.DryRun, If: asKnown(who, in.ID, in.Match)}
	done, err := a.Bookings.CheckIn(ctx, booking.Actor{}, booking.Presence{ID: in.ID, Source: source, How: how}, a.Now())
	if err != nil {
		return nil, err
	}
	out := rest.Answer(CheckedIn{arrivalOf(who, done.Arrival), done.Asked, done.Already, done.DryRun})
	if !done.Asked {
		out.Body.Deadline = time.Time{} // there is none
	}
	return out, nil
}

// Visit is someone who stands at a desk.
type Visit struct {
	Desk   string    `json:"desk" maxLength:"200"`
	Person string    `json:"person,omitempty" maxLength:"128" doc:"That of the token, where none is given."`
	Until  time.Time `json:"until,omitzero" doc:"The end of the day, where none is given. The booking ends earlier where the next one, a closure or the rules say so."`
}

func (a *api) walkUp(ctx context.Context, in *struct {
	Try
	rest.Retried
	Body Visit
},
) (*made, error) {
	who, now := rest.AskerOf(ctx), a.Now()
	actor, how, err := a.how(ctx, in.Try)
	if err != nil {
		return nil, err
	}
	v := booking.Visit{Desk: in.Body.Desk, Until: in.Body.Until, Source: source, How: how}
	if v.Person, err = booksFor(who, in.Body.Person); err != nil {
		return nil, err
	}
	if v.Key, err = a.keyOf(who, in.Key); err != nil {
		return nil, err
	}
	if err := checkVisit(v, now); err != nil {
		return nil, rest.Invalid(err.Error())
	}
	done, err := a.Bookings.WalkUp(ctx, actor, v, now)
	if err != nil {
		return nil, err
	}
	out := &made{Status: http.StatusCreated, ETag: tagOf(done.Reservation), Body: bookedOf(who, done)}
	if done.Already || done.DryRun {
		out.Status = http.StatusOK
	}
	if done.ID != "" {
		out.Location = rest.Base + "/reservations/" + url.PathEscape(done.ID)
	}
	return out, nil
}

// checkVisit reports the first thing that makes v unusable, whatever the rules.
func checkVisit(v booking.Visit, now time.Time) error {
	if v.Until.IsZero() {
		v.Until = now.Add(time.Hour)
	}
	if v.Person == "" {
		return reservations.CheckUser(v.Person)
	}
	return reservations.Reservation{Desk: v.Desk, Person: v.Person, Span: reservations.Span{Start: now, End: v.Until}}.Check()
}
