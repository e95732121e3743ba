package records

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/scheduler/plan"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// Attempt is what was done at a phone, or held.
type Attempt struct {
	ID      int64     `json:"id"`
	Began   time.Time `json:"began"`
	Op      string    `json:"op"`
	Cluster string    `json:"cluster"`
	Desk    string    `json:"desk"`
	Device  string    `json:"device"`
	Person  string    `json:"person,omitempty"`
	Outcome string    `json:"outcome"`
	Cause   string    `json:"cause"`
	Why     string    `json:"why"`
	Error   string    `json:"error,omitempty"`
	// CallList is what became of the phone's list of calls after a logout.
	CallList string `json:"call_list,omitempty"`
}

// Header implements [rest.Row].
func (Attempt) Header() []string {
	return []string{"id", "began", "op", "cluster", "desk", "device", "person", "outcome", "cause", "why", "error", "call_list"}
}

// Cells implements [rest.Row].
func (t Attempt) Cells() []string {
	return []string{strconv.FormatInt(t.ID, 10), rest.Instant(t.Began), t.Op, t.Cluster, t.Desk, t.Device, t.Person, t.Outcome, t.Cause, t.Why, t.Error, t.CallList}
}

// AttemptOf is an attempt for programs.
func AttemptOf(t plan.Attempt) Attempt {
	return Attempt{t.ID, t.Began, string(t.Op), t.Cluster, t.Desk, t.Device, t.Person, string(t.Outcome), string(t.Cause), t.Why, t.Error, t.CallList}
}

// Past is what a list of the past is narrowed by.
type Past struct {
	rest.Paged
	From time.Time `query:"from"`
	To   time.Time `query:"to"`
}

// newest is the key of what is listed with the newest first.
func newest(at time.Time, id int64) string {
	return fmt.Sprintf("%s %020d", at.UTC().Format("2006-01-02T15:04:05.000"), id)
}

// filter narrows to what a page may hold: nothing newer than its cursor, and so many that
// some may share an instant with it.
func (q Past) filter() (view.Filter, error) {
	f := view.Filter{From: q.From, Until: q.To, Limit: q.Limit + 1}
	cursor, err := q.After()
	if err != nil || cursor == "" {
		return f, err
	}
	text, _, _ := strings.Cut(cursor, " ")
	at, err := time.Parse("2006-01-02T15:04:05.000", text)
	if err != nil {
		return f, rest.Invalid("cursor: it is none that a list has given")
	}
	f.Until, f.Limit = at.Add(time.Millisecond), q.Limit+500
	return f, nil
}

type askAttempts struct {
	Past
	Desk string `query:"desk" maxLength:"200"`
}

func (r records) listAttempts(ctx context.Context, q *askAttempts) (*rest.Listed[Attempt], error) {
	return r.attempts(ctx, q, r.View.ListAttempts)
}

func (r records) listDrift(ctx context.Context, q *askAttempts) (*rest.Listed[Attempt], error) {
	return r.attempts(ctx, q, r.View.ListDrift)
}

func (r records) attempts(ctx context.Context, q *askAttempts, read func(context.Context, view.Filter) ([]plan.Attempt, error)) (*rest.Listed[Attempt], error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	f.Desk = q.Desk
	found, err := read(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := Nothing(ctx, r.View, view.Place{Desk: q.Desk}, len(found)); err != nil {
		return nil, err
	}
	all := make([]Attempt, len(found))
	for i, t := range found {
		all[i] = AttemptOf(t)
	}
	key := func(t Attempt) string { return newest(t.Began, t.ID) }
	slices.SortFunc(all, func(x, y Attempt) int { return strings.Compare(key(y), key(x)) })
	return rest.List(q.Paged, rest.Sorted[Attempt]{All: all, Key: key, Down: true})
}
