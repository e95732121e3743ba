package daemon

import (
	"slices"
	"testing"
	"time"
)

// After someone has gone to log in at a phone, its cluster is asked at once, after 20 s and
// after a minute; however many do, no two questions are nearer to each other than 10 s.
func TestLooks(t *testing.T) {
	eight := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	l := looks{make(map[string][]time.Time), make(map[string]time.Time)}
	asked := func(until int, wants ...int) (at []int) {
		for s := 0; s <= until; s++ {
			now := eight.Add(time.Duration(s) * time.Second)
			if slices.Contains(wants, s) {
				l.want("main", now)
			}
			if len(l.take(now)) > 0 {
				at = append(at, s)
			}
		}
		return at
	}
	if got := asked(200, 5); !slices.Equal(got, []int{5, 25, 65}) {
		t.Errorf("one: %v", got)
	}
	if wait := l.wait(eight); wait != time.Hour {
		t.Errorf("nothing is due, and it waits for %s", wait)
	}
	l.want("main", eight)
	if wait := l.wait(eight.Add(-time.Minute)); wait != time.Minute {
		t.Errorf("it waits for %s", wait)
	}
	clear(l.due)
	clear(l.last)
	var each []int
	for s := range 100 {
		each = append(each, s)
	}
	got := asked(300, each...)
	for i := 1; i < len(got); i++ {
		if got[i]-got[i-1] < 10 {
			t.Errorf("many: %v", got)
		}
	}
	if last := got[len(got)-1]; last < 150 {
		t.Errorf("the last one is not looked at: %v", got)
	}
}
