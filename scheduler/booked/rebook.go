package booked

import (
	"slices"

	"deskd/reservations"
)

// replace takes in all reservations, as they were read.
func (h *House) replace(booked []reservations.Reservation) {
	if h.all == nil {
		h.all = make(map[string]reservations.Reservation, len(booked))
	}
	var out, in []reservations.Reservation
	there := make(map[string]bool, len(booked))
	for _, r := range booked {
		there[r.ID] = true
		was, known := h.all[r.ID]
		switch {
		case known && was == r:
		case known:
			out, in = append(out, was), append(in, r)
		default:
			in = append(in, r)
		}
	}
	for id, was := range h.all {
		if !there[id] {
			out = append(out, was)
		}
	}
	h.exchange(out, in)
}

// rebook takes in the reservations of some ids, as far as there are any.
func (h *House) rebook(ids []string, rows []reservations.Reservation) {
	is := make(map[string]reservations.Reservation, len(rows))
	for _, r := range rows {
		if _, known := h.cluster[r.Desk]; known && r.Status == reservations.Confirmed && r.Overlaps(h.span) {
			is[r.ID] = r
		}
	}
	var out, in []reservations.Reservation
	for _, id := range ids {
		was, known := h.all[id]
		r, counts := is[id]
		if known && counts && was == r {
			continue
		}
		if known {
			out = append(out, was)
		}
		if counts {
			in = append(in, r)
		}
	}
	h.exchange(out, in)
}

// exchange takes reservations out, and others in.
func (h *House) exchange(out, in []reservations.Reservation) {
	if len(out)+len(in) == 0 {
		return
	}
	before := h.known.Calendar
	for _, r := range out {
		delete(h.all, r.ID)
	}
	for _, r := range in {
		h.all[r.ID] = r
	}
	h.known.Version++
	h.known.Calendar = before.With(out, in)
	desks := make(map[string]bool)
	for _, r := range slices.Concat(out, in) {
		desks[r.Desk] = true
		for _, other := range before.ByPerson()[reservations.PersonKey(r.Person)] { // when a login may go out depends on the person's others
			desks[other.Desk] = true
		}
	}
	last := h.known.rebooked[max(0, len(h.known.rebooked)-remembered+1):]
	h.known.rebooked = append(slices.Clip(last), rebooked{h.known.Version, desks})
}
