package reservations

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Role is what someone is to the building, for those who ask over HTTP. The empty role is
// that of an employee.
type Role string

// The roles.
const (
	// RoleEmployee books for themselves.
	RoleEmployee Role = "employee"
	// RoleDelegate books for others too: an assistant, a reception.
	RoleDelegate Role = "delegate"
	// RoleFacilities runs the desks: sees all bookings, and changes them.
	RoleFacilities Role = "facilities"
	// RoleTelephony runs the phones: pauses clusters, and sees what was done on them.
	RoleTelephony Role = "telephony"
	// RoleAuditor sees everything and changes nothing.
	RoleAuditor Role = "auditor"
)

// Roles are all roles, in the order in which people are told them.
var Roles = []Role{RoleEmployee, RoleDelegate, RoleFacilities, RoleTelephony, RoleAuditor}

// Check reports why r is no role. ” is one.
func (r Role) Check() error {
	if r == "" || slices.Contains(Roles, r) {
		return nil
	}
	return fmt.Errorf("role %q: employee, delegate, facilities, telephony or auditor", string(r))
}

// Scope is what a token may be used for, by any holder.
type Scope string

// The scopes.
const (
	ScopeRead    Scope = "read"    // see
	ScopeWrite   Scope = "write"   // book
	ScopeOperate Scope = "operate" // answer feeds, pause and resume clusters
	ScopeAdmin   Scope = "admin"   // make and revoke tokens
)

// Scopes are all scopes, in the order in which they are written.
var Scopes = []Scope{ScopeRead, ScopeWrite, ScopeOperate, ScopeAdmin}

// ParseScopes reads scopes with a comma or a blank between two, each once, in the order of
// [Scopes].
func ParseScopes(text string) ([]Scope, error) {
	asked := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	if len(asked) == 0 {
		return nil, errors.New("no scope: read, write, operate or admin")
	}
	for _, name := range asked {
		if !slices.Contains(Scopes, Scope(name)) {
			return nil, fmt.Errorf("scope %q: read, write, operate or admin", name)
		}
	}
	return slices.DeleteFunc(slices.Clone(Scopes), func(s Scope) bool { return !slices.Contains(asked, string(s)) }), nil
}

// ScopesText is scopes as they are stored, with a blank between two.
func ScopesText(scopes []Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}

// TokenKind is what a token opens.
type TokenKind string

// The kinds.
const (
	TokenAPI      TokenKind = "api"
	TokenCalendar TokenKind = "calendar" // that people subscribe to
)

// Token is with what a program, or a person, may ask deskd over HTTP, without its secret.
type Token struct {
	ID      string    `json:"id"`
	Kind    TokenKind `json:"kind"`
	Scopes  []Scope   `json:"scopes,omitempty"`
	Person  string    `json:"person,omitempty"` // who asks; '' is a program
	Role    Role      `json:"role,omitempty"`   // '' is that of the person
	Shows   string    `json:"shows,omitempty"`  // what a calendar shows, such as desk=4.12
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"` // who made it
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Used    time.Time `json:"used,omitzero"`    // last, to the hour
	Revoked time.Time `json:"revoked,omitzero"`
}

// Check reports the first thing that makes t unusable.
func (t Token) Check() error {
	if err := errors.Join(t.Role.Check(), CheckNote(t.Note)); err != nil {
		return err
	}
	switch t.Kind {
	case TokenAPI:
		_, err := ParseScopes(ScopesText(t.Scopes))
		if err == nil && t.Person == "" && t.Role == "" {
			err = errors.New("a token of no person needs a role")
		}
		return err
	case TokenCalendar:
		if t.Shows == "" {
			return errors.New("a token of a calendar needs what it shows")
		}
		return checkLegible("what it shows", t.Shows)
	}
	return fmt.Errorf("kind %q: api or calendar", string(t.Kind))
}

// Counts reports whether t opens anything at now.
func (t Token) Counts(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// ErrToken says that a token is unknown, revoked or expired: which of these is nobody's
// business who does not have it.
var ErrToken = errors.New("there is no such token, or it does not count any more")
