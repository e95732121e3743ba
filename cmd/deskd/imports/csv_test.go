package imports

import (
	"slices"
	"strings"
	"testing"
)

// Whatever is in a file, its lines come in their order, each is used or
// complained about once, and every complaint names a line there is.
func FuzzReadCSV(f *testing.F) {
	f.Add("person,mail\nuser0001,\"one@example.com\"\n\n,\n")
	f.Add("\ufeffmail , PERSON\r\n\"a\r\nb\",c\r\n\"open\r\nx,y")
	f.Add("sep=;\r\nperson;mail\r\na;b;;\r\nb\r\n")
	f.Add("\xff\xfep\x00e\x00r\x00s\x00o\x00n\x00\n\x00a\x00")
	f.Add("person\tmail\ra\tb\r")
	f.Add("person\n\"a\"b\nM\xfcller\na,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		i := Importer{File: "people.csv"}
		var records []record
		err := i.read("people", strings.NewReader(text), func(r record) {
			r.fields = slices.Clone(r.fields) // the next line takes their place
			records = append(records, r)
		})
		if err != nil {
			if len(records) > 0 {
				t.Errorf("%v, yet %d records", err, len(records))
			}
			return
		}
		last, lines := 1, strings.Count(text, "\n")+1
		if lines == 1 {
			lines += strings.Count(text, "\r")
		}
		if strings.ContainsRune(text, 0) {
			lines += len(text) // UTF-16, in which a line's end may be another letter
		}
		told := make(map[int]bool)
		for _, c := range i.notes {
			if c.line < 0 || c.line > lines {
				t.Errorf("note about line %d of %d: %v", c.line, lines, c.err)
			}
		}
		for _, r := range records {
			if r.line <= last || r.line > lines {
				t.Errorf("record on line %d after line %d of %d", r.line, last, lines)
			}
			if !r.has("person") {
				t.Errorf("record on line %d without its column", r.line)
			}
			last, told[r.line] = r.line, true
		}
		for _, c := range i.bad {
			if c.line < 2 || c.line > lines || told[c.line] {
				t.Errorf("complaint about line %d of %d: %v", c.line, lines, c.err)
			}
			told[c.line] = true
		}
	})
}
