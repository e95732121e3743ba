package poll

import (
	"errors"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/fetch"
)

// Times are when a feed is polled: at every multiple of its period since
// 1970, moved by a part of the period that follows from its name. The feeds of
// one server are so asked one after the other, at times that stay the same over
// restarts. The periods of a feed begin at whole seconds.
type Times struct{ every, phase time.Duration }

// TimesOf are those of a feed.
func TimesOf(fd reservations.Feed) Times {
	h := fnv.New32a()
	_, _ = h.Write([]byte(fd.Name)) // a hash takes everything
	every := max(fd.Every.Truncate(time.Second), time.Second)
	return Times{every, time.Duration(h.Sum32()) % (every / time.Second) * time.Second}
}

// Next is the first time after t. It makes Times a schedule of cron's.
func (p Times) Next(t time.Time) time.Time {
	since := time.Duration(t.UnixNano()) - p.phase
	return t.Add(p.every - (since%p.every+p.every)%p.every)
}

// longestRest is the longest a server is left alone, whatever it asks for.
const longestRest = time.Hour

// rests remembers which feeds' servers asked to be left alone, and until when.
// It does not survive a restart, which costs a request.
type rests struct{ until sync.Map } // name → time.Time

func (r *rests) resting(name string, now time.Time) bool {
	until, ok := r.until.Load(name)
	if !ok {
		return false
	}
	left := until.(time.Time).Sub(now)
	return left > 0 && left <= longestRest // longer by a clock that was set back since
}

// after learns from the outcome of a poll, the failures-th that failed in a row.
func (r *rests) after(fd reservations.Feed, err error, failures int, now time.Time) {
	rest := restFor(fd.Every, err, failures)
	if rest == 0 {
		r.until.Delete(fd.Name)
		return
	}
	r.until.Store(fd.Name, now.Add(rest))
}

// restFor is how long a server that answered err is left alone: as long as it
// says, and one that has too much to do (429, 503), or locks accounts after too
// many wrong passwords (401), for 1, 2, 4 … periods, an hour at most. Half a
// period less, so that the poll at their end is not missed by a moment.
func restFor(every time.Duration, err error, failures int) time.Duration {
	var status *fetch.StatusError
	if !errors.As(err, &status) {
		return 0
	}
	rest := status.RetryAfter
	switch status.Code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusUnauthorized:
		periods := every
		for n := 1; n < failures && periods < longestRest; n++ {
			periods *= 2
		}
		rest = max(rest, min(periods, longestRest)-every/2)
	}
	return min(rest, longestRest)
}
