package phone

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Document is an object as a phone reads it.
type Document struct {
	Body    []byte
	Charset Charset
	// Cuts says what of the object is not in Body, in the order of the document.
	Cuts []Cut
}

// ContentType is the header to send Body with.
func (d Document) ContentType() string { return "text/xml; charset=" + d.Charset.String() }

// Cut is something that was cut or left out because it did not fit.
type Cut struct {
	// Path leads to the element, or to the attribute after an @: "MenuItem[3]/Name",
	// counted from 1.
	Path   string
	Reason Reason
	// Had and Kept count characters, or items for the reason Many; of what was
	// left out whole, Kept is 0.
	Had, Kept int
}

// String is one line for a log.
func (c Cut) String() string {
	return fmt.Sprintf("%s: %s, %d of %d kept", c.Path, c.Reason, c.Kept, c.Had)
}

// Reason says why something was cut.
type Reason string

// The reasons. Long, Many and Character leave the rest of a text or list;
// Address, Incomplete and Range leave out the item or attribute.
const (
	Long       Reason = "too long"
	Many       Reason = "too many"
	Character  Reason = "characters that the phone cannot show"
	Address    Reason = "no address that fits"
	Incomplete Reason = "incomplete"
	Range      Reason = "out of range"
)

// InvalidError says why an object cannot be encoded at all.
type InvalidError struct {
	Kind         Kind
	Path, Reason string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("encode %s: %s: %s", e.Kind, e.Path, e.Reason)
}

// Encode returns the object as a document in the charset. It is deterministic,
// and its only error is an [*InvalidError].
func Encode(o Object, c Charset) (Document, error) {
	if o == nil {
		return Document{}, &InvalidError{Path: "object", Reason: "there is none"}
	}
	w := &writer{charset: c, kind: o.Kind()}
	w.raw(`<?xml version="1.0" encoding="` + strings.ToLower(c.String()) + `"?>` + "\n")
	o.encode(w)
	if w.invalid != nil {
		return Document{}, w.invalid
	}
	d := Document{Body: []byte(w.b.String()), Charset: c, Cuts: w.cuts}
	if c == Latin1 {
		d.Body = toLatin1(w.b.String())
	}
	return d, nil
}

// writer writes one document, and remembers what it left out. In one that draws
// an outline, elements are recorded too.
type writer struct {
	b       strings.Builder
	charset Charset
	kind    Kind
	at      string // the item that is being written, with a slash; "" for the object
	cuts    []Cut
	invalid *InvalidError
	outline []Element
}

func (w *writer) raw(s string) { w.b.WriteString(s) }

func (w *writer) cut(path string, why Reason, had, kept int) {
	w.cuts = append(w.cuts, Cut{Path: w.at + path, Reason: why, Had: had, Kept: kept})
}

// refuse gives the object up; the first reason stands.
func (w *writer) refuse(path, reason string) {
	if w.invalid == nil {
		w.invalid = &InvalidError{Kind: w.kind, Path: w.at + path, Reason: reason}
	}
}

// root writes the root element of an object that is shown, with what inside writes
// after the head.
func (w *writer) root(h Head, inside func()) {
	w.raw("<" + string(w.kind))
	h.Attributes.encode(w)
	w.raw(">\n")
	h.encode(w)
	inside()
	w.raw("</" + string(w.kind) + ">\n")
}

// bare writes the root element of an object without a head.
func (w *writer) bare(inside func()) {
	w.raw("<" + string(w.kind) + ">\n")
	inside()
	w.raw("</" + string(w.kind) + ">\n")
}

// within writes an item with what inside writes.
func (w *writer) within(name string, inside func()) {
	w.raw("<" + name + ">")
	inside()
	w.raw("</" + name + ">\n")
}

// each calls one for the items of a list as far as they fit, with the place of each set.
// A list of up to most items is in the schema; skip reports an item that is left out.
func (w *writer) each(name string, n, most int, one func(i int) (skip Reason)) {
	w.note(Element{Name: name, Most: most})
	written := 0
	for i := range n {
		if written == most {
			w.cut(name, Many, n, i)
			break
		}
		w.at = fmt.Sprintf("%s[%d]/", name, i+1)
		why := one(i)
		w.at = ""
		if why != "" {
			w.cut(fmt.Sprintf("%s[%d]", name, i+1), why, 1, 0)
			continue
		}
		written++
	}
}

// element writes text that clean has gone through; an empty one is not written.
func (w *writer) element(name, clean string) {
	if clean == "" {
		return
	}
	w.raw("<" + name + ">" + escape(clean) + "</" + name + ">")
	if w.at == "" {
		w.raw("\n")
	}
}

func (w *writer) number(name string, n int) { w.element(name, strconv.Itoa(n)) }

func (w *writer) hex(name string, data []byte) {
	w.element(name, strings.ToUpper(hex.EncodeToString(data)))
}

// text writes an element that a person reads, cut at most characters.
func (w *writer) text(name, value string, most int) {
	w.element(name, w.clean(name, value, most, 0))
}

// clean returns the value as it can be sent: characters that neither XML nor the
// charset has are dropped, and the rest is cut at most characters. Line feeds
// beyond so many, or all of them if it is 0, become spaces; with everyLine, none.
func (w *writer) clean(path, value string, most, lineFeeds int) string {
	w.note(Element{Name: path, Most: most})
	text, lost := sendable(value)
	runes := []rune(norm.NFC.String(text))
	var b strings.Builder
	kept, length := 0, 0
	for _, r := range runes {
		s, known := w.shown(r, &lineFeeds)
		if !known {
			lost++
		}
		length += utf8.RuneCountInString(s)
		if length > most {
			w.cut(path, Long, len(runes), kept)
			break
		}
		b.WriteString(s)
		kept++
	}
	if lost > 0 {
		w.cut(path, Character, utf8.RuneCountInString(value), utf8.RuneCountInString(value)-lost)
	}
	return b.String()
}

// everyLine keeps all line feeds and tabs.
const everyLine = -1

// shown is a character of a text as it is sent, and whether that still says what it did.
func (w *writer) shown(r rune, lineFeeds *int) (string, bool) {
	switch {
	case r == '\t' && *lineFeeds == everyLine:
		return "\t", true
	case r == '\n' && *lineFeeds != 0:
		*lineFeeds = max(*lineFeeds-1, everyLine)
		return "\n", true
	case r == '\n' || r == '\t':
		return " ", true
	case w.charset == Latin1:
		return transliterate(r)
	}
	return string(r), true
}

// lineFeeds are those of Unix, for all others.
var lineFeeds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// sendable returns the text with the line feeds of Unix and without the characters that
// XML 1.0 does not have or that a phone can do nothing with, and how many those were.
// What is no UTF-8 counts as such a character.
func sendable(text string) (string, int) {
	lost := 0
	text = lineFeeds.Replace(text)
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) && r != utf8.RuneError && r&0xfffe != 0xfffe {
			return r
		}
		lost++
		return -1
	}, text)
	return text, lost
}

// address returns a URL or URI that can be sent as it is, and otherwise "". It is never
// shortened: it would lead elsewhere.
func (w *writer) address(path, value string) string {
	w.note(Element{Name: path, Most: MaxURL})
	if value == "" || wrongAddress(value) != nil {
		return ""
	}
	return value
}

// wrongAddress says what is wrong with a URL or URI.
func wrongAddress(value string) error {
	switch n := utf8.RuneCountInString(value); {
	case n == 0:
		return errors.New("is missing")
	case n > MaxURL:
		return fmt.Errorf("has %d characters, more than %d", n, MaxURL)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return errors.New("has characters other than printable ASCII: encode them with a percent sign")
	}
	return nil
}

// mustURL writes a URL without which the object is nothing.
func (w *writer) mustURL(value string) {
	w.note(Element{Name: "URL", Most: MaxURL, Must: true})
	if err := wrongAddress(value); err != nil {
		w.refuse("URL", err.Error())
		return
	}
	w.element("URL", value)
}

// isHTTP reports whether an address is a page's, not an internal URI.
func isHTTP(address string) bool {
	scheme, _, _ := strings.Cut(address, ":")
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}

// escape uses the five entities that phones know, and no other. Go's
// xml.EscapeText writes some of them as numbers.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace
