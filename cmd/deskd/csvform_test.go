package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func utf16Of(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, letter := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, letter)
	}
	return string(b)
}

// CSV as spreadsheets write it, in every form, is the same two desks.
func TestImportSpreadsheets(t *testing.T) {
	notShort(t, "imports a file in twenty forms")
	noRaces(t)
	const german = "id;site;cluster;device;name;mail;aliases\r\n" +
		"4.01;berlin;main;SEP000000000001;Fenster größer;desk-4.01@example.com;\"D 4.01;Platz 4.01\"\r\n" +
		"4.02;berlin;main;SEP000000000002;Tür;desk-4.02@example.com;\r\n"
	separated := func(by string) string { return strings.NewReplacer(";Platz", ";Platz", ";", by).Replace(german) }
	tabs := separated("\t")
	latin1 := strings.NewReplacer("ö", "\xf6", "ß", "\xdf", "ü", "\xfc").Replace(german)
	for name, c := range map[string]struct {
		text string
		args []string
		says string
	}{
		"semicolons":         {"\ufeff" + german, nil, ""},
		"tabs":               {tabs, nil, ""},
		"commas":             {separated(","), nil, ""},
		"bars":               {separated("|"), nil, ""},
		"sep":                {"sep=;\r\n" + german, nil, ""},
		"BOM and sep":        {"\ufeffSEP=;\n" + german, nil, ""},
		"empty ends":         {strings.ReplaceAll(german, "\r\n", ";;;\r\n") + ";;;;;;;;;\r\n\r\n;;\r\n", nil, ""},
		"no ends":            {strings.ReplaceAll(german, ".com;\r\n", ".com\r\n"), nil, "DIR/x.csv:3: warning: fewer fields than the header"},
		"quoted":             {strings.ReplaceAll(german, "berlin", `"berlin"`), nil, ""},
		"old Mac":            {strings.ReplaceAll(german, "\r\n", "\r"), nil, ""},
		"no last line end":   {strings.TrimRight(german, "\r\n"), nil, ""},
		"UTF-16":             {"\xff\xfe" + utf16Of(tabs, binary.LittleEndian), nil, "DIR/x.csv: warning: read as UTF-16"},
		"UTF-16, big":        {"\xfe\xff" + utf16Of(german, binary.BigEndian), nil, "read as UTF-16"},
		"UTF-16, no mark":    {utf16Of(german, binary.LittleEndian), []string{"--encoding", "utf-16"}, ""},
		"Windows-1252":       {latin1, []string{"--encoding", "windows-1252"}, ""},
		"shouted":            {strings.Replace(german, "id;site;cluster", " ID ;SITE;Cluster", 1), nil, ""},
		"MAC with colons":    {strings.NewReplacer("SEP000000000001", "00:00:00:00:00:01", "SEP000000000002", "SEP00:00:00:00:00:02").Replace(german), nil, ""},
		"MAC with dashes":    {strings.NewReplacer("SEP000000000001", "00-00-00-00-00-01", "SEP000000000002", "sep-000000000002").Replace(german), nil, ""},
		"MAC with dots":      {strings.NewReplacer("SEP000000000001", "0000.0000.0001", "SEP000000000002", "000000000002").Replace(german), nil, ""},
		"several by a comma": {strings.Replace(german, "desk-4.02@example.com", "desk-4.02@example.com,", 1), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("x.csv", c.text)
			w.contains(w.run(append([]string{"import", "desks", w.path("x.csv")}, c.args...)...), 0, "2 added, 0 updated, 0 unchanged, 0 left out", c.says)
			w.write("good.csv", german)
			w.contains(w.run("import", "desks", w.path("good.csv"), "--dry-run"), 0, "2 unchanged")
		})
	}
	w := newWorld(t)
	w.write("x.csv", latin1)
	w.expect(w.run("import", "desks", w.path("x.csv")), result{1, "desks imported: 0 added, 0 updated, 0 unchanged, 2 left out\n",
		`DIR/x.csv:2: this is not UTF-8: save the file as "CSV UTF-8", or add --encoding windows-1252 if Excel for Windows saved it as "CSV" (2 lines: 2, 3)
`})
	w.contains(w.run("import", "desks", w.path("x.csv"), "--encoding", "latin9"), 2, `--encoding "latin9": utf-8, utf-16, windows-1252`)
}

// What is no CSV is called what it is.
func TestImportOtherFiles(t *testing.T) {
	w := newWorld(t)
	archive := func(names ...string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range names {
			if _, err := z.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for says, text := range map[string]string{
		"an Excel workbook (.xlsx)":            archive("[Content_Types].xml", "xl/workbook.xml"),
		"an OpenDocument spreadsheet (.ods)":   archive("mimetype", "content.xml"),
		"a Numbers spreadsheet (.numbers)":     archive("Index/Document.iwa"),
		"a Word document (.docx)":              archive("word/document.xml"),
		"a ZIP archive":                        archive("people.csv"),
		"a damaged ZIP archive or workbook":    "PK\x03\x04cut",
		"an old Excel workbook (.xls)":         "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00",
		"a PDF document":                       "%PDF-1.7\n",
		"an HTML page":                         "\ufeff\r\n<!DOCTYPE html><html><body>log in</body></html>",
		"an XML document":                      `<?xml version="1.0"?><Workbook/>`,
		"a gzip archive":                       "\x1f\x8b\x08",
		"JSON":                                 `[{"person": "user0001"}]`,
		"a calendar or address card":           "BEGIN:VCARD\r\n",
		"an SQLite database":                   "SQLite format 3\x00",
		"there are zero bytes in it":           "person\nuser\x000001\n",
		"cut off in the middle of a letter":    "\xff\xfep\x00e",
		`column "sep" is none of person,mail,`: "sep\n;\n",
	} {
		w.write("x", text)
		w.contains(w.run("import", "people", w.path("x")), 2, "deskd: DIR/x:", says)
	}
}

// One wrong name is said once, with the number of its lines.
func TestImportSaysOnce(t *testing.T) {
	w := newWorld(t).furnish()
	var file strings.Builder
	file.WriteString("desk,person,start,end\n")
	for n := range 2000 {
		day := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
		fmt.Fprintf(&file, "D1,user0009,%s 09:00,%s 10:00\n", day.Format(time.DateOnly), day.Format(time.DateOnly))
	}
	w.write("x.csv", file.String())
	w.expect(w.run("import", "reservations", w.path("x.csv")), result{1, "reservations imported: 0 added, 0 updated, 0 unchanged, 2000 left out\n",
		`DIR/x.csv:2: no such person: "user0009"; did you mean "user0001"? (2000 lines: 2, 3, 4, 5, 6, …)` + "\n"})
	w.write("x.csv", "id,site,cluster,device\nA,Berlin,main,SEP00000000000A\nB,Berlin,Main,SEP00000000000B\nC,berlin,Main,SEP00000000000C\nD,berlin,main,1122334455\nE,berlin,main,\"1,12E+09\"\n")
	w.expect(w.run("import", "desks", w.path("x.csv")), result{1, "desks imported: 0 added, 0 updated, 0 unchanged, 5 left out\n",
		`DIR/x.csv:2: site "Berlin" is not in the configuration (key sites); did you mean "berlin"? (2 lines: 2, 3)
DIR/x.csv:4: desk "C": cluster "Main" is not in the configuration (key clusters); did you mean "main"?
DIR/x.csv:5: desk "D": device "1122334455" is a MAC address that a spreadsheet has turned into a number: format the column as text and enter it again
DIR/x.csv:6: desk "E": device "1,12E+09" is a MAC address that a spreadsheet has turned into a number: format the column as text and enter it again
`})
}

// What a spreadsheet would calculate is text in what deskd writes, and is read back as it was.
func TestFormulasStayText(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	for _, name := range []string{"=1+1", "@SUM(A1)", "'=1+1", "+1-2", "-12", "'tis"} {
		w.write("people.csv", "person,name\nuser0001,\""+name+"\"\n")
		w.must("import", "people", w.path("people.csv"))
		before, listed := w.must("list", "people", "-o", "json"), w.must("list", "people", "-o", "csv")
		if strings.Contains(listed, ",=") || strings.Contains(listed, ",@") || strings.Contains(listed, ",+") {
			t.Errorf("%q is listed as a formula:\n%s", name, listed)
		}
		w.write("listed.csv", listed)
		w.must("import", "people", w.path("listed.csv"))
		if after := w.must("list", "people", "-o", "json"); after != before {
			t.Errorf("%q came back otherwise:\n%s", name, after)
		}
	}
	w.must("close", "--desk", "D1", "--to", "+1h", "--reason", `=HYPERLINK("x")`)
	w.contains(w.run("list", "closures", "-o", "csv"), 0, `"'=HYPERLINK(""x"")"`)
}
