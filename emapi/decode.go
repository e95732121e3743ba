package emapi

import (
	"errors"
	"fmt"
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
	user    string // the last userID, as spelt
	users   int    // how many there were
	last    string
	none    bool
	missing bool // doesNotExist
	emcc    bool // the session belongs to another cluster
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
// no DTD, no entities beyond XML's own five, one root. What is read are pieces
// of the reply's text, which therefore lives as long as they do.
func decode(body []byte) (reply, error) {
	text, err := prolog(body)
	if err != nil {
		return reply{}, fmt.Errorf("read reply: %w", err)
	}
	if !legal(text) {
		return reply{}, errors.New("read reply: it holds characters that XML forbids")
	}
	r := replyReader{scan: scanner{text: text}}
	if err := r.read(); err != nil {
		return reply{}, fmt.Errorf("read reply: byte %d: %w", r.scan.at, err)
	}
	return r.reply, nil
}

// replyReader collects a reply from the scanner's events. Which entry a leaf
// belongs to is the one begun last; the reply's elements do not nest otherwise.
type replyReader struct {
	reply
	scan   scanner
	text   string       // of the innermost element since its last tag
	more   []byte       // what comments and sections split off from text
	device *deviceEntry // the one being read, nil between
	user   *userEntry
}

func (r *replyReader) read() error {
	for {
		e, err := r.scan.next()
		if err != nil {
			return err
		}
		switch e {
		case atEnd:
			return nil
		case atStart:
			if err := r.start(r.scan.name); err != nil {
				return err
			}
		case atClose:
			r.end(r.scan.name)
		case atText:
			r.chars(r.scan.value)
		}
	}
}

func (r *replyReader) chars(text string) {
	if r.text == "" {
		r.text = text
		return
	}
	r.more = append(r.more, text...)
}

// takeText returns the text since the last tag, trimmed.
func (r *replyReader) takeText() string {
	text := r.text
	if len(r.more) > 0 {
		text += string(r.more)
	}
	r.text, r.more = "", r.more[:0]
	return strings.TrimSpace(text)
}

func (r *replyReader) start(name string) error {
	r.takeText()
	if len(r.scan.open) == 1 {
		if err := checkRoot(name); err != nil {
			return err
		}
	}
	switch name {
	case "success":
		r.successes++
	case "failure":
		r.fail(failure{code: CodeNone})
	case "error", "errorMessage":
		r.code(r.scan.attr("code"))
	case "device", "user":
		return r.entry(name)
	default:
		const suffix = "results"
		n := len(name) - len(suffix)
		r.results = r.results || n >= 0 && strings.EqualFold(name[n:], suffix)
	}
	return nil
}

// entry begins a device or user. One inside another could be read two ways.
func (r *replyReader) entry(name string) error {
	if r.device != nil || r.user != nil {
		return fmt.Errorf("element %q inside another entry", name)
	}
	if name == "device" {
		r.devices = append(r.devices, deviceEntry{name: r.scan.attr("name")})
		r.device = &r.devices[len(r.devices)-1]
		return nil
	}
	r.users = append(r.users, userEntry{id: r.scan.attr("id")})
	r.user = &r.users[len(r.users)-1]
	return nil
}

// checkRoot refuses what is no reply. The Developers Guide names "response", its
// sample of a profile reply "results".
func checkRoot(name string) error {
	switch {
	case strings.EqualFold(name, "html"):
		return errors.New("it is an HTML page")
	case name != "response" && name != "results":
		return fmt.Errorf("root element %q is no reply", clip(name))
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
	text := r.takeText()
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
		e.user = text
		e.users++
	case "lastlogin":
		e.last = text
	case "none":
		e.none = true
	case "doesNotExist":
		e.missing = true
	case "emccDevice":
		e.emcc = affirmative(text)
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
