package reservations_test

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

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

// The key of a name is that of every way to write it, and user ids that are one
// person's have one.
func TestNameKey(t *testing.T) {
	for r := rune(1); r < 0x20000; r++ {
		alone := unicode.SimpleFold(r) == r && unicode.ToLower(r) == r && norm.NFD.IsNormalString(string(r)) && norm.NFC.IsNormalString(string(r))
		if alone || unicode.In(r, unicode.Cs, unicode.Zs, unicode.Hangul) {
			continue
		}
		one := "x" + string(r) + "y"
		key := reservations.NameKey(one)
		for _, other := range []rune{unicode.SimpleFold(r), unicode.ToLower(r)} {
			if got := reservations.NameKey("x" + string(other) + "y"); got != key {
				t.Errorf("%U and %U have the keys %q and %q", r, other, key, got)
			}
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if got := reservations.NameKey(form.String(one)); got != key {
				t.Errorf("%U taken apart or put together has the key %q, and %q", r, got, key)
			}
		}
		if got := reservations.NameKey(key); got != key {
			t.Errorf("the key of %U is %q, and of that %q", r, key, got)
		}
	}
	for text, want := range map[string]string{
		"": "", " \t\u00a0\u3000": "", "\u200b\u3164\ufe0f": "", " J  Doe\u00a0X ": "j doe x", "JSMITH": "jsmith", "jſmith": "jsmith", "\u212aarl": "karl",
		"ΟΔΥΣΣΕΥΣ": "οδυσσευσ", "οδυσσευς": "οδυσσευσ", "cafe\u0301": "caf\u00e9", "CAFÉ": "caf\u00e9", "Istanbul": "istanbul", "İstanbul": "istanbul", "Yıldız": "yıldız",
		"b\u00adoss\u200d": "boss", "\u200b D1": "d1", "STRAẞE": "straße",
	} {
		if got := reservations.NameKey(text); got != want {
			t.Errorf("the key of %q is %q, want %q", text, got, want)
		}
	}
}

// What differs in case alone has one spelling; what folds to the same otherwise has not.
func TestSameSpelling(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"jsmith", "JSmith", true}, {"zoë", "ZOË", true}, {"σ", "Σ", true}, {"", "", true}, {"a", "ab", false},
		{"jſmith", "jsmith", false}, {"JSMITH", "jſmith", false}, {"\u212aarl", "karl", false}, {"\u212b", "å", false}, {"ς", "σ", false}, {"ς", "Σ", false}, {"µ", "μ", false}, {"Ǆ", "ǆ", true},
	} {
		if reservations.SameSpelling(c.a, c.b) != c.same || reservations.SameSpelling(c.b, c.a) != c.same {
			t.Errorf("%q and %q: want %t", c.a, c.b, c.same)
		}
	}
}
