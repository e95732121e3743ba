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

// source is that of bookings made here.
const source = "api"

// Wish is a booking as it is asked for.
type Wish struct {
	Desk   string    `json:"desk,omitempty" minLength:"1" maxLength:"200" doc:"Or a zone, in which any free desk is booked."`
	Site   string    `json:"site,omitempty" minLength:"1" maxLength:"200"`
	Floor  string    `json:"floor,omitempty" minLength:"1" maxLength:"200"`
	Zone   string    `json:"zone,omitempty" minLength:"1" maxLength:"200"`
	Person string    `json:"person,omitempty" minLength:"1" maxLength:"128" doc:"That of the token, where none is given."`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Note   string    `json:"note,omitempty" maxLength:"500"`
}

// Try is how a change is asked for.
type Try struct {
	rest.Trial
	EvenSo bool `query:"even_so" doc:"Do it though rules are against it."`
}

// Booked is what an operation has done.
type Booked struct {
	Reservation
	Already bool          `json:"already" doc:"It was so before."`
	DryRun  bool          `json:"dry_run"`
	Despite []string      `json:"despite,omitempty" doc:"The rules that are against it."`
	Others  []Reservation `json:"others,omitempty" doc:"Those of its series that were changed alike."`
}

// made is a booking that was made.
type made struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Booked
}

// changed is a booking that was changed.
type changed struct {
	ETag string `header:"ETag"`
	Body Booked
}

// Named is the booking that is to be changed, and as what it is known.
type Named struct {
	Try
	ID    string `path:"id" maxLength:"200"`
	Match string `header:"If-Match" maxLength:"200" doc:"The ETag of the booking as it is known: if it is another one by now, nothing is done."`
}

// Scoped is a booking that is to be changed, and how much of its series with it.
type Scoped struct {
	Named
	Scope string `query:"scope" enum:"one,rest,all" default:"one" doc:"Of a series: this booking, also those behind it, or all. Those that are over stay as they are."`
}

// scope is what is meant by it.
func (s Scoped) scope() booking.Scope {
	if s.Scope == "one" {
		return ""
	}
	return booking.Scope(s.Scope)
}

func (a *api) booking() {
	const one = "/reservations/{id}"
	rest.Add(a.frame, rest.Route{
		Method: http.MethodPost, Path: "/reservations", ID: "book", Summary: "Book a desk", Action: access.Book, Status: http.StatusCreated,
		Also: map[string]string{"200": "It was booked before with that key, or this is a dry run."},
	}, a.book)
	rest.Add(a.frame, rest.Route{Method: http.MethodPatch, Path: one, ID: "move", Summary: "Give a booking another desk or time", Action: access.Book}, a.move)
	rest.Add(a.frame, rest.Route{Method: http.MethodDelete, Path: one, ID: "cancel", Summary: "Cancel a booking", Action: access.Book}, a.cancel)
	rest.Add(a.frame, rest.Route{Method: http.MethodPost, Path: one + "/extend", ID: "extend", Summary: "Let a booking end later", Action: access.Book}, a.extend)
	rest.Add(a.frame, rest.Route{Method: http.MethodPost, Path: one + "/end", ID: "end", Summary: "End a booking that runs", Action: access.Book}, a.end)
}

// how is a [Try] of someone who may ask for it.
func (a *api) how(ctx context.Context, t Try) (booking.Actor, booking.How, error) {
	actor := booking.Actor{Operator: access.ReachOf(rest.AskerOf(ctx), access.Overrule) == access.All}
	if t.EvenSo && !actor.Operator {
		return actor, booking.How{}, rest.NewProblem(http.StatusForbidden, "forbidden", "the token may not "+string(access.Overrule))
	}
	return actor, booking.How{DryRun: t.DryRun, EvenSo: t.EvenSo}, nil
}

type wished struct {
	Try
	Key  string `header:"Idempotency-Key" maxLength:"100" doc:"Asked again with it, nothing is booked twice. It is kept for 30 days."`
	Body Wish
}

func (a *api) book(ctx context.Context, in *wished) (*made, error) {
	who := rest.AskerOf(ctx)
	actor, how, err := a.how(ctx, in.Try)
	if err != nil {
		return nil, err
	}
	w := booking.Wish{Desk: in.Body.Desk, Span: reservations.Span{Start: in.Body.Start, End: in.Body.End}, Note: in.Body.Note, Source: source, How: how}
	if w.Person, err = booksFor(who, in.Body.Person); err != nil {
		return nil, err
	}
	if w.Key, err = a.keyOf(who, in.Key); err != nil {
		return nil, err
	}
	done, err := a.bookAny(ctx, actor, w, in.Body)
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

// booksFor is the person for whom is booked: the asker's own, where none is given.
func booksFor(who access.Asker, person string) (string, error) {
	if person == "" {
		person = who.Person
	}
	if !access.Allows(who, access.Book, person) {
		return "", rest.NewProblem(http.StatusForbidden, "forbidden", "the token may not book for that person")
	}
	return person, nil
}

// keyOf is an idempotency key of a token: others may use the same.
func (a *api) keyOf(who access.Asker, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	key = who.Token + " " + key
	if err := a.CheckKey(key); err != nil {
		return "", rest.Invalid("Idempotency-Key: " + err.Error())
	}
	return key, nil
}

// attempts is how many desks of a place are tried, where others are faster.
const attempts = 5

// bookAny books the desk that is asked for, or one of a place that is free.
func (a *api) bookAny(ctx context.Context, actor booking.Actor, w booking.Wish, asked Wish) (booking.Answer, error) {
	place := booking.Place{Site: asked.Site, Floor: asked.Floor, Zone: asked.Zone}
	if (w.Desk == "") == (place == booking.Place{}) {
		return booking.Answer{}, rest.Invalid("desk: give a desk, or where one is looked for: site, floor, zone")
	}
	if w.Desk != "" {
		return a.bookOne(ctx, actor, w)
	}
	switch {
	case w.Key != "":
		return booking.Answer{}, rest.Invalid("Idempotency-Key: it is for one desk; name it")
	case w.EvenSo:
		return booking.Answer{}, rest.Invalid("even_so: it is for one desk; name it")
	}
	free, err := a.Reading.Search(ctx, booking.Search{Place: place, Span: w.Span, Person: w.Person}, a.Now())
	if err != nil {
		return booking.Answer{}, err
	}
	for _, d := range free[:min(attempts, len(free))] {
		w.Desk = d.ID
		done, err := a.bookOne(ctx, actor, w)
		if refusal, refused := errors.AsType[*booking.Refusal](err); refused && refusal.Code == booking.Taken {
			continue
		}
		return done, err
	}
	return booking.Answer{}, a.noneFree(ctx, actor, w, place)
}

// noneFree is why no desk of a place can be booked: what stands against the first of them, and
// what else is free.
func (a *api) noneFree(ctx context.Context, actor booking.Actor, w booking.Wish, place booking.Place) error {
	shown, err := a.Board(ctx)
	if err != nil {
		return err
	}
	w.Desk, w.DryRun = "", true
	for _, d := range shown.Desks {
		if place.Holds(d.Desk) && (w.Desk == "" || d.Desk.ID < w.Desk) {
			w.Desk = d.Desk.ID
		}
	}
	if w.Desk == "" {
		return booking.ErrNoDesks
	}
	const none = "no desk there is free in that time, or the rules are against it"
	_, err = a.bookOne(ctx, actor, w)
	why, refused := errors.AsType[*rest.Problem](a.frame.Told(ctx, err))
	switch {
	case err == nil: // it has become free since
		return rest.NewProblem(http.StatusConflict, "none_free", none)
	case refused && why.Status == http.StatusConflict:
		why.Code, why.Detail = "none_free", none+"; of desk "+w.Desk+": "+why.Detail
		return why
	}
	return err
}

func (a *api) bookOne(ctx context.Context, actor booking.Actor, w booking.Wish) (booking.Answer, error) {
	if err := w.Check(); err != nil {
		return booking.Answer{}, rest.Invalid(err.Error())
	}
	return a.Bookings.Book(ctx, actor, w, a.Now())
}

func bookedOf(who access.Asker, done booking.Answer) Booked {
	b := Booked{Reservation: reservationOf(who, done.Reservation), Already: done.Already, DryRun: done.DryRun}
	for _, r := range rest.ReasonsOf(who, done.Despite) {
		b.Despite = append(b.Despite, r.Text)
	}
	for _, r := range done.Others {
		b.Others = append(b.Others, reservationOf(who, r))
	}
	return b
}

// change is an operation of package booking.
type change func(context.Context, booking.Actor, booking.Change, time.Time) (booking.Answer, error)

// alter changes a booking, if it is one of those that the asker may change, and still as they
// know it. Both are looked at in the transaction that changes it.
func (a *api) alter(ctx context.Context, n Named, c booking.Change, do change) (*changed, error) {
	actor, how, err := a.how(ctx, n.Try)
	if err != nil {
		return nil, err
	}
	who := rest.AskerOf(ctx)
	how.If = asKnown(who, n.ID, n.Match)
	c.ID, c.How = n.ID, how
	done, err := do(ctx, actor, c, a.Now())
	if err != nil {
		return nil, err
	}
	return &changed{tagOf(done.Reservation), bookedOf(who, done)}, nil
}

// asKnown lets the booking called id be changed if it is one of those that the asker may
// change, and still as they know it; and others of its series, if they may change those too.
func asKnown(who access.Asker, id, match string) func(reservations.Reservation) error {
	return func(r reservations.Reservation) error {
		switch {
		case access.Allows(who, access.Book, r.Person):
		case r.ID == id:
			return rest.NoReservation()
		default:
			return rest.NewProblem(http.StatusForbidden, "forbidden", "a booking of the series is another person's: change yours one by one")
		}
		if r.ID == id && match != "" && match != "*" && match != tagOf(r) {
			return rest.NewProblem(http.StatusPreconditionFailed, "changed", "the booking has changed since")
		}
		return nil
	}
}

// Change is what of a booking is to be another one.
type Change struct {
	Desk  string    `json:"desk,omitempty" minLength:"1" maxLength:"200"`
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

func (a *api) move(ctx context.Context, in *struct {
	Scoped
	Body Change
},
) (*changed, error) {
	c := booking.Change{Scope: in.scope(), Desk: in.Body.Desk, Span: reservations.Span{Start: in.Body.Start.UTC(), End: in.Body.End.UTC()}}
	return a.alter(ctx, in.Named, c, a.Bookings.Move)
}

func (a *api) cancel(ctx context.Context, in *Scoped) (*changed, error) {
	return a.alter(ctx, in.Named, booking.Change{Scope: in.scope()}, a.Bookings.Cancel)
}

// Until is when a booking is to end.
type Until struct {
	Until time.Time `json:"until"`
}

func (a *api) extend(ctx context.Context, in *struct {
	Scoped
	Body Until
},
) (*changed, error) {
	return a.alter(ctx, in.Named, booking.Change{Scope: in.scope(), Span: reservations.Span{End: in.Body.Until.UTC()}}, a.Bookings.Extend)
}

func (a *api) end(ctx context.Context, in *Named) (*changed, error) {
	return a.alter(ctx, *in, booking.Change{}, a.Bookings.End)
}
