// Package devicelist reads saved reports of DeviceListX, the list of phones that
// CallManager gave out up to release 4.
//
// It owns the format: seven attributes of one letter each, ISO-8859-1. It fetches
// nothing: the report has been gone since release 5.0, so its addresses are as old as
// the file. Its invariant: a report is read whole, or not at all with the line that is
// wrong.
//
// Source: Cisco Unified IP Phone Services Application Development Notes 5.0(2),
// chapter DeviceListX Report.
package devicelist

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Device is a line of the report.
type Device struct {
	// Type is the number of the model in the cluster's database (t), 0 if it is empty.
	Type int
	// Name (n), such as SEP000123456789; it is never empty.
	Name string
	// Description (d), CallingSearchSpace (c) and Pool (p) are as in the database.
	Description, CallingSearchSpace, Pool string
	// Address is the last that was known (i); the zero value if none was.
	Address netip.Addr
	// Status (s) is of the moment of the report.
	Status Status
	// Line is that of the file, from 1.
	Line int
}

// Status says whether a phone was registered.
type Status int

// The statuses. An empty s and a 0 both mean NotFound.
const (
	NotFound      Status = 0
	Registered    Status = 1
	NotRegistered Status = 2
)

// Error is a report in whose place the server has given an error.
type Error struct{ Number int }

func (e *Error) Error() string {
	text := map[int]string{1001: "too many requests at once", 1002: "too many requests one after the other"}[e.Number]
	if text == "" {
		text = "unknown error"
	}
	return fmt.Sprintf("the file is no report but DeviceListX error %d: %s; save it again after a minute", e.Number, text)
}

// LineError says what is wrong with a line.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// MaxReport is the longest report that is read, in bytes: that of some 50,000 phones.
const MaxReport = 16 << 20

// declaration is what a report begins with; the manual's sample has version 1, which
// readers of XML refuse.
var declaration = regexp.MustCompile(`^<\?xml[^>]*\?>`)

// Read reads a report. Its error is an [*Error], a [*LineError], or one of reading.
func Read(r io.Reader) ([]Device, error) {
	text, err := load(r)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	list := report{lines: make(map[string]int)}
	for {
		token, err := d.Token()
		line, _ := d.InputPos()
		switch {
		case errors.Is(err, io.EOF) && list.devices == nil:
			return nil, &LineError{line, errors.New("the report has no devices")}
		case errors.Is(err, io.EOF):
			return list.devices, nil
		case err != nil:
			return nil, wrong(text, line, err)
		}
		if err := list.take(token, line); err != nil {
			return nil, err
		}
	}
}

// load reads a report as XML in UTF-8 without a declaration, with the lines it had.
func load(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxReport+1))
	if err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	if len(text) > MaxReport {
		return nil, fmt.Errorf("the report has more than %d bytes", MaxReport)
	}
	text = asUTF8(bytes.TrimPrefix(text, []byte("\ufeff")))
	return declaration.ReplaceAllFunc(text, func(d []byte) []byte {
		return bytes.Repeat([]byte("\n"), bytes.Count(d, []byte("\n")))
	}), nil
}

// report is what has been read so far.
type report struct {
	depth   int
	devices []Device
	lines   map[string]int // of each name
}

// take takes the next token, of that line.
func (r *report) take(token xml.Token, line int) error {
	switch t := token.(type) {
	case xml.EndElement:
		r.depth--
	case xml.StartElement:
		if r.depth++; r.depth == 1 {
			return root(t, line)
		}
		device, err := read(t, r.depth, line)
		if err == nil && r.lines[device.Name] > 0 {
			err = fmt.Errorf("%s is in line %d, too", device.Name, r.lines[device.Name])
		}
		if err != nil {
			return &LineError{line, err}
		}
		r.lines[device.Name] = line
		r.devices = append(r.devices, device)
	}
	return nil
}

// wrong says what is wrong with XML. Quotes of a word processor, as in the manual's own
// sample, are the one mistake worth a name.
func wrong(text []byte, line int, err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		line, err = syntax.Line, errors.New(syntax.Msg)
	}
	if lines := strings.Split(string(text), "\n"); line >= 1 && line <= len(lines) && strings.ContainsAny(lines[line-1], "“”„‟″\u0093\u0094") {
		err = fmt.Errorf(`the quotes are typographic and have to be "straight": %w`, err)
	}
	return &LineError{line, err}
}

// root checks the first element.
func root(e xml.StartElement, line int) error {
	if e.Name.Local == "DeviceList" {
		return nil
	}
	if strings.HasSuffix(e.Name.Local, "Error") {
		for _, a := range e.Attr {
			if n, err := strconv.Atoi(a.Value); err == nil {
				return &Error{n}
			}
		}
	}
	return &LineError{line, fmt.Errorf("the root is %q, not DeviceList", e.Name.Local)}
}

// read reads one device.
func read(e xml.StartElement, depth, line int) (Device, error) {
	if depth != 2 || e.Name.Local != "Device" {
		return Device{}, fmt.Errorf("a %q has no place here", e.Name.Local)
	}
	d := Device{Line: line}
	for _, a := range e.Attr {
		if err := d.set(a.Name.Local, strings.TrimSpace(a.Value)); err != nil {
			return Device{}, err
		}
	}
	if d.Name == "" {
		return Device{}, errors.New("the device has no name (n)")
	}
	return d, nil
}

// set sets what an attribute says.
func (d *Device) set(attribute, value string) (err error) {
	switch attribute {
	case "n":
		d.Name = value
	case "d":
		d.Description = value
	case "c":
		d.CallingSearchSpace = value
	case "p":
		d.Pool = value
	case "t":
		if value != "" {
			if d.Type, err = strconv.Atoi(value); err != nil {
				err = errors.New("it is no number")
			}
		}
	case "i":
		if value != "" {
			if d.Address, err = netip.ParseAddr(value); err != nil {
				err = errors.New("it is no address like 10.1.2.3")
			}
		}
	case "s":
		switch value {
		case "", "0":
		case "1":
			d.Status = Registered
		case "2":
			d.Status = NotRegistered
		default:
			err = errors.New("it is none of 0, 1 and 2")
		}
	default:
		return fmt.Errorf("a device has no attribute %q", attribute)
	}
	if err != nil {
		return fmt.Errorf("%s=%q: %w", attribute, value, err)
	}
	return nil
}

// asUTF8 returns a text in UTF-8: what is none is ISO-8859-1, as the report is.
func asUTF8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	var b bytes.Buffer
	for _, c := range text {
		b.WriteRune(rune(c))
	}
	return b.Bytes()
}
