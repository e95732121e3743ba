package records

import (
	"context"
	"slices"
	"strings"

	"deskd/web/access"
	"deskd/web/api/rest"
)

// Person is someone who can be logged in.
type Person struct {
	ID     string   `json:"person"`
	Name   string   `json:"name,omitempty"`
	Mail   []string `json:"mail,omitempty"`
	Groups []string `json:"groups,omitempty"`
	Role   string   `json:"role,omitempty"`
}

// Header implements [rest.Row].
func (Person) Header() []string { return []string{"person", "name", "mail", "groups", "role"} }

// Cells implements [rest.Row].
func (p Person) Cells() []string {
	return []string{p.ID, p.Name, strings.Join(p.Mail, ";"), strings.Join(p.Groups, ";"), p.Role}
}

func (r records) listPeople(ctx context.Context, q *rest.Paged) (*rest.Listed[Person], error) {
	found, err := r.View.Records.People(ctx)
	if err != nil {
		return nil, err
	}
	who, all := rest.AskerOf(ctx), []Person{}
	for _, p := range found {
		if access.Allows(who, access.SeePeople, p.ID) {
			all = append(all, Person{p.ID, p.Name, p.Mail, p.Groups, string(p.Role)})
		}
	}
	slices.SortFunc(all, func(x, y Person) int { return strings.Compare(x.ID, y.ID) })
	return rest.List(*q, rest.Sorted[Person]{All: all, Key: func(p Person) string { return p.ID }})
}
