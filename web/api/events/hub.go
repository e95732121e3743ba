package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/web/view"
)

// Bounds of a hub.
const (
	mostListeners = 200                    // at once
	mostWaiting   = 32                     // looks whose events a listener has not read yet
	lookEvery     = time.Second            // where nothing says that there is something to see
	pause         = 100 * time.Millisecond // between two looks
	beat          = 15 * time.Second
)

// Deps is where a hub looks.
type Deps struct {
	// Changes are what the audit says was changed behind one of its rows.
	Changes func(ctx context.Context, from int64) (reservations.Changes, error)
	// Reservations are those with these ids, as they are.
	Reservations func(ctx context.Context, ids []string) ([]reservations.Reservation, error)
	// Board is how everything stood within the last seconds.
	Board func(ctx context.Context) (view.Snapshot, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// Hub hands on what changes to all who listen. Make one with [NewHub].
type Hub struct {
	Deps
	stir chan struct{}

	looking sync.Mutex // held by the one who looks
	desks   map[string]seen
	change  uint64 // of the last snapshot
	failed  bool

	mu        sync.Mutex
	listeners map[*listener]struct{}
	upto      int64 // that was handed on
	running   bool
}

// NewHub is a hub to which nobody listens yet.
func NewHub(d Deps) *Hub {
	return &Hub{Deps: d, stir: make(chan struct{}, 1), listeners: make(map[*listener]struct{})}
}

// Stir says that it is worth looking at once.
func (h *Hub) Stir() {
	select {
	case h.stir <- struct{}{}:
	default: // it is to look already
	}
}

// Run looks for changes while anyone listens, until ctx ends: then nobody does any more.
func (h *Hub) Run(ctx context.Context) {
	h.mu.Lock()
	h.running = true
	h.mu.Unlock()
	defer h.close()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.stir:
		}
		if h.anyone() {
			h.look(ctx)
		}
		select { // many changes at once are one look
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (h *Hub) anyone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners) > 0
}

// close lets nobody listen any more.
func (h *Hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = false
	for l := range h.listeners {
		l.leave("deskd ends, or begins again with another configuration")
	}
	clear(h.listeners)
}

// look reads what has changed since the last look, once for all.
func (h *Hub) look(ctx context.Context) {
	h.looking.Lock()
	defer h.looking.Unlock()
	h.mu.Lock()
	from := h.upto
	h.mu.Unlock()
	events, upto, err := h.since(ctx, from)
	if err == nil {
		events = append(events, h.standing(ctx, upto)...)
	}
	if (err != nil) != h.failed && ctx.Err() == nil {
		if h.failed = err != nil; h.failed {
			h.Log.Warn("events: what was changed cannot be read", "err", err)
		}
	}
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.upto = upto
	if len(events) == 0 {
		return
	}
	for l := range h.listeners {
		select {
		case l.waiting <- events:
		default:
			l.leave("it reads too slowly: too many events wait for it")
			delete(h.listeners, l)
		}
	}
}

// since are the events behind a row of the audit, and the last row there is.
func (h *Hub) since(ctx context.Context, from int64) ([]event, int64, error) {
	c, err := h.Changes(ctx, from)
	if err != nil {
		return nil, from, err
	}
	if c.More {
		return []event{everything(c.Upto)}, c.Upto, nil
	}
	var ids []string
	for _, one := range c.All {
		if one.Kind == "reservation" {
			ids = append(ids, one.Item)
		}
	}
	now := make(map[string]reservations.Reservation)
	if len(ids) > 0 {
		found, err := h.Reservations(ctx, ids)
		if err != nil {
			return nil, from, err
		}
		for _, r := range found {
			now[r.ID] = r
		}
	}
	var events []event
	for _, one := range c.All {
		if e, tell := eventOf(one, now); tell {
			events = append(events, e)
		}
	}
	return events, c.Upto, nil
}

// standing are the desks that stand otherwise than at the last look. What is seen on phones
// is in no row of the audit: it has the number of the last.
func (h *Hub) standing(ctx context.Context, id int64) (events []event) {
	shown, err := h.Board(ctx)
	if err != nil || shown.Change != 0 && shown.Change == h.change {
		return nil // the page says why; the next look sees it
	}
	h.change = shown.Change
	first := h.desks == nil
	if first {
		h.desks = make(map[string]seen, len(shown.Desks))
	}
	for _, d := range shown.Desks {
		is := seenOf(d)
		was, known := h.desks[is.Desk]
		if h.desks[is.Desk] = is; known && was != is {
			events = append(events, deskEvent(id, was, is))
		}
	}
	return events
}

// join lets one more listen. Nobody looks meanwhile, so that it begins where the next look does.
func (h *Hub) join(ctx context.Context) (*listener, error) {
	h.looking.Lock()
	defer h.looking.Unlock()
	first := !h.anyone()
	upto := int64(0)
	if first { // nobody has looked for a while
		c, err := h.Changes(ctx, -1)
		if err != nil {
			return nil, err
		}
		upto, h.desks, h.change = c.Upto, nil, 0
		h.standing(ctx, upto)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.running:
		return nil, errClosed
	case len(h.listeners) >= mostListeners:
		return nil, errFull
	}
	if first {
		h.upto = upto
	}
	l := &listener{hub: h, from: h.upto, waiting: make(chan []event, mostWaiting), left: make(chan struct{})}
	h.listeners[l] = struct{}{}
	return l, nil
}

// drop lets one not listen any more.
func (h *Hub) drop(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, l)
}
