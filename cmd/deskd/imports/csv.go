package imports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"deskd/reservations"
	"deskd/reservations/spelling"
)

// columns of each kind of file: the needed ones first, which say what a line is
// about.
var columns = map[string]struct {
	needed []string
	names  []string
}{
	"desks":        {[]string{"id"}, []string{"id", "site", "cluster", "device", "name", "floor", "zone", "mail", "aliases", "owner"}},
	"people":       {[]string{"person"}, []string{"person", "mail", "name", "profile", "protected", "aliases", "groups", "role"}},
	"reservations": {[]string{"desk", "start"}, []string{"desk", "person", "start", "end", "note"}},
	PhonesKind:     {[]string{"device"}, []string{"device", "cluster", "address", "model"}},
}

// CalendarKind is what can be imported of an iCalendar file; all other kinds are tables.
const CalendarKind = "calendar"

// Kinds are what can be imported.
var Kinds = []string{"desks", "people", "reservations", PhonesKind, CalendarKind}

// record is a line of the file by column.
type record struct {
	line   int
	fields []string // of columns, in their order
	// columns are those the line has: not those that the file has no column for,
	// nor those after the end of a line that is too short.
	columns []string
}

func (r record) has(column string) bool { return slices.Contains(r.columns, column) }

// of is what the line has in a column, empty where it has none.
func (r record) of(column string) string {
	if n := slices.Index(r.columns, column); n >= 0 {
		return r.fields[n]
	}
	return ""
}

// read reads the header and the lines of the file, and has each line taken before it reads
// the next: not all of them need be in memory. A line with too many fields or a broken
// quote costs itself.
func (i *Importer) read(kind string, in io.Reader, take func(record)) error {
	raw, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read %s: %w", i.File, err)
	}
	text, err := i.decode(raw)
	if err != nil {
		return fileError("%s: %w", i.File, err)
	}
	text, separator, skipped := separatorLine(text)
	if separator == 0 {
		separator = likelySeparator(kind, text)
	}
	i.most = strings.Count(text, "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = separator != '\t'
	r.Comma = separator
	r.ReuseRecord = true // of the slice alone: its texts stay
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return fileError("%s is empty: the first line must be %s", i.File, strings.Join(columns[kind].names, ","))
	}
	if err != nil {
		return fileError("%s: %w", i.File, err)
	}
	line, _ := r.FieldPos(0)
	s := sheet{kind: kind, separator: separator}
	if s.header, err = checkHeader(kind, header); err != nil {
		return fileError("%s:%d: %w", i.File, line+skipped, err)
	}
	return i.lines(s, r, skipped, take)
}

// sheet is how the lines of a file are laid out.
type sheet struct {
	kind      string
	header    []string // of the kind's columns those that the file has, in its order
	separator rune
}

// lines reads what follows the header. The reader has not seen the skipped lines.
func (i *Importer) lines(s sheet, r *csv.Reader, skipped int, take func(record)) error {
	for {
		fields, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			i.complain(bad.StartLine+skipped, broken(bad, skipped))
			continue
		case err != nil:
			return fmt.Errorf("read %s: %w", i.File, err)
		}
		line, _ := r.FieldPos(0)
		rec, err := s.record(line+skipped, fields)
		if err != nil {
			i.complain(line+skipped, err)
			continue
		}
		if rec.fields == nil {
			continue
		}
		if len(rec.columns) < len(s.header) {
			i.notes = append(i.notes, complaint{rec.line, errShort})
		}
		take(rec)
	}
}

// errShort is told of lines that end early. Excel leaves out separators at the
// end of lines in which the last columns are empty for a while.
var errShort = errors.New("fewer fields than the header: what is stored in the missing ones stays")

// broken words what is wrong with quotes. One that is not closed takes the lines
// up to the next quote with it.
func broken(bad *csv.ParseError, skipped int) error {
	if bad.Line > bad.StartLine {
		return fmt.Errorf("a quote that opens here is not closed properly: everything up to line %d is left out", bad.Line+skipped)
	}
	return fmt.Errorf("%w: a field with quotes in it needs quotes around it, and those inside doubled", bad.Err)
}

// errEncoding is the complaint about a line that is no UTF-8.
var errEncoding = errors.New(`this is not UTF-8: save the file as "CSV UTF-8", or add --encoding windows-1252 if Excel for Windows saved it as "CSV"`)

// record is a line by column, without fields when all of them are empty, as
// spreadsheets write rows that were cleared.
func (s sheet) record(line int, fields []string) (record, error) {
	rec, header := record{line: line}, s.header
	text := strings.Join(fields, "")
	if strings.TrimSpace(text) == "" {
		return rec, nil
	}
	for len(fields) > len(header) && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1]
	}
	switch {
	case len(fields) > len(header):
		return rec, fmt.Errorf("%d fields, the header has %d: a field with a %s needs quotes", len(fields), len(header), separatorName(s.separator))
	case !utf8.ValidString(text):
		return rec, errEncoding
	}
	rec.fields, rec.columns = fields, header[:len(fields)]
	for _, name := range columns[s.kind].needed {
		if !rec.has(name) {
			return rec, fmt.Errorf("%d fields, the header has %d: %s is not among them", len(fields), len(header), name)
		}
	}
	for n, field := range fields {
		rec.fields[n] = reservations.FromCell(strings.TrimSpace(field))
	}
	return rec, nil
}

// checkHeader returns the header's names in lower case, without empty ones at the
// end, having compared them with the kind's columns.
func checkHeader(kind string, header []string) ([]string, error) {
	want := columns[kind]
	for len(header) > 1 && strings.TrimSpace(header[len(header)-1]) == "" {
		header = header[:len(header)-1]
	}
	folded := make([]string, len(header))
	for n, name := range header {
		folded[n] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(want.names, folded[n]) {
			return nil, fmt.Errorf("column %q is none of %s%s", folded[n], strings.Join(want.names, ","), spelling.Meant(folded[n], want.names))
		}
		if slices.Contains(folded[:n], folded[n]) {
			return nil, fmt.Errorf("column %q stands twice", folded[n])
		}
	}
	for _, name := range want.needed {
		if !slices.Contains(folded, name) {
			return nil, fmt.Errorf("column %q is missing: expected %s", name, strings.Join(want.names, ","))
		}
	}
	return folded, nil
}
