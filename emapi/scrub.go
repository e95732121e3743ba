package emapi

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The most characters of a server's words: what a log line carries, and what is
// searched for the password before that.
const (
	shortText = 300
	longText  = 4000
)

// clip shortens text from outside to what a log line carries.
func clip(text string) string { return clipTo(text, shortText) }

func clipTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for i := range text {
		if most--; most < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// spellings returns a pattern of everything that s looks like in words from
// outside: a server, or something in its place, may repeat the request that it
// could not understand, and quote it in the manner of XML, forms, Go or JSON,
// also twice over, character by character, wrapped, or cut off at the end.
func (s Secret) spellings() *regexp.Regexp {
	const (
		shown = 4   // so many characters of a truncated secret are hidden
		deep  = 100 // how deep a pattern may nest its groups, with a margin
	)
	var each []string
	for _, r := range s.reveal() {
		each = append(each, spelling(r))
	}
	pattern := strings.Join(each, `\s*`)
	if n := min(len(each), deep); n > shown {
		begin := strings.Join(each[:shown], "")
		for _, one := range each[shown:n] {
			begin += "(?:" + one
		}
		pattern += "|" + begin + strings.Repeat(")?", n-shown) + `(?:…|["'…]*$)`
	}
	if len(each) > deep {
		pattern += "|" + strings.Join(each[:deep], "") + `\S*`
	}
	p := regexp.MustCompile(pattern)
	p.Longest() // "&#38;" is hidden whole, though it begins with a way to write "&"
	return p
}

// spelling is a pattern of the ways to write r.
func spelling(r rune) string {
	utf := string(r)
	ways := []string{
		`\\*` + regexp.QuoteMeta(utf), // quoted or not
		fmt.Sprintf(`\\u(?i:%04x)`, r),
		fmt.Sprintf(`\\U(?i:%08x)`, r),
		fmt.Sprintf(`(?:&|%%26)(?:amp;|amp%%3[bB])*(?:#|%%23)(?:0*%d|[xX]0*(?i:%x))(?:;|%%3[bB])`, r, r),
		bytewise(utf, `%%(?:25)*(?i:%02x)`),
		bytewise(utf, `\\x(?i:%02x)`),
	}
	if name, ok := references[r]; ok {
		ways = append(ways, `(?:&|%26)(?:amp;|amp%3[bB])*`+name+`(?:;|%3[bB])`)
	}
	switch {
	case r == ' ':
		ways = append(ways, `\+|%(?:25)*2[bB]`)
	case r >= utf8.RuneSelf: // its UTF-8 taken for ISO-8859-1
		ways = append(ways, regexp.QuoteMeta(latin1([]byte(utf), nil)))
		if r <= 0xFF {
			ways = append(ways, fmt.Sprintf(`%%(?:25)*(?i:%02x)`, r))
		}
	}
	return "(?:" + strings.Join(ways, "|") + ")"
}

var references = map[rune]string{'<': "lt", '>': "gt", '&': "amp", '"': "quot", '\'': "apos"}

func bytewise(text, format string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// scrub removes the password from text that came from outside.
func (c *Client) scrub(text string) string {
	return c.spellings().ReplaceAllLiteralString(text, masked)
}

// scrubbed returns err, or an error of its text without the password where err
// shows that.
func (c *Client) scrubbed(err error) error {
	if c.shows(err) {
		return scrubbedError{clip(c.scrub(clipTo(err.Error(), longText))), func() error { return err }}
	}
	return err
}

// shows reports whether err, or any error it wraps, shows the password in its
// text or, by %+v and %#v, in its fields.
func (c *Client) shows(err error) bool {
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if c.spellings().MatchString(text) {
			return true
		}
	}
	if cause := errors.Unwrap(err); cause != nil {
		return c.shows(cause)
	}
	var several interface{ Unwrap() []error }
	return errors.As(err, &several) && slices.ContainsFunc(several.Unwrap(), c.shows)
}

// scrubbedError is what errors.Is says its cause is, but does not hand it out:
// the cause's text holds the password.
type scrubbedError struct {
	text  string
	cause func() error // a function, because package fmt prints what fields hold
}

func (e scrubbedError) Error() string { return e.text }

func (e scrubbedError) Is(target error) bool { return errors.Is(e.cause(), target) }
