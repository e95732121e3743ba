package release

import (
	"testing"
	"time"
)

// A cluster that another process could look at until a moment ago was not out of sight, unless its
// phones are not asked about for long, or something else is in the way.
func TestHanded(t *testing.T) {
	const beginning, paused = "it has just begun", "paused"
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return nine.Add(time.Duration(s) * time.Second) }
	type look struct {
		second int
		why    string
	}
	for name, c := range map[string]struct {
		handed int // the second, of one that could not be looked at until 100 seconds before nine; 0: it was not
		looks  []look
		want   time.Time
	}{
		"not handed":                 {0, []look{{1, beginning}, {2, ""}, {60, ""}}, at(1)},
		"handed":                     {1, []look{{1, beginning}, {29, beginning}, {30, ""}, {90, ""}}, at(-100)},
		"seen at once":               {1, []look{{1, ""}, {2, ""}}, at(-100)},
		"begun for too long":         {1, []look{{1, beginning}, {31, beginning}, {32, ""}}, at(31)},
		"something else":             {1, []look{{1, paused}, {2, ""}}, at(1)},
		"something else, later":      {1, []look{{1, ""}, {50, paused}, {51, ""}}, at(50)},
		"begins again, after that":   {1, []look{{1, ""}, {50, beginning}, {51, ""}}, at(50)},
		"the clock has gone back":    {1, []look{{1, ""}, {-200, ""}}, at(-200)},
		"handed before it was known": {1, []look{{20, beginning}, {25, ""}}, at(-100)},
	} {
		w := &Watch{Beginning: beginning}
		if c.handed > 0 {
			w.Handed("main", at(-100), at(c.handed))
		}
		w.look(map[string]string{"annex": ""}, at(0)) // before the cluster's rounds run here
		for _, l := range c.looks {
			w.look(map[string]string{"main": l.why}, at(l.second))
		}
		if got := w.Blind("main"); !got.Equal(c.want) {
			t.Errorf("%s: until %v, want %v", name, got, c.want)
		}
	}
	w := &Watch{Beginning: beginning}
	w.Handed("main", at(-100), at(1))
	w.look(map[string]string{"main": ""}, at(1))
	w.look(nil, at(2)) // another has it
	w.look(map[string]string{"main": ""}, at(5))
	if got := w.Blind("main"); !got.Equal(at(5)) {
		t.Errorf("back, and not handed: until %v", got)
	}
}
