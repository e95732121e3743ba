package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/web/access"
	"deskd/web/api/records"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Reservation is a booking.
type Reservation struct {
	ID      string    `json:"id,omitempty" doc:"None of a dry run's, and of another person's."`
	Desk    string    `json:"desk"`
	Person  string    `json:"person,omitempty"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Status  string    `json:"status" enum:"confirmed,conflict,cancelled,withdrawn"`
	Source  string    `json:"source"`
	Note    string    `json:"note,omitempty"`
	Why     string    `json:"why,omitempty" doc:"Of a feed's booking that does not count: why."`
	Updated time.Time `json:"updated,omitzero"`
	Series  string    `json:"series,omitempty" doc:"The series that it is of."`
	// Broken is told of one booking, and where a list asks for it.
	Broken []rest.Reason `json:"broken,omitempty" doc:"The rules that it breaks: a calendar's or another program's booking, one that was made even so, or before the rules were set. It counts all the same."`
}

// header and cells are those of a booking without the rules that it breaks.
func (Reservation) header() []string {
	return []string{"id", "desk", "person", "start", "end", "status", "source", "note", "series"}
}

func (r Reservation) cells() []string {
	return []string{r.ID, r.Desk, r.Person, rest.Instant(r.Start), rest.Instant(r.End), r.Status, r.Source, r.Note, r.Series}
}

// Header implements [rest.Row].
func (r Reservation) Header() []string { return append(r.header(), "broken") }

// Cells implements [rest.Row].
func (r Reservation) Cells() []string {
	broken := make([]string, len(r.Broken))
	for i, one := range r.Broken {
		broken[i] = one.Rule
	}
	return append(r.cells(), strings.Join(broken, ";"))
}

// reservationOf is a booking that someone may see.
func reservationOf(who access.Asker, r reservations.Reservation) Reservation {
	return Reservation{r.ID, r.Desk, r.Person, r.Start.UTC(), r.End.UTC(), string(r.Status), r.Source, r.Note, whyFor(who, r), r.Updated.UTC(), r.Series, nil}
}

// whyFor is why a booking is as it is. Of one that waits, it names who has the desk.
func whyFor(who access.Asker, r reservations.Reservation) string {
	if r.Why == "" || booking.WasReleased(r) || access.ReachOf(who, access.SeeNames) == access.All {
		return r.Why
	}
	return rest.TakenThen
}

// seenBy is a booking as someone may see it: of another person's when it is, and where.
func seenBy(who access.Asker, r reservations.Reservation) Reservation {
	shown := reservationOf(who, r)
	if !access.Allows(who, access.SeeReservations, r.Person) {
		shown.ID, shown.Person, shown.Source, shown.Note, shown.Why, shown.Series, shown.Updated = "", "", "", "", "", "", time.Time{}
	}
	return shown
}

// allSeenBy are bookings as someone may see them.
func allSeenBy(who access.Asker, all []reservations.Reservation) []Reservation {
	shown := make([]Reservation, len(all))
	for i, r := range all {
		shown[i] = seenBy(who, r)
	}
	return shown
}

// tagOf is the entity tag of a booking: another one whenever it has changed.
func tagOf(r reservations.Reservation) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d\x00%d\x00%s\x00%d", r.ID, r.Desk, r.Person, r.Start.Unix(), r.End.Unix(), r.Status, r.Updated.UnixMilli()))
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// What a list of bookings covers where nothing is said, and at most.
const (
	usualSpan = 14 * 24 * time.Hour
	mostSpan  = 100 * 24 * time.Hour
)

// askReservations is what a list of bookings is narrowed by.
type askReservations struct {
	rest.Paged
	Desk      string    `query:"desk" maxLength:"200"`
	Person    string    `query:"person" maxLength:"128"`
	From      time.Time `query:"from" doc:"Now, where none is given."`
	To        time.Time `query:"to" doc:"14 days after from where none is given, and at most 100."`
	Cancelled bool      `query:"cancelled" doc:"Also those that were cancelled or withdrawn."`
	Broken    bool      `query:"broken" doc:"Only those that break a rule, with the rules that each breaks; to is at most 14 days after from then."`
}

func (a *api) reservations() {
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/reservations", ID: "list-reservations", Summary: "Bookings, by their start", Action: access.SeeReservations, List: true}, a.listReservations)
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/reservations/{id}", ID: "get-reservation", Summary: "A booking", Action: access.SeeReservations}, a.getReservation)
	a.booking()
	a.series()
	a.presence()
	a.closed()
	a.absences()
}

func (a *api) listReservations(ctx context.Context, q *askReservations) (*rest.Listed[Reservation], error) {
	who := rest.AskerOf(ctx)
	f := view.Filter{Desk: q.Desk, Person: q.Person, From: q.From, Until: q.To, Cancelled: q.Cancelled}
	if access.ReachOf(who, access.SeeReservations) == access.Own && f.Person == "" {
		f.Person = who.Person
	}
	if f.Person != "" && !access.Allows(who, access.SeeReservations, f.Person) {
		return nil, rest.NewProblem(http.StatusForbidden, "forbidden", "the token may not see bookings of that person")
	}
	if f.From.IsZero() {
		f.From = a.Now()
	}
	if f.Until.IsZero() {
		f.Until = f.From.Add(usualSpan)
	}
	switch length := f.Until.Sub(f.From); {
	case length <= 0 || length > mostSpan:
		return nil, rest.Invalid("to: it is not after from, or more than 100 days after it")
	case q.Broken && length > usualSpan:
		return nil, rest.Invalid("to: with broken it is at most 14 days after from")
	}
	found, err := a.View.ListReservations(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := records.Nothing(ctx, a.View, view.Place{Desk: q.Desk}, len(found)); err != nil {
		return nil, err
	}
	all, err := a.shown(ctx, found, q.Broken)
	if err != nil {
		return nil, err
	}
	key := func(r Reservation) string { return rest.Instant(r.Start) + " " + r.ID }
	slices.SortFunc(all, func(x, y Reservation) int { return strings.Compare(key(x), key(y)) })
	return rest.List(q.Paged, rest.Sorted[Reservation]{All: all, Key: key})
}

// shown are bookings as the one who asks may see them: all, or those that break a rule, with it.
func (a *api) shown(ctx context.Context, found []reservations.Reservation, broken bool) ([]Reservation, error) {
	who := rest.AskerOf(ctx)
	all := make([]Reservation, 0, len(found))
	if !broken {
		for _, r := range found {
			all = append(all, reservationOf(who, r))
		}
		return all, nil
	}
	against, err := a.Reading.BrokenOf(ctx, found)
	for _, one := range against {
		all = append(all, brokenOf(who, one.Reservation, one.Against))
	}
	return all, err
}

// brokenOf is a booking with the rules that it breaks.
func brokenOf(who access.Asker, r reservations.Reservation, against []rules.Refusal) Reservation {
	shown := reservationOf(who, r)
	shown.Broken = rest.ReasonsOf(who, against)
	return shown
}

// ReservationShown is a booking that was asked for by its id.
type ReservationShown struct{ Reservation }

// tagged is a booking with its tag.
type tagged struct {
	ETag string `header:"ETag"`
	Body ReservationShown
}

func (a *api) getReservation(ctx context.Context, q *rest.One) (*tagged, error) {
	found, err := a.View.Records.ReservationsByID(ctx, []string{q.ID})
	if err != nil {
		return nil, err
	}
	who := rest.AskerOf(ctx)
	if len(found) == 0 || !access.Allows(who, access.SeeReservations, found[0].Person) {
		return nil, rest.NoReservation()
	}
	broken, err := a.Reading.Against(ctx, q.ID)
	if err != nil {
		return nil, err
	}
	return &tagged{tagOf(found[0]), ReservationShown{brokenOf(who, found[0], broken)}}, nil
}
