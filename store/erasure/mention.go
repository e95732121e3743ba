package erasure

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mentions finds a person in texts that deskd, a calendar or the phone system has
// worded, by what they are called. The zero mentions finds nobody.
type mentions struct{ called *regexp.Regexp }

// erased stands where someone was named.
const erased = "(erased)"

// mentionsOf finds the person who is called by one of those ids, addresses or names, in
// any case.
func mentionsOf(called ...string) mentions {
	var words []string
	for _, c := range called {
		if c = strings.TrimSpace(c); c != "" {
			words = append(words, regexp.QuoteMeta(c))
		}
	}
	if len(words) == 0 {
		return mentions{}
	}
	// The first that fits is taken: an address before the id it begins with.
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return mentions{regexp.MustCompile("(?i)(?:" + strings.Join(words, "|") + ")")}
}

func (m mentions) in(text string) bool { return m.replaced(text) != text }

// replaced is text without them.
func (m mentions) replaced(text string) string {
	if m.called == nil {
		return text
	}
	var b strings.Builder
	from := 0
	for _, at := range m.called.FindAllStringIndex(text, -1) {
		if joined(reversed(text[:at[0]])) || joined(text[at[1]:]) {
			continue // part of another name
		}
		b.WriteString(text[from:at[0]] + erased)
		from = at[1]
	}
	return b.String() + text[from:]
}

// joined reports whether a name goes on in what follows it: "jane" in
// "jane.doe", and not in "jane." or "jane's".
func joined(rest string) bool {
	r, size := utf8.DecodeRuneInString(rest)
	if size > 0 && strings.ContainsRune(".-&+@", r) {
		r, size = utf8.DecodeRuneInString(rest[size:])
	}
	return size > 0 && (r == '_' || unicode.In(r, unicode.L, unicode.M, unicode.N))
}

// reversed is the end of text from back to front: as much as joined looks at.
func reversed(text string) string {
	last, size := utf8.DecodeLastRuneInString(text)
	if size == 0 {
		return ""
	}
	before, size := utf8.DecodeLastRuneInString(text[:len(text)-size])
	if size == 0 {
		return string(last)
	}
	return string([]rune{last, before})
}
