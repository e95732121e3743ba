// Package permits gives the requests to a cluster their places: as many as were learned
// that the cluster takes beside the people who use it. It keeps the time for what
// [deskd/scheduler/limit] decides, and knows neither rounds nor phones.
package permits

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"deskd/scheduler/limit"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Permits are the places for the requests to a cluster: as many as was learned that it
// takes beside the people who use it. They are safe for concurrent use.
type Permits struct {
	mu      sync.Mutex
	limit   *limit.Limit
	held    int           // permits that were given
	sending int           // of them, those whose request has left
	rested  time.Time     // when the uppermost place may be taken again, by the monotonic clock
	moved   chan struct{} // closed when a place may have become free
	lowered int           // the limit before it fell, until it is back; 0 when it has not fallen
}

// New returns permits for so many requests at once at most, 0 for as many as are asked for.
func New(most int) *Permits {
	p := &Permits{moved: make(chan struct{})}
	if most > 0 {
		p.limit = limit.New(most)
	}
	return p
}

// Do calls send with a permit, as soon as there is one.
func (p *Permits) Do(ctx context.Context, send func(context.Context) error) error {
	if p.limit == nil {
		return send(ctx)
	}
	for {
		moved, rest := p.take()
		if moved == nil {
			break
		}
		if err := wait(ctx, moved, rest); err != nil {
			return err
		}
	}
	defer p.give()
	return send(ctx)
}

// wait waits for a place to become free, for the rest of the uppermost at most.
func wait(ctx context.Context, moved <-chan struct{}, rest time.Duration) error {
	var rested <-chan time.Time
	if rest > 0 {
		t := time.NewTimer(rest)
		defer t.Stop()
		rested = t.C
	}
	select {
	case <-moved:
	case <-rested:
	case <-ctx.Done():
		return fmt.Errorf("wait for a free request: %w", context.Cause(ctx))
	}
	return nil
}

// take takes a permit. Where there is none it returns what is closed when there may be one,
// and for how long the only free place still rests.
func (p *Permits) take() (moved <-chan struct{}, rest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.limit.Now() - p.held
	if free == 1 {
		rest = time.Until(p.rested)
	}
	if free > 0 && rest <= 0 {
		p.held++
		return nil, 0
	}
	return p.moved, rest
}

// give gives a permit back. When all places were taken, the uppermost rests.
func (p *Permits) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held--
	if p.held == p.limit.Now()-1 {
		p.rested = time.Now().Add(p.limit.Rest())
	}
	p.stir()
}

// stir wakes those who wait for a place.
func (p *Permits) stir() {
	close(p.moved)
	p.moved = make(chan struct{})
}

// Leave counts a request that leaves, and returns how many are under way with it.
func (p *Permits) Leave() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sending++
	return p.sending
}

// Turn is a limit that has begun to fall, or is back. The zero Turn is none.
type Turn struct{ From, To, Most int }

// Log says a turn, and not each step of the limit.
func (t Turn) Log(log *slog.Logger) {
	log = log.With("limit", t.To, "max_concurrent", t.Most)
	switch {
	case t.To < t.From:
		log.Warn("concurrency lowered: the phone system is busy, or slower than with fewer requests at once", "from", t.From)
	case t.To > t.From:
		log.Info("concurrency recovered")
	}
}

// Answered takes in what became of a request that left among so many, and returns
// whether the limit has turned.
func (p *Permits) Answered(a plan.Attempt, among int, took time.Duration) Turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sending--
	if p.limit == nil || !admitted(a) {
		return Turn{}
	}
	if !timed(a) {
		took = 0
	}
	return p.note(limit.Answer{Logout: a.Op == plan.OpLogout, Among: among, Took: took, Busy: a.Class == plan.ClassBusy})
}

// Refused takes in that the cluster was too busy for a question. It found deskd's requests
// there, and itself.
func (p *Permits) Refused(err error) Turn {
	var no *phones.Refusal
	if p.limit == nil || !errors.As(err, &no) || no.Class != plan.ClassBusy {
		return Turn{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.note(limit.Answer{Among: p.sending + 1, Busy: true})
}

func (p *Permits) note(a limit.Answer) Turn {
	before := p.limit.Now()
	p.limit.Note(a)
	now := p.limit.Now()
	switch {
	case now < before && p.lowered == 0:
		p.lowered = before
		return Turn{before, now, p.limit.Most()}
	case now > before:
		p.stir()
		if p.lowered != 0 && now >= p.lowered {
			p.lowered = 0
			return Turn{before, now, p.limit.Most()}
		}
	}
	return Turn{}
}

// admitted reports whether the outcome of a request says anything about how many the cluster
// takes: it was sent, and answered, or not for as long as any may take.
func admitted(a plan.Attempt) bool {
	return a.Outcome == plan.Done || a.Outcome == plan.Refused || a.Class == plan.ClassNoAnswer
}

// timed reports whether it says how fast the cluster is: a refusal does not.
func timed(a plan.Attempt) bool {
	return a.Outcome == plan.Done && a.Error == "" || a.Class == plan.ClassNoAnswer
}

// Resume takes in what became of earlier requests, and holds a place for each that may
// still be under way.
func (p *Permits) Resume(past []plan.Attempt, ends []time.Time, now time.Time) {
	if p.limit == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []limit.Request
	for _, a := range past {
		if admitted(a) && a.Op != plan.OpHold {
			all = append(all, limit.Request{Logout: a.Op == plan.OpLogout, Busy: a.Class == plan.ClassBusy, Timed: timed(a), Began: a.Began, Ended: a.Ended})
		}
	}
	p.limit.Replay(all)
	for _, at := range ends {
		if left := at.Sub(now); left > 0 {
			p.held++ // also beyond the limit, which they were sent under
			time.AfterFunc(left, p.give)
		}
	}
}

// Untried is [limit.Limit.Untried].
func (p *Permits) Untried() bool {
	if p.limit == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit.Untried()
}

// Pace is how much the cluster takes, as far as was learned.
func (p *Permits) Pace(configured plan.Pace) plan.Pace {
	if p.limit == nil {
		return configured
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	configured.Concurrent, configured.Idle = p.limit.Now(), p.limit.Idle()
	return configured
}
