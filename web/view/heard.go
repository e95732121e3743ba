package view

import (
	"context"
	"sync"

	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// heard is what the rounds have written since the last look, the newest of each phone.
type heard struct {
	mu sync.Mutex
	news
}

type news struct {
	seen     map[string]plan.Observation // by device
	attempts map[string]step             // by device
	lists    map[string]list             // by device
	stirred  bool                        // all has to be read again
}

// list is what became of a phone's list of calls after an attempt.
type list struct {
	attempt int64
	outcome string
}

// step is an attempt that was begun, or what came of one that was begun before.
type step struct {
	plan.Attempt
	begun bool
}

// after is the newest attempt at a phone after s, when the last was that one.
func (s step) after(last plan.Attempt) plan.Attempt {
	switch {
	case s.begun && s.ID >= last.ID:
		return s.Attempt
	case s.ID == last.ID:
		last.Outcome, last.Code, last.Class, last.Error = s.Outcome, s.Code, s.Class, s.Error
		last.Ended, last.Verified = s.Ended, s.Verified
	}
	return last
}

// newsOf is what was read of phones: how they were seen, and the newest attempt at each.
func newsOf(seen []plan.Observation, last map[string]plan.Attempt) news {
	n := news{seen: make(map[string]plan.Observation, len(seen)), attempts: make(map[string]step, len(last))}
	for _, o := range seen {
		n.seen[o.Device] = o
	}
	for device, a := range last {
		n.attempts[device] = step{a, true}
	}
	return n
}

// take returns the news, and forgets them.
func (h *heard) take() news {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.news
	h.news = news{}
	return n
}

func (h *heard) saw(seen []plan.Observation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = make(map[string]plan.Observation)
	}
	for _, o := range seen {
		h.seen[o.Device] = o
	}
}

func (h *heard) attempted(s step) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.attempts == nil {
		h.attempts = make(map[string]step)
	}
	was, known := h.attempts[s.Device]
	switch {
	case known && was.begun:
		was.Attempt = s.after(was.Attempt)
		h.attempts[s.Device] = was
	case !known || s.begun || s.ID >= was.ID:
		h.attempts[s.Device] = s
	}
}

// CallList tells l what has become of the list of calls of a phone after an attempt.
func (l *Live) CallList(device string, attempt int64, outcome string) {
	l.heard.mu.Lock()
	defer l.heard.mu.Unlock()
	if l.heard.lists == nil {
		l.heard.lists = make(map[string]list)
	}
	l.heard.lists[device] = list{attempt, outcome}
}

// Sightings is to, which is told from now on by l as well: those who write observations
// write through it.
func (l *Live) Sightings(to scheduler.Sightings) scheduler.Sightings { return sightings{to, &l.heard} }

type sightings struct {
	scheduler.Sightings
	heard *heard
}

func (s sightings) See(ctx context.Context, seen []plan.Observation) error {
	err := s.Sightings.See(ctx, seen)
	if err == nil {
		s.heard.saw(seen)
	}
	return err
}

// Journal is to, which is told from now on by l as well: those who write attempts write
// through it.
func (l *Live) Journal(to scheduler.Journal) scheduler.Journal { return journal{to, &l.heard} }

type journal struct {
	scheduler.Journal
	heard *heard
}

func (j journal) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	a, err := j.Journal.Begin(ctx, a)
	if err == nil {
		j.heard.attempted(step{a, true})
	}
	return a, err
}

func (j journal) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	err := j.Journal.Finish(ctx, a, seen...)
	if err == nil {
		j.heard.attempted(step{a, false})
		j.heard.saw(seen)
	}
	return err
}
