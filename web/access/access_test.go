package access

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"deskd/reservations"
)

// What each role may do, with everything in its scopes: written down a second time, as people
// read it, so that neither of the two changes by mistake.
func TestWhoMayWhat(t *testing.T) {
	want := map[reservations.Role]map[Action]Reach{
		employee: {SeeDesks: All, SeeEvents: All, SeeNames: Own, SeePeople: Own, SeeReservations: Own, Book: Own},
		delegate: {SeeDesks: All, SeeEvents: All, SeeNames: All, SeePeople: All, SeeReservations: All, Book: All},
		facilities: {
			SeeDesks: All, SeeEvents: All, SeeNames: All, SeePeople: All, SeeReservations: All, SeePhones: All, SeeFeeds: All, SeeClusters: All, SeeStatistics: All, SeeTokens: All,
			Book: All, Overrule: All, Close: All, AnswerFeeds: All, GrantTokens: All,
		},
		telephony: {
			SeeDesks: All, SeeEvents: All, SeeNames: All, SeePeople: All, SeeReservations: All, SeePhones: All, SeeFeeds: All, SeeClusters: All, SeeStatistics: All, SeeTokens: All,
			AnswerFeeds: All, Operate: All, GrantTokens: All,
		},
		auditor: {SeeDesks: All, SeeEvents: All, SeeNames: All, SeePeople: All, SeeReservations: All, SeePhones: All, SeeFeeds: All, SeeClusters: All, SeeStatistics: All, SeeTokens: All, SeeAudit: All},
	}
	for _, role := range append(slices.Clone(reservations.Roles), "janitor", "") {
		for _, what := range actions() {
			who := Asker{"t", "jane", role, reservations.Scopes}
			if got := ReachOf(who, what); got != want[role][what] {
				t.Errorf("%s may %s: %d, want %d", role, what, got, want[role][what])
			}
		}
	}
}

// actions are those of the table, and one that there is not.
func actions() []Action {
	all := []Action{"fly"}
	for what := range table {
		all = append(all, what)
	}
	return all
}

// Whatever a token may do, its scope allows, its role allows, and nobody else's things are
// reached by one whose reach is its own; a program has nothing of its own.
func TestDeniedByDefault(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		scopes := rapid.SliceOfDistinct(rapid.SampledFrom(reservations.Scopes), rapid.ID).Draw(r, "scopes")
		who := Asker{"t", rapid.SampledFrom([]string{"", "jane", "JANE"}).Draw(r, "person"), rapid.SampledFrom(append(slices.Clone(reservations.Roles), "")).Draw(r, "role"), scopes}
		what, of := rapid.SampledFrom(actions()).Draw(r, "action"), rapid.SampledFrom([]string{"", "jane", "max"}).Draw(r, "of")
		if !Allows(who, what, of) {
			return
		}
		row, known := table[what]
		if !known || !slices.Contains(scopes, row.scope) || row.reach[who.Role] == Nothing {
			r.Fatalf("%v may %s", who, what)
		}
		if row.reach[who.Role] == Own && (of != "jane" || who.Person == "") {
			r.Fatalf("%v may %s with what is of %q", who, what, of)
		}
	})
}

// Nobody makes a token that may do more than they.
func TestMayGrant(t *testing.T) {
	admin := Asker{"t", "", facilities, []reservations.Scope{reservations.ScopeRead, reservations.ScopeAdmin}}
	for name, c := range map[string]struct {
		who  Asker
		made reservations.Token
		want bool
	}{
		"what it may itself":               {admin, reservations.Token{Role: facilities, Scopes: []reservations.Scope{reservations.ScopeRead}}, true},
		"an employee's":                    {admin, reservations.Token{Role: employee, Person: "jane", Scopes: []reservations.Scope{reservations.ScopeRead}}, true},
		"a scope that it has not":          {admin, reservations.Token{Role: facilities, Scopes: []reservations.Scope{reservations.ScopeWrite}}, false},
		"another role":                     {admin, reservations.Token{Role: telephony, Scopes: []reservations.Scope{reservations.ScopeRead}}, false},
		"the role that a person may get":   {admin, reservations.Token{Person: "jane", Scopes: []reservations.Scope{reservations.ScopeRead}}, false},
		"of one without the scope":         {Asker{"t", "", facilities, []reservations.Scope{reservations.ScopeRead}}, reservations.Token{Role: employee, Scopes: []reservations.Scope{reservations.ScopeRead}}, false},
		"of one whose role makes no token": {Asker{"t", "", auditor, reservations.Scopes}, reservations.Token{Role: auditor, Scopes: []reservations.Scope{reservations.ScopeRead}}, false},
	} {
		if got := MayGrant(c.who, c.made); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
