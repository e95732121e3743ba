package reservations

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// NameKey folds a name, so that texts people take for the same have equal keys:
// those that differ in case, in blanks, or in how accents are put together
// (Unicode NFC). It is empty for a text of blanks.
func NameKey(text string) string {
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(text), " ")))
}

// isAddress reports whether text has the form of a mail address.
func isAddress(text string) bool {
	at := strings.IndexByte(text, '@')
	return at > 0 && at < len(text)-1
}
