package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/plan/board"
	"deskd/web/access"
	"deskd/web/api/records"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Desk is a desk, and how it stands.
type Desk struct {
	ID      string `json:"id"`
	Site    string `json:"site"`
	Floor   string `json:"floor,omitempty"`
	Zone    string `json:"zone,omitempty"`
	Name    string `json:"name,omitempty"`
	Cluster string `json:"cluster"`
	Device  string `json:"device"`
	State   string `json:"state" doc:"free, ready, walk-up …, as deskd list desks says."`
	Booked  *Turn  `json:"booked,omitempty" doc:"The booking that runs."`
	Next    *Turn  `json:"next,omitempty"`
	Phone   string `json:"phone,omitempty" doc:"Who was seen on the phone last."`
	Problem string `json:"problem,omitempty"`
}

// Turn is when someone has a desk.
type Turn struct {
	Person string    `json:"person,omitempty"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

// Header implements [rest.Row].
func (Desk) Header() []string {
	return []string{"id", "site", "floor", "zone", "name", "cluster", "device", "state", "booked_by", "booked_until", "next", "next_start", "phone", "problem"}
}

// Cells implements [rest.Row].
func (d Desk) Cells() []string {
	var booked, next Turn
	if d.Booked != nil {
		booked = *d.Booked
	}
	if d.Next != nil {
		next = *d.Next
	}
	return []string{d.ID, d.Site, d.Floor, d.Zone, d.Name, d.Cluster, d.Device, d.State, booked.Person, rest.Instant(booked.End), next.Person, rest.Instant(next.Start), d.Phone, d.Problem}
}

// askDesks is what a list of desks is narrowed by.
type askDesks struct {
	rest.Paged
	Site     string    `query:"site" maxLength:"200"`
	Floor    string    `query:"floor" maxLength:"200"`
	Zone     string    `query:"zone" maxLength:"200"`
	FreeFrom time.Time `query:"free_from" doc:"With free_to: only desks that are free in that time, and that the rules would grant."`
	FreeTo   time.Time `query:"free_to"`
	Person   string    `query:"person" maxLength:"128" doc:"For whom: those that this person would be granted. That of the token, where none is given."`
}

// place is where desks are asked for.
func (q askDesks) place() booking.Place {
	return booking.Place{Site: q.Site, Floor: q.Floor, Zone: q.Zone}
}

func (a *api) desks() {
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/desks", ID: "list-desks", Summary: "Desks, with their live state", Action: access.SeeDesks, List: true}, a.listDesks)
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/desks/{id}", ID: "get-desk", Summary: "A desk, with its live state", Action: access.SeeDesks}, a.getDesk)
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/desks/{id}/explain", ID: "explain-desk", Summary: "Why a desk's phone is as it is", Action: access.SeePhones}, a.explain)
	rest.Add(a.frame, rest.Route{Method: http.MethodGet, Path: "/sites", ID: "list-sites", Summary: "Sites, with their floors and zones", Action: access.SeeDesks, List: true}, a.listSites)
}

func (a *api) listDesks(ctx context.Context, q *askDesks) (*rest.Listed[Desk], error) {
	free, err := a.free(ctx, q)
	if err != nil {
		return nil, err
	}
	shown, err := a.Board(ctx)
	if err != nil {
		return nil, err
	}
	all, there := []Desk{}, 0 // there are so many, also those that are not free
	for _, d := range shown.Desks {
		if (q.Site != "" && d.Desk.Site != q.Site) || (q.Floor != "" && d.Desk.Floor != q.Floor) || (q.Zone != "" && d.Desk.Zone != q.Zone) {
			continue
		}
		there++
		if free == nil || free[d.Desk.ID] {
			all = append(all, deskOf(rest.AskerOf(ctx), d))
		}
	}
	if err := records.Nothing(ctx, a.View, view.Place{Site: q.Site, Floor: q.Floor, Zone: q.Zone}, there); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y Desk) int { return strings.Compare(x.ID, y.ID) })
	return rest.List(q.Paged, rest.Sorted[Desk]{All: all, Key: func(d Desk) string { return d.ID }})
}

// free are the desks that would be granted, nil where all are asked for.
func (a *api) free(ctx context.Context, q *askDesks) (map[string]bool, error) {
	if q.FreeFrom.IsZero() && q.FreeTo.IsZero() && q.Person == "" {
		return nil, nil //nolint:nilnil // no narrowing
	}
	span := reservations.Span{Start: q.FreeFrom, End: q.FreeTo}
	if span.Empty() || span.Duration() > reservations.Longest {
		return nil, rest.Invalid("free_to: it is not after free_from, or too long after it")
	}
	if q.Person != "" && !access.Allows(rest.AskerOf(ctx), access.SeePeople, q.Person) {
		return nil, rest.NewProblem(http.StatusForbidden, "forbidden", "the token may not see that person")
	}
	person := cmp.Or(q.Person, rest.AskerOf(ctx).Person)
	found, err := a.Reading.Search(ctx, booking.Search{Place: q.place(), Span: span, Person: person}, a.Now())
	free := make(map[string]bool, len(found))
	for _, d := range found {
		free[d.ID] = true
	}
	return free, err
}

// deskOf is a desk as someone may see it.
func deskOf(who access.Asker, d *board.Desk) Desk {
	shown := Desk{
		ID: d.Desk.ID, Site: d.Desk.Site, Floor: d.Desk.Floor, Zone: d.Desk.Zone, Name: d.Desk.Name, Cluster: d.Desk.Cluster, Device: d.Desk.Device,
		State: string(d.State), Booked: turnOf(who, d.Booking), Next: turnOf(who, d.Next), Phone: nameFor(who, d.Phone.Person),
	}
	if access.ReachOf(who, access.SeeNames) == access.All {
		shown.Problem = d.Problem // it may name anyone
	}
	return shown
}

func turnOf(who access.Asker, r *reservations.Reservation) *Turn {
	if r == nil {
		return nil
	}
	return &Turn{nameFor(who, r.Person), r.Start, r.End}
}

// nameFor is a person's user id for those who may see it, and "" for others.
func nameFor(who access.Asker, person string) string {
	if access.Allows(who, access.SeeNames, person) {
		return person
	}
	return ""
}

func (a *api) getDesk(ctx context.Context, q *rest.One) (*rest.Got[Desk], error) {
	shown, err := a.Board(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range shown.Desks {
		if d.Desk.ID == q.ID {
			return rest.Answer(deskOf(rest.AskerOf(ctx), d)), nil
		}
	}
	return nil, noDesk()
}

func noDesk() *rest.Problem {
	return rest.NewProblem(http.StatusNotFound, "not_found", "there is no such desk")
}

// Explanation is the chain from booking to phone.
type Explanation struct {
	At           time.Time         `json:"at"`
	Desk         string            `json:"desk"`
	Reservations []Reservation     `json:"reservations" nullable:"false"`
	Steps        []Step            `json:"steps" nullable:"false" doc:"What the next round would do."`
	Attempts     []records.Attempt `json:"attempts" nullable:"false" doc:"What was done, the newest first."`
	Notices      []records.Notice  `json:"notices,omitempty" doc:"What was told on the phone about then, the newest first."`
	Phone        string            `json:"phone,omitempty"`
	Clock        string            `json:"clock,omitempty"`
}

// Step is what would be done, and why.
type Step struct {
	Op     string    `json:"op"`
	Person string    `json:"person,omitempty"`
	Due    time.Time `json:"due"`
	Why    string    `json:"why"`
}

func (a *api) explain(ctx context.Context, q *struct {
	rest.One
	At time.Time `query:"at"`
},
) (*rest.Got[Explanation], error) {
	all, err := a.View.Records.Desks(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(d reservations.Desk) bool { return d.ID == q.ID })
	if at < 0 {
		return nil, noDesk()
	}
	when := q.At
	if when.IsZero() {
		when = a.Now()
	}
	e, err := a.View.Explain(ctx, all[at], when)
	if err != nil {
		return nil, err
	}
	out := explanationOf(rest.AskerOf(ctx), e)
	if err := a.showBroken(ctx, e, out.Reservations); err != nil {
		return nil, err
	}
	if a.Notices != nil {
		out.Notices, err = a.Notices(ctx, view.Filter{Desk: e.Desk.ID, From: e.At.Add(-view.ExplainAround), Until: e.At.Add(view.ExplainAround), Limit: view.MostAttempts})
	}
	return rest.Answer(out), err
}

// showBroken says of the bookings of an explanation which rules they break. Of the past, today's
// rules say nothing.
func (a *api) showBroken(ctx context.Context, e view.Explanation, shown []Reservation) error {
	if e.Past {
		return nil
	}
	against, err := a.Reading.BrokenOf(ctx, e.Reservations)
	for _, one := range against {
		if i := slices.IndexFunc(shown, func(r Reservation) bool { return r.ID == one.ID }); i >= 0 {
			shown[i].Broken = rest.ReasonsOf(rest.AskerOf(ctx), one.Against)
		}
	}
	return err
}

func explanationOf(who access.Asker, e view.Explanation) Explanation {
	out := Explanation{At: e.At, Desk: e.Desk.ID, Phone: e.Seen.Person, Clock: e.Clock, Reservations: []Reservation{}, Steps: []Step{}, Attempts: []records.Attempt{}}
	for _, r := range e.Reservations {
		out.Reservations = append(out.Reservations, reservationOf(who, r))
	}
	for _, s := range e.Steps {
		out.Steps = append(out.Steps, Step{string(s.Op), s.Person, s.Due, s.Why})
	}
	for _, one := range e.Attempts {
		out.Attempts = append(out.Attempts, records.AttemptOf(one))
	}
	return out
}

// Site is a building.
type Site struct {
	Name   string   `json:"name"`
	Zone   string   `json:"timezone"`
	Floors []string `json:"floors" nullable:"false"`
	Zones  []string `json:"zones" nullable:"false"`
	Desks  int      `json:"desks"`
}

// Header implements [rest.Row].
func (Site) Header() []string { return []string{"name", "timezone", "floors", "zones"} }

// Cells implements [rest.Row].
func (s Site) Cells() []string {
	return []string{s.Name, s.Zone, strings.Join(s.Floors, ";"), strings.Join(s.Zones, ";")}
}

func (a *api) listSites(ctx context.Context, q *rest.Paged) (*rest.Listed[Site], error) {
	desks, err := a.View.Records.Desks(ctx)
	if err != nil {
		return nil, err
	}
	all := []Site{}
	for _, s := range a.View.Sites {
		site := Site{Name: s.Name, Zone: s.Zone.String(), Floors: []string{}, Zones: []string{}}
		for _, d := range desks {
			if d.Site == s.Name {
				site.Desks++
				site.Floors, site.Zones = with(site.Floors, d.Floor), with(site.Zones, d.Zone)
			}
		}
		all = append(all, site)
	}
	slices.SortFunc(all, func(x, y Site) int { return strings.Compare(x.Name, y.Name) })
	return rest.List(*q, rest.Sorted[Site]{All: all, Key: func(s Site) string { return s.Name }})
}

// with is a sorted set with one more text, unless that is empty.
func with(set []string, text string) []string {
	at, there := slices.BinarySearch(set, text)
	if there || text == "" {
		return set
	}
	return slices.Insert(set, at, text)
}
