package events

import (
	"encoding/json"
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/scheduler/plan/board"
	"deskd/web/access"
	"deskd/web/api/rest"
)

// event is a change, as it is told to those who may know all of it, and to others.
type event struct {
	id     int64
	action access.Action // that lets one know all of it
	people []string      // whose it is; none: nobody's
	full   []byte
	former []string // whose it was before
	gone   []byte   // for them: that it is theirs no more
	less   []byte   // for those who see desks; nil: nothing
}

// told is the event as someone may know it, nil where they may not.
func (e event) told(who access.Asker) []byte {
	allowed := func(p string) bool { return access.Allows(who, e.action, p) }
	if allowed("") || slices.ContainsFunc(e.people, allowed) {
		return e.full
	}
	if slices.ContainsFunc(e.former, allowed) {
		return e.gone
	}
	if access.ReachOf(who, access.SeeDesks) == access.Nothing {
		return nil
	}
	return e.less
}

// written is an event as it is sent.
func written(id int64, kind string, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil {
		text = []byte("{}") // never: they are texts and numbers
	}
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", id, kind, text)
}

// about is what is changed, for programs.
type about struct {
	ID     string `json:"id,omitempty"`
	Desk   string `json:"desk,omitempty"`
	Person string `json:"person,omitempty"`
	Name   string `json:"name,omitempty"`
	Start  string `json:"start,omitempty"`
	End    string `json:"end,omitempty"`
	Status string `json:"status,omitempty"`
}

// ofDesks is that something has changed at desks.
func ofDesks(id int64, desks []string) (text []byte) {
	for _, d := range desks {
		text = append(text, written(id, "desk", about{Desk: d})...)
	}
	return text
}

// everything is that anything may have changed.
func everything(id int64) event {
	text := fmt.Appendf(nil, "id: %d\nevent: all\ndata: {}\n\n", id)
	return event{id: id, action: access.SeeEvents, full: text, less: text}
}

// eventOf is a change; now are the bookings as they are, by id.
func eventOf(c reservations.Changed, now map[string]reservations.Reservation) (e event, tell bool) {
	named := func(what access.Action) event {
		return event{id: c.ID, action: what, full: written(c.ID, c.Kind, about{Name: c.Item})}
	}
	switch c.Kind {
	case "reservation":
		return bookingEvent(c, now), true
	case "desk":
		text := ofDesks(c.ID, []string{c.Item})
		return event{id: c.ID, action: access.SeeDesks, full: text}, true
	case "closure":
		return event{id: c.ID, action: access.SeeDesks, full: written(c.ID, c.Kind, about{ID: c.Item})}, true
	case "person":
		return event{id: c.ID, action: access.SeePeople, people: []string{c.Item}, full: written(c.ID, c.Kind, about{Person: c.Item})}, true
	case "feed":
		return named(access.SeeFeeds), true
	case "cluster":
		return named(access.SeeClusters), true
	}
	return e, false
}

func bookingEvent(c reservations.Changed, now map[string]reservations.Reservation) event {
	removed := written(c.ID, c.Kind, about{ID: c.Item, Status: "removed"})
	r, there := now[c.Item]
	if !there {
		return event{id: c.ID, action: access.SeeReservations, people: c.People, full: removed, less: ofDesks(c.ID, c.Desks)}
	}
	is := about{r.ID, r.Desk, r.Person, "", rest.Instant(r.Start), rest.Instant(r.End), string(r.Status)}
	return event{
		id: c.ID, action: access.SeeReservations, people: []string{r.Person}, full: written(c.ID, c.Kind, is),
		former: c.People, gone: removed, less: ofDesks(c.ID, with(c.Desks, r.Desk)),
	}
}

func with(set []string, one string) []string {
	if one == "" || slices.Contains(set, one) {
		return set
	}
	return append(slices.Clone(set), one)
}

// session is what was seen on a phone, for programs.
type session struct {
	Desk   string `json:"desk"`
	Known  bool   `json:"known"`
	Person string `json:"person,omitempty"`
	Ours   bool   `json:"ours"`
}

// seen is what of a desk is told when it changes.
type seen struct {
	session
	state board.State
}

func seenOf(d *board.Desk) seen {
	return seen{session{d.Desk.ID, d.Phone.Known, d.Phone.Person, d.Phone.Ours}, d.State}
}

// deskEvent is what has become of a desk that stood otherwise before.
func deskEvent(id int64, was, is seen) event {
	less := ofDesks(id, []string{is.Desk})
	if was.session == is.session {
		return event{id: id, action: access.SeeDesks, full: less}
	}
	nameless := is.session
	nameless.Person = ""
	return event{
		id: id, action: access.SeeNames, people: []string{is.Person}, full: written(id, "session", is.session),
		former: []string{was.Person}, gone: written(id, "session", nameless), less: less,
	}
}
