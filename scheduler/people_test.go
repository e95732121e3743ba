package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/scheduler/plan"
)

// press has people press the keys of phones that deskd does not manage, as often as every so long on
// average, until an instant: a login, and a logout when the same phone's turn comes again.
func (w *wave) press(every time.Duration, from, until time.Time, seed uint64) {
	time.Sleep(time.Until(from))
	rnd := rand.New(rand.NewPCG(seed, 0))
	const phones = 200
	for n := range phones {
		w.emulator.AddDevice(fmt.Sprintf("SEPFFFFFFFF%04X", n))
		w.emulator.AddUser(fmt.Sprintf("walk%04d", n))
	}
	on := make(map[string]bool)
	for n := 0; ; n++ {
		time.Sleep(time.Duration(rnd.ExpFloat64() * float64(every)))
		if !time.Now().Before(until) {
			return
		}
		device, err := fmt.Sprintf("SEPFFFFFFFF%04X", n%phones), error(nil)
		if on[device] {
			err = w.emulator.PressLogout(device)
		} else {
			err = w.emulator.PressLogin(device, fmt.Sprintf("walk%04d", n%phones))
		}
		on[device] = on[device] != (err == nil)
	}
}

// shared is a wave beside people.
type shared struct {
	places, most int           // of the cluster, and of deskd's configuration
	every        time.Duration // people press a key, on average
	slowFrom     int
	waves        int
	desks        int
}

// besidePeople is what came of a wave beside people.
type besidePeople struct {
	pressed, refused int // of the people
	busy             int // answers to deskd
	ready            int
	rate             float64 // logins a second, from the first to the last
	limit            int
}

// play has waves of logins of a second, an hour and a half apart, each by a process of its own, and
// returns what came of each.
func (s shared) play(t *testing.T, seed uint64) (all []besidePeople) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWave(t, dir, s.desks, plan.Pace{Concurrent: s.most}, emulator.Times{Login: time.Second, Logout: time.Second / 2, Query: 30 * time.Millisecond})
		w.policy.Lead = 20 * time.Minute
		w.emulator.Change(func(o *emulator.Options) {
			o.MaxConcurrent, o.KeysTime, o.SlowFrom = s.places, time.Second, s.slowFrom
		})
		var starts []time.Time
		for n := range s.waves {
			starts = append(starts, w.start.Add(time.Duration(n)*90*time.Minute))
		}
		w.book(starts...)
		for n, start := range starts {
			before := w.emulator.Stats()
			if s.every > 0 {
				go w.press(s.every, start.Add(-w.policy.Lead), start, seed+uint64(n)) //nolint:gosec // a small number
			}
			limit := w.run(start.Add(80 * time.Minute))
			after := w.emulator.Stats()
			r := besidePeople{pressed: after.Keys - before.Keys, refused: after.KeysBusy - before.KeysBusy, busy: after.Codes[26] - before.Codes[26], limit: limit}
			r.ready, _ = w.ready(start)
			r.rate = w.rate(start)
			all = append(all, r)
		}
	})
	return all
}

// rate is how many logins a second went well, of those for an instant.
func (w *wave) rate(from time.Time) float64 {
	attempts, err := w.store.Attempts(w.t.Context(), from.Add(-w.policy.Lead))
	noError(w.t, err)
	var first, last time.Time
	n := 0
	for _, a := range attempts {
		if a.Op != plan.OpLogin || !a.From.Equal(from) || a.Outcome != plan.Done {
			continue
		}
		if n++; n == 1 || a.Began.Before(first) {
			first = a.Began
		}
		if a.Ended.After(last) {
			last = a.Ended
		}
	}
	return float64(n) / last.Sub(first).Seconds()
}

// TestPeopleFindRoom has three mornings on a phone system that takes ten requests at once,
// all of which deskd may take by its configuration, while someone presses a key every two
// seconds: fewer than one in a hundred of them finds it busy, the first morning, on which
// deskd knows nothing, included. What it has learned outlives the process: on the third
// morning every phone is ready, and the logins go out at no less than seven tenths of what
// the best fixed limit under which people find room lets through, which is seven.
func TestPeopleFindRoom(t *testing.T) {
	t.Parallel()
	s := shared{places: 10, most: 10, every: 2 * time.Second, waves: 3, desks: 600}
	if testing.Short() || raceDetector {
		s.waves, s.desks = 1, 120
	}
	all := s.play(t, 1)
	pressed, refused := 0, 0
	for n, r := range all {
		t.Logf("morning %d: %d pressed, %d of them refused; deskd was refused %d times; %d of %d phones ready; %.2f logins a second; then %d at once", n+1, r.pressed, r.refused, r.busy, r.ready, s.desks, r.rate, r.limit)
		pressed, refused = pressed+r.pressed, refused+r.refused
	}
	if pressed < 100*s.waves || refused*100 >= pressed {
		t.Errorf("%d of %d people found the phone system busy", refused, pressed)
	}
	if first := all[0]; first.ready != s.desks {
		t.Errorf("%d of %d phones are ready on the first morning, which is planned with two at once", first.ready, s.desks)
	}
	if last := all[len(all)-1]; s.waves > 1 && (last.ready != s.desks || last.rate < 0.7*7) {
		t.Errorf("%d of %d phones are ready on the third morning, at %.2f logins a second", last.ready, s.desks, last.rate)
	}
}

// TestSlowWhenMany has a phone system whose answers take longer from five at once on: deskd
// sends about as many at once as it takes without that, and not the ten it may.
func TestSlowWhenMany(t *testing.T) {
	s := shared{places: 100, most: 10, slowFrom: 4, waves: 2, desks: 300}
	if raceDetector {
		t.Skip("a simulation of minutes: TestPeopleFindRoom has the same goroutines")
	}
	if testing.Short() {
		s.desks = 150
	}
	t.Parallel()
	last := s.play(t, 1)[1]
	t.Logf("%d at once, %.2f logins a second, %d of %d phones ready", last.limit, last.rate, last.ready, s.desks)
	if last.limit < 3 || last.limit > 8 {
		t.Errorf("%d at once, want about 6", last.limit)
	}
	if last.rate < 3 {
		t.Errorf("%.2f logins a second: the phone system answers 4", last.rate)
	}
}
