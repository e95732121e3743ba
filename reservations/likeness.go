package reservations

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Likeness folds a user id further than [PersonKey]: ids that a phone system may
// take for one have equal ones. They differ at most in case (of every script), in
// how accents are put together, in the width of their letters (Unicode NFKC), or
// in blanks around them.
func Likeness(id string) string {
	for i := range len(id) {
		if id[i] >= utf8.RuneSelf {
			return strings.Map(leastLower, strings.TrimSpace(norm.NFKC.String(id)))
		}
	}
	return strings.ToLower(strings.TrimSpace(id))
}

// leastFold returns one and the same rune for all that fold to each other.
func leastFold(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least < utf8.RuneSelf {
		return unicode.ToLower(least)
	}
	return least
}

// leastLower folds further: a rune is like its lower case also where Unicode does
// not fold it, as the dotted capital I.
func leastLower(r rune) rune { return leastFold(unicode.ToLower(leastFold(r))) }
