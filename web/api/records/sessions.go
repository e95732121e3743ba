package records

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/scheduler/plan"
	"deskd/web/api/rest"
)

// Session is what was seen on a phone.
type Session struct {
	Desk   string    `json:"desk"`
	Device string    `json:"device"`
	Known  bool      `json:"known"`
	Person string    `json:"person,omitempty"`
	Ours   bool      `json:"ours" doc:"deskd has begun it."`
	Since  time.Time `json:"since,omitzero"`
	Seen   time.Time `json:"seen,omitzero"`
}

// Header implements [rest.Row].
func (Session) Header() []string {
	return []string{"desk", "device", "known", "person", "ours", "since", "seen"}
}

// Cells implements [rest.Row].
func (s Session) Cells() []string {
	return []string{s.Desk, s.Device, strconv.FormatBool(s.Known), s.Person, strconv.FormatBool(s.Ours), rest.Instant(s.Since), rest.Instant(s.Seen)}
}

// listSessions tells what any node would: the one that drives a cluster knows of a phone as soon as
// it was seen, and writes it down with the others of its sweep.
func (r records) listSessions(ctx context.Context, q *rest.Paged) (*rest.Listed[Session], error) {
	shown, err := r.Board(ctx)
	if err != nil {
		return nil, err
	}
	written, err := r.View.Records.Seen(ctx)
	if err != nil {
		return nil, err
	}
	newest := make(map[string]plan.Observation, len(written))
	for _, h := range written {
		newest[h.Device] = h
	}
	all := []Session{}
	for _, d := range shown.Desks {
		p := d.Phone
		if h, known := newest[d.Desk.Device]; known && !p.At.IsZero() && !h.At.Before(milli(p.At)) { // else nobody asks it
			p = h
		}
		all = append(all, Session{d.Desk.ID, d.Desk.Device, p.Known, p.Person, p.Ours, milli(p.Since), milli(p.At)})
	}
	slices.SortFunc(all, func(x, y Session) int { return strings.Compare(x.Desk, y.Desk) })
	return rest.List(*q, rest.Sorted[Session]{All: all, Key: func(s Session) string { return s.Desk }})
}

// milli is an instant as it is written down.
func milli(t time.Time) time.Time { return t.Truncate(time.Millisecond) }
