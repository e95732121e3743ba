package feed

import (
	"testing"

	"deskd/reservations"
)

// A calendar means whom it spells exactly; else the one person whose key it has, and
// nobody where two share it, whichever comes first in the table.
func TestOneFold(t *testing.T) {
	people := []reservations.Person{
		{ID: "caf\u00e9", Protected: true}, {ID: "cafe\u0301"}, {ID: "a b", Protected: true}, {ID: "a  b"}, {ID: "jsmith"}, {ID: "j\u017fmith", Protected: true},
		{ID: "\u212aarl"}, {ID: "zo\u00eb", Mail: []string{"zo\u00eb@example.com", "jsmith"}}, {ID: "odysseu\u03c2"}, {ID: "max", Mail: []string{"\u017f@example.com"}}, {ID: "ida", Mail: []string{"s@example.com"}},
	}
	for range 2 {
		d := NewDirectory(nil, people)
		for text, want := range map[string]string{
			"caf\u00e9": "caf\u00e9", "cafe\u0301": "cafe\u0301", " caf\u00e9 ": "caf\u00e9", "CAF\u00c9": "", "Cafe\u0301": "",
			"a b": "a b", "a  b": "a  b", "A B": "", "a   b": "", "a\u00a0b": "",
			"jsmith": "jsmith", "j\u017fmith": "j\u017fmith", "JSMITH": "",
			"karl": "\u212aarl", "KARL": "\u212aarl", "\u212aARL": "\u212aarl", "ZOE\u0308": "zo\u00eb", "ZO\u00cb@EXAMPLE.COM": "zo\u00eb", "ODYSSEU\u03a3": "odysseu\u03c2", "odysseu\u03c3": "odysseu\u03c2",
			"ka\u200brl": "\u212aarl", "S@example.com": "", "nobody": "", "": "", "\u3164": "",
		} {
			if p, ok := d.Person(text); p.ID != want || ok != (want != "") {
				t.Errorf("%q is %q, %t; want %q", text, p.ID, ok, want)
			}
		}
		for i, j := 0, len(people)-1; i < j; i, j = i+1, j-1 {
			people[i], people[j] = people[j], people[i]
		}
	}
}
