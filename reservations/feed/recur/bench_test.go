package recur

import (
	"fmt"
	"testing"

	"deskd/reservations/feed/ical"
)

// commonRules are the ten rules most series of offices have.
var commonRules = []string{
	"FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
	"FREQ=DAILY;COUNT=99999", "FREQ=WEEKLY;UNTIL=20301231T000000Z", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=YEARLY",
}

// BenchmarkRule expands the commonest rules for two months, of series that began
// last week and long ago: that must cost the same.
func BenchmarkRule(b *testing.B) {
	from, to := ical.WallOf(2026, 3, 1, 0), ical.WallOf(2026, 5, 1, 0)
	for _, text := range commonRules {
		for _, began := range []int{1970, 2026} {
			b.Run(fmt.Sprintf("%s/since-%d", text, began), func(b *testing.B) {
				r, err := Parse(text)
				if err != nil {
					b.Fatal(err)
				}
				start := ical.Time{Wall: ical.WallOf(began, 2, 23, 9*3600)}
				var walls []ical.Wall
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					rec, _ := ruleOn(r, start)
					if walls, err = rec.Between(from, to, walls[:0]); err != nil {
						b.Fatal(err)
					}
					n += len(walls)
				}
				if n > 0 {
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/occurrence")
				}
			})
		}
	}
}
