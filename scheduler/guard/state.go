package guard

import (
	"time"

	"deskd/scheduler/clock"
	"deskd/scheduler/phones"
)

// ClusterState is what deskd remembers of a cluster beyond its own restart because
// forgetting it would do harm: that the phone system refuses deskd, that the unit of its
// sessions looks wrong, and which clocks were trusted before the machine's jumped. The
// zero ClusterState is that of a cluster with which all is well.
type ClusterState struct {
	Cluster string `json:"cluster"`
	Refusals
	UnitDoubt
	// Clocks are those that the machine's clock is held against.
	Clocks clock.Clocks `json:"clocks,omitzero"`
	// Unreadable says what of this another program has written so that it cannot be
	// read; it is not kept.
	Unreadable string `json:"unreadable,omitempty"`
}

// Closed is s with its circuit closed, and without tries whose answer was lost.
func (s ClusterState) Closed() ClusterState {
	s.Refusals = s.closed()
	return s
}

// Blank reports whether nothing is remembered.
func (s ClusterState) Blank() bool {
	return s.Accepted() && s.Readmitted == 0 && s.Units == "" && s.Clocks.Blank()
}

// Refusals are how the phone system takes deskd's questions: the state of [Circuit].
type Refusals struct {
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
	// Readmitted is the newest attempt before the circuit was closed last, Renewed that
	// before it was closed by other credentials: refusals up to there do not count.
	Readmitted int64 `json:"-"`
	Renewed    int64 `json:"-"`
}

// UnitDoubt says why the unit of exclusiveDuration looks wrong, since Doubted: the
// state of [Unit]. The Unit is the configured one that is in doubt. The zero UnitDoubt
// is none.
type UnitDoubt struct {
	Units   string        `json:"units,omitempty"`
	Doubted time.Time     `json:"doubted,omitzero"`
	Unit    time.Duration `json:"-"`
}

// Doubts reports whether the unit of sessions asked for as d says looks wrong;
// a doubt about another unit says nothing.
func (u UnitDoubt) Doubts(d phones.Duration) bool { return u.Units != "" && u.Unit == d.Counted() }
