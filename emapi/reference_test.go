package emapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
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
	r.text = nil
	name := e.Name.Local
	r.inspect(e)
	if len(r.open) == 0 {
		if r.roots++; r.roots > 1 || name != "response" && name != "results" {
			return fmt.Errorf("root element %q", name)
		}
	}
	r.open = append(r.open, name)
	switch name {
	case "success":
		r.successes++
	case "failure":
		r.fail(CodeNone)
	case "error", "errorMessage":
		r.said(refAttr(e, "code"))
	case "device", "user":
		if r.in != "" {
			return errors.New("entry in entry")
		}
		r.in = name
		if name == "device" {
			r.devices = append(r.devices, deviceEntry{name: refAttr(e, "name")})
		} else {
			r.users = append(r.users, userEntry{id: refAttr(e, "id")})
		}
	}
	r.results = r.results || strings.HasSuffix(strings.ToLower(name), "results") && isASCII(name)
	return nil
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

func (r *refReader) user() *userEntry { return &r.users[len(r.users)-1] }

func (r *refReader) fail(code Code) {
	switch r.in {
	case "device":
		r.devices[len(r.devices)-1].failed = true
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
	r.open = r.open[:len(r.open)-1]
	text := string(bytes.TrimSpace(r.text))
	r.text = nil
	if name == r.in {
		r.in = ""
	}
	if name == "error" || name == "errorMessage" {
		if f := r.current(); f != nil {
			f.text = text
		}
	}
	switch r.in {
	case "device":
		r.endInDevice(name, text)
	case "user":
		r.endInUser(name, text)
	}
}

func (r *refReader) endInDevice(name, text string) {
	d := &r.devices[len(r.devices)-1]
	switch name {
	case "userID":
		d.user = text
		d.users++
	case "lastlogin":
		d.last = text
	case "none":
		d.none = true
	case "doesNotExist":
		d.missing = true
	case "emccDevice":
		d.emcc = affirmative(text)
	}
}

func (r *refReader) endInUser(name, text string) {
	u := r.user()
	switch name {
	case "deviceName":
		u.devices = append(u.devices, text)
	case "deviceProfileName":
		u.profiles = append(u.profiles, Profile{Name: text})
	case "isDefaultDeviceProfile":
		if len(u.profiles) > 0 {
			u.profiles[len(u.profiles)-1].Default = affirmative(text)
		}
	case "none":
		u.none = true
	case "doesNotExist":
		u.missing = true
	case "exists":
		u.exists = true
	}
}

func refAttr(e xml.StartElement, name string) string {
	value := ""
	for _, a := range e.Attr {
		switch {
		case a.Name.Local != name:
		case a.Name.Space == "":
			return strings.TrimSpace(a.Value)
		case a.Name.Space != "xmlns" && value == "":
			value = strings.TrimSpace(a.Value)
		}
	}
	return value
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0x7F }) < 0
}
