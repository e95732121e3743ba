package drive

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

// That nobody has a duty is known ten seconds after the last word of who had it, also of one
// that nobody ever had, and told once; what this node could not hear counts for nothing.
func TestVacancies(t *testing.T) {
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	every := func(from, to, step time.Duration) (all []time.Duration) {
		for at := from; at <= to; at += step {
			all = append(all, at)
		}
		return all
	}
	const s = time.Second
	tests := map[string]struct {
		heard  []time.Duration // when the database was asked
		told   func(at time.Duration) time.Duration
		vacant time.Duration // at first, 0 for never
		since  time.Duration
		over   time.Duration
	}{
		"told all along":           {heard: every(0, 60*s, s), told: func(at time.Duration) time.Duration { return at.Truncate(TellEvery) }},
		"told late, under load":    {heard: every(0, 60*s, s), told: func(at time.Duration) time.Duration { return at.Truncate(9 * s) }},
		"never":                    {heard: every(0, 60*s, s), told: func(time.Duration) time.Duration { return 0 }, vacant: 10 * s},
		"not any more":             {heard: every(0, 60*s, s), told: func(at time.Duration) time.Duration { return min(at, 20*s) }, vacant: 30 * s, since: 20 * s},
		"taken again":              {heard: every(0, 60*s, s), told: func(at time.Duration) time.Duration { return max(at, 40*s) - 40*s }, vacant: 10 * s, over: 41 * s},
		"taken over":               {heard: every(0, 60*s, s), told: func(at time.Duration) time.Duration { return at.Truncate(30 * s / 4) }},
		"the database was away":    {heard: append(every(0, 7*s, s), every(60*s, 61*s, s)...), told: func(at time.Duration) time.Duration { return at / (61 * s) }},
		"and nobody has come back": {heard: append(every(0, 5*s, s), every(60*s, 90*s, s)...), told: func(time.Duration) time.Duration { return 0 }, vacant: 63 * s},
		"the clock was set back":   {heard: append(every(0, 9*s, s), every(-3600*s, -3599*s, s)...), told: func(at time.Duration) time.Duration { return min(at, 0) / (3599 * s) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			v := Vacancies{Log: slog.New(slog.NewTextHandler(&log, nil))}
			var vacant, over time.Duration
			var since time.Time
			for _, at := range test.heard {
				v.Heard(map[string]time.Time{"cluster main": began.Add(test.told(at))}, began.Add(at))
				switch is := v.Since("cluster main"); {
				case !is.IsZero() && vacant == 0:
					vacant, since = at, is
				case is.IsZero() && vacant != 0 && over == 0:
					over = at
				}
			}
			if vacant != test.vacant || over != test.over || vacant != 0 && !since.Equal(began.Add(test.since)) {
				t.Errorf("vacant after %v since %v, over after %v", vacant, since, over)
			}
			said, ended := strings.Count(log.String(), "nobody has a duty"), strings.Count(log.String(), "has the duty again")
			if (said == 1) != (test.vacant != 0) || said > 1 || (ended == 1) != (test.over != 0) || ended > 1 {
				t.Errorf("the log says\n%s", log.String())
			}
		})
	}
	if v := new(Vacancies); !v.Since("cluster other").IsZero() {
		t.Error("a duty of which nothing was heard yet is vacant")
	}
}
