package limit

import "time"

// How the limit moves.
const (
	Start        = 2    // requests at once before anything is known: every release of the service takes three
	looksPerStep = 6    // looks, for each place, that a place has to stand before there is one more
	afterBusy    = 32   // times as many after a trial that ended in a refusal, …
	afterSlow    = 4    // … or in slower answers, …
	mostPatience = 256  // … and no more than so many times
	provenRest   = 0.05 // of the time of a request: a wave has as much to spare
)

// Limit is how many requests may be under way at once. Make one with [New].
type Limit struct {
	most     int
	now      int
	proven   bool // the uppermost place has stood its looks
	looks    int  // that it has stood
	ceiling  int  // from here on a step up is a trial that has failed before
	patience int  // how many times as many looks such a step takes
	fell     bool // since the last look that was stood
	stale    int  // answers still to come, at most, of requests that left before the limit fell
	logins   times
	logouts  times
}

// Answer is what became of a request.
type Answer struct {
	Logout bool
	Among  int           // requests under way when it left, with itself
	Took   time.Duration // until the answer, or until none was waited for any more; 0 says nothing about that
	Busy   bool          // refused, because there were too many
}

// New returns a limit that may learn to be most, at least 1.
func New(most int) *Limit {
	most = max(1, most)
	return &Limit{most: most, now: min(Start, most), proven: true, ceiling: most, patience: 1}
}

// Now is how many requests may be under way at once.
func (l *Limit) Now() int { return l.now }

// Most is how many may ever be.
func (l *Limit) Most() int { return l.most }

// Untried reports whether more at once are allowed, and nothing has spoken against them yet:
// they have only not been tried.
func (l *Limit) Untried() bool { return l.now < l.most && l.ceiling == l.most && l.patience == 1 }

// rest is how long the uppermost place stays empty after a request, in the time that one
// takes.
func (l *Limit) rest() float64 {
	switch {
	case l.now == 1:
		return 0
	case l.proven:
		return provenRest
	}
	return 1
}

// Rest is how long the uppermost place stays empty when it has become so.
func (l *Limit) Rest() time.Duration {
	return time.Duration(l.rest() * float64(max(l.logins.usual(), l.logouts.usual())))
}

// Idle is for how much of the time the uppermost place is empty, however much there is to
// send: when it is taken again, the next of all that are under way to end leaves it empty.
func (l *Limit) Idle() float64 { return l.rest() / (l.rest() + 1/float64(l.now)) }

// Note takes in an answer.
func (l *Limit) Note(a Answer) {
	stale := l.stale > 0
	l.stale = max(0, l.stale-1)
	if a.Busy {
		l.refused(a.Among)
		return
	}
	t := &l.logins
	if a.Logout {
		t = &l.logouts
	}
	if by := t.note(a); by > 1 {
		l.slowed(by)
		return
	}
	if a.Among >= l.now && !stale {
		l.stood()
	}
}

// refused lowers the limit: where so many were too many, a person was refused with one
// fewer, and on trial, where few looks were enough to find that out, with two.
func (l *Limit) refused(among int) {
	room := 2
	if l.proven {
		room = 1
	}
	if to := max(1, among-room); to < l.now {
		l.fall(to, afterBusy)
	}
}

// slowed lowers the limit in the proportion in which answers take longer, to a half at
// most. At a single request at once it is not deskd that slows them.
func (l *Limit) slowed(by float64) {
	if l.now > 1 {
		l.fall(max(1, int(float64(l.now)*max(0.5, bearable/by))), afterSlow)
	}
	if l.now == 1 {
		l.logins.accept()
		l.logouts.accept()
		l.ceiling, l.patience = l.most, 1
	}
}

// fall lowers the limit. Falls without a look between them have one cause, and the first of
// them tells where to be careful.
func (l *Limit) fall(to, patience int) {
	if !l.fell {
		l.ceiling, l.patience = to, min(mostPatience, l.patience*patience)
	}
	l.stale = l.now - 1
	l.now, l.looks, l.proven, l.fell = to, 0, false, true
}

// stood counts a look, and tries one place more after enough of them.
func (l *Limit) stood() {
	l.fell = false
	l.looks++
	enough := looksPerStep * l.now
	l.proven = l.proven || l.now <= l.ceiling && l.looks >= enough
	if l.now >= l.ceiling {
		enough *= l.patience
	}
	l.proven = l.proven || l.looks >= enough
	if l.looks < enough || l.now == l.most {
		return
	}
	if l.now > l.ceiling {
		l.ceiling, l.patience = l.now, max(1, l.patience/2)
	}
	l.now, l.looks, l.proven = l.now+1, 0, false
}
