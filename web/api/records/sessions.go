package records

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

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

func (r records) listSessions(ctx context.Context, q *rest.Paged) (*rest.Listed[Session], error) {
	shown, err := r.Board(ctx)
	if err != nil {
		return nil, err
	}
	all := []Session{}
	for _, d := range shown.Desks {
		all = append(all, Session{d.Desk.ID, d.Desk.Device, d.Phone.Known, d.Phone.Person, d.Phone.Ours, d.Phone.Since, d.Phone.At})
	}
	slices.SortFunc(all, func(x, y Session) int { return strings.Compare(x.Desk, y.Desk) })
	return rest.List(*q, rest.Sorted[Session]{All: all, Key: func(s Session) string { return s.Desk }})
}
