package records

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/web/api/rest"
)

// Entry is a row of the audit.
type Entry struct {
	ID    int64     `json:"id"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor" doc:"daemon, cli:NAME, token:ID, feed:NAME, or sql."`
	For   string    `json:"for,omitempty" doc:"The person of that token."`
	Verb  string    `json:"verb"`
	Kind  string    `json:"kind"`
	Item  string    `json:"item,omitempty"`
	What  any       `json:"what,omitempty" doc:"The columns as they were (was) and are (is)."`
}

// Header implements [rest.Row].
func (Entry) Header() []string {
	return []string{"id", "at", "actor", "for", "verb", "kind", "item", "what"}
}

// Cells implements [rest.Row].
func (e Entry) Cells() []string {
	what, _ := e.What.(json.RawMessage)
	return []string{strconv.FormatInt(e.ID, 10), rest.Instant(e.At), e.Actor, e.For, e.Verb, e.Kind, e.Item, string(what)}
}

func (r records) listAudit(ctx context.Context, q *Past) (*rest.Listed[Entry], error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	found, err := r.View.ListAudit(ctx, f)
	if err != nil {
		return nil, err
	}
	tokens, err := r.Tokens.List(ctx)
	if err != nil {
		return nil, err
	}
	people := make(map[string]string, len(tokens))
	for _, t := range tokens {
		people["token:"+t.ID] = t.Person
	}
	all := make([]Entry, len(found))
	for i, e := range found {
		all[i] = Entry{ID: e.ID, At: e.At, Actor: e.Actor, For: people[e.Actor], Verb: e.Verb, Kind: e.Kind, Item: e.Item}
		if e.What != nil {
			all[i].What = e.What
		}
	}
	key := func(e Entry) string { return newest(e.At, e.ID) }
	slices.SortFunc(all, func(x, y Entry) int { return strings.Compare(key(y), key(x)) })
	return rest.List(q.Paged, rest.Sorted[Entry]{All: all, Key: key, Down: true})
}
