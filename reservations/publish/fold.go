package publish

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// lineLength is the most bytes of a line without its break (RFC 5545 3.1).
const lineLength = 75

// folder breaks long lines, between characters. Each Write is one line or several.
type folder struct{ to io.Writer }

func (f *folder) Write(text []byte) (int, error) {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		length := 0
		for rest := line; len(rest) > 0; {
			_, size := utf8.DecodeRune(rest)
			if rest[0] != '\r' && rest[0] != '\n' && length+size > lineLength {
				out.WriteString("\r\n ")
				length = 1
			}
			out.Write(rest[:size])
			length += size
			rest = rest[size:]
		}
	}
	if _, err := f.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
