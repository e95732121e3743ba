package records

import (
	"context"
	"slices"
	"strings"
	"time"

	"deskd/web/api/rest"
	"deskd/web/view"
)

// Notice is what someone was told on a phone without having asked, or was to be.
type Notice struct {
	Began       time.Time `json:"began" doc:"When it was told, or given up."`
	Kind        string    `json:"kind" enum:"before_end,moved,next"`
	Cluster     string    `json:"cluster"`
	Desk        string    `json:"desk"`
	Device      string    `json:"device"`
	Reservation string    `json:"reservation" doc:"Whose it is."`
	Due         time.Time `json:"due"`
	About       time.Time `json:"about,omitzero" doc:"The end that is told, or when the next person's booking begins."`
	Other       string    `json:"other,omitempty" doc:"The desk that the booking is on now, or the next person's booking."`
	Outcome     string    `json:"outcome" doc:"Empty while it is being told; sent, absent, someone else, refused, not sent, dropped or unknown."`
	Problem     string    `json:"problem,omitempty"`

	key string
}

// NoticeCalled is n, told from others of its instant by a key.
func NoticeCalled(key string, n Notice) Notice {
	n.key = key
	return n
}

// Header implements [rest.Row].
func (Notice) Header() []string {
	return []string{"began", "kind", "cluster", "desk", "device", "reservation", "due", "about", "other", "outcome", "problem"}
}

// Cells implements [rest.Row].
func (n Notice) Cells() []string {
	about := ""
	if !n.About.IsZero() {
		about = rest.Instant(n.About)
	}
	return []string{rest.Instant(n.Began), n.Kind, n.Cluster, n.Desk, n.Device, n.Reservation, rest.Instant(n.Due), about, n.Other, n.Outcome, n.Problem}
}

func (r records) listNotices(ctx context.Context, q *askAttempts) (*rest.Listed[Notice], error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	f.Desk = q.Desk
	all, err := r.Notices(ctx, f)
	if err != nil {
		return nil, err
	}
	key := func(n Notice) string { return n.Began.UTC().Format("2006-01-02T15:04:05.000") + " " + n.key }
	slices.SortFunc(all, func(x, y Notice) int { return strings.Compare(key(y), key(x)) })
	return rest.List(q.Paged, rest.Sorted[Notice]{All: all, Key: key, Down: true})
}

// Noticed reads what people were told on their phones.
type Noticed func(ctx context.Context, f view.Filter) ([]Notice, error)
