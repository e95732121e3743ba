package ical

import (
	"bytes"
	"fmt"
	"strings"
)

// Check reads a calendar to its end for what refuses it as a whole; see [Decode].
func Check(data []byte) error {
	if err := Decode(bytes.NewReader(data), Handler{}); err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	return nil
}

// PlainLines ends each line of a calendar in LF, the last one too, so that several can
// be put behind each other and their lines be counted.
func PlainLines(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte(bom))
	if bytes.IndexByte(data, '\n') >= 0 {
		data = bytes.ReplaceAll(data, []byte("\r"), nil)
	} else {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	return append(bytes.TrimRight(data, "\n"), '\n')
}

// FindUID is the first UID in a text that is otherwise unreadable, "" without one.
func FindUID(data []byte) string {
	for line := range bytes.Lines(data) {
		if rest, ok := cutFold(string(line[:min(len(line), 1024)]), "UID:"); ok {
			return ClipUID(rest)
		}
	}
	return ""
}

// ClipUID is a UID as text of at most 1,024 bytes, to be stored and compared.
func ClipUID[T string | []byte](text T) string {
	s := strings.ToValidUTF8(strings.TrimSpace(string(text)), "\ufffd")
	return strings.ToValidUTF8(s[:min(len(s), 1024)], "") // not half a letter
}
