package emapi

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of a reply's form. Real replies are six elements deep and bear one
// attribute an element; a sender of more means something else.
const (
	maxDepth      = 32
	maxAttributes = 16
)

// event is what a scanner has come upon.
type event int

const (
	atEnd   event = iota // the document is complete
	atStart              // a start tag: name and attributes
	atClose              // an end tag, also of an element that closes itself: name
	atText               // text of an element, or a part of it: value
)

// scanner splits a reply into tags and text. It accepts the part of XML 1.0 that a
// reply may use and is nowhere laxer than package encoding/xml: besides what
// that refuses it refuses document types, names outside ASCII, an attribute
// given twice, control characters in comments, and more depth or attributes
// than the bounds above.
//
// Each byte is read a bounded number of times, whatever the reply, and the strings
// are slices of text wherever that spells them as they are.
type scanner struct {
	text string // the document without declaration, legal as [legal] has it
	at   int

	name       string // of the tag come upon, without prefix
	attributes []attribute
	value      string // of the text come upon

	open    []string // the elements around at, as written
	rooted  bool     // the root element has begun
	closing bool     // the element begun last closes itself
	scratch []byte
}

type attribute struct{ name, value string }

// next goes to the next event. After an error there is none.
func (s *scanner) next() (event, error) {
	if s.closing {
		s.closing = false
		return s.pop(), nil
	}
	for s.at < len(s.text) {
		e, skip, err := s.step()
		if err != nil {
			return atEnd, err
		}
		if !skip {
			return e, nil
		}
	}
	switch {
	case len(s.open) > 0:
		return atEnd, fmt.Errorf("it ends inside the element %q", clip(s.open[len(s.open)-1]))
	case !s.rooted:
		return atEnd, errors.New("no element in it")
	}
	return atEnd, nil
}

// step reads one tag, text, comment or instruction; skip says that it means
// nothing.
func (s *scanner) step() (e event, skip bool, err error) {
	rest := s.text[s.at:]
	switch {
	case rest[0] != '<':
		return s.chars()
	case strings.HasPrefix(rest, "</"):
		e, err = s.endTag()
		return e, false, err
	case strings.HasPrefix(rest, "<?"):
		return atEnd, true, s.instruction()
	case strings.HasPrefix(rest, "<!--"):
		return atEnd, true, s.comment()
	case strings.HasPrefix(rest, "<![CDATA["):
		e, err = s.cdata()
		return e, false, err
	case strings.HasPrefix(rest, "<!"):
		return atEnd, false, documentType(rest)
	}
	e, err = s.startTag()
	return e, false, err
}

// documentType is why the declaration that text begins with is refused.
func documentType(text string) error {
	const page = "<!DOCTYPE html"
	if len(text) >= len(page) && strings.EqualFold(text[:len(page)], page) {
		return errors.New("it is an HTML page")
	}
	return errors.New("document type declarations are refused")
}

// chars reads text up to the next tag. Outside the root it may only be blank.
func (s *scanner) chars() (e event, skip bool, err error) {
	rest := s.text[s.at:]
	plain, n := true, 0
	for ; n < len(rest) && rest[n] != '<'; n++ {
		switch rest[n] {
		case '&', '\r':
			plain = false
		case '>':
			if n >= 2 && rest[n-2:n] == "]]" {
				return atEnd, false, errors.New("the end of a CDATA section without its beginning")
			}
		}
	}
	s.value = rest[:n]
	if len(s.open) == 0 {
		if strings.Trim(s.value, blanks) != "" {
			return atEnd, false, errors.New("text outside the root element")
		}
		s.at += n
		return atText, true, nil
	}
	if !plain {
		if s.value, err = s.unescape(s.value); err != nil {
			return atEnd, false, err
		}
	}
	s.at += n
	return atText, false, nil
}

func (s *scanner) cdata() (event, error) {
	const begin, end = "<![CDATA[", "]]>"
	content, _, ok := strings.Cut(s.text[s.at+len(begin):], end)
	switch {
	case !ok:
		return atEnd, errors.New("a CDATA section without end")
	case len(s.open) == 0:
		return atEnd, errors.New("text outside the root element")
	}
	s.at += len(begin) + len(content) + len(end)
	s.value = unixLines(content)
	return atText, nil
}

func (s *scanner) comment() error {
	const begin, end = "<!--", "-->"
	content, rest, ok := strings.Cut(s.text[s.at+len(begin):], "--")
	if !ok || !strings.HasPrefix(rest, ">") {
		return errors.New("a comment without end, or with two hyphens in it")
	}
	s.at += len(begin) + len(content) + len(end)
	return nil
}

// instruction skips a processing instruction. One called xml would be a second
// declaration, and with it perhaps a second document.
func (s *scanner) instruction() error {
	s.at += len("<?")
	target := s.word()
	if target == "" || strings.EqualFold(target, "xml") {
		return fmt.Errorf("a processing instruction called %q", target)
	}
	content, _, ok := strings.Cut(s.text[s.at:], "?>")
	if !ok {
		return errors.New("a processing instruction without end")
	}
	s.at += len(content) + len("?>")
	return nil
}

func (s *scanner) endTag() (event, error) {
	s.at += len("</")
	name := s.word()
	s.blank()
	switch {
	case !s.take('>'):
		return atEnd, errors.New("an end tag that does not end")
	case len(s.open) == 0:
		return atEnd, fmt.Errorf("the end of %q, which has not begun", clip(name))
	case s.open[len(s.open)-1] != name:
		return atEnd, fmt.Errorf("the element %q is ended as %q", clip(s.open[len(s.open)-1]), clip(name))
	}
	return s.pop(), nil
}

// pop leaves the innermost element.
func (s *scanner) pop() event {
	last := len(s.open) - 1
	s.name, _ = local(s.open[last]) // it was looked at when the element began
	s.open = s.open[:last]
	return atClose
}

func (s *scanner) startTag() (event, error) {
	s.at += len("<")
	written := s.word()
	name, ok := local(written)
	switch {
	case !ok:
		return atEnd, fmt.Errorf("a tag with the name %q", clip(written))
	case len(s.open) == 0 && s.rooted:
		return atEnd, fmt.Errorf("a second root element %q", clip(written))
	case len(s.open) == maxDepth:
		return atEnd, fmt.Errorf("elements nested more than %d deep", maxDepth)
	}
	s.name, s.rooted = name, true
	s.open = append(s.open, written)
	s.attributes = s.attributes[:0]
	for {
		s.blank()
		switch {
		case s.take('>'):
			return atStart, nil
		case strings.HasPrefix(s.text[s.at:], "/>"):
			s.at += len("/>")
			s.closing = true
			return atStart, nil
		}
		if err := s.attribute(); err != nil {
			return atEnd, err
		}
	}
}

func (s *scanner) attribute() error {
	name := s.word()
	if _, ok := local(name); !ok {
		return errors.New("a tag that does not end")
	}
	for _, a := range s.attributes {
		if a.name == name {
			return fmt.Errorf("the attribute %q given twice", clip(name))
		}
	}
	if len(s.attributes) == maxAttributes {
		return fmt.Errorf("an element with more than %d attributes", maxAttributes)
	}
	s.blank()
	if !s.take('=') {
		return fmt.Errorf("the attribute %q without value", clip(name))
	}
	s.blank()
	value, err := s.quoted()
	s.attributes = append(s.attributes, attribute{name, value})
	return err
}

// quoted reads the value of an attribute.
func (s *scanner) quoted() (string, error) {
	rest := s.text[s.at:]
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", errors.New("an attribute without quotes")
	}
	value, _, ok := strings.Cut(rest[1:], rest[:1])
	switch {
	case !ok || strings.IndexByte(value, '<') >= 0:
		return "", errors.New("an attribute without end, or with a tag in it")
	case strings.ContainsAny(value, "&\r"):
		plain, err := s.unescape(value)
		s.at += len(value) + 2
		return plain, err
	}
	s.at += len(value) + 2
	return value, nil
}

// attr returns the value of the attribute called name, in any case, of the tag
// come upon; one with a prefix counts where there is none without. Two that
// contradict each other are none.
func (s *scanner) attr(name string) string {
	if len(s.attributes) == 1 && s.attributes[0].name == name {
		return strings.TrimSpace(s.attributes[0].value)
	}
	plain, prefixed, found := "", "", false
	for _, a := range s.attributes {
		prefix, after, _ := strings.Cut(a.name, ":")
		switch {
		case strings.EqualFold(a.name, name):
			value := strings.TrimSpace(a.value)
			if found && value != plain {
				return ""
			}
			plain, found = value, true
		case prefixed == "" && prefix != "xmlns" && strings.EqualFold(after, name):
			prefixed = strings.TrimSpace(a.value)
		}
	}
	if found {
		return plain
	}
	return prefixed
}

// marked reports whether the tag come upon has an attribute that says something,
// besides the one called name.
func (s *scanner) marked(name string) bool {
	for _, a := range s.attributes {
		if a.name == name {
			continue
		}
		prefix, after, ok := strings.Cut(a.name, ":")
		if !ok {
			prefix, after = "", a.name
		}
		switch {
		case prefix == "xmlns" || prefix == "xml" || a.name == "xmlns": // about the document
		case strings.EqualFold(after, name):
		case strings.TrimSpace(a.value) != "":
			return true
		}
	}
	return false
}

const blanks = " \t\r\n"

func (s *scanner) blank() {
	for s.at < len(s.text) && strings.IndexByte(blanks, s.text[s.at]) >= 0 {
		s.at++
	}
}

// take goes past c, if that is next.
func (s *scanner) take(c byte) bool {
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// word goes past a name and returns it, prefix and all; "" if there is none, or
// one that goes on outside ASCII.
func (s *scanner) word() string {
	begin := s.at
	for s.at < len(s.text) && nameByte[s.text[s.at]] {
		s.at++
	}
	name := s.text[begin:s.at]
	switch {
	case s.at < len(s.text) && s.text[s.at] >= utf8.RuneSelf:
		return ""
	case name != "" && strings.IndexByte("0123456789.-", name[0]) >= 0:
		return ""
	}
	return name
}

// local returns name without its prefix, false for what is no name.
func local(name string) (string, bool) {
	prefix, after, prefixed := strings.Cut(name, ":")
	switch {
	case !prefixed:
		return name, name != ""
	case prefix == "" || after == "" || strings.IndexByte(after, ':') >= 0:
		return "", false
	}
	return after, true
}

// nameByte tells the bytes that names are made of.
var nameByte = func() (set [256]bool) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for _, c := range []byte(letters + "0123456789_:.-") {
		set[c] = true
	}
	return set
}()
