package operate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/web/access"
	"deskd/web/api/records"
	"deskd/web/api/rest"
)

// TokenWish is a token as it is asked for.
type TokenWish struct {
	Scopes  []string  `json:"scopes" minItems:"1" maxItems:"4" nullable:"false" enum:"read,write,operate,admin"`
	Person  string    `json:"person,omitempty" maxLength:"128" doc:"Whose it is; none is a program's."`
	Role    string    `json:"role" enum:"employee,delegate,facilities,telephony,auditor" doc:"That of the token that asks, or employee."`
	Note    string    `json:"note,omitempty" maxLength:"500"`
	Expires time.Time `json:"expires,omitzero" doc:"Never, where none is given."`
}

// TokenMade is a token with its secret.
type TokenMade struct {
	records.Token
	Secret string `json:"secret" doc:"It is shown once."`
}

// granted is the answer of a token that was made.
type granted struct {
	Body TokenMade
}

func (o operations) grant(ctx context.Context, in *struct{ Body TokenWish }) (*granted, error) {
	now := o.Now()
	t := reservations.Token{Kind: reservations.TokenAPI, Person: in.Body.Person, Role: reservations.Role(in.Body.Role), Note: in.Body.Note, Expires: in.Body.Expires}
	for _, s := range in.Body.Scopes {
		t.Scopes = append(t.Scopes, reservations.Scope(s))
	}
	if err := t.Check(); err != nil {
		return nil, rest.Invalid(err.Error())
	}
	if !t.Counts(now) {
		return nil, rest.Invalid("expires: that is over already")
	}
	if !access.MayGrant(rest.AskerOf(ctx), t) {
		return nil, rest.NewProblem(http.StatusForbidden, "forbidden", "the token may not make one that may do what it may not itself, but for an employee's")
	}
	made, secret, err := o.Tokens.Create(ctx, t, now)
	if err != nil {
		return nil, err
	}
	return &granted{TokenMade{records.TokenOf(made), secret}}, nil
}

func (o operations) revoke(ctx context.Context, q *rest.One) (*rest.Got[records.Token], error) {
	t, err := o.Tokens.Revoke(ctx, q.ID, o.Now())
	if errors.Is(err, reservations.ErrToken) {
		return nil, rest.NewProblem(http.StatusNotFound, "not_found", "there is no such token")
	}
	if err != nil {
		return nil, err
	}
	return rest.Answer(records.TokenOf(t)), nil
}
