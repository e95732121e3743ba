package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// officeOf is a store of 500 desks on ten floors and 1,000 people, with so many bookings:
// two a day at each desk, all but those of the next 14 days past.
func officeOf(b *testing.B, s *Store, rows int) *Store {
	b.Helper()
	const desks, ahead = 500, 14
	var ds []reservations.Desk
	for i := range desks {
		ds = append(ds, reservations.Desk{ID: fmt.Sprint("D", i), Site: "berlin", Cluster: "main", Device: fmt.Sprintf("SEP%012X", i+4096), Floor: fmt.Sprint("f", i/50), Zone: fmt.Sprint("z", i/25)})
	}
	must(s.ImportDesks(ctx, ds, false))(b)
	var ps []reservations.Person
	for i := range 2 * desks {
		ps = append(ps, reservations.Person{ID: fmt.Sprint("user", i)})
	}
	must(s.ImportPeople(ctx, ps, false))(b)
	days := rows / desks / 2
	for day := ahead - days; day < ahead; day++ {
		var part []string
		for i := range 2 * desks {
			from := at(24*day+i%2*4, 0)
			part = append(part, fmt.Sprintf("('D%d', 'user%d', '%s', '%s')", i/2, i, from.Format(time.RFC3339), from.Add(3*time.Hour).Format(time.RFC3339)))
		}
		executeIn(b, s, "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES "+strings.Join(part, ", "))
	}
	return s
}

// Looking for a desk, booking one, and being refused: what it costs must not depend on how
// much was booked long ago.
func BenchmarkSearch(b *testing.B) {
	quotas := rules.Rules{OneDesk: true, Buffer: 15 * time.Minute, Quotas: []rules.Quota{{Per: rules.PerMonth, Hours: 200}, {Per: rules.PerAhead, Bookings: 100}}}
	for kind, create := range dialects {
		for _, rows := range []int{20_000, 200_000} {
			s := officeOf(b, create(b).open(b), rows)
			by := by(b, s, quotas)
			floor := booking.Search{Place: booking.Place{Site: "berlin", Floor: "f3"}, Span: span(24*3+8, 24*3+10), Person: "user7"}
			b.Run(fmt.Sprintf("%s/%d/search", kind, rows), func(b *testing.B) {
				for b.Loop() {
					if found := must(by.Search(ctx, floor, at(0, 0)))(b); len(found) != 50 {
						b.Fatal(len(found))
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/book", kind, rows), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					from := at(24*20+i*2, 0)
					must(by.Book(ctx, someone, wish("D9", fmt.Sprint("user", i%1000), reservations.Span{Start: from, End: from.Add(time.Hour)}), at(0, 0)))(b)
				}
			})
			b.Run(fmt.Sprintf("%s/%d/refused", kind, rows), func(b *testing.B) {
				for b.Loop() {
					_, err := by.Book(ctx, someone, wish("D9", "user7", span(24*3, 24*3+2)), at(0, 0))
					refusedAs(b, err, booking.Taken)
				}
			})
		}
	}
}

// Holding the bookings of a day, a week and two weeks of a building of 500 desks against rules:
// what the status page does now and then, and a list of at most two weeks.
func BenchmarkBroken(b *testing.B) {
	quotas := rules.Rules{OneDesk: true, Buffer: 15 * time.Minute, Longest: 2 * time.Hour, Quotas: []rules.Quota{{Per: rules.PerMonth, Hours: 200}, {Per: rules.PerAhead, Bookings: 100}}}
	for kind, create := range dialects {
		for _, rows := range []int{20_000, 200_000} {
			s := officeOf(b, create(b).open(b), rows)
			for name, its := range map[string]rules.Rules{"quotas": quotas, "lengths": {Longest: 2 * time.Hour}} {
				for _, days := range []int{1, 7, 14} {
					b.Run(fmt.Sprintf("%s/%d/%s/%d", kind, rows, name, days), func(b *testing.B) {
						for b.Loop() {
							if found := must(by(b, s, its).Broken(ctx, span(0, 24*days)))(b); len(found) != 1000*days {
								b.Fatal(len(found))
							}
						}
					})
				}
			}
		}
	}
}
