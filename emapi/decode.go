package emapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxReply is the most that is read of a reply. A device takes some 150 bytes
// in one, so it leaves ample room for any batch.
const maxReply = 1 << 20

// reply is everything that a reply said, in its order. Nothing is concluded
// here: a reply may contradict itself, and the reading of it is the asker's.
type reply struct {
	successes int
	failures  []failure // of the message as a whole
	results   bool      // a container of query results was there
	devices   []deviceEntry
	users     []userEntry
}

type failure struct {
	code Code
	text string
	said bool // an error element was read
}

type deviceEntry struct {
	name    string
	users   []string // every userID, as spelt
	last    string
	none    bool
	missing bool // doesNotExist
	failed  bool
}

type userEntry struct {
	id       string // as spelt
	devices  []string
	profiles []Profile
	none     bool
	missing  bool
	exists   bool
	failures []failure // about this user alone
}

// decode reads a reply by the rules that real servers need: any declaration or
// none, names matched without prefix at any depth, unknown elements ignored,
// no DTD, no entities beyond XML's own five, one root.
func decode(body []byte) (reply, error) {
	text, err := prolog(body)
	if err != nil {
		return reply{}, err
	}
	r := replyReader{dec: xml.NewDecoder(bytes.NewReader(text))}
	if err := r.read(); err != nil {
		return reply{}, fmt.Errorf("read reply: %w", err)
	}
	return r.reply, nil
}

// replyReader collects a reply from the decoder's tokens. Which entry a leaf
// belongs to is the one begun last; the reply's elements do not nest otherwise.
type replyReader struct {
	reply
	dec    *xml.Decoder
	depth  int
	roots  int
	text   strings.Builder // of the innermost element
	device *deviceEntry    // the one being read, nil between
	user   *userEntry
}

func (r *replyReader) read() error {
	for {
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			return r.check()
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = r.start(t)
		case xml.EndElement:
			r.end(t.Name.Local)
		case xml.CharData:
			err = r.chars(t)
		case xml.Directive:
			err = errors.New("document type declarations are refused")
		}
		if err != nil {
			return err
		}
	}
}

func (r *replyReader) check() error {
	if r.roots == 0 {
		return errors.New("no element in it")
	}
	return nil
}

func (r *replyReader) chars(text xml.CharData) error {
	if r.depth == 0 && len(bytes.TrimSpace(text)) > 0 {
		return errors.New("text outside the root element")
	}
	r.text.Write(text)
	return nil
}

func (r *replyReader) start(e xml.StartElement) error {
	r.text.Reset()
	name := e.Name.Local
	if r.depth == 0 {
		if err := r.root(name); err != nil {
			return err
		}
	}
	r.depth++
	switch name {
	case "success":
		r.successes++
	case "failure":
		r.fail(failure{code: CodeNone})
	case "error", "errorMessage":
		r.code(attr(e, "code"))
	case "device", "user":
		return r.entry(e)
	default:
		r.results = r.results || strings.HasSuffix(strings.ToLower(name), "results")
	}
	return nil
}

// entry begins a device or user. One inside another could be read two ways.
func (r *replyReader) entry(e xml.StartElement) error {
	if r.device != nil || r.user != nil {
		return fmt.Errorf("element %q inside another entry", e.Name.Local)
	}
	if e.Name.Local == "device" {
		r.devices = append(r.devices, deviceEntry{name: attr(e, "name")})
		r.device = &r.devices[len(r.devices)-1]
		return nil
	}
	r.users = append(r.users, userEntry{id: attr(e, "id")})
	r.user = &r.users[len(r.users)-1]
	return nil
}

// root refuses what is no reply. The Developers Guide names "response", its
// sample of a profile reply "results".
func (r *replyReader) root(name string) error {
	r.roots++
	switch {
	case r.roots > 1:
		return fmt.Errorf("a second root element %q", name)
	case strings.EqualFold(name, "html"):
		return errors.New("it is an HTML page")
	case name != "response" && name != "results":
		return fmt.Errorf("root element %q is no reply", name)
	}
	return nil
}

// fail records a failure where it belongs: to the entry being read, or to the
// message as a whole.
func (r *replyReader) fail(f failure) {
	switch {
	case r.device != nil:
		r.device.failed = true
	case r.user != nil:
		r.user.failures = append(r.user.failures, f)
	default:
		r.failures = append(r.failures, f)
	}
}

// failure returns the failure being read, nil when there is none.
func (r *replyReader) failure() *failure {
	list := r.failures
	if r.user != nil {
		list = r.user.failures
	}
	if len(list) == 0 || r.device != nil {
		return nil
	}
	return &list[len(list)-1]
}

// code takes the number of an error element. A second error, or one outside
// any failure, is a failure of its own.
func (r *replyReader) code(text string) {
	if f := r.failure(); f == nil || f.said {
		r.fail(failure{code: CodeNone})
	}
	f := r.failure()
	if f == nil {
		return
	}
	f.said = true
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		f.code = Code(n)
	}
}

func (r *replyReader) end(name string) {
	r.depth--
	text := strings.TrimSpace(r.text.String())
	r.text.Reset()
	switch name {
	case "error", "errorMessage":
		if f := r.failure(); f != nil {
			f.text = text
		}
	case "device":
		r.device = nil
	case "user":
		r.user = nil
	}
	if r.device != nil {
		r.device.end(name, text)
	}
	if r.user != nil {
		r.user.end(name, text)
	}
}

func (e *deviceEntry) end(name, text string) {
	switch name {
	case "userID":
		e.users = append(e.users, text)
	case "lastlogin":
		e.last = text
	case "none":
		e.none = true
	case "doesNotExist":
		e.missing = true
	}
}

func (u *userEntry) end(name, text string) {
	switch name {
	case "deviceName":
		u.devices = append(u.devices, text)
	case "deviceProfileName":
		u.profiles = append(u.profiles, Profile{Name: text})
	case "isDefaultDeviceProfile":
		if n := len(u.profiles); n > 0 {
			u.profiles[n-1].Default = affirmative(text)
		}
	case "none":
		u.none = true
	case "doesNotExist":
		u.missing = true
	case "exists":
		u.exists = true
	}
}

func affirmative(text string) bool {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "1":
		return true
	}
	return false
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
