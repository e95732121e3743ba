package imports

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encodings are the texts that can be asked for.
var Encodings = []string{"utf-8", "utf-16", "windows-1252"}

// decode makes text of the file. UTF-16 shows itself; of 8-bit encodings nothing
// tells which it is, so that they have to be named.
func (i *Importer) decode(raw []byte) (string, error) {
	if kind := notCSV(raw); kind != "" {
		return "", fmt.Errorf("this is %s, not CSV: open it in the spreadsheet program and save it as \"CSV UTF-8\"", kind)
	}
	little, wide := isUTF16(raw)
	switch {
	case i.Encoding == "windows-1252":
		if utf8.Valid(raw) && bytes.ContainsFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf }) {
			i.notes = append(i.notes, complaint{0, errors.New("read as Windows-1252, though every byte of it is right as UTF-8: leave --encoding out if letters look wrong")})
		}
		text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
		return oneLineEnd(string(text)), err
	case i.Encoding == "utf-16" && !wide:
		return "", errors.New("this is not UTF-16")
	case wide && i.Encoding != "utf-8":
		text, err := fromUTF16(raw, little)
		if err == nil && i.Encoding == "" {
			i.notes = append(i.notes, complaint{0, errors.New(`read as UTF-16; "CSV UTF-8" is what every program reads`)})
		}
		return oneLineEnd(text), err
	}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	if strings.ContainsRune(text, 0) {
		return "", errors.New("there are zero bytes in it, which no CSV file has: save it as \"CSV UTF-8\"")
	}
	return oneLineEnd(text), nil
}

// oneLineEnd turns the line ends of old Macs, which are no line ends to anybody
// else, into everybody's.
func oneLineEnd(text string) string {
	if strings.Contains(text, "\n") {
		return text
	}
	return strings.ReplaceAll(text, "\r", "\n")
}

// notCSV names the kind of a file that is something else.
func notCSV(raw []byte) string {
	head := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(raw[:min(len(raw), 512)]), "\ufeff")))
	switch {
	case strings.HasPrefix(head, "pk\x03\x04"):
		return zipKind(raw)
	case bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "an old Excel workbook (.xls)"
	case strings.HasPrefix(head, "%pdf-"):
		return "a PDF document"
	case strings.HasPrefix(head, "<!doctype html"), strings.HasPrefix(head, "<html"), strings.HasPrefix(head, "<table"), strings.HasPrefix(head, "<head"), strings.HasPrefix(head, "<meta"):
		return "an HTML page"
	case strings.HasPrefix(head, "<?xml"), strings.HasPrefix(head, "<workbook"):
		return "an XML document"
	case strings.HasPrefix(head, `{\rtf`):
		return "a text document (.rtf)"
	case strings.HasPrefix(head, "begin:vcalendar"), strings.HasPrefix(head, "begin:vcard"):
		return "a calendar or address card"
	case strings.HasPrefix(head, "sqlite format 3\x00"):
		return "an SQLite database"
	case bytes.HasPrefix(raw, []byte("\x1f\x8b")):
		return "a gzip archive"
	case strings.HasPrefix(head, "{"), strings.HasPrefix(head, "["):
		return "JSON"
	}
	return ""
}

// zipKind names what is in a ZIP archive, as which spreadsheets are stored.
func zipKind(raw []byte) string {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return "a damaged ZIP archive or workbook"
	}
	for _, f := range archive.File {
		switch {
		case strings.HasPrefix(f.Name, "xl/"):
			return "an Excel workbook (.xlsx)"
		case strings.HasPrefix(f.Name, "word/"):
			return "a Word document (.docx)"
		case strings.HasSuffix(f.Name, ".iwa"):
			return "a Numbers spreadsheet (.numbers)"
		case f.Name == "content.xml":
			return "an OpenDocument spreadsheet (.ods)"
		}
	}
	return "a ZIP archive"
}

// isUTF16 reports whether raw is UTF-16, by its byte order mark or because every
// second byte at its beginning is zero, and in which order.
func isUTF16(raw []byte) (little, wide bool) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return true, true
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return false, true
	case len(raw) < 4:
		return false, false
	case raw[0] != 0 && raw[1] == 0 && raw[2] != 0 && raw[3] == 0:
		return true, true
	}
	return false, raw[0] == 0 && raw[1] != 0 && raw[2] == 0 && raw[3] != 0
}

func fromUTF16(raw []byte, little bool) (string, error) {
	if len(raw)%2 != 0 {
		return "", errors.New("this is UTF-16, and cut off in the middle of a letter: save it again")
	}
	var order binary.ByteOrder = binary.BigEndian
	if little {
		order = binary.LittleEndian
	}
	letters := make([]uint16, len(raw)/2)
	for n := range letters {
		letters[n] = order.Uint16(raw[2*n:])
	}
	return strings.TrimPrefix(string(utf16.Decode(letters)), "\ufeff"), nil
}

// separators are what stands between the columns, the likeliest first.
var separators = []rune{',', ';', '\t', '|'}

func separatorName(r rune) string {
	return map[rune]string{',': "comma", ';': "semicolon", '\t': "tab"}[r] + map[bool]string{true: string(r)}[!strings.ContainsRune(",;\t", r)]
}

// separatorLine takes the line "sep=;" off, by which Excel is told the separator.
// It is 0 without one.
func separatorLine(text string) (rest string, separator rune, lines int) {
	first, rest, found := strings.Cut(text, "\n")
	first = strings.Trim(strings.TrimRight(first, "\r"), `"`)
	if named := []rune(first); found && len(named) == 5 && strings.EqualFold(string(named[:4]), "sep=") {
		return rest, named[4], 1
	}
	return text, 0, 0
}

// likelySeparator is the one that makes the most column names of the header.
func likelySeparator(kind, text string) rune {
	best, most := separators[0], 0
	for _, s := range separators {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = s, -1, true
		header, err := r.Read()
		if err != nil {
			continue
		}
		known := 0
		for _, name := range header {
			if slices.Contains(columns[kind].names, strings.ToLower(strings.TrimSpace(name))) {
				known++
			}
		}
		if known > most {
			best, most = s, known
		}
	}
	return best
}
