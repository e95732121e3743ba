package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// columns of each kind of file: the needed ones first.
var columns = map[string]struct {
	needed int
	names  []string
}{
	"desks":        {4, []string{"id", "site", "cluster", "device", "name", "floor", "zone", "mail", "aliases"}},
	"people":       {1, []string{"person", "mail", "name", "profile", "protected", "aliases"}},
	"reservations": {4, []string{"desk", "person", "start", "end", "note"}},
}

func checkKind(kind string) error {
	if _, ok := columns[kind]; !ok {
		return usage("%q cannot be imported: desks, people or reservations", kind)
	}
	return nil
}

// record is a line of the file by column.
type record struct {
	line   int
	fields map[string]string
}

// read reads the header and the lines of the file. A line with a wrong number
// of fields or a broken quote costs itself.
func (i *importer) read(kind string, in io.Reader) ([]record, error) {
	r := csv.NewReader(skipBOM(in))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, usage("%s is empty: the first line must be %s", i.file, strings.Join(columns[kind].names, ","))
	}
	if err != nil {
		return nil, usage("%s: %w", i.file, err)
	}
	if err := checkHeader(kind, header); err != nil {
		return nil, usage("%s:1: %w", i.file, err)
	}
	var records []record
	for {
		fields, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return records, nil
		case errors.As(err, &bad):
			i.complain(bad.StartLine, broken(bad))
			continue
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", i.file, err)
		}
		line, _ := r.FieldPos(0)
		rec, err := newRecord(line, header, fields)
		if err != nil {
			i.complain(line, err)
		} else if rec.fields != nil {
			records = append(records, rec)
		}
	}
}

// broken words what is wrong with quotes. One that is not closed takes the lines
// up to the next quote with it.
func broken(bad *csv.ParseError) error {
	if bad.Line > bad.StartLine {
		return fmt.Errorf("a quote that opens here is not closed properly: everything up to line %d is left out", bad.Line)
	}
	return fmt.Errorf("%w: a field with quotes in it needs quotes around it, and those inside doubled", bad.Err)
}

// newRecord is a line by column, without fields when all of them are empty, as
// spreadsheets write rows that were cleared.
func newRecord(line int, header, fields []string) (record, error) {
	rec := record{line: line}
	text := strings.Join(fields, "")
	switch {
	case strings.TrimSpace(text) == "":
		return rec, nil
	case len(fields) != len(header):
		return rec, fmt.Errorf("%d fields, the header has %d: a field with a comma needs quotes", len(fields), len(header))
	case !utf8.ValidString(text):
		return rec, fmt.Errorf("%q is not UTF-8: save the file as \"CSV UTF-8\"", strings.Join(fields, ","))
	}
	rec.fields = make(map[string]string, len(header))
	for n, name := range header {
		rec.fields[name] = strings.TrimSpace(fields[n])
	}
	return rec, nil
}

// skipBOM drops the byte order mark that spreadsheets put before CSV.
func skipBOM(in io.Reader) io.Reader {
	head := make([]byte, 3)
	n, _ := io.ReadFull(in, head) // a short file is read again below; an error shows again there
	if string(head[:n]) == "\ufeff" {
		return in
	}
	return io.MultiReader(strings.NewReader(string(head[:n])), in)
}

// checkHeader folds the header's names in place and compares them with the
// kind's columns.
func checkHeader(kind string, header []string) error {
	want := columns[kind]
	if strings.ContainsRune(header[0], 0) {
		return errors.New("this is no UTF-8, rather UTF-16: save the file as CSV in UTF-8")
	}
	if len(header) == 1 && strings.Contains(header[0], ";") {
		return errors.New("the columns must be separated by commas, not semicolons")
	}
	for n := range header {
		header[n] = strings.ToLower(strings.TrimSpace(header[n]))
		if !slices.Contains(want.names, header[n]) {
			return fmt.Errorf("column %q is none of %s", header[n], strings.Join(want.names, ","))
		}
		if slices.Contains(header[:n], header[n]) {
			return fmt.Errorf("column %q stands twice", header[n])
		}
	}
	for _, name := range want.names[:want.needed] {
		if !slices.Contains(header, name) {
			return fmt.Errorf("column %q is missing: expected %s", name, strings.Join(want.names, ","))
		}
	}
	return nil
}
