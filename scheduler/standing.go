package scheduler

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Standing is what deskd remembers of a cluster beyond its own restart because
// forgetting it would do harm: that the phone system refuses deskd (the circuit
// is open), that the unit of its sessions looks wrong, and which clocks were
// trusted before the machine's jumped. The zero Standing is
// that of a cluster with which all is well.
type Standing struct {
	Cluster string `json:"cluster"`
	// Opened is the refusal that opened the circuit, Refused the last one since.
	// Both are zero while it is closed.
	Opened  time.Time `json:"opened,omitzero"`
	Refused time.Time `json:"refused,omitzero"`
	Code    int       `json:"code,omitempty"`    // of the last refusal
	Problem string    `json:"problem,omitempty"` // the last refusal in words, with what to do
	// Fingerprint tells the credentials that were refused, under Salt; see [phones.Access.Fingerprint].
	Salt        []byte `json:"-"`
	Fingerprint []byte `json:"-"`
	// Tries are the processes in a row that put a first question to the phone
	// system, the last one at Tried, and ended before its answer was known.
	Tries int       `json:"-"`
	Tried time.Time `json:"-"`
	// Units says why the unit of exclusiveDuration looks wrong, since Doubted;
	// Unit is the configured one that is in doubt. Empty and zero while it is not.
	Units   string        `json:"units,omitempty"`
	Doubted time.Time     `json:"doubted,omitzero"`
	Unit    time.Duration `json:"-"`
	// Clocks are those that the machine's clock is held against.
	Clocks Clocks `json:"clocks,omitzero"`
	// Unreadable says what of this another program has written so that it cannot be
	// read; it is not kept.
	Unreadable string `json:"unreadable,omitempty"`
}

// Standings is where it is kept how the clusters stand.
type Standings interface {
	// Standing returns what is remembered of a cluster, with its name alone when
	// that is nothing.
	Standing(ctx context.Context, cluster string) (Standing, error)
	// SaveStanding replaces what is remembered of s.Cluster.
	SaveStanding(ctx context.Context, s Standing) error
	// Pause returns who has paused a cluster, the zero Pause when nobody has.
	Pause(ctx context.Context, cluster string) (Pause, error)
	// HeldLogouts returns the early logouts of a cluster that are held, and those that
	// somebody has accepted and that are still to be told from others.
	HeldLogouts(ctx context.Context, cluster string) (plan.HeldLogouts, error)
	// KeepLogouts holds further ones and forgets those of the sessions over. One that
	// is held already stays as it is, with its answer.
	KeepLogouts(ctx context.Context, cluster string, held plan.HeldLogouts, over []int64) error
}

// How often a phone system that refuses deskd is asked. Every request with a
// wrong password brings the account nearer to its lock.
const (
	haltFor    = 15 * time.Minute // between the questions to a halted cluster
	keysEvery  = 5 * time.Second  // its keys are looked at meanwhile
	lostTries  = 2                // first questions whose answer died with the process …
	lostWithin = 10 * time.Minute // … before the next one waits for so long
	saidEvery  = time.Hour        // reminders of a trouble that lasts
)

// Open reports whether the circuit is open: the phone system refuses deskd.
func (s Standing) Open() bool { return !s.Opened.IsZero() }

// Doubts reports whether the unit of sessions asked for as d says looks wrong;
// a doubt about another unit says nothing.
func (s Standing) Doubts(d phones.Duration) bool { return s.Units != "" && s.Unit == d.Counted() }

// Until is the instant before which nothing is asked of the cluster at all; the
// zero time when nothing speaks against it. A refusal or a try that seems to lie
// ahead of now, because the clock was set back, counts as just made.
func (s Standing) Until(now time.Time) time.Time {
	switch {
	case s.Open():
		return reservations.Earliest(s.Refused, now).Add(haltFor)
	case s.Tries >= lostTries && now.Sub(s.Tried) < lostWithin:
		return reservations.Earliest(s.Tried, now).Add(lostWithin)
	}
	return time.Time{}
}

// why says why the cluster is not asked before until.
func (s Standing) why(until time.Time) string {
	at := until.UTC().Format(time.RFC3339)
	if !s.Open() {
		return fmt.Sprintf("it is not asked before %s: deskd has ended %d times before it knew the first answer, which may have refused its password",
			at, s.Tries)
	}
	return fmt.Sprintf("it refuses deskd since %s, and is not asked before %s: %s", s.Opened.UTC().Format(time.RFC3339), at, s.Problem)
}

// Closed is s with its circuit closed, and without tries that nobody knows the
// answer of.
func (s Standing) Closed() Standing {
	s.Opened, s.Refused, s.Code, s.Problem, s.Salt, s.Fingerprint = time.Time{}, time.Time{}, 0, "", nil, nil
	s.Tries, s.Tried = 0, time.Time{}
	return s
}

// accepted reports whether no question to the cluster was refused or lost.
func (s Standing) accepted() bool { return !s.Open() && s.Tries == 0 }

// Blank reports whether nothing is remembered.
func (s Standing) Blank() bool { return s.accepted() && s.Units == "" && s.Clocks.Blank() }
