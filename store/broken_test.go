package store

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// What is read for many bookings at once, only as far as a rule asks for it, tells what all that
// there is would tell of each.
func TestBrokenTogether(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := newSQLite(t).open(t)
	for _, d := range []string{"A", "B", "C"} {
		must(s.ImportDesks(ctx, []reservations.Desk{{ID: d, Site: "berlin", Cluster: "main", Device: "SEP00000000000" + d}}, false))(t)
	}
	must(s.ImportPeople(ctx, []reservations.Person{{ID: "p0"}, {ID: "p1"}, {ID: "p2"}}, false))(t)
	for _, desk := range []string{"A", "B", "C"} {
		for hour := 0; hour < 24*60; {
			hour += random.IntN(100)
			long := 1 + random.IntN(20)
			executeIn(t, s, fmt.Sprintf("INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES ('%s%d', '%s', 'p%d', '%s', '%s')",
				desk, hour, desk, random.IntN(3), at(hour, 0).Format(time.RFC3339), at(hour+long, 0).Format(time.RFC3339)))
			hour += long
		}
	}
	for _, r := range []rules.Rules{
		{OneDesk: true},
		{Buffer: 20 * time.Hour},
		{Quotas: []rules.Quota{{Per: rules.PerDay, Hours: 12}}},
		{Quotas: []rules.Quota{{Per: rules.PerWeek, Bookings: 3}, {Per: rules.PerMonth, Hours: 130}}},
		{Quotas: []rules.Quota{{Per: rules.PerAhead, Bookings: 9}}, Buffer: time.Hour},
		{Longest: 10 * time.Hour, Groups: []string{"none"}},
	} {
		r.Clock = must(time.LoadLocation("Europe/Berlin"))(t)
		all := must(s.ListReservations(ctx, reservations.Filter{}))(t)
		var want []string
		for _, one := range all {
			w := rules.World{}
			for _, o := range all {
				if o.Person == one.Person {
					w.Own = append(w.Own, o)
				}
				if o.Desk == one.Desk {
					w.Near = append(w.Near, o)
				}
			}
			q := rules.Request{Of: one.ID, Desk: reservations.Desk{ID: one.Desk}, Person: reservations.Person{ID: one.Person}, Span: one.Span}
			if against := rules.Check(r, w, q, one.Seen); len(against) > 0 {
				want = append(want, fmt.Sprint(one.ID, against))
			}
		}
		if len(want) == 0 || len(want) == len(all) && r.Longest == 0 {
			t.Fatalf("%d of %d break %v", len(want), len(all), r)
		}
		var got []string
		for _, one := range must(by(t, s, r).BrokenOf(ctx, all))(t) {
			got = append(got, fmt.Sprint(one.ID, one.Against))
			single := must(by(t, s, r).Against(ctx, one.ID))(t)
			same(t, "alone", fmt.Sprint(one.Against), fmt.Sprint(single))
		}
		same(t, "one by one", strings.Join(want, "\n"), strings.Join(got, "\n"))
		var listed []string
		for _, one := range must(by(t, s, r).Broken(ctx, reservations.Span{Start: all[0].Start, End: all[len(all)-1].End}))(t) {
			listed = append(listed, one.ID)
		}
		same(t, "of the time", len(want), len(listed))
		if byDesk := slices.IsSortedFunc(listed, func(x, y string) int {
			desk := func(id string) string {
				return all[slices.IndexFunc(all, func(r reservations.Reservation) bool { return r.ID == id })].Desk
			}
			return cmp.Compare(desk(x), desk(y))
		}); !byDesk {
			t.Error("not desk by desk")
		}
	}
}
