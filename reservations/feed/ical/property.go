package ical

import (
	"bytes"
	"fmt"
	"strings"
)

// Property is one content line (RFC 5545 3.1). Its bytes belong to the line it was cut
// from. To reuse one for the next line saves memory.
type Property struct {
	Name   Name
	Line   int    // of the file, 1-based
	Value  []byte // as it is written
	params []param
	zones  map[string]string // names of zones met so far
}

// param is a parameter as it is written; [Property.Param] decodes it.
type param struct{ name, value []byte }

// Param is the value of the named parameter, without quotes and blanks around
// it, and with the encoding of RFC 6868 undone; nil when absent.
func (p *Property) Param(name string) []byte {
	for _, q := range p.params {
		if len(q.name) == len(name) && strings.EqualFold(string(q.name), name) {
			return q.decoded()
		}
	}
	return nil
}

// maxZoneNames is how many names of zones are shared.
const maxZoneNames = 500

// known is text as a string that is shared with those before: a feed has many
// times and few zones.
func (p *Property) known(text []byte) string {
	if s, ok := p.zones[string(text)]; ok || len(text) == 0 {
		return s
	}
	s := string(text)
	if p.zones == nil {
		p.zones = make(map[string]string)
	}
	if len(p.zones) < maxZoneNames {
		p.zones[s] = s
	}
	return s
}

func (q param) decoded() []byte {
	value := bytes.TrimSpace(q.value)
	if bytes.IndexByte(value, '"') >= 0 {
		value = bytes.TrimSpace(bytes.ReplaceAll(value, []byte{'"'}, nil))
	}
	if bytes.IndexByte(value, '^') >= 0 {
		value = []byte(caret.Replace(string(value)))
	}
	return value
}

// caret undoes the encoding of RFC 6868.
var caret = strings.NewReplacer("^n", "\n", "^^", "^", "^'", `"`)

// Split reads parameters and value from a line whose Name is set: rest begins with the
// ";" or ":" behind the name. It takes what real servers write: a trailing ";", text
// behind a closing quote, commas in a parameter without quotes.
func (p *Property) Split(rest []byte) error {
	p.params = p.params[:0]
	if rest[0] == ':' && !p.Name.date() {
		p.Value = rest[1:]
		return nil
	}
	sep := unquoted(rest, ':')
	if sep > 0 && p.Name.date() { // an unquoted TZID may hold a colon: "(UTC+01:00) Amsterdam, Berlin"
		sep = bytes.LastIndexByte(rest, ':')
	}
	if sep < 0 {
		return fmt.Errorf("no value: the colon is missing, or a quote is not closed")
	}
	p.Value = rest[sep+1:]
	params := rest[:sep]
	for len(params) > 0 {
		params = params[1:] // the semicolon
		end := unquoted(params, ';')
		if end < 0 {
			end = len(params)
		}
		if err := p.addParam(params[:end]); err != nil {
			return err
		}
		params = params[end:]
	}
	return nil
}

func (p *Property) addParam(text []byte) error {
	key, value, ok := bytes.Cut(text, []byte{'='})
	key = bytes.TrimSpace(key)
	switch {
	case !ok && len(key) == 0:
		return nil
	case len(text) > maxParam:
		return fmt.Errorf("a parameter longer than %d bytes", maxParam)
	case len(p.params) == maxParams:
		return fmt.Errorf("more than %d parameters", maxParams)
	case !ok:
		return fmt.Errorf("parameter %q without a value", Clip(string(key)))
	}
	p.params = append(p.params, param{key, value})
	return nil
}

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

// Unescape reads a TEXT value (RFC 5545 3.3.11). Bytes that are not UTF-8 become U+FFFD.
func Unescape(text []byte) string {
	s := string(text)
	if strings.IndexByte(s, '\\') >= 0 {
		s = escapes.Replace(s)
	}
	return strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd"))
}

// Quote is [Clip] in quotes, with what cannot be seen written out.
func Quote(s string) string { return fmt.Sprintf("%q", Clip(s)) }
