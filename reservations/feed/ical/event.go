package ical

import (
	"encoding/binary"
	"iter"
)

// MaxEvent is the most bytes that are kept of one event, and maxNaming how many of them
// are reserved for its identity.
const (
	MaxEvent  = 1 << 20
	maxNaming = 4 << 10
)

// Event is a VEVENT: those of its lines that are read, see [Name]. Most of a company's
// calendar is discarded, so lines are parsed only on demand,
// by [Event.Properties] or [Lines.Next] and [Property.Split].
type Event struct {
	Line  int    // of its BEGIN
	Text  Lines  // valid as long as the event is
	Fault *Fault // the first thing wrong with it; nil: none that can be seen so far
	// Vague says that the RECURRENCE-ID could not be read, and Unsure that other properties,
	// not about its time, may be unreadable.
	Vague, Unsure bool
}

// Add appends a line: its number in the file, which is not before the event's, and
// what stands behind its name, from the ";" or ":" on.
func (e *Event) Add(n Name, number int, rest []byte) {
	e.Text = append(e.Text, byte(n))
	e.Text = binary.AppendUvarint(e.Text, uint64(number-e.Line)) //nolint:gosec // lines come in order
	e.Text = binary.AppendUvarint(e.Text, uint64(len(rest)))
	e.Text = append(e.Text, rest...)
}

// Properties are those of the event that are read, in the order of the file. The error
// says that a property has no value, or parameters that cannot be read. A property is
// valid until the next one.
func (e *Event) Properties() iter.Seq2[*Property, error] {
	return func(yield func(*Property, error) bool) {
		var p Property
		for text := e.Text; len(text) > 0; {
			var rest []byte
			p.Name, p.Line, rest, text = text.Next()
			p.Line += e.Line
			if err := p.Split(rest); !yield(&p, err) {
				return
			}
		}
	}
}

// Lines are lines of an event, packed one behind the other: name, line number counted
// from the event's, length, and what stands behind the name.
type Lines []byte

// Next cuts the first line off. There must be one; more is empty behind the last.
func (p Lines) Next() (n Name, line int, rest []byte, more Lines) {
	n = Name(p[0])
	number, a := binary.Uvarint(p[1:])
	size, b := binary.Uvarint(p[1+a:])
	from := 1 + a + b
	to := from + int(size)                    //nolint:gosec // of a line
	return n, int(number), p[from:to], p[to:] //nolint:gosec // a number of lines
}
