package scheduler

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
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

// hanging asks about devices, and keeps those that hang out of the questions
// about others. The zero hanging knows of none. It is safe for concurrent use.
type hanging struct {
	mu   sync.Mutex
	hang map[string]bool
}

// logins asks phones as [Phones].Logins does. Devices that are known to hang
// are asked about one by one, and only when the phone system answers.
func (h *hanging) logins(ctx context.Context, phones Phones, devices []string) ([]Have, error) {
	well, alone := h.split(devices)
	seen := make(map[string]Have, len(devices))
	for together := range slices.Chunk(well, askTogether) {
		answers, err := h.ask(ctx, phones, together)
		if err != nil && len(seen) == 0 {
			return nil, err
		}
		if err != nil {
			alone = nil
			break // further questions would fare no better
		}
		note(seen, answers)
	}
	if len(well) == 0 && len(alone) > 0 {
		if err := answersAtAll(ctx, phones); err != nil {
			return nil, err
		}
	}
	note(seen, h.each(ctx, phones, alone))
	answers := make([]Have, len(devices))
	for i, device := range devices {
		answers[i] = Have{Device: device}
		if s, ok := seen[device]; ok {
			answers[i] = s
		}
	}
	return answers, nil
}

func note(seen map[string]Have, answers []Have) {
	for _, a := range answers {
		seen[a.Device] = a
	}
}

// ask asks about devices together. When there is no answer, and the phone system
// answers otherwise, it finds out which of them it is. Where some are known to
// hang already it does not wait for long before it looks for more of them. A
// refusal of all of deskd is the answer whatever it was asked about.
func (h *hanging) ask(ctx context.Context, phones Phones, devices []string) ([]Have, error) {
	if h.some() {
		answers, err := shortly(ctx, phones, devices)
		if !unanswered(ctx, err) {
			return answers, err
		}
		switch other := answersAtAll(ctx, phones); {
		case halts(other):
			return nil, other
		case other == nil:
			return h.narrow(ctx, phones, devices)
		}
	}
	answers, err := phones.Logins(ctx, devices)
	if !unanswered(ctx, err) {
		return answers, err
	}
	switch other := answersAtAll(ctx, phones); {
	case halts(other):
		return nil, other
	case other != nil:
		return nil, err
	}
	return h.narrow(ctx, phones, devices)
}

// shortly asks about devices and waits for no longer than patience.
func shortly(ctx context.Context, phones Phones, devices []string) ([]Have, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return phones.Logins(short, devices)
}

// narrow finds out which of devices, about which there was no answer, hang.
func (h *hanging) narrow(ctx context.Context, phones Phones, devices []string) ([]Have, error) {
	if len(devices) == 1 {
		h.keep(devices[0], true)
		return []Have{{Device: devices[0]}}, nil
	}
	return h.halves(ctx, phones, devices)
}

// sift asks about devices for a short while, and about halves of them where
// there is no answer.
func (h *hanging) sift(ctx context.Context, phones Phones, devices []string) ([]Have, error) {
	answers, err := shortly(ctx, phones, devices)
	if unanswered(ctx, err) {
		return h.narrow(ctx, phones, devices)
	}
	if err == nil && len(devices) == 1 {
		h.keep(devices[0], false)
	}
	return answers, err
}

// halves sifts two halves of devices at the same time. What one of them learns
// counts, whatever the other meets.
func (h *hanging) halves(ctx context.Context, phones Phones, devices []string) ([]Have, error) {
	half := len(devices) / 2
	var first, second []Have
	var err, err2 error
	var other sync.WaitGroup
	other.Go(func() { second, err2 = h.sift(ctx, phones, devices[half:]) })
	first, err = h.sift(ctx, phones, devices[:half])
	other.Wait()
	if err != nil && err2 != nil {
		return nil, err
	}
	return slices.Concat(first, second), nil
}

// each sifts devices one by one, all at the same time.
func (h *hanging) each(ctx context.Context, phones Phones, devices []string) []Have {
	answers := make([][]Have, len(devices))
	var all sync.WaitGroup
	for i := range devices {
		all.Go(func() { answers[i], _ = h.sift(ctx, phones, devices[i:i+1]) }) // without an answer it is unknown
	}
	all.Wait()
	return slices.Concat(answers...)
}

// split tells the devices that are not known to hang from those that are.
func (h *hanging) split(devices []string) (well, alone []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, device := range devices {
		if h.hang[device] {
			alone = append(alone, device)
		} else {
			well = append(well, device)
		}
	}
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
	switch {
	case !hangs:
		delete(h.hang, device)
	case h.hang == nil:
		h.hang = map[string]bool{device: true}
	default:
		h.hang[device] = true
	}
}

// unanswered reports whether a question was sent and nothing came back in time.
func unanswered(ctx context.Context, err error) bool {
	return ctx.Err() == nil && errors.Is(err, ErrUnknown) && errors.Is(err, context.DeadlineExceeded)
}

// answersAtAll returns nil when the phone system answers a question about no
// phone at all.
func answersAtAll(ctx context.Context, phones Phones) error {
	_, err := shortly(ctx, phones, []string{noDevice})
	return err
}

// unhurried moves the steps on devices whose last request has hung behind the
// others, and leaves one permit to those: each may hold its own for as long as a
// request may take.
func (r *Reconciler) unhurried(steps []Step) []Step {
	most := max(1, r.Policy.Pace.Concurrent-1)
	for device := range r.busy.devices {
		if r.memory.hung[device] {
			most--
		}
	}
	var first, last []Step
	for _, s := range steps {
		if r.memory.hung[s.Device] {
			last = append(last, s)
		} else {
			first = append(first, s)
		}
	}
	return append(first, last[:min(len(last), max(0, most))]...)
}
