package records

import (
	"context"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// Token is a token without its secret.
type Token struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Scopes  string    `json:"scopes"`
	Person  string    `json:"person,omitempty"`
	Role    string    `json:"role,omitempty"`
	Shows   string    `json:"shows,omitempty"`
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"used,omitzero" doc:"To the hour."`
	Revoked time.Time `json:"revoked,omitzero"`
}

// Header implements [rest.Row].
func (Token) Header() []string {
	return []string{"id", "kind", "scopes", "person", "role", "shows", "note", "by", "created", "expires", "used", "revoked"}
}

// Cells implements [rest.Row].
func (t Token) Cells() []string {
	return []string{t.ID, t.Kind, t.Scopes, t.Person, t.Role, t.Shows, t.Note, t.By, rest.Instant(t.Created), rest.Instant(t.Expires), rest.Instant(t.Used), rest.Instant(t.Revoked)}
}

// TokenOf is a token for programs.
func TokenOf(t reservations.Token) Token {
	return Token{t.ID, string(t.Kind), reservations.ScopesText(t.Scopes), t.Person, string(t.Role), t.Shows, t.Note, t.By, t.Created, t.Expires, t.Used, t.Revoked}
}

func (r records) listTokens(ctx context.Context, q *rest.Paged) (*rest.Listed[Token], error) {
	found, err := r.Tokens.List(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Token, len(found))
	for i, t := range found {
		all[i] = TokenOf(t)
	}
	slices.SortFunc(all, func(x, y Token) int { return strings.Compare(x.ID, y.ID) })
	return rest.List(*q, rest.Sorted[Token]{All: all, Key: func(t Token) string { return t.ID }})
}
