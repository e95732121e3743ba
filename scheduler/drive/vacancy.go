package drive

import (
	"log/slog"
	"sync"
	"time"
)

// VacantAfter is for how long nothing is heard of who has a duty until nobody is taken to have
// it: a node that hangs has lost it after 4 s, who drives tells every [TellEvery], and another
// takes over within a moment.
const VacantAfter = 10 * time.Second

// Vacancies are the duties that nobody has, by what is heard of those who have them. One that
// takes the duty and loses it again, as in a database in which it cannot write, does not count: its
// lock would be seen at times, but nothing is heard.
type Vacancies struct {
	Log *slog.Logger

	mu    sync.Mutex
	heard time.Time // last
	known map[string]vacancy
}

type vacancy struct {
	mark   time.Time     // of what was heard last: when the duty was taken, or told of
	at     time.Time     // when that was heard
	silent time.Duration // for how long nothing was, while this node could hear
}

// longestHearing is how much a stretch in which this node heard nothing at all adds at most: the
// database was away, or the machine slept, and others have to find back as well.
const longestHearing = 2 * time.Second

// Heard notes at now when each of some duties was last taken, or told of, by the clock of who did.
func (v *Vacancies) Heard(marks map[string]time.Time, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	passed := min(max(now.Sub(v.heard), 0), longestHearing)
	if v.known == nil {
		v.known, passed = make(map[string]vacancy), 0
	}
	v.heard = now
	for duty, mark := range marks {
		was, old := v.known[duty]
		is := was
		if is.silent += passed; !old || !mark.Equal(was.mark) {
			is = vacancy{mark: mark, at: now}
		}
		v.known[duty] = is
		switch {
		case is.vacant() && !was.vacant():
			v.Log.Error("nobody has a duty: no node takes it", "duty", duty, "last_heard", is.at)
		case was.vacant() && !is.vacant():
			v.Log.Info("a node has the duty again", "duty", duty)
		}
	}
}

func (v vacancy) vacant() bool { return v.silent >= VacantAfter }

// Since is since when nobody has a duty, zero while someone has it.
func (v *Vacancies) Since(duty string) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	if is := v.known[duty]; is.vacant() {
		return is.at
	}
	return time.Time{}
}
