package view_test

import (
	"errors"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

// narrowed is what a filter lists: reservations, then desks, by their ids.
func (o *office) narrowed(f view.Filter) (site string, desks []string) {
	o.t.Helper()
	f, site, err := o.Narrow(o.t.Context(), f)
	o.ok(err)
	found, err := o.ListDesks(o.t.Context(), f)
	o.ok(err)
	return site, ids(found, func(n board.Desk) string { return n.Desk.ID })
}

// A filter narrows by desk, by site, by floor in any case, and by all of them together.
func TestFilterOfDesks(t *testing.T) {
	o := newOffice(t)
	o.exec("UPDATE desks SET floor = 'Attic' WHERE id = 'D2'")
	for _, c := range []struct {
		filter view.Filter
		site   string
		desks  string
	}{
		{view.Filter{}, "", "D1 D2 D3 D4"},
		{view.Filter{Desk: "D3"}, "boston", "D3"},
		{view.Filter{Desk: "D9"}, "", ""},
		{view.Filter{Site: "berlin"}, "berlin", "D1 D2 D4"},
		{view.Filter{Floor: "4"}, "", "D1 D3 D4"},
		{view.Filter{Floor: "attic"}, "", "D2"},
		{view.Filter{Site: "berlin", Floor: "4"}, "berlin", "D1 D4"},
		{view.Filter{Site: "boston", Desk: "D1"}, "boston", ""},
	} {
		if site, desks := o.narrowed(c.filter); site != c.site || strings.Join(desks, " ") != c.desks {
			t.Errorf("%+v: %v of site %q, want %s of %q", c.filter, desks, site, c.desks, c.site)
		}
	}
	_, _, err := o.Narrow(t.Context(), view.Filter{Floor: "atic"})
	if err == nil || !strings.Contains(err.Error(), `no desk is on floor "atic"`) || !strings.Contains(err.Error(), "Attic") {
		t.Errorf("a floor that is misspelt: %v", err)
	}
}

// Desks and people that nobody knows are told of an empty list alone: history names
// those that have gone.
func TestKnown(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		filter view.Filter
		want   error
	}{
		{view.Filter{}, nil},
		{view.Filter{Desk: "D1", Person: "jane"}, nil},
		{view.Filter{Desk: "D9"}, reservations.ErrUnknownDesk},
		{view.Filter{Desk: "D1", Person: "nemo"}, reservations.ErrUnknownPerson},
	} {
		if err := o.Known(t.Context(), c.filter); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.filter, err, c.want)
		}
	}
}

func TestListReservations(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	first, second := o.book("D1", "jane", hours(0, 1)), o.book("D3", "jane", hours(2, 3))
	third, gone := o.book("D2", "max", hours(4, 5)), o.book("D2", "jane", hours(6, 7))
	_, err := o.store.Cancel(ctx, gone, now)
	o.ok(err)
	for _, c := range []struct {
		filter view.Filter
		want   []string
	}{
		{view.Filter{From: now, Until: after(24)}, []string{first, second, third}},
		{view.Filter{From: now, Until: after(24), Cancelled: true}, []string{first, second, third, gone}},
		{view.Filter{From: after(1), Until: after(4)}, []string{second}}, // ends are not part of a span
		{view.Filter{Person: "JANE@example.com"}, []string{first, second}},
		{view.Filter{Person: "Max"}, []string{third}},
		{view.Filter{Desk: "D2"}, []string{third}},
		{view.Filter{Site: "boston"}, []string{second}},
		{view.Filter{Floor: "5"}, []string{third}},
	} {
		f, _, err := o.Narrow(ctx, c.filter)
		o.ok(err)
		all, err := o.ListReservations(ctx, f)
		o.ok(err)
		if got := ids(all, func(r reservations.Reservation) string { return r.ID }); strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
}

// The journal is listed newest first; a limit counts what is kept alone, and drift is
// what no start or end of a booking explains.
func TestListAttempts(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	first := o.attempt("D1", "jane", -4, plan.OpLogin, plan.CauseStart, plan.Done).ID
	drift := o.attempt("D2", "max", -3, plan.OpLogin, plan.CauseVanished, plan.Done).ID
	other := o.attempt("D3", "jane", -2, plan.OpLogin, plan.CauseVanished, plan.Done).ID
	gone := o.attempt("D1", "gone", -1.5, plan.OpLogin, plan.CauseStart, plan.Done).ID // whom the directory does not have any more
	last := o.attempt("D1", "jane", -1, plan.OpLogout, plan.CauseEnd, plan.Done).ID
	for _, c := range []struct {
		filter       view.Filter
		all, drifted []int64
	}{
		{view.Filter{}, []int64{last, gone, other, drift, first}, []int64{other, drift}},
		{view.Filter{Person: "GONE"}, []int64{gone}, []int64{}},
		{view.Filter{Limit: 1}, []int64{last}, []int64{other}},
		{view.Filter{Person: "JANE", Limit: 2}, []int64{last, other}, []int64{other}},
		{view.Filter{Desk: "D1"}, []int64{last, gone, first}, []int64{}},
		{view.Filter{Site: "boston"}, []int64{other}, []int64{other}},
		{view.Filter{From: after(-3), Until: after(-1.5)}, []int64{other, drift}, []int64{other, drift}},
	} {
		f, _, err := o.Narrow(ctx, c.filter)
		o.ok(err)
		id := func(a plan.Attempt) int64 { return a.ID }
		all, err := o.ListAttempts(ctx, f)
		o.ok(err)
		same(t, "attempts", c.all, ids(all, id))
		drifted, err := o.ListDrift(ctx, f)
		o.ok(err)
		if len(c.drifted) == 0 {
			c.drifted = nil
			if drifted == nil {
				t.Error("no drift is null, not an empty list")
			}
		}
		same(t, "drift", c.drifted, ids(drifted, id))
	}
}

func TestListPeopleAndAudit(t *testing.T) {
	o := newOffice(t)
	all, err := o.ListPeople(t.Context(), view.Filter{})
	o.ok(err)
	same(t, "people", []string{"jane", "max"}, ids(all, func(p reservations.Person) string { return p.ID }))
	one, err := o.ListPeople(t.Context(), view.Filter{Person: "MAX"})
	o.ok(err)
	same(t, "one person", []string{"max"}, ids(one, func(p reservations.Person) string { return p.ID }))
	id := o.book("D1", "jane", hours(0, 1))
	rows, err := o.ListAudit(t.Context(), view.Filter{Limit: 1})
	o.ok(err)
	same(t, "the newest row", []string{id}, ids(rows, func(r reservations.AuditEntry) string { return r.Item }))
}

func TestWords(t *testing.T) {
	r := reservations.Reservation{Source: "feed:hall", Line: 7, UID: "a"}
	for got, want := range map[string]string{
		view.Whose("jane", false): "jane", view.Whose("", false): "-", view.Whose("jane", true): view.NamesRemoved,
		view.Origin(r): "feed:hall line 7, UID a", view.Origin(reservations.Reservation{Source: "cli"}): "cli",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Times are shown in the zone of a site, those of none in that of the first.
func TestZones(t *testing.T) {
	o := newOffice(t)
	for site, want := range map[string]string{"boston": "America/New_York", "berlin": "Europe/Berlin", "": "Europe/Berlin", "paris": "Europe/Berlin"} {
		same(t, "zone of "+site, want, o.Zone(site).String())
	}
	zones, err := o.DeskZones(t.Context())
	o.ok(err)
	for desk, want := range map[string]string{"D1": "Europe/Berlin", "D3": "America/New_York", "D9": "Europe/Berlin"} {
		same(t, "zone of "+desk, want, zones(desk).String())
	}
	same(t, "zone without sites", "UTC", (&view.Model{}).Zone("berlin").String())
}
