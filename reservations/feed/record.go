package feed

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
)

// name is a property of an event that is read.
type name uint8

// Versions of an event are told apart by the first four, when it is by the next
// nine, the rest describe it: see [level].
const (
	unread name = iota
	nSequence
	nModified
	nStamp
	nStatus
	nUID
	nStart
	nEnd
	nDuration
	nOriginal
	nRule
	nExRule
	nDates
	nExceptions
	nSummary
	nLocation
	nOrganizer
	nAttendee
	nResources
	nClass
	nTransparency
	nBusy
	nCreated
	nWholeDay
	nPlace // of a component inside the event: see inPlace
)

var names = [...]string{
	nSequence: "SEQUENCE", nModified: "LAST-MODIFIED", nStamp: "DTSTAMP", nStatus: "STATUS",
	nUID: "UID", nStart: "DTSTART", nEnd: "DTEND", nDuration: "DURATION", nOriginal: "RECURRENCE-ID",
	nRule: "RRULE", nExRule: "EXRULE", nDates: "RDATE", nExceptions: "EXDATE",
	nSummary: "SUMMARY", nLocation: "LOCATION", nOrganizer: "ORGANIZER", nAttendee: "ATTENDEE",
	nResources: "RESOURCES", nClass: "CLASS", nTransparency: "TRANSP", nBusy: "X-MICROSOFT-CDO-BUSYSTATUS", nCreated: "CREATED", nWholeDay: "X-MICROSOFT-CDO-ALLDAYEVENT",
	nPlace: "NAME or CALENDAR-ADDRESS",
}

func (n name) String() string { return names[n] }

// names reports whether the value says which event it is, or that it is none.
func (n name) names() bool {
	return n == nUID || n == nStatus || n == nEnd || n == nStart || n == nOriginal || n == nRule || n == nDates
}

// places reports whether the value may name a desk.
func (n name) places() bool {
	switch n {
	case nSummary, nLocation, nAttendee, nResources, nPlace:
		return true
	}
	return false
}

// date reports whether the value is a date or time.
func (n name) date() bool {
	switch n {
	case nStart, nEnd, nOriginal, nDates, nExceptions:
		return true
	}
	return false
}

// namesOf holds the names by their length, the quickest way to most that are
// not read.
var namesOf = func() (of [32][]name) {
	for n := nSequence; n < nPlace; n++ {
		of[len(names[n])] = append(of[len(names[n])], n)
	}
	return of
}()

// nameOf finds a name in either case.
func nameOf(text []byte) name {
	if len(text) >= len(namesOf) {
		return unread
	}
	for _, n := range namesOf[len(text)] {
		if have := names[n]; (have[0]^text[0])&^0x20 == 0 && strings.EqualFold(have, string(text)) {
			return n
		}
	}
	return unread
}

// draft is a VEVENT being read: its lines that are read, packed one behind the
// other as name, line, length and what stands behind the name.
type draft struct {
	line  int
	text  []byte
	fault *fault
	vague bool // the fault is that of its RECURRENCE-ID
	// unsure says that what was not read may be the desk or the person.
	unsure bool
}

// add packs one line.
func (d *draft) add(n name, number int, rest []byte) {
	d.text = append(d.text, byte(n))
	d.text = binary.AppendUvarint(d.text, uint64(number-d.line)) //nolint:gosec // lines come in order
	d.text = binary.AppendUvarint(d.text, uint64(len(rest)))
	d.text = append(d.text, rest...)
}

// packedText is the text of a draft.
type packedText []byte

// next cuts the first line off; more is nil behind the last.
func (p packedText) next() (n name, line int, rest []byte, more packedText) {
	n = name(p[0])
	number, a := binary.Uvarint(p[1:])
	size, b := binary.Uvarint(p[1+a:])
	from := 1 + a + b
	to := from + int(size)                    //nolint:gosec // of a line
	return n, int(number), p[from:to], p[to:] //nolint:gosec // a number of lines
}

// level says how much of an event is kept.
type level uint8

const (
	// gone: cannot touch the window, but may replace another of its UID.
	gone level = iota
	// bare: cannot touch the window itself, but says which instances can.
	bare
	// whole: may touch the window.
	whole
	// placed: cancelled, and says which of several events of its UID is.
	placed
	// lost: was not read; which event it is may show what it leaves open.
	lost
	// heavy: lost, because it is large; its rules, of all things, are not kept.
	heavy
)

// keeps reports whether a property is kept at level l.
func (l level) keeps(n name) bool {
	return l == whole || l == placed && n.places() || n <= nStatus || (l == bare || l == placed) && n <= nExceptions || l == lost && n.names() || l == heavy && (n == nUID || n == nStart || n == nEnd || n == nOriginal)
}

// Bounds of a shelf: the text of one event, and the events of one UID.
const (
	maxEvent   = 1 << 20
	maxNaming  = 4 << 10 // of it, for what says which event it is
	maxChanges = 10_000
)

// record is an event on the shelf. Events of one UID are chained in the order
// of the feed.
type record struct {
	at, size uint32 // of its text
	line     int32
	calendar int32
	next     int32 // of the same UID, 0 behind the last
	// organizer tells whose the event is, 0 for nobody's: a keyed hash.
	organizer uint32
	level     level
	chained   bool // not the first of its UID
	repeats   bool // it has a rule or dates
	// unread says that the event is there and cannot be read, vague that it may
	// besides be the change of any instance of its series.
	unread, vague bool
}

// shelf keeps what may matter of the events of a feed until the last is read,
// since each may be changed by a later one. It takes some 40 bytes and the text
// that is kept for an event, and nothing the collector has to follow.
type shelf struct {
	chunks  [][]byte // of text
	records [][]record
	n       int32
	chains  map[uint64]chain
	seed    maphash.Seed
}

type chain struct{ first, last int32 }

const (
	chunkSize  = maxEvent
	recordPage = 4096
)

func newShelf() *shelf {
	s := &shelf{chains: make(map[uint64]chain), seed: maphash.MakeSeed()}
	s.put(record{}, nil, gone) // 0 is no record
	return s
}

// add keeps the lines of text that l asks for. UIDs are compared by a keyed
// hash of 64 bits; that two of a feed share one is less likely than that
// memory errs. An event without UID stands alone.
func (s *shelf) add(uid []byte, text packedText, r record, l level) {
	at := s.put(r, text, l)
	if len(uid) == 0 {
		return
	}
	key := maphash.Bytes(s.seed, uid)
	c, known := s.chains[key]
	if known {
		s.record(c.last).next, s.record(at).chained = at, true
		c.last = at
	} else {
		c = chain{at, at}
	}
	s.chains[key] = c
}

func (s *shelf) put(r record, text packedText, l level) int32 {
	if len(s.records) == 0 || len(s.records[len(s.records)-1]) == recordPage {
		s.records = append(s.records, nil)
	}
	r.level = l
	r.at, r.size = s.keep(text, l)
	page := &s.records[len(s.records)-1]
	*page = append(*page, r)
	s.n++
	return s.n - 1
}

// keep copies text, at most maxEvent bytes, to where there is room.
func (s *shelf) keep(text packedText, l level) (at, size uint32) {
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < len(text) {
		last++ // each twice the one before, up to chunkSize: most feeds are small
		s.chunks = append(s.chunks, make([]byte, 0, max(len(text), chunkSize>>max(0, 6-last))))
	}
	chunk := s.chunks[last]
	from := len(chunk)
	for len(text) > 0 {
		n, _, _, more := text.next()
		if l.keeps(n) {
			chunk = append(chunk, text[:len(text)-len(more)]...)
		}
		text = more
	}
	s.chunks[last] = chunk
	return uint32(last*chunkSize + from), uint32(len(chunk) - from) //nolint:gosec // below maxFeed
}

func (s *shelf) record(n int32) *record { return &s.records[n/recordPage][n%recordPage] }

func (s *shelf) text(r *record) packedText {
	chunk := s.chunks[r.at/chunkSize]
	return packedText(chunk[r.at%chunkSize:][:r.size])
}

// has reports whether the feed says anything under a UID.
func (s *shelf) has(uid string) bool {
	_, known := s.chains[maphash.String(s.seed, uid)]
	return known
}
