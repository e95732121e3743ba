package reservations

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Person is someone who can be logged in on a phone. ID is the user id in the
// phone system (case-insensitive there, kept as written here); Mail holds every
// address a calendar may know the person by.
type Person struct {
	ID        string   `json:"person"`
	Mail      []string `json:"mail,omitempty"`
	Name      string   `json:"name,omitempty"`
	Aliases   []string `json:"aliases,omitempty"`   // what else calendars call the person; no two people share one, see [NameKey]
	Groups    []string `json:"groups,omitempty"`    // by which feeds may be allowed to book for them
	Role      Role     `json:"role,omitempty"`      // for those who ask over HTTP
	Profile   string   `json:"profile,omitempty"`   // device profile; empty means the phone system's default
	Protected bool     `json:"protected,omitempty"` // never logged in because of a feed
}

// userID matches what directories let in, without control characters.
var userID = regexp.MustCompile(`^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,128}$`)

// CheckUser reports why id cannot be a user id of the phone system.
func CheckUser(id string) error {
	if id != "" && strings.Trim(id, "+ ") == "" {
		return fmt.Errorf("person %q is not a user id: the phone system may mean nobody by plus signs alone", id)
	}
	if at := firstHidden(id, 0, ""); at >= 0 && userID.MatchString(id) {
		return checkLegible("person", id)
	}
	if !userID.MatchString(id) || strings.TrimSpace(id) != id || strings.ContainsAny(id, `<>"`) || strings.ContainsRune(id, '\ufffd') {
		return fmt.Errorf("person %q is not a user id: expected 1 to 128 letters, digits, inner blanks and signs other than <>\"", id)
	}
	return nil
}

// Check reports the first thing that makes p unusable.
func (p Person) Check() error {
	if err := CheckUser(p.ID); err != nil {
		return err
	}
	for what, text := range map[string]string{"name": p.Name, "profile": p.Profile} {
		if err := checkLegible(what, text); err != nil {
			return fmt.Errorf("person %s: %w", quoted(p.ID), err)
		}
	}
	for _, m := range p.Mail {
		if !isAddress(m) {
			return fmt.Errorf("person %q: mail %q is not an address", p.ID, m)
		}
		if err := checkLegible("mail", m); err != nil {
			return fmt.Errorf("person %s: %w", quoted(p.ID), err)
		}
	}
	for _, a := range p.Aliases {
		if NameKey(a) == "" || strings.ContainsAny(a, ";\n") {
			return fmt.Errorf("person %q: alias %q is empty, or has a semicolon or line break", p.ID, a)
		}
		if err := checkLegible("alias", a); err != nil {
			return fmt.Errorf("person %s: %w", quoted(p.ID), err)
		}
	}
	return p.checkGroups()
}

func (p Person) checkGroups() error {
	if err := p.Role.Check(); err != nil {
		return fmt.Errorf("person %q: %w", p.ID, err)
	}
	for _, g := range p.Groups {
		if NameKey(g) == "" || strings.ContainsAny(g, ";@\n") {
			return fmt.Errorf("person %q: group %q is empty, or has a semicolon, line break or @", p.ID, g)
		}
		if err := checkLegible("group", g); err != nil {
			return fmt.Errorf("person %s: %w", quoted(p.ID), err)
		}
	}
	return nil
}

// SamePerson reports whether a and b name the same user: the phone system
// compares user ids without regard to case. They have the same [PersonKey].
func SamePerson(a, b string) bool { return strings.EqualFold(a, b) }

// SameSpelling reports whether a and b differ at most in upper and lower case, letter
// by letter. User ids of one person can differ in more: a long s (ſ), the Kelvin sign
// and the final sigma (ς) fold to s, k and σ, and are others on the wire.
func SameSpelling(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) != len(y) {
		return false
	}
	for i, r := range x {
		pair := unicode.ToLower(r) == y[i] && unicode.ToUpper(y[i]) == r || unicode.ToUpper(r) == y[i] && unicode.ToLower(y[i]) == r
		if r != y[i] && !pair {
			return false
		}
	}
	return true
}

// PersonKey folds a user id so that equal people have equal keys, and others have
// not: by the simple folding of Unicode, in every script.
func PersonKey(id string) string {
	for i := range len(id) {
		if id[i] >= utf8.RuneSelf {
			return strings.Map(leastFold, id)
		}
	}
	return strings.ToLower(id)
}
