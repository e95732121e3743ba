package reservations

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// rowsOf are n bookings of a person, one an hour, of as many events or of one.
func rowsOf(person string, n int, oneEvent bool) []Reservation {
	var all []Reservation
	for i := range n {
		start := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
		r := Reservation{ID: fmt.Sprint(person, i), Desk: fmt.Sprint("D", person), Person: person, Span: Span{start, start.Add(time.Hour)}, UID: fmt.Sprint(person, i)}
		if oneEvent {
			r.UID, r.Occurrence = person, start.Format("20060102T150405Z")
		}
		all = append(all, r)
	}
	return all
}

func people(n, each int, oneEvent bool) []Reservation {
	var all []Reservation
	for i := range n {
		all = append(all, rowsOf(fmt.Sprintf("p%02d", i), each, oneEvent)...)
	}
	return all
}

// What one person, or one series, takes away is no loss of the feed; what several do,
// is one from the sixth booking, the second of them and beyond a quarter on, of
// bookings and of people.
func TestBrakeCountsPeople(t *testing.T) {
	b := Brake{Share: 0.25, Count: 5, Added: 200}
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	desks := rowsOf("boss", 500, false) // one event, on 500 desks at once
	for i := range desks {
		desks[i].Desk, desks[i].UID, desks[i].Span = fmt.Sprint(i), "party", desks[0].Span
	}
	guests := func(rs []Reservation) []Reservation {
		all := append([]Reservation(nil), rs...)
		for i := range all {
			all[i].Person = ""
		}
		return all
	}
	for name, tc := range map[string]struct {
		have, drop []Reservation
		holds      bool
	}{
		"one event with 500 desks":        {append(people(3, 10, true), desks...), desks, false},
		"the same, a guest's":             {append(people(3, 10, true), guests(desks)...), guests(desks), false},
		"one person's sixty events":       {append(people(3, 10, false), rowsOf("zoe", 60, false)...), rowsOf("zoe", 60, false), false},
		"two people of eight":             {people(8, 3, false), people(2, 3, false), false},
		"three people of eight":           {people(8, 3, false), people(3, 3, false), true},
		"two of three":                    {people(3, 3, false), people(2, 3, false), true},
		"five bookings":                   {people(5, 2, false), people(5, 1, false), false},
		"six, of six people":              {people(6, 2, false), people(6, 1, false), true},
		"all of one person and one event": {rowsOf("jane", 9, true), rowsOf("jane", 9, true), true},
		"one event of a person's feed":    {append(rowsOf("jane", 9, true), rowsOf("jane", 2, false)...), rowsOf("jane", 9, true), false},
		"most events of a person's feed":  {rowsOf("jane", 9, false), rowsOf("jane", 7, false), true},
		"events without UIDs":             {append(people(2, 1, false), guests(rowsOf("x", 30, false))...), guests(rowsOf("x", 20, false)), true},
		"nothing":                         {people(3, 3, false), nil, false},
	} {
		if got := b.HoldsLoss(tc.drop, tc.have, now); got != tc.holds {
			t.Errorf("%s: held %v", name, got)
		}
	}
	if b.HoldsLoss(people(8, 3, false), people(8, 3, false), now.AddDate(1, 0, 0)) {
		t.Error("what is over counts")
	}
}

// Of what is added, the people who add most wait, as many as it takes.
func TestBrakeOnAdditions(t *testing.T) {
	b := Brake{Share: 0.25, Count: 5, Added: 20}
	for name, tc := range map[string]struct {
		add          []Reservation
		total, waits int
	}{
		"twenty":                          {people(20, 1, false), 10, 0},
		"twenty-one":                      {people(21, 1, false), 10, 21},
		"a quarter":                       {people(25, 1, false), 100, 0},
		"more than a quarter":             {people(26, 1, false), 100, 26},
		"a feed that was emptied":         {people(3, 7, false), 0, 21},
		"one floods, three do not":        {append(people(3, 2, false), rowsOf("zoe", 500, true)...), 40, 500},
		"two flood, three do not":         {append(append(people(3, 2, false), rowsOf("zoe", 50, true)...), rowsOf("zac", 50, false)...), 40, 100},
		"the larger of two is enough":     {append(append(people(3, 2, false), rowsOf("zoe", 50, true)...), rowsOf("zac", 10, false)...), 40, 50},
		"one of two is not enough":        {append(append(people(3, 1, false), rowsOf("zoe", 25, true)...), rowsOf("zac", 22, false)...), 40, 47},
		"one event of nobody on 30 desks": {guestParty(30), 40, 30},
	} {
		now := rowsOf("jane", 1, false)[0].Start.Add(-time.Minute)
		if got := b.HeldBack(tc.add, seen(tc.total, now.AddDate(0, 0, -1)), now); len(got) != tc.waits {
			t.Errorf("%s: %d wait, want %d", name, len(got), tc.waits)
		}
	}
}

// seen are n bookings that deskd saw first at an instant.
func seen(n int, at time.Time) []Reservation {
	rows := people(n, 1, false)
	for i := range rows {
		rows[i].Seen = at
	}
	return rows
}

// What came within an hour counts together, no matter whose it is. What was more than comes
// unasked has been asked about, and what was there first is what the feed is.
func TestBrakeOnAdditionsInTurn(t *testing.T) {
	b := Brake{Share: 0.25, Count: 5, Added: 20}
	now := rowsOf("jane", 1, false)[0].Start.Add(-time.Minute)
	ago := func(d time.Duration, n int) []Reservation { return seen(n, now.Add(-d)) }
	for name, tc := range map[string]struct {
		have       []Reservation
		add, waits int
	}{
		"in one hour":                 {slices.Concat(ago(24*time.Hour, 10), ago(time.Minute, 20)), 1, 1},
		"in one hour, at two polls":   {slices.Concat(ago(24*time.Hour, 10), ago(30*time.Minute, 12), ago(time.Minute, 8)), 1, 1},
		"as many as it takes":         {slices.Concat(ago(24*time.Hour, 10), ago(time.Minute, 15)), 6, 6},
		"within the brake":            {slices.Concat(ago(24*time.Hour, 10), ago(time.Minute, 15)), 5, 0},
		"an hour ago":                 {slices.Concat(ago(24*time.Hour, 10), ago(time.Hour, 20)), 20, 0},
		"a moment less":               {slices.Concat(ago(24*time.Hour, 10), ago(time.Hour-time.Second, 20)), 20, 20},
		"the first reading":           {ago(time.Minute, 20), 20, 0},
		"accepted":                    {slices.Concat(ago(24*time.Hour, 10), ago(time.Minute, 21)), 20, 0},
		"a quarter of what was there": {slices.Concat(ago(24*time.Hour, 100), ago(time.Minute, 20)), 5, 0},
		"… and one more":              {slices.Concat(ago(24*time.Hour, 100), ago(time.Minute, 20)), 6, 6},
	} {
		if got := b.HeldBack(people(tc.add, 1, false), tc.have, now); len(got) != tc.waits {
			t.Errorf("%s: %d wait, want %d", name, len(got), tc.waits)
		}
	}
}

func guestParty(n int) []Reservation {
	all := people(2, 2, false)
	for i := range n {
		r := rowsOf("", 1, true)[0]
		r.Desk = fmt.Sprint(i)
		all = append(all, r)
	}
	return all
}
