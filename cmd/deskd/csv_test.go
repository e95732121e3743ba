package main

import (
	"strings"
	"testing"
)

// Whatever is in a file, its lines come in their order, each is used or
// complained about once, and every complaint names a line there is.
func FuzzReadCSV(f *testing.F) {
	f.Add("person,mail\nuser0001,\"one@example.com\"\n\n,\n")
	f.Add("\ufeffmail , PERSON\r\n\"a\r\nb\",c\r\n\"open\r\nx,y")
	f.Add("person\n\"a\"b\nM\xfcller\na,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		i := importer{file: "people.csv"}
		records, err := i.read("people", strings.NewReader(text))
		if err != nil {
			if len(records) > 0 {
				t.Errorf("%v, yet %d records", err, len(records))
			}
			return
		}
		last, lines := 1, strings.Count(text, "\n")+1
		told := make(map[int]bool)
		for _, r := range records {
			if r.line <= last || r.line > lines {
				t.Errorf("record on line %d after line %d of %d", r.line, last, lines)
			}
			if _, ok := r.fields["person"]; !ok {
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
