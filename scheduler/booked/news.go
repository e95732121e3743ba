package booked

import (
	"context"
	"time"

	"deskd/reservations"
)

// unsaid is what was found since [House.News] told of it.
type unsaid struct {
	since    int64 // version
	any, all bool  // the audit told of anything; nothing is left out
}

// hear takes in what the audit tells.
func (u *unsaid) hear(t reservations.Touched) {
	u.any = u.any || t.Any
	u.all = u.all || t.Decided
}

// News is whom it concerns what was changed.
type News struct {
	all      bool
	clusters map[string]bool
}

// Concern reports whether anything may have to be done in a cluster because of it.
func (n News) Concern(cluster string) bool { return n.all || n.clusters[cluster] }

// News brings h up to date, as [House.Look] does, and tells whom the changes concern since
// it told last. Foreign says that another program has committed something since: if the
// audit tells nothing of it, everything is read again, and concerns all.
func (h *House) News(ctx context.Context, foreign bool, now time.Time) (News, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.look(ctx, now); err != nil {
		if foreign { // no one will say so again
			h.whole = time.Time{}
		}
		return News{}, err
	}
	if foreign && !h.told.any && !h.told.all {
		if err := h.read(ctx, now); err != nil {
			return News{}, err
		}
	}
	desks, known := h.known.Since(h.told.since)
	n := News{all: h.told.all || !known, clusters: make(map[string]bool)}
	for desk := range desks {
		n.clusters[h.cluster[desk]] = true
	}
	h.told = unsaid{since: h.known.Version}
	return n, nil
}
