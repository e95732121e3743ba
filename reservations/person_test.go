package reservations_test

import (
	"testing"
	"unicode"

	"deskd/reservations"
)

// Two ids have the same key if they are the same person, and only then: of every
// letter there is, and of the ones that folds are known to disagree about.
func TestPersonKey(t *testing.T) {
	for r := rune(1); r < 0x20000; r++ { // no letter beyond has a case
		key := reservations.PersonKey("x" + string(r))
		for _, other := range []rune{unicode.ToLower(r), unicode.ToUpper(r), unicode.ToTitle(r), unicode.SimpleFold(r)} {
			a, b := "x"+string(r), "x"+string(other)
			if reservations.SamePerson(a, b) != (key == reservations.PersonKey(b)) {
				t.Errorf("%q and %q: the same person: %t, keys %q and %q", a, b, reservations.SamePerson(a, b), key, reservations.PersonKey(b))
			}
		}
	}
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"jsmith", "JSmith", true},
		{"jſmith", "jsmith", true}, // long s
		{"ΟΔΥΣΣΕΥΣ", "οδυσσευς", true},
		{"odysseus", "οδυσσευς", false},
		{"\u212aarl", "karl", true}, // the Kelvin sign
		{"İx", "ix", false},         // Unicode folds it in Turkish only
		{"İx", "i\u0307x", false},
		{"ıx", "ix", false},
		{"straße", "STRASSE", false},
		{"straße", "STRAẞE", true},
		{"Ǆ", "ǅ", true},
		{"jürgen", "JÜRGEN", true},
		{"ju\u0308rgen", "jürgen", false}, // like each other, see Likeness
	} {
		if got := reservations.SamePerson(c.a, c.b); got != c.same {
			t.Errorf("SamePerson(%q, %q) = %t", c.a, c.b, got)
		}
		if got := reservations.PersonKey(c.a) == reservations.PersonKey(c.b); got != c.same {
			t.Errorf("PersonKey(%q) == PersonKey(%q) is %t", c.a, c.b, got)
		}
	}
	for _, like := range [][2]string{{"İx", "ix"}, {"ju\u0308rgen", "JÜRGEN"}, {"jſmith", " JSMITH"}, {"\uff4aim", "jim"}} {
		if reservations.Likeness(like[0]) != reservations.Likeness(like[1]) {
			t.Errorf("%q and %q are not alike", like[0], like[1])
		}
	}
}
