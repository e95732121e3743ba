package reservations

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NameKey folds a name, so that texts people take for the same have equal keys:
// those that differ in case (of every script), in blanks, in how accents are put
// together (Unicode NFC), or in what cannot be seen. It is empty for a text in which
// nothing is. User ids that [SamePerson] takes for one have one key; two people's can
// have one all the same, and then a text means who is spelled like it, or nobody.
func NameKey(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if isASCII(text) {
		return strings.ToLower(text)
	}
	text = norm.NFD.String(strings.Map(foldName, norm.NFC.String(text)))
	text = norm.NFC.String(strings.Map(foldName, text)) // an iota below folds to a letter
	return strings.Join(strings.Fields(text), " ")
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldName returns one and the same lower-case rune for all that fold to each other,
// and nothing for one that cannot be seen.
func foldName(r rune) rune {
	const dotlessI = 'ı' // whose upper case is that of another letter
	switch {
	case r == dotlessI:
		return r
	case unseen(r):
		return -1
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// isAddress reports whether text has the form of a mail address.
func isAddress(text string) bool {
	at := strings.IndexByte(text, '@')
	return at > 0 && at < len(text)-1
}
