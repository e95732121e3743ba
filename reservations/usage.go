package reservations

import (
	"cmp"
	"slices"
	"strings"
)

// Usage is how much was booked in a period: at a site on a day, or at a desk in a month. A
// reservation belongs to the period in which it began, by the clock of its site.
type Usage struct {
	Period    string `json:"period"`         // "2026-03-02", of a month "2026-03"
	Site      string `json:"site"`           // empty where the desk is not known any more
	Desk      string `json:"desk,omitempty"` // empty of a site
	Bookings  int    `json:"bookings"`       // those that were confirmed to the end
	Minutes   int    `json:"minutes"`        // how long these were
	Cancelled int    `json:"cancelled"`      // those that were not: cancelled, withdrawn, in conflict
}

// Statistic is how much was booked on a day, at the desks of a floor of a site.
type Statistic struct {
	Day       string // like 2026-03-02
	Site      string
	Floor     string
	Bookings  int // those that are confirmed
	Minutes   int // how long these are
	Used      int // those of them whose person is known to have come
	Released  int // those that were released because nobody came
	Cancelled int // those that are cancelled, withdrawn or in conflict
	// Nameless are bookings whose names were removed: of them it is not known whether they were
	// used or released.
	Nameless int
	// Kept says that these are counts of what retention has removed: of a whole site, and
	// without what was used or released.
	Kept bool
}

// SortStatistics lists sums by day, site and floor.
func SortStatistics(sums map[Statistic]*Statistic) []Statistic {
	all := make([]Statistic, 0, len(sums))
	for _, one := range sums {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Statistic) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Site, b.Site), strings.Compare(a.Floor, b.Floor), cmp.Compare(a.Bookings, b.Bookings))
	})
	return all
}
