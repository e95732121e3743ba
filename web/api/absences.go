package api

import (
	"context"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/access"
	"deskd/web/api/rest"
)

// Absence is the days on which a person is away.
type Absence struct {
	ID      string    `json:"id,omitempty" doc:"None of a dry run's."`
	Person  string    `json:"person"`
	First   string    `json:"first_day"`
	Last    string    `json:"last_day" doc:"They are away on it, too."`
	Note    string    `json:"note,omitempty"`
	Created time.Time `json:"created,omitzero"`
}

// Header implements [rest.Row].
func (Absence) Header() []string { return []string{"id", "person", "first_day", "last_day", "note"} }

// Cells implements [rest.Row].
func (a Absence) Cells() []string {
	return []string{a.ID, a.Person, a.First, a.Last, a.Note}
}

func absenceOf(a reservations.Absence) Absence {
	return Absence{a.ID, a.Person, a.First, a.Last, a.Note, a.Created}
}

func (a *api) absences() {
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/absences", ID: "list-absences", Summary: "Absences that are not over, by their first day", Action: access.SeeReservations, List: true}, a.listAbsences)
	rest.Add(a.frame, rest.Route{
		Method: http.MethodPost, Path: "/absences", ID: "away", Summary: "Say that a person is away for some days", Action: access.Book, Status: http.StatusCreated,
		Also: rest.Tried,
	}, a.away)
	rest.Add(a.frame, rest.Route{Method: http.MethodDelete, Path: "/absences/{id}", ID: "back", Summary: "Take an absence back", Action: access.Book}, a.back)
}

func (a *api) listAbsences(ctx context.Context, q *struct {
	rest.Paged
	Person string `query:"person" maxLength:"128"`
},
) (*rest.Listed[Absence], error) {
	who := rest.AskerOf(ctx)
	if q.Person != "" && !access.Allows(who, access.SeeReservations, q.Person) {
		return nil, rest.NewProblem(http.StatusForbidden, "forbidden", "the token may not see absences of that person")
	}
	found, err := a.Reading.Absences(ctx, q.Person, a.Now())
	if err != nil {
		return nil, err
	}
	all := []Absence{}
	for _, one := range found {
		if access.Allows(who, access.SeeReservations, one.Person) {
			all = append(all, absenceOf(one))
		}
	}
	return rest.List(q.Paged, rest.InOrder(all, func(one Absence) string { return one.First + " " + one.ID }))
}

// Leaving is an absence as it is asked for.
type Leaving struct {
	Person string `json:"person,omitempty" minLength:"1" maxLength:"128" doc:"That of the token, where none is given."`
	First  string `json:"first_day" maxLength:"10" doc:"By the clock of each desk's site: 2026-03-02."`
	Last   string `json:"last_day,omitempty" minLength:"1" maxLength:"10" doc:"The first, where none is given."`
	Note   string `json:"note,omitempty" maxLength:"500"`
}

// Left is what has become of an absence.
type Left struct {
	Absence
	Released []Reservation `json:"released" nullable:"false" doc:"Bookings of the person's series that are cancelled; when it is taken back, those that are booked again."`
	Kept     []Reservation `json:"kept" nullable:"false" doc:"The person's bookings on these days that stay."`
	Lost     []Lost        `json:"lost,omitempty" doc:"Bookings that cannot be booked again."`
	Desks    []string      `json:"desks" nullable:"false" doc:"The person's own, which others can book on these days."`
	Guests   []Reservation `json:"guests,omitempty" doc:"Who has booked those, when it is taken back: these bookings stay."`
	DryRun   bool          `json:"dry_run"`
	Already  bool          `json:"already,omitempty" doc:"They were away before, by that key."`
}

// Lost is a booking that cannot be booked again.
type Lost struct {
	Reservation
	Against []rest.Reason `json:"against" nullable:"false"`
}

func leftOf(who access.Asker, done booking.AbsenceAnswer) Left {
	out := Left{
		Absence: absenceOf(done.Absence), Released: allSeenBy(who, done.Released), Kept: allSeenBy(who, done.Kept), Desks: done.Desks,
		Guests: allSeenBy(who, done.Guests), DryRun: done.DryRun, Already: done.Already,
	}
	for _, l := range done.Lost {
		out.Lost = append(out.Lost, Lost{seenBy(who, l.Reservation), rest.ReasonsOf(who, l.Against)})
	}
	return out
}

func (a *api) away(ctx context.Context, in *struct {
	rest.Trial
	rest.Retried
	Body Leaving
},
) (*rest.Made[Left], error) {
	who := rest.AskerOf(ctx)
	person, err := booksFor(who, in.Body.Person)
	if err != nil {
		return nil, err
	}
	of := reservations.Absence{Person: person, First: in.Body.First, Last: in.Body.Last, Note: in.Body.Note}
	if of.Last == "" {
		of.Last = of.First
	}
	if err := of.Check(); err != nil {
		return nil, rest.Invalid(err.Error())
	}
	key, err := a.keyOf(who, in.Key)
	if err != nil {
		return nil, err
	}
	done, err := a.Bookings.Away(ctx, booking.Actor{}, booking.Leaving{Absence: of, Key: key, How: booking.How{DryRun: in.DryRun}}, a.Now())
	if err != nil {
		return nil, err
	}
	return rest.MadeOf(leftOf(who, done), done.DryRun || done.Already), nil
}

func (a *api) back(ctx context.Context, in *struct {
	rest.One
	rest.Trial
},
) (*rest.Got[Left], error) {
	who, now := rest.AskerOf(ctx), a.Now()
	all, err := a.Reading.Absences(ctx, "", now)
	if err != nil {
		return nil, err
	}
	one, err := rest.Whole(all, in.ID, func(a reservations.Absence) string { return a.ID }, booking.ErrNoAbsence)
	if err == nil && !access.Allows(who, access.Book, one.Person) {
		err = booking.ErrNoAbsence
	}
	if err != nil {
		return nil, err
	}
	done, err := a.Bookings.Back(ctx, booking.Actor{}, booking.Return{ID: in.ID, How: booking.How{DryRun: in.DryRun}}, now)
	if err != nil {
		return nil, err
	}
	return rest.Answer(leftOf(who, done)), nil
}
