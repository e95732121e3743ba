package emapi

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	deviceName = regexp.MustCompile(`^[A-Z]{3,4}[0-9A-F]{12}$`)
	// named matches a user id or profile: what directories let in, without
	// control characters and without markup, which no id has.
	named = regexp.MustCompile(`^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,128}$`)
	// encodedID matches what a form encoder can have written: everything else
	// it would have escaped.
	encodedID = regexp.MustCompile(`^(?:[A-Za-z0-9.*_~+-]|%[0-9A-Fa-f]{2})*$`)
)

// markupSigns would travel, escaped; an id with one of them was made from markup.
const markupSigns = `<>"`

func checkDevice(pattern *regexp.Regexp, name string) error {
	if !pattern.MatchString(name) {
		return fmt.Errorf("%w: device name %q does not match %s", ErrBadName, name, pattern)
	}
	if err := exact(name); err != nil {
		return fmt.Errorf("%w: device name %q %w", ErrBadName, name, err)
	}
	return nil
}

func checkUser(id string) error {
	if id != "" && strings.Trim(id, "+ ") == "" {
		return fmt.Errorf("%w: user id %q has nothing but plus signs, which a reply may mean as blanks: as nobody", ErrBadName, id)
	}
	if !named.MatchString(id) || strings.ContainsAny(id, markupSigns) || exact(id) != nil {
		return fmt.Errorf("%w: user id %q is not 1 to 128 letters, digits, inner blanks and signs other than %s", ErrBadName, id, markupSigns)
	}
	return nil
}

func checkProfile(name string) error {
	if !named.MatchString(name) || strings.ContainsAny(name, markupSigns) || exact(name) != nil {
		return fmt.Errorf("%w: device profile %q is not 1 to 128 letters, digits, inner blanks and signs other than %s", ErrBadName, name, markupSigns)
	}
	return nil
}

// inexact is why a text would not arrive byte by byte.
type inexact string

func (e inexact) Error() string { return string(e) }

// exact returns why text might not arrive as it is, nil if it will. An encoder
// that replaces what it cannot carry, or a server that trims what it reads,
// would name another person.
func exact(text string) error {
	switch {
	case text == "":
		return inexact("is empty")
	case !utf8.ValidString(text): // which half a surrogate pair is not, either
		return inexact("is not UTF-8")
	case strings.TrimSpace(text) != text:
		return inexact("begins or ends with a blank")
	case strings.ContainsFunc(text, unsendable):
		return inexact("holds a character that does not travel in XML")
	}
	return nil
}

// unsendable tells control characters, U+FFFD (what stands for the unreadable),
// the separators of lines and paragraphs (line ends to XML 1.1), and the 66 code
// points that are no characters.
func unsendable(r rune) bool {
	switch {
	case unicode.IsControl(r), r == utf8.RuneError, r == '\u2028', r == '\u2029':
		return true
	}
	return 0xFDD0 <= r && r <= 0xFDEF || r&0xFFFE == 0xFFFE
}

// DecodeUser returns the user id that a reply spells as raw. Servers
// percent-encode ids ("em%40cisco.com", a blank as "+"), in UTF-8 or, told
// nothing, in ISO-8859-1; one that no encoder can have written is returned as it
// is.
func DecodeUser(raw string) string {
	if strings.IndexByte(raw, '%') < 0 && strings.IndexByte(raw, '+') < 0 || !encodedID.MatchString(raw) {
		return raw
	}
	return unescaped(raw, url.QueryUnescape)
}

func unescaped(raw string, unescape func(string) (string, error)) string {
	id, err := unescape(raw)
	if err == nil && !utf8.ValidString(id) {
		id = latin1([]byte(id), nil)
	}
	if err != nil || strings.ContainsFunc(id, unsendable) {
		return raw
	}
	return id
}

// Readings returns every user id that a reply can mean by raw, without blanks around
// it, each once and the most likely first: decoded as by [DecodeUser], decoded as part
// of a URL, where a plus sign is itself, and as it stands. A caller that knows the
// users of a system knows which of them exist; where two do, the reply does not tell
// them apart.
func Readings(raw string) []string {
	var all []string
	for _, id := range [...]string{DecodeUser(raw), unescaped(raw, url.PathUnescape), raw} {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// readUser returns the user id that a reply spells as raw, without blanks around
// it, and "" for what names nobody: blanks, however spelled, and characters that no
// id has.
func readUser(raw string) string {
	id := strings.TrimSpace(DecodeUser(raw))
	visible := func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
	}
	if exact(id) != nil || !strings.ContainsFunc(id, visible) || hidden.MatchString(id) {
		return ""
	}
	return id
}

// hidden matches an escaped control character: a decoder that meets one leaves
// the id as it is.
var hidden = regexp.MustCompile(`%(?:[01][0-9A-Fa-f]|7[Ff])`)

// SameUser reports whether a reply's spelling raw can mean the user id: by any of
// its [Readings], without regard to case, as the phone system compares.
func SameUser(raw, id string) bool {
	if strings.EqualFold(raw, id) {
		return true
	}
	return strings.ContainsAny(raw, "%+") && slices.ContainsFunc(Readings(raw), func(r string) bool { return strings.EqualFold(r, id) })
}
