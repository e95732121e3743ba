package reservations

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Legible returns text on one line, with what cannot be seen in it written out as
// JSON escapes it: line breaks and tabs, the control characters that terminals
// obey (U+001B), those that turn the direction of what follows (U+202E), and other
// format characters. The joiners stay that scripts and pictures are spelt with. An
// ordinary text is returned as it is.
func Legible(text string) string { return legible(text, "") }

// LegibleLines is [Legible] for a text whose lines and columns are its writer's.
func LegibleLines(text string) string { return legible(text, "\n\t") }

func legible(text, besides string) string {
	hidden := func(r rune) bool { return unseen(r) && !strings.ContainsRune(besides, r) }
	at := strings.IndexFunc(text, hidden)
	if at < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // what is not UTF-8 as U+FFFD
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	return b.String()
}

// unseen tells the characters that cannot be seen, or that change how others are.
func unseen(r rune) bool {
	const joiner, nonJoiner = '\u200d', '\u200c'
	switch {
	case r < unicode.MaxASCII:
		return r < ' '
	case r == joiner, r == nonJoiner:
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// checkLegible reports the first character of text that cannot be seen, or that
// changes how others are. What says what the text is of: "the name of desk 4.12".
func checkLegible(what, text string) error {
	for i, r := range text {
		switch {
		case unseen(r):
			return fmt.Errorf("%s %q has the invisible character %U after %q: remove it", what, text, r, text[:i])
		case r == utf8.RuneError:
			return fmt.Errorf("%s %q is not UTF-8 after %q", what, text, text[:i])
		}
	}
	return nil
}

// CheckNote reports why text can be no reservation's note.
func CheckNote(text string) error { return checkLegible("note", text) }
