package phones

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"deskd/scheduler/plan"
)

// A phone may be in a state in which every request that names it hangs, while
// the phone system answers about all others. In a question about many it would
// take the others' answers with it, and its login the permit of theirs.

// patience is how long a question is waited for that has not been answered
// before; a phone system that is well takes some 30 ms.
const patience = 3 * time.Second

// noDevice is a name that no phone has: what is asked about it is answered by
// every phone system that answers at all.
const noDevice = "SEP000000000000"

// Questions about single phones and halves of many are put at the same time, and
// no more than askAtOnce of them: what hangs keeps a thread of the phone system.
const askAtOnce = 16

// slowGroups is how many groups of devices that are known to hang are waited for
// in one question, in which still some do: a round waits for its end.
const slowGroups = 3

// hanging asks about devices, and keeps those that hang out of the questions
// about others. The zero hanging knows of none. It is safe for concurrent use.
type hanging struct {
	mu    sync.Mutex
	hang  map[string]int // when it was last asked about, by the count of asked
	asked int
}

// bounded asks about phones, no more than slots holds at the same time.
type bounded struct {
	System
	slots chan struct{}
}

// logins asks phones as [System].Logins does. Devices that are known to hang
// are asked about one by one, and only when the phone system answers.
func (h *hanging) logins(ctx context.Context, phones System, devices []string) ([]plan.Observation, error) {
	q := bounded{phones, make(chan struct{}, askAtOnce)}
	well, alone := h.split(devices)
	seen := make(map[string]plan.Observation, len(devices))
	err := h.together(ctx, q, well, seen)
	if err != nil && len(seen) == 0 {
		return nil, err
	}
	if err != nil {
		alone = nil // further questions would fare no better
	}
	if len(well) == 0 && len(alone) > 0 {
		if err := answersAtAll(ctx, q); err != nil {
			return nil, err
		}
	}
	note(seen, h.each(ctx, q, alone))
	answers := make([]plan.Observation, len(devices))
	for i, device := range devices {
		answers[i] = plan.Observation{Device: device}
		if s, ok := seen[device]; ok {
			answers[i] = s
		}
	}
	return answers, nil
}

// together asks about devices that are not known to hang, many at a time, and
// notes the answers in seen.
func (h *hanging) together(ctx context.Context, q bounded, well []string, seen map[string]plan.Observation) error {
	for len(well) > 0 {
		n := min(askTogether, len(well))
		answers, err := h.ask(ctx, q, well[:n])
		if errors.Is(err, errHangs) {
			// It may not be the only one: to look for them in turn would take minutes.
			answers, err = h.apart(ctx, q, append(h.blame(well[:n]), slices.Collect(slices.Chunk(well[n:], askTogether))...))
			n = len(well)
		}
		if err != nil {
			return err
		}
		note(seen, answers)
		well = well[n:]
	}
	return nil
}

func note(seen map[string]plan.Observation, answers []plan.Observation) {
	for _, a := range answers {
		seen[a.Device] = a
	}
}

// errHangs says that the phone system answers, and not about these devices.
var errHangs = errors.New("some of them hang")

// ask asks about devices together. When there is no answer, and the phone system
// answers otherwise, the error is errHangs. Where some are known to hang already
// it does not wait for long before it says so. A refusal of all of deskd is the
// answer whatever it was asked about.
func (h *hanging) ask(ctx context.Context, q bounded, devices []string) ([]plan.Observation, error) {
	if h.some() {
		answers, err := shortly(ctx, q, devices)
		if !unanswered(ctx, err) {
			return answers, err
		}
		switch other := answersAtAll(ctx, q); {
		case RefusesAll(other):
			return nil, other
		case other == nil:
			return nil, errHangs
		}
	}
	answers, err := q.Logins(ctx, devices)
	if !unanswered(ctx, err) {
		return answers, err
	}
	switch other := answersAtAll(ctx, q); {
	case RefusesAll(other):
		return nil, other
	case other != nil:
		return nil, err
	}
	return nil, errHangs
}

// shortly asks about devices as soon as a slot is free, and waits for no longer
// than patience.
func shortly(ctx context.Context, q bounded, devices []string) ([]plan.Observation, error) {
	q.slots <- struct{}{} // freed within patience
	defer func() { <-q.slots }()
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return q.Logins(short, devices)
}

// blame returns the halves of devices some of which hang, to be asked about. A
// single one it is, and is kept.
func (h *hanging) blame(devices []string) [][]string {
	if len(devices) == 1 {
		h.keep(devices[0], true)
		return nil
	}
	half := len(devices) / 2
	return [][]string{devices[:half], devices[half:]}
}

// narrow finds out which of devices, about which there was no answer, hang. None
// does if others are not answered either.
func (h *hanging) narrow(ctx context.Context, q bounded, devices []string) ([]plan.Observation, error) {
	if len(devices) == 1 {
		if err := answersAtAll(ctx, q); err != nil {
			return nil, err
		}
	}
	return h.apart(ctx, q, h.blame(devices))
}

// sift asks about devices for a short while, and about halves of them where
// there is no answer.
func (h *hanging) sift(ctx context.Context, q bounded, devices []string) ([]plan.Observation, error) {
	answers, err := shortly(ctx, q, devices)
	if unanswered(ctx, err) {
		return h.narrow(ctx, q, devices)
	}
	if err == nil && len(devices) == 1 {
		h.keep(devices[0], false)
	}
	return answers, err
}

// apart sifts groups of devices, all at the same time. What one of them learns
// counts, whatever the others meet; only when none learns anything there is an
// error.
func (h *hanging) apart(ctx context.Context, q bounded, groups [][]string) ([]plan.Observation, error) {
	answers, errs := make([][]plan.Observation, len(groups)), make([]error, len(groups))
	var all sync.WaitGroup
	for i := range groups {
		all.Go(func() { answers[i], errs[i] = h.sift(ctx, q, groups[i]) })
	}
	all.Wait()
	if len(errs) > 0 && !slices.Contains(errs, nil) {
		return nil, errs[0]
	}
	return slices.Concat(answers...), nil
}

// each sifts devices that are known to hang, one by one. It gives the others up
// where too many still do: those have their turn at the next question.
func (h *hanging) each(ctx context.Context, q bounded, devices []string) []plan.Observation {
	var all []plan.Observation
	slow := 0
	for group := range slices.Chunk(devices, askAtOnce) {
		if slow == slowGroups {
			break
		}
		answers, _ := h.apart(ctx, q, slices.Collect(slices.Chunk(group, 1))) // without an answer it is unknown
		all = append(all, answers...)
		if _, still := h.split(group); len(still) > 0 {
			slow++
		}
	}
	return all
}

// split tells the devices that are not known to hang from those that are, which
// come in the order in which they were last asked about.
func (h *hanging) split(devices []string) (well, alone []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, device := range devices {
		if _, hangs := h.hang[device]; hangs {
			alone = append(alone, device)
		} else {
			well = append(well, device)
		}
	}
	slices.SortStableFunc(alone, func(a, b string) int { return cmp.Compare(h.hang[a], h.hang[b]) })
	return well, alone
}

func (h *hanging) some() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.hang) > 0
}

// keep notes whether a device hangs.
func (h *hanging) keep(device string, hangs bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !hangs {
		delete(h.hang, device)
		return
	}
	if h.hang == nil {
		h.hang = make(map[string]int)
	}
	h.asked++
	h.hang[device] = h.asked
}

// unanswered reports whether a question was sent and nothing came back in time.
func unanswered(ctx context.Context, err error) bool {
	return ctx.Err() == nil && errors.Is(err, ErrUnknown) && errors.Is(err, context.DeadlineExceeded)
}

// answersAtAll returns nil when the phone system answers a question about no
// phone at all.
func answersAtAll(ctx context.Context, q bounded) error {
	_, err := shortly(ctx, q, []string{noDevice})
	return err
}
