package calendar

import (
	"hash/maphash"

	"deskd/reservations/feed/ical"
)

// namesDesk reports whether the value of a property may name a desk.
func namesDesk(n ical.Name) bool {
	switch n {
	case ical.PropSummary, ical.PropLocation, ical.PropAttendee, ical.PropResources, ical.PropPlace:
		return true
	}
	return false
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
func (l level) keeps(n ical.Name) bool {
	return l == whole || l == placed && namesDesk(n) || n <= ical.PropStatus || (l == bare || l == placed) && n <= ical.PropExDates || l == lost && n.Identifies() || l == heavy && (n == ical.PropUID || n == ical.PropStart || n == ical.PropEnd || n == ical.PropRecurrenceID)
}

// maxChanges is the most events of one UID.
const maxChanges = 10_000

// record is an event on the shelf. Events of one UID are chained in the order
// of the feed.
type record struct {
	at, size uint32 // of its text
	line     int32
	calendar int32
	next     int32 // of the same UID, 0 behind the last
	// organizer identifies the organizer, 0 for none: a keyed hash.
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
	chunkSize  = ical.MaxEvent
	recordPage = 4096
)

func newShelf() *shelf {
	s := &shelf{chains: make(map[uint64]chain), seed: maphash.MakeSeed()}
	s.put(record{}, nil, gone) // 0 is no record
	return s
}

// add keeps the lines of text that l asks for. UIDs are compared by a keyed hash of 64
// bits; two of a feed share one less often than memory fails. An event without UID
// stands alone.
func (s *shelf) add(uid []byte, text ical.Lines, r record, l level) {
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

func (s *shelf) put(r record, text ical.Lines, l level) int32 {
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
func (s *shelf) keep(text ical.Lines, l level) (at, size uint32) {
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < len(text) {
		last++ // each twice the one before, up to chunkSize: most feeds are small
		s.chunks = append(s.chunks, make([]byte, 0, max(len(text), chunkSize>>max(0, 6-last))))
	}
	chunk := s.chunks[last]
	from := len(chunk)
	for len(text) > 0 {
		n, _, _, more := text.Next()
		if l.keeps(n) {
			chunk = append(chunk, text[:len(text)-len(more)]...)
		}
		text = more
	}
	s.chunks[last] = chunk
	return uint32(last*chunkSize + from), uint32(len(chunk) - from) //nolint:gosec // below maxFeed
}

func (s *shelf) record(n int32) *record { return &s.records[n/recordPage][n%recordPage] }

func (s *shelf) text(r *record) ical.Lines {
	chunk := s.chunks[r.at/chunkSize]
	return ical.Lines(chunk[r.at%chunkSize:][:r.size])
}

// has reports whether the feed says anything under a UID.
func (s *shelf) has(uid string) bool {
	_, known := s.chains[maphash.String(s.seed, uid)]
	return known
}
