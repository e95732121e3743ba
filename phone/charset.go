package phone

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// Charset is one of the two encodings that phones read. The zero value is UTF-8.
type Charset int

// The charsets. Phones of the 7900 series may accept ISO-8859-1 alone; every
// later one reads UTF-8 when the document says so.
const (
	UTF8 Charset = iota
	Latin1
)

// String is the name as it stands in a Content-Type.
func (c Charset) String() string {
	if c == Latin1 {
		return "ISO-8859-1"
	}
	return "UTF-8"
}

// Negotiate chooses the charset for a phone that sent this Accept-Charset:
// ISO-8859-1 if that is accepted and UTF-8 is not, UTF-8 in all other cases.
func Negotiate(acceptCharset string) Charset {
	latin1 := false
	for part := range strings.SplitSeq(acceptCharset, ",") {
		name, params, _ := strings.Cut(part, ";")
		if refused(params) {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "utf-8", "utf8", "*":
			return UTF8
		case "iso-8859-1", "latin1", "iso_8859-1":
			latin1 = true
		}
	}
	if latin1 {
		return Latin1
	}
	return UTF8
}

// refused reports whether the parameters of a charset give it no weight.
func refused(params string) bool {
	value, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
	if !found {
		return false
	}
	q, err := strconv.ParseFloat(value, 64)
	return err == nil && q == 0
}

// latin writes what ISO-8859-1 does not have in its own letters.
var latin = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", 'ʼ': "'", '‹': "<", '›': ">",
	'“': `"`, '”': `"`, '„': `"`, '″': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-",
	'…': "...", '•': "-", '‣': "-", '→': "->", '←': "<-", '€': "EUR", '™': "(TM)", '№': "No.",
	'\u2002': " ", '\u2003': " ", '\u2009': " ", '\u202f': " ", '\u200b': "", '\u200c': "", '\u200d': "", '\ufeff': "",
	'Œ': "OE", 'œ': "oe", 'Ł': "L", 'ł': "l", 'Đ': "D", 'đ': "d", 'ı': "i", 'Ħ': "H", 'ħ': "h",
	'Ŋ': "N", 'ŋ': "n", 'ĸ': "k", 'Ŧ': "T", 'ŧ': "t", 'ẞ': "SS", 'ſ': "s", 'ƒ': "f",
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl", 'Ĳ': "IJ", 'ĳ': "ij",
}

// transliterate returns r in ISO-8859-1, and false with a question mark if that has
// nothing for it. A combining mark that could not be composed goes without a word.
func transliterate(r rune) (string, bool) {
	if r <= unicode.MaxLatin1 {
		return string(r), true
	}
	if s, known := latin[r]; known {
		return s, true
	}
	if unicode.Is(unicode.Mn, r) {
		return "", true
	}
	base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r))) // the letter comes before its marks
	if base <= unicode.MaxLatin1 && unicode.IsPrint(base) {
		return string(base), true
	}
	if s := unidecode.Unidecode(string(r)); s != "" {
		return s, true // of another script
	}
	return "?", false
}

// Transliterate returns text as [Encode] sends it in ISO-8859-1: what that does not have
// is written in its letters, or as a question mark.
func Transliterate(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		one, _ := transliterate(r)
		b.WriteString(one)
	}
	return b.String()
}

// toLatin1 encodes s, which has no other characters, in ISO-8859-1.
func toLatin1(s string) []byte {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r)) //nolint:gosec // clean leaves no others
	}
	return b
}
