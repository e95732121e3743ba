package feed

import (
	"bytes"
	"fmt"
	"strings"
)

const bom = "\ufeff"

// line is an unfolded content line. number is the physical line it begins on;
// long says that it exceeds maxLine and that text is only its beginning.
type line struct {
	text   []byte
	number int
	long   bool
}

// lineReader unfolds content lines (RFC 5545 3.1). Lines may end in LF, CR or
// CRLF; a fold may cut a UTF-8 sequence in two, so text is judged only after
// unfolding. Every byte is looked at a constant number of times.
type lineReader struct {
	data   []byte
	pos    int
	lf     int // the first LF at or after pos, len(data) without one
	number int
	buf    []byte
}

func newLineReader(data []byte) lineReader {
	return lineReader{data: bytes.TrimPrefix(data, []byte(bom)), lf: -1}
}

// next returns the next line; its text is valid until the call after.
func (r *lineReader) next() (line, bool) {
	if r.pos >= len(r.data) {
		return line{}, false
	}
	l := line{text: r.physical()}
	l.number = r.number
	folded := false
	for r.continues() {
		more := r.physical()[1:]
		if !folded {
			r.buf, folded = append(r.buf[:0], l.text...), true
		}
		if l.long = l.long || len(r.buf)+len(more) > maxLine; !l.long {
			r.buf = append(r.buf, more...)
		}
		l.text = r.buf
	}
	if len(l.text) > maxLine {
		l.text, l.long = l.text[:maxLine], true
	}
	return l, true
}

// continues reports whether the line at pos belongs to the one before it.
func (r *lineReader) continues() bool {
	return r.pos < len(r.data) && (r.data[r.pos] == ' ' || r.data[r.pos] == '\t')
}

// physical returns the text up to the next line end and moves behind it.
func (r *lineReader) physical() []byte {
	if r.lf < r.pos {
		r.lf = len(r.data)
		if n := bytes.IndexByte(r.data[r.pos:], '\n'); n >= 0 {
			r.lf = r.pos + n
		}
	}
	r.number++
	start, end := r.pos, r.lf
	if n := bytes.IndexByte(r.data[start:end], '\r'); n >= 0 {
		end = start + n
	}
	r.pos = end
	for r.pos < r.lf && r.data[r.pos] == '\r' { // Quirk: some servers end lines in CR CR LF
		r.pos++
	}
	if r.pos == r.lf {
		r.pos++
	}
	return r.data[start:end]
}

// dateNames are the properties whose value holds no colon, while their TZID
// may, unquoted: "(UTC+01:00) Amsterdam, Berlin".
var dateNames = map[string]bool{"DTSTART": true, "DTEND": true, "RECURRENCE-ID": true, "EXDATE": true, "RDATE": true}

// parseProperty reads parameters and value; rest begins with the ";" or ":"
// behind the name. It takes what real servers write: a trailing ";", text behind
// a closing quote, commas in a parameter without quotes.
func parseProperty(name string, rest []byte, number int) (property, error) {
	p := property{name: name, line: number}
	sep := unquoted(rest, ':')
	if sep > 0 && dateNames[name] {
		sep = bytes.LastIndexByte(rest, ':')
	}
	if sep < 0 {
		return p, fmt.Errorf("no value: the colon is missing, or a quote is not closed")
	}
	p.value = string(rest[sep+1:])
	params := rest[:sep]
	for len(params) > 0 {
		params = params[1:] // the semicolon
		end := unquoted(params, ';')
		if end < 0 {
			end = len(params)
		}
		if err := p.addParam(params[:end]); err != nil {
			return p, err
		}
		params = params[end:]
	}
	return p, nil
}

func (p *property) addParam(text []byte) error {
	key, value, ok := strings.Cut(string(text), "=")
	switch {
	case !ok && strings.TrimSpace(key) == "":
		return nil
	case len(text) > maxParam:
		return fmt.Errorf("a parameter longer than %d bytes", maxParam)
	case len(p.params) == maxParams:
		return fmt.Errorf("more than %d parameters", maxParams)
	case !ok:
		return fmt.Errorf("parameter %q without a value", clip(key))
	}
	value = caret.Replace(strings.ReplaceAll(value, `"`, ""))
	p.params = append(p.params, param{strings.ToUpper(strings.TrimSpace(key)), strings.TrimSpace(value)})
	return nil
}

// caret undoes the encoding of RFC 6868.
var caret = strings.NewReplacer("^n", "\n", "^^", "^", "^'", `"`)

// unquoted is the index of the first c in b outside double quotes, or -1.
func unquoted(b []byte, c byte) int {
	quoted := false
	for i, x := range b {
		switch {
		case x == '"':
			quoted = !quoted
		case x == c && !quoted:
			return i
		}
	}
	return -1
}

// escapes undoes RFC 5545 3.3.11.
var escapes = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

// unescape reads a TEXT value. Bytes that are not UTF-8 become U+FFFD.
func unescape(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(escapes.Replace(s), "\ufffd"))
}

// quote shows outside text in a message.
func quote(s string) string { return fmt.Sprintf("%q", clip(s)) }
