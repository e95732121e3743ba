package view

import (
	"maps"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
)

// How far ahead bookings are kept in memory, how far ahead of now they are shown, and how
// old what is kept may become. The first is the other two together.
const (
	keptAhead  = shownAhead + readAgain
	shownAhead = 24 * time.Hour
	readAgain  = time.Hour
)

// house is every desk in memory, with what tells how it stands.
type house struct {
	desks  []board.Standing
	board  []*board.Desk  // as desks; what was handed out of it is not changed
	places map[string]int // of desks, by id
	phones map[string]int // of desks, by device
	of     map[string]int // of desks, by the id of a reservation that is kept
	until  []int64        // until when a desk stands as it does, in nanoseconds; 0: it is to be worked out

	clusters []string          // that are configured
	people   map[string]string // names by reservations.PersonKey
	window   reservations.Span // of the reservations that are kept
	at       time.Time         // when the desks stood so
	differs  bool              // from what was shown
}

func newHouse(clusters []string, window reservations.Span, people map[string]string) house {
	return house{
		clusters: clusters, people: people, window: window,
		places: make(map[string]int), phones: make(map[string]int), of: make(map[string]int),
	}
}

// furnish puts in what was read.
func (h *house) furnish(desks []reservations.Desk, booked []reservations.Reservation, seen []plan.Observation, last map[string]plan.Attempt) {
	have := make(map[string]plan.Observation, len(seen))
	for _, o := range seen {
		have[o.Device] = o
	}
	h.desks, h.until = make([]board.Standing, len(desks)), make([]int64, len(desks))
	h.board = make([]*board.Desk, len(desks))
	for i, d := range desks {
		h.desks[i] = board.Standing{Desk: d, Last: last[d.Device], Phone: h.believed(d, have[d.Device])}
		h.board[i] = &board.Desk{Desk: d}
	}
	h.index()
	for _, r := range booked {
		h.book(r)
	}
}

func (h *house) index() {
	for i, d := range h.desks {
		h.places[d.Desk.ID], h.phones[d.Desk.Device] = i, i
	}
}

// arranged brings the desks into the order of a plan, which the board has already.
func (h *house) arranged(p *FloorPlan) {
	sorted, of := make([]board.Standing, len(h.desks)), make(map[string]int, len(h.of))
	for id, i := range h.of {
		of[id] = p.Places[h.desks[i].Desk.ID]
	}
	for _, d := range h.desks {
		sorted[p.Places[d.Desk.ID]] = d
	}
	h.desks, h.of = sorted, of
	h.index()
}

// directory is all desks.
func (h *house) directory() []reservations.Desk {
	all := make([]reservations.Desk, len(h.desks))
	for i, d := range h.desks {
		all[i] = d.Desk
	}
	return all
}

// covers reports whether what is kept suffices for now.
func (h *house) covers(now time.Time) bool {
	return !now.Before(h.window.Start) && !now.Add(shownAhead).After(h.window.End)
}

// believed is what was seen, or that nothing is known where nobody asks any more.
func (h *house) believed(d reservations.Desk, o plan.Observation) plan.Observation {
	if !slices.Contains(h.clusters, d.Cluster) {
		o.Known = false
	}
	return o
}

// hear takes in what the rounds have written.
func (h *house) hear(n news) {
	for device, o := range n.seen {
		if i, ok := h.phones[device]; ok {
			h.desks[i].Phone, h.until[i] = h.believed(h.desks[i].Desk, o), 0
		}
	}
	for device, a := range n.attempts {
		if i, ok := h.phones[device]; ok {
			h.desks[i].Last, h.until[i] = a.after(h.desks[i].Last), 0
		}
	}
	for device, c := range n.lists {
		if i, ok := h.phones[device]; ok && h.desks[i].Last.ID == c.attempt {
			h.desks[i].Last.CallList, h.until[i] = c.outcome, 0
		}
	}
}

// rebook replaces reservations that were touched by what they are now. It returns the
// desks and people that they name and that there are not.
func (h *house) rebook(touched []string, rows []reservations.Reservation) (desks, people []string) {
	for _, id := range touched {
		if i, ok := h.of[id]; ok {
			d := &h.desks[i]
			d.Booked, h.until[i] = slices.DeleteFunc(d.Booked, func(r reservations.Reservation) bool { return r.ID == id }), 0
			delete(h.of, id)
		}
	}
	strangers, nowhere := make(map[string]bool), make(map[string]bool)
	for _, r := range rows {
		if r.Status != reservations.Confirmed {
			continue
		}
		h.book(r)
		if _, known := h.places[r.Desk]; !known {
			nowhere[r.Desk] = true
		}
		if _, known := h.people[reservations.PersonKey(r.Person)]; !known && r.Person != "" {
			strangers[r.Person] = true
		}
	}
	return slices.Sorted(maps.Keys(nowhere)), slices.Sorted(maps.Keys(strangers))
}

// book keeps a confirmed reservation of a desk that there is, in the time that is kept.
func (h *house) book(r reservations.Reservation) {
	i, known := h.places[r.Desk]
	if !known || !r.Overlaps(h.window) {
		return
	}
	d := &h.desks[i]
	at, _ := slices.BinarySearchFunc(d.Booked, r, reservations.InCalendarOrder)
	d.Booked, h.until[i], h.of[r.ID] = slices.Insert(d.Booked, at, r), 0, i
}

// stand works out how those desks stand at now that may stand otherwise than before, and
// reports whether any does.
func (h *house) stand(now time.Time) (moved bool) {
	back := now.Before(h.at)
	h.at = now
	for i, until := range h.until {
		if until > now.UnixNano() && !back {
			continue
		}
		n, until := standing(h.desks[i], now)
		h.until[i] = until.UnixNano()
		if alikeDesks(h.board[i], n) {
			continue
		}
		h.board[i], moved = n, true
	}
	h.differs = h.differs || moved
	return moved || h.differs
}

// standing is how d stands at now, and until when at least.
func standing(d board.Standing, now time.Time) (*board.Desk, time.Time) {
	beyond := now.Add(readAgain) // then all is read again
	for i, r := range d.Booked {
		if !r.Start.Before(now.Add(shownAhead)) {
			d.Booked, beyond = d.Booked[:i], reservations.Earliest(beyond, r.Start.Add(1-shownAhead))
			break
		}
	}
	n := d.At(now)
	if until := n.Stands(now); !until.IsZero() {
		beyond = reservations.Earliest(beyond, until)
	}
	return &n, beyond
}

// alikeDesks reports whether two states of a desk look the same. When a phone was asked
// last is shown where it said nothing.
func alikeDesks(a, b *board.Desk) bool {
	at, bt := a.Phone, b.Phone
	if at.Known && bt.Known {
		at.At, bt.At = time.Time{}, time.Time{}
	}
	return at == bt && a.State == b.State && a.Problem == b.Problem && a.CallList == b.CallList && a.InCall == b.InCall && same(a.Booking, b.Booking) && same(a.Next, b.Next)
}

func same(a, b *reservations.Reservation) bool {
	return a == b || a != nil && b != nil && *a == *b
}
