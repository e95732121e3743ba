package emapi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unixLines makes every line end a line feed; XML 1.0, section 2.11.
func unixLines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return lineEnds.Replace(text)
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// legalRune reports whether XML 1.0 allows r at all (section 2.2).
func legalRune(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return utf8.ValidRune(r)
}

// legal reports whether text is UTF-8 and holds only what XML 1.0 allows.
func legal(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return utf8.ValidString(text) && !strings.Contains(text, "\uFFFE") && !strings.Contains(text, "\uFFFF")
}

// unescape resolves the references in raw and its line ends. There are XML's
// own five entities and no others.
func (s *scanner) unescape(raw string) (string, error) {
	out := s.scratch[:0]
	for {
		before, after, found := strings.Cut(raw, "&")
		out = append(out, unixLines(before)...)
		if !found {
			s.scratch = out
			return string(out), nil
		}
		name, rest, ended := strings.Cut(after, ";")
		if !ended {
			return "", errors.New("a reference without end")
		}
		r, err := resolve(name)
		if err != nil {
			return "", err
		}
		out = utf8.AppendRune(out, r)
		raw = rest
	}
}

// resolve returns the character that the reference &name; stands for.
func resolve(name string) (rune, error) {
	switch name {
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "amp":
		return '&', nil
	case "apos":
		return '\'', nil
	case "quot":
		return '"', nil
	}
	digits, numeric := strings.CutPrefix(name, "#")
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if !numeric || err != nil || n > unicode.MaxRune || !legalRune(rune(n)) {
		return 0, fmt.Errorf("the reference %q, which is none of XML's own", clip(name))
	}
	return rune(n), nil
}
