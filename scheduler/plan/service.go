package plan

import (
	"slices"
	"time"

	"deskd/scheduler/plan/wave"
)

// Service is how long the phone system takes for a login or a logout: the median of the
// newest answers, so that single ones which hang do not count. The zero Service has met
// none, and assumes something.
type Service struct{ logins, logouts []answered }

// answered is an attempt that was answered with success, and how long that took.
type answered struct {
	attempt int64
	took    time.Duration
}

// How service times are measured.
const (
	Measures       = 32                      // newest answers count …
	fewestMeasures = 5                       // … and fewer than that are none
	assumedService = 1500 * time.Millisecond // of a request, before anything was measured
	longestService = 30 * time.Second        // what takes longer waited for something else, or the clock was set
	// promptAnswer is how long an answer takes that Policy.Ready leaves time for.
	promptAnswer = time.Second
)

// Note takes in an attempt. Which count does not depend on the order they are noted in.
func (s *Service) Note(a Attempt) {
	took := a.Ended.Sub(a.Began)
	if a.Outcome != Done || a.Error != "" || took <= 0 || took > longestService {
		return
	}
	switch a.Op {
	case OpLogin:
		s.logins = noted(s.logins, answered{a.ID, took})
	case OpLogout:
		s.logouts = noted(s.logouts, answered{a.ID, took})
	}
}

// noted is all with a in its place, without the oldest if there are too many.
func noted(all []answered, a answered) []answered {
	i, known := slices.BinarySearchFunc(all, a.attempt, func(b answered, id int64) int { return int(b.attempt - id) })
	if known {
		return all
	}
	all = slices.Insert(slices.Clone(all), i, a)
	return all[max(0, len(all)-Measures):]
}

// Measured returns the time of a login and that of a logout, 0 for one that is not known.
func (s Service) Measured() (login, logout time.Duration) { return median(s.logins), median(s.logouts) }

func median(all []answered) time.Duration {
	if len(all) < fewestMeasures {
		return 0
	}
	times := make([]time.Duration, len(all))
	for i, a := range all {
		times[i] = a.took
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// Early is by how much a login has to go out before it is due, to be through in time.
func (s Service) Early() time.Duration { return max(0, median(s.logins)-promptAnswer) }

// Of is the time of a request, of so many logins and logouts.
func (s Service) Of(logins, logouts int) time.Duration {
	in, out := s.Measured()
	if in == 0 {
		in = assumedService
	}
	if out == 0 {
		out = in
	}
	if logins+logouts == 0 {
		return in
	}
	return (in*time.Duration(logins) + out*time.Duration(logouts)) / time.Duration(logins+logouts)
}

// Wave is the pace of so many logins and logouts.
func (p Pace) Wave(s Service, logins, logouts int) wave.Pace {
	service := s.Of(logins, logouts)
	return wave.Pace{Concurrent: p.Concurrent, PerMinute: p.PerMinute, Service: service, Held: p.Held(service)}
}

// Held is for how long a request keeps others from its place, of so many that all are taken:
// for as long as it takes, and for its share of the time in which a place is idle.
func (p Pace) Held(took time.Duration) time.Duration {
	all := float64(p.Concurrent)
	if p.Idle <= 0 || p.Idle >= all {
		return took
	}
	return time.Duration(float64(took) * all / (all - p.Idle))
}
