package emapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxReply is the most that is read of a reply. A device takes some 150 bytes
// in one, so it leaves ample room for any batch.
const maxReply = 1 << 20

// reply is everything that a reply said, in its order. Nothing is concluded
// here: a reply may contradict itself, and the caller decides what it means.
type reply struct {
	successes int
	failures  []failure // of the message as a whole
	results   bool      // a container of query results was there
	devices   []deviceEntry
	users     []userEntry
	odd       string // why its success is none
}

type failure struct {
	code Code
	text string
	said bool // an error element was read
}

// decode reads a reply by the rules that real servers need: any declaration or none,
// names matched without prefix or regard to case at any depth, unknown elements ignored
// outside entries, no DTD, no entities beyond XML's own five, one root. The strings in
// it are slices of the reply's text, which they keep alive.
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
	leaf   bool         // no element has begun in the innermost one
	marked bool         // the element begun last has attributes
	device *deviceEntry // the one being read, nil between
	user   *userEntry
	at     int               // of it in its list
	depth  int               // of the elements in the entry being read
	kinds  [maxDepth]element // of the elements around
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
	if r.takeText() != "" {
		r.stray()
	}
	r.leaf, r.marked = true, len(r.scan.attributes) > 0 && r.scan.marked("")
	if len(r.scan.open) == 1 {
		if err := checkRoot(name); err != nil {
			return err
		}
	}
	is := elementOf(name)
	r.kinds[len(r.scan.open)-1] = is
	switch is {
	case elSuccess:
		r.succeed()
	case elFailure:
		r.fail(failure{code: CodeNone})
	case elError:
		r.code(r.scan.attr("code"))
	case elDevice, elUser:
		r.entry(is, name)
	case elOther:
		const suffix = "results"
		n := len(name) - len(suffix)
		if n >= 0 && strings.EqualFold(name[n:], suffix) {
			r.results, r.kinds[len(r.scan.open)-1] = true, elResults
		}
	default:
		if r.user != nil && len(r.scan.open) == r.depth {
			r.user.start(is)
		}
	}
	return nil
}

// stray notes text beside elements, which no valid entry has.
func (r *replyReader) stray() {
	switch {
	case r.device != nil:
		doubt(&r.device.odd, "it holds text")
	case r.user != nil:
		doubt(&r.user.odd, "it holds text")
	}
}

// succeed takes in a success. One inside an entry is not the message's: it leaves that
// entry in doubt, and no other.
func (r *replyReader) succeed() {
	switch {
	case r.device != nil:
		doubt(&r.device.odd, "it holds a success")
	case r.user != nil:
		doubt(&r.user.odd, "it holds a success")
	default:
		r.successes++
		if r.marked {
			r.odd = "its success has attributes"
		}
	}
}

// entry begins a device or user. Where one is inside another, nothing can be
// concluded from either; the entries beside them are not affected.
func (r *replyReader) entry(is element, name string) {
	if r.device != nil || r.user != nil {
		r.nested(is, name)
		return
	}
	r.depth = len(r.scan.open) + 1
	odd := ""
	if r.misplaced() {
		odd = "it stands in an element that holds no entries"
	}
	if is == elDevice {
		r.devices = append(r.devices, deviceEntry{name: r.scan.attr("name"), marked: r.scan.marked("name"), odd: odd})
		r.at = len(r.devices) - 1
		r.device = &r.devices[r.at]
		return
	}
	r.at = len(r.users)
	r.users = append(r.users, userEntry{id: r.scan.attr("id"), odd: odd})
	r.user = &r.users[r.at]
}

// misplaced reports whether an element that begins stands, below the root, in one that
// holds no results.
func (r *replyReader) misplaced() bool {
	around := r.kinds[:len(r.scan.open)-1]
	return slices.ContainsFunc(around[min(1, len(around)):], func(k element) bool { return k != elResults })
}

// nested notes the entry called name inside the one being read. What is in it is
// read as part of that.
func (r *replyReader) nested(is element, name string) {
	const odd = "it stands inside another entry"
	outer := r.device != nil
	if outer {
		doubt(&r.device.odd, "it holds the entry %q", clip(name))
	} else {
		doubt(&r.user.odd, "it holds the entry %q", clip(name))
	}
	if is == elDevice {
		r.devices = append(r.devices, deviceEntry{name: r.scan.attr("name"), odd: odd})
		if outer { // the list may have moved
			r.device = &r.devices[r.at]
		}
		return
	}
	r.users = append(r.users, userEntry{id: r.scan.attr("id"), odd: odd})
	if !outer {
		r.user = &r.users[r.at]
	}
}

// checkRoot refuses what is no reply. The Developers Guide names "response", its
// sample of a profile reply "results".
func checkRoot(name string) error {
	switch {
	case strings.EqualFold(name, "html"):
		return errors.New("it is an HTML page")
	case !strings.EqualFold(name, "response") && !strings.EqualFold(name, "results"):
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
	c := child{is: r.kinds[len(r.scan.open)], name: name, text: r.takeText(), nested: !r.leaf}
	c.marked = r.leaf && r.marked
	r.leaf = false
	if c.is == elResults { // known as what is around entries alone
		c.is = elOther
	}
	r.endOutcome(c)
	switch level := len(r.scan.open) + 1; { // of the element that has ended
	case r.device != nil && level < r.depth, r.user != nil && level < r.depth:
		if c.text != "" {
			r.stray()
		}
		r.device, r.user = nil, nil
	case r.device != nil && level == r.depth:
		r.device.end(c)
	case r.user != nil && (level == r.depth || level == r.depth+1 && r.user.wrapped):
		r.user.end(c)
	}
}

// endOutcome takes in the end of a success or an error.
func (r *replyReader) endOutcome(c child) {
	switch c.is {
	case elSuccess:
		if (c.text != "" || c.nested) && r.device == nil && r.user == nil {
			r.odd = "its success is not empty"
		}
	case elError:
		if f := r.failure(); f != nil {
			f.text = c.text
		}
	}
}
