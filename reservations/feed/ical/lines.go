package ical

import (
	"bytes"
	"fmt"
	"io"
)

const bom = "\ufeff"

// The buffer of a lineReader and the rest at which it is filled again. The rest
// is longer than any line that is read, so that every such line is seen whole.
const (
	lineBuffer = 4 * maxLine
	lineRest   = 2 * maxLine
)

// maxLongName is how much is kept of a line that is too long: its name.
const maxLongName = 256

// line is an unfolded content line. number is the physical line it begins on;
// long says that it exceeds maxLine and that text is only its beginning.
type line struct {
	text   []byte
	number int
	long   bool
}

// lineReader unfolds content lines (RFC 5545 3.1) of a stream. Lines may end in
// LF, CR or CRLF; a fold may cut a UTF-8 sequence in two, so text is judged only
// after unfolding. It holds one buffer, whatever the length of a line, and reads every
// byte a constant number of times.
type lineReader struct {
	src    io.Reader
	buf    []byte
	pos    int // of the next line
	end    int // of what was read
	lf     int // the first LF at or after pos, end without one
	size   int // bytes read of src
	number int
	done   bool // src is at its end
	err    error
	joined []byte // of a folded line
}

// newLineReader reads the beginning of src. A buffer for all of a source that
// tells its length is enough.
func newLineReader(src io.Reader) *lineReader {
	size := lineBuffer
	if known, ok := src.(interface{ Len() int }); ok {
		size = min(size, known.Len()+1)
	}
	r := &lineReader{src: src, buf: make([]byte, size)}
	r.fill()
	if bytes.HasPrefix(r.buf[:r.end], []byte(bom)) {
		r.pos = len(bom)
	}
	return r
}

// next returns the next line; its text is valid until the call after. It ends
// with the stream and at the first error, which is in r.err.
func (r *lineReader) next() (line, bool) {
	r.need()
	if r.pos >= r.end || r.err != nil {
		return line{}, false
	}
	text, long := r.physical()
	l := line{text: text, number: r.number, long: long}
	for folded := false; r.continues(); folded = true {
		if !folded {
			r.joined = append(r.joined[:0], l.text...)
		}
		more, long := r.physical()
		if l.long = l.long || long || len(r.joined)+len(more) > maxLine; !l.long {
			r.joined = append(r.joined, more[1:]...)
		}
		l.text = r.joined
	}
	return l, true
}

// continues reports whether the line at pos belongs to the one before it;
// physical has seen to it that the byte is there.
func (r *lineReader) continues() bool {
	return r.pos < r.end && (r.buf[r.pos] == ' ' || r.buf[r.pos] == '\t')
}

// physical returns the text up to the next line end and moves behind it. Of a
// line that is too long it returns the beginning.
func (r *lineReader) physical() (text []byte, long bool) {
	r.need()
	r.number++
	end := r.lineEnd()
	text = r.buf[r.pos:end]
	if long = len(text) > maxLine; long {
		text = bytes.Clone(text[:maxLongName])
		for end == r.end && !r.done {
			r.pos = end
			r.need()
			end = r.lineEnd()
		}
	}
	r.pos = end
	if long {
		r.need() // the line end may be cut in two
	}
	r.passEnd()
	return text, long
}

// lineEnd is the place of the first CR or LF, r.end without one.
func (r *lineReader) lineEnd() int {
	if n := bytes.IndexByte(r.buf[r.pos:r.lf], '\r'); n >= 0 {
		return r.pos + n
	}
	return r.lf
}

// passEnd moves behind the line end at pos.
func (r *lineReader) passEnd() {
	n := r.lf - r.pos
	switch {
	case n == 1 && r.lf < r.end: // CRLF
		r.pos += 2
	case n == 2 && r.lf < r.end && r.buf[r.pos+1] == '\r': // Quirk: some servers end lines in CR CR LF
		r.pos += 3
	case r.pos < r.end:
		r.pos++
	}
	if r.lf < r.pos {
		r.find(r.pos)
	}
}

// find looks for the first LF from the given place on.
func (r *lineReader) find(from int) {
	r.lf = r.end
	if n := bytes.IndexByte(r.buf[from:r.end], '\n'); n >= 0 {
		r.lf = from + n
	}
}

// need fills the buffer when less is left in it than a line may have.
func (r *lineReader) need() {
	if r.end-r.pos < lineRest && !r.done {
		r.fill()
	}
}

// fill moves what is left to the beginning of the buffer and reads it full.
func (r *lineReader) fill() {
	rest := copy(r.buf, r.buf[r.pos:r.end])
	found := r.lf < r.end
	r.lf, r.pos, r.end = r.lf-r.pos, 0, rest
	for idle := 0; r.end < len(r.buf) && !r.done; idle++ {
		n, err := r.src.Read(r.buf[r.end:])
		r.end, r.size = r.end+n, r.size+n
		if n > 0 {
			idle = 0
		}
		switch {
		case err != nil && err != io.EOF:
			r.err = err
		case r.size > MaxSize:
			r.err = fmt.Errorf("%w: the most is %d bytes", ErrTooLarge, MaxSize)
		case idle > 100:
			r.err = io.ErrNoProgress
		}
		r.done = err == io.EOF || r.err != nil
	}
	if !found {
		r.find(rest)
	}
}
