package feed

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
)

// plannedEvent is an event of a desk's own day: no two of them overlap.
type plannedEvent struct{ day, hour, length int }

func (p plannedEvent) lines(uid string) string {
	return strings.Join([]string{
		"BEGIN:VEVENT", "UID:" + uid, fmt.Sprintf("DTSTART:202603%02dT%02d0000Z", p.day, p.hour), fmt.Sprintf("DURATION:PT%dH", p.length),
		"LOCATION:4.12", byJane, "END:VEVENT",
	}, "\r\n")
}

func stored(t *rapid.T, o Options, events []plannedEvent, uid func(int) string) []reservations.Reservation {
	lines := []string{"X-OF:test"}
	for i, e := range events {
		lines = append(lines, e.lines(uid(i)))
	}
	r, err := readText(wrap(lines...), o)
	if err != nil || len(r.Problems)+len(r.Unresolved) > 0 || len(r.Reservations) != len(events) {
		t.Fatalf("%v, %v, %v, %d of %d", err, r.Problems, r.Unresolved, len(r.Reservations), len(events))
	}
	for i := range r.Reservations {
		r.Reservations[i].ID = fmt.Sprint("row", i)
	}
	return r.Reservations
}

// What a feed books is known again by desk, person and time: one that invents
// UIDs at every fetch, or turns its order around, changes nothing, and one that
// moves an event updates that row alone.
func TestUIDChurnAndMoves(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var events []plannedEvent
		for day := range rapid.IntRange(1, 8).Draw(rt, "days") {
			events = append(events, plannedEvent{day + 2, rapid.IntRange(6, 14).Draw(rt, "hour"), rapid.IntRange(1, 4).Draw(rt, "length")})
		}
		rules := siteFeed()
		rules.Name = "x"
		o := Options{Window: spring(), Zone: berlin(t), Feed: rules, Directory: tables()}
		now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		have := stored(rt, o, events, func(i int) string { return fmt.Sprint("uid", i) })

		turned := make([]plannedEvent, len(events))
		for i, e := range events {
			turned[len(events)-1-i] = e
		}
		if c := reservations.Diff(have, stored(rt, o, turned, func(i int) string { return fmt.Sprint("new", i) }), now); !c.Empty() {
			rt.Fatalf("new UIDs change %+v", c)
		}

		at := rapid.IntRange(0, len(events)-1).Draw(rt, "moved")
		id := ""
		for _, h := range have {
			if h.UID == fmt.Sprint("uid", at) {
				id = h.ID
			}
		}
		events[at].day += 10
		c := reservations.Diff(have, stored(rt, o, events, func(i int) string { return fmt.Sprint("uid", i) }), now)
		if len(c.Update) != 1 || c.Update[0].ID != id || len(c.Add)+len(c.Drop) != 0 {
			rt.Fatalf("a move is %+v, not one update of %s", c, id)
		}
	})
}
