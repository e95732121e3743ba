package daemon

import (
	"slices"
	"testing"
	"time"
)

// After someone has gone to log in at a phone, its cluster is asked at once, after 20 s and
// after a minute. However many do, no two questions are nearer to each other than a second,
// and after three in a row there is one each ten seconds; one that would be too near waits,
// and is not left out.
func TestLooks(t *testing.T) {
	eight := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	l := make(looks)
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
	clear(l)
	if got := asked(280, 205, 205, 206, 207, 208, 209); !slices.Equal(got, []int{205, 206, 207, 215, 229, 269}) {
		t.Errorf("some who ask again: %v", got)
	}
	l.want("main", eight)
	for _, after := range []time.Duration{0, 400 * time.Millisecond} {
		l.want("main", eight.Add(after))
		if got := l.take(eight.Add(after)); (len(got) > 0) != (after == 0) {
			t.Errorf("after %s %v is asked", after, got)
		}
	}
	if wait := l.wait(eight.Add(400 * time.Millisecond)); wait != 600*time.Millisecond {
		t.Errorf("it waits for %s", wait)
	}
	clear(l)
	var each []int
	for s := range 100 {
		each = append(each, s)
	}
	got := asked(300, each...)
	if len(got) < 10 || len(got) > 2+30 || got[len(got)-1] < 150 {
		t.Errorf("many: %v", got)
	}
	for i := 4; i < len(got); i++ {
		if got[i]-got[i-1] < 9 { // a second is the finest that time passes in here
			t.Errorf("many: %v", got)
		}
	}
}
