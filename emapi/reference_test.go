package emapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// refDecode reads a reply by the same rules as decode, over package
// encoding/xml: slower, and with that package's idea of what XML is. It is what
// the reader of this package is held against.
//
// stricter names the classes of what this package refuses on purpose though
// encoding/xml lets it pass, as far as body belongs to them.
func refDecode(body []byte) (r reply, stricter []string, err error) {
	text, err := prolog(body)
	if err != nil {
		return reply{}, nil, err
	}
	ref := refReader{dec: xml.NewDecoder(strings.NewReader(text)), doc: text}
	if !legal(text) {
		ref.note("a character that XML forbids, in a comment, instruction or tag")
	}
	err = ref.read()
	return ref.reply, ref.stricter, err
}

var surrogate = regexp.MustCompile(`&#(x0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5[5-7][0-9]{3});`)

type refReader struct {
	reply
	dec      *xml.Decoder
	doc      string
	open     []string
	roots    int
	text     []byte
	in       string // "device", "user", or "" between entries
	at       int    // of it in its list
	depth    int    // of that entry
	leaf     bool
	marked   bool
	stricter []string
}

func (r *refReader) note(class string) { r.stricter = append(r.stricter, class) }

func (r *refReader) read() error {
	for {
		from := r.dec.InputOffset()
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			if r.roots == 0 {
				return errors.New("no element")
			}
			return nil
		}
		if err != nil {
			return err
		}
		raw := r.doc[from:r.dec.InputOffset()]
		section := strings.HasPrefix(raw, "<![")
		switch t := token.(type) {
		case xml.StartElement:
			r.references(raw)
			err = r.start(t)
		case xml.EndElement:
			r.end(t.Name.Local)
		case xml.CharData:
			if !section {
				r.references(raw)
			}
			err = r.chars(t, section)
		case xml.ProcInst:
			if !isASCII(t.Target) || strings.EqualFold(t.Target, "xml") {
				r.note("an instruction called xml, or not in ASCII")
			}
		case xml.Directive:
			err = errors.New("document type declaration")
		}
		if err != nil {
			return err
		}
	}
}

func (r *refReader) references(raw string) {
	if surrogate.MatchString(raw) {
		r.note("a reference to half a surrogate pair")
	}
}

func (r *refReader) chars(text []byte, section bool) error {
	if len(r.open) > 0 {
		r.text = append(r.text, text...)
		return nil
	}
	if len(bytes.TrimSpace(text)) > 0 {
		return errors.New("text outside the root element")
	}
	if section || strings.Trim(string(text), " \t\r\n") != "" {
		r.note("a blank outside the root element that is none of XML's own")
	}
	return nil
}

func (r *refReader) start(e xml.StartElement) error {
	if len(bytes.TrimSpace(r.text)) > 0 {
		r.stray()
	}
	r.text = nil
	r.leaf, r.marked = true, refMarked(e, "")
	name := strings.ToLower(e.Name.Local)
	r.inspect(e)
	if len(r.open) == 0 {
		if r.roots++; r.roots > 1 || name != "response" && name != "results" {
			return fmt.Errorf("root element %q", name)
		}
	}
	r.open = append(r.open, name)
	switch name {
	case "success":
		if odd := r.entry(); odd != nil {
			doubt(odd, "it holds a success")
			break
		}
		r.successes++
		if r.marked {
			r.odd = "its success has attributes"
		}
	case "failure":
		r.fail(CodeNone)
	case "error", "errormessage":
		r.said(refAttr(e, "code"))
	case "device", "user":
		r.begin(e, name)
	case "deviceprofile":
		if r.in == "user" && len(r.open) == r.depth+1 {
			r.user().start(elProfile)
		}
	}
	r.results = r.results || strings.HasSuffix(name, "results") && isASCII(name)
	return nil
}

// begin takes in an entry, also one inside another.
func (r *refReader) begin(e xml.StartElement, name string) {
	var odd string
	marked := false
	if outer := r.entry(); outer != nil {
		doubt(outer, "it holds the entry %q", clip(e.Name.Local))
		odd = "it stands inside another entry"
	} else {
		marked = refMarked(e, "name")
		if slices.ContainsFunc(r.open[1:len(r.open)-1], func(name string) bool { return !strings.HasSuffix(name, "results") || !isASCII(name) }) {
			odd = "it stands in an element that holds no entries"
		}
		r.in, r.depth = name, len(r.open)
		r.at = map[string]int{"device": len(r.devices), "user": len(r.users)}[name]
	}
	if name == "device" {
		r.devices = append(r.devices, deviceEntry{name: refAttr(e, "name"), marked: marked, odd: odd})
	} else {
		r.users = append(r.users, userEntry{id: refAttr(e, "id"), odd: odd})
	}
}

// entry is what is odd about the entry being read, nil between entries.
func (r *refReader) entry() *string {
	switch r.in {
	case "device":
		return &r.device().odd
	case "user":
		return &r.user().odd
	}
	return nil
}

func (r *refReader) stray() {
	if odd := r.entry(); odd != nil {
		doubt(odd, "it holds text")
	}
}

// inspect notes what is stricter in the reader of this package about a tag.
func (r *refReader) inspect(e xml.StartElement) {
	if len(r.open) >= maxDepth {
		r.note("more depth than any reply has")
	}
	if len(e.Attr) > maxAttributes {
		r.note("more attributes than any element has")
	}
	names := []xml.Name{e.Name}
	seen := make(map[xml.Name]bool)
	for _, a := range e.Attr {
		names = append(names, a.Name)
		if seen[a.Name] {
			r.note("an attribute given twice")
		}
		seen[a.Name] = true
	}
	for _, n := range names {
		if !isASCII(n.Local) || !isASCII(n.Space) || strings.Contains(n.Local, ":") {
			r.note("a name outside ASCII, or with a colon at an end")
		}
	}
}

func (r *refReader) user() *userEntry { return &r.users[r.at] }

func (r *refReader) device() *deviceEntry { return &r.devices[r.at] }

func (r *refReader) fail(code Code) {
	switch r.in {
	case "device":
		r.device().failed = true
	case "user":
		r.user().failures = append(r.user().failures, failure{code: code})
	default:
		r.failures = append(r.failures, failure{code: code})
	}
}

// current is the failure that an error element is about, nil for none.
func (r *refReader) current() *failure {
	var list []failure
	switch r.in {
	case "user":
		list = r.user().failures
	case "":
		list = r.failures
	}
	if len(list) == 0 {
		return nil
	}
	return &list[len(list)-1]
}

func (r *refReader) said(code string) {
	if f := r.current(); f == nil || f.said {
		r.fail(CodeNone)
	}
	f := r.current()
	if f == nil {
		return
	}
	f.said = true
	if n, err := strconv.Atoi(code); err == nil && n >= 0 {
		f.code = Code(n)
	}
}

func (r *refReader) end(name string) {
	level := len(r.open)
	r.open = r.open[:level-1]
	text := string(bytes.TrimSpace(r.text))
	r.text = nil
	c := child{is: elementOf(name), name: name, text: text, nested: !r.leaf, marked: r.leaf && r.marked}
	r.leaf = false
	switch strings.ToLower(name) {
	case "success":
		if r.in == "" && (text != "" || c.nested) {
			r.odd = "its success is not empty"
		}
	case "error", "errormessage":
		if f := r.current(); f != nil {
			f.text = text
		}
	}
	switch {
	case r.in != "" && level == r.depth:
		if text != "" {
			r.stray()
		}
		r.in = ""
	case r.in == "device" && level == r.depth+1:
		r.device().end(c)
	case r.in == "user" && (level == r.depth+1 || level == r.depth+2 && r.user().wrapped):
		r.user().end(c)
	}
}

// refAttr returns the attribute that name means: without prefix, unless two of
// them contradict each other, or else the first with one.
func refAttr(e xml.StartElement, name string) string {
	var plain, prefixed []string
	for _, a := range e.Attr {
		value := strings.TrimSpace(a.Value)
		switch {
		case !strings.EqualFold(a.Name.Local, name):
		case a.Name.Space == "":
			plain = append(plain, value)
		case a.Name.Space != "xmlns" && value != "":
			prefixed = append(prefixed, value)
		}
	}
	switch {
	case len(plain) > 0 && len(slices.Compact(plain)) == 1:
		return plain[0]
	case len(plain) == 0 && len(prefixed) > 0:
		return prefixed[0]
	}
	return ""
}

func refMarked(e xml.StartElement, besides string) bool {
	for _, a := range e.Attr {
		document := a.Name.Space == "xmlns" || a.Name.Space == "xml" || a.Name.Space == "http://www.w3.org/XML/1998/namespace" || a.Name.Space == "" && a.Name.Local == "xmlns"
		if !document && !strings.EqualFold(a.Name.Local, besides) && strings.TrimSpace(a.Value) != "" {
			return true
		}
	}
	return false
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0x7F }) < 0
}
