package reservations

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Legible returns text on one line, with what cannot be seen in it written out as
// JSON escapes it: line breaks and tabs, the control characters that terminals
// obey (U+001B), those that turn the direction of what follows (U+202E), letters and
// marks that are blank (U+3164, U+FE0F), and other format characters. Joiners and
// variation selectors stay where scripts and pictures are spelt with them; blanks are
// seen. An ordinary text is returned as it is.
func Legible(text string) string { return legible("", text, "") }

// LegibleLines is [Legible] for a text whose lines and columns are its writer's.
func LegibleLines(text string) string { return legible("", text, "\n\t") }

// LegibleAfter is [LegibleLines] for what follows before, of whose end it depends
// whether a joiner at the beginning of text can be seen.
func LegibleAfter(before, text string) string { return legible(before, text, "\n\t") }

func legible(before, text, besides string) string {
	all := before + text
	if firstHidden(all, len(before), besides) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range all { // what is not UTF-8 as U+FFFD
		switch {
		case i < len(before):
		case !hidden(all, i, r) || strings.ContainsRune(besides, r):
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

// firstHidden is where the first character of text is, from there on, that cannot be
// seen, besides those given; -1 for nowhere.
func firstHidden(text string, from int, besides string) int {
	for i, r := range text {
		if i >= from && hidden(text, i, r) && !strings.ContainsRune(besides, r) {
			return i
		}
	}
	return -1
}

// hidden reports whether the character r that text has at i cannot be seen there, or
// changes how others are.
func hidden(text string, i int, r rune) bool {
	if r < unicode.MaxASCII {
		return r < ' '
	}
	return unseen(r) && !spells(text[:i], r, text[i+utf8.RuneLen(r):])
}

// blanks are the characters that Unicode does not say are ignorable, and that show
// nothing: the braille pattern without dots, the filler of Khitan, and a note's head
// that is none.
var blanks = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x16fe4, Hi: 0x16fe4, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
}

// unseen tells the characters that cannot be seen, or that change how others are:
// controls and format characters, and what has the property Default_Ignorable_Code_Point
// (UAX 44), which is letters and marks as well, or is blank like them.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Variation_Selector, unicode.Noncharacter_Code_Point, blanks)
}

// spells reports whether r belongs where it is, between before and after: a joiner
// between letters of a script that joins them or in a picture, a variation selector
// behind what has variants. Elsewhere they change nothing that can be seen.
func spells(before string, r rune, after string) bool {
	const joiner, nonJoiner, picture, keycap = '\u200d', '\u200c', '\ufe0f', '\u20e3'
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case r == joiner && last == picture, r == joiner && isPicture(last):
		return isPicture(next)
	case r == joiner, r == nonJoiner:
		return joins(last) && joins(next)
	case r == picture && next == keycap:
		return strings.ContainsRune("0123456789#*", last)
	case varies(r):
		return isPicture(last) || unicode.In(last, unicode.Han, unicode.Mongolian, unicode.Myanmar, unicode.Phags_Pa, unicode.Manichaean)
	}
	return false
}

// Depends reports whether it depends on the character behind r if r can be seen.
func Depends(r rune) bool { return unicode.Is(unicode.Join_Control, r) || varies(r) }

func varies(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// isPicture reports whether r may be part of an emoji, or of a sign that has two forms.
func isPicture(r rune) bool {
	return r > unicode.MaxASCII && r != utf8.RuneError && unicode.In(r, unicode.So, unicode.Sk, unicode.Sm, unicode.Po, unicode.Pd) && !unseen(r)
}

// joins reports whether r is of a script whose letters change beside a joiner.
func joins(r rune) bool {
	return r > unicode.MaxASCII && unicode.In(r, unicode.L, unicode.M) && !unseen(r) &&
		!unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Hebrew,
			unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Inherited)
}

// checkLegible reports the first character of text that cannot be seen, or that
// changes how others are. What says what the text is of: "the name of desk 4.12".
func checkLegible(what, text string) error {
	if at := firstHidden(text, 0, ""); at >= 0 {
		r, _ := utf8.DecodeRuneInString(text[at:])
		return fmt.Errorf("%s %s has the invisible character %U after %q: remove it", what, quoted(text), r, text[:at])
	}
	for i, r := range text {
		if r == utf8.RuneError {
			return fmt.Errorf("%s %q is not UTF-8 after %q", what, text, text[:i])
		}
	}
	return nil
}

// quoted is text as %q prints it, and legible.
func quoted(text string) string { return Legible(strconv.Quote(text)) }

// Cell is text as a spreadsheet shows it and does not calculate it: legible, and behind an
// apostrophe where it would be taken for a formula. A number stays one. [FromCell] undoes it.
func Cell(text string) string {
	text = Legible(text)
	if formula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// FromCell is what [Cell] was given, but for what nobody could read.
func FromCell(cell string) string {
	if text, ok := strings.CutPrefix(cell, "'"); ok && formula(strings.TrimLeft(text, "'")) {
		return text
	}
	return cell
}

// formula reports whether a spreadsheet would calculate text.
func formula(text string) bool {
	if text == "" || !strings.ContainsAny(text[:1], "=+-@\t\r") {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err != nil
}

// CheckNote reports why text can be no reservation's note.
func CheckNote(text string) error { return checkLegible("note", text) }
