package records

import (
	"context"
	"strconv"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Statistic is how much was booked on a day.
type Statistic struct {
	Day       string  `json:"day" doc:"On which bookings begin, by the clock of the site."`
	Site      string  `json:"site,omitempty" doc:"None of desks that are not known any more."`
	Floor     string  `json:"floor,omitempty"`
	Bookings  int     `json:"bookings" doc:"Those that are confirmed."`
	Hours     float64 `json:"hours" doc:"How long these are."`
	Used      int     `json:"used" doc:"Those of them whose person is known to have come."`
	Released  int     `json:"released" doc:"Those that were released because nobody came."`
	Cancelled int     `json:"cancelled" doc:"Those that are cancelled, withdrawn or in conflict."`
	Nameless  int     `json:"nameless" doc:"Bookings whose names were removed: whether they were used or released is not known of them."`
	Kept      bool    `json:"kept" doc:"These are the counts of bookings that were removed for their age: of the whole site, and without used and released."`
}

// Header implements [rest.Row].
func (Statistic) Header() []string {
	return []string{"day", "site", "floor", "bookings", "hours", "used", "released", "cancelled", "nameless", "kept"}
}

// Cells implements [rest.Row].
func (s Statistic) Cells() []string {
	return []string{
		s.Day, s.Site, s.Floor, strconv.Itoa(s.Bookings), strconv.FormatFloat(s.Hours, 'f', -1, 64), strconv.Itoa(s.Used), strconv.Itoa(s.Released),
		strconv.Itoa(s.Cancelled), strconv.Itoa(s.Nameless), strconv.FormatBool(s.Kept),
	}
}

// Span is what is counted.
type Span struct {
	Site, Floor string
	First, Last time.Time // midnights in UTC of the first day and the last
}

// mostDays are the days that are counted at once.
const mostDays = 31

func (r records) listStatistics(ctx context.Context, q *struct {
	rest.Paged
	Site  string `query:"site" maxLength:"200"`
	Floor string `query:"floor" maxLength:"200"`
	From  string `query:"from" maxLength:"10" doc:"A day like 2026-03-02: a week ago, where none is given."`
	To    string `query:"to" maxLength:"10" doc:"The last day: 6 days after from where none is given, and at most 30."`
},
) (*rest.Listed[Statistic], error) {
	first, err := dayOr(q.From, r.Now().AddDate(0, 0, -7))
	if err != nil {
		return nil, err
	}
	last, err := dayOr(q.To, first.AddDate(0, 0, 6))
	if err != nil {
		return nil, err
	}
	if last.Before(first) || !last.Before(first.AddDate(0, 0, mostDays)) {
		return nil, rest.Invalid("to: it is before from, or more than 30 days after it")
	}
	found, err := r.Statistics(ctx, Span{q.Site, q.Floor, first, last})
	if err != nil {
		return nil, err
	}
	if err := Nothing(ctx, r.View, view.Place{Site: q.Site, Floor: q.Floor}, len(found)); err != nil {
		return nil, err
	}
	all := make([]Statistic, len(found))
	for i, s := range found {
		all[i] = statisticOf(s)
	}
	return rest.List(q.Paged, rest.InOrder(all, func(s Statistic) string {
		return s.Day + "\x00" + s.Site + "\x00" + s.Floor + "\x00" + strconv.FormatBool(s.Kept)
	}))
}

func statisticOf(s reservations.Statistic) Statistic {
	return Statistic{s.Day, s.Site, s.Floor, s.Bookings, float64(s.Minutes) / 60, s.Used, s.Released, s.Cancelled, s.Nameless, s.Kept}
}

// dayOr reads a day; where none is given it is that of an instant.
func dayOr(text string, usual time.Time) (time.Time, error) {
	if text == "" {
		return usual.UTC().Truncate(24 * time.Hour), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, rest.Invalid("a day is written like 2026-03-02")
	}
	return day, nil
}
