package emapi

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var declaredEncoding = regexp.MustCompile(`encoding\s*=\s*["']([^"']*)["']`)

// prolog strips byte order mark, blanks and declaration from body and returns
// the rest in UTF-8. A servlet that names no charset writes ISO-8859-1, so what
// is not UTF-8 is read as that.
func prolog(body []byte) ([]byte, error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	charset := "utf-8"
	if bytes.HasPrefix(text, []byte("<?xml")) {
		decl, rest, ok := bytes.Cut(text, []byte("?>"))
		if !ok {
			return nil, errors.New("read reply: declaration without end")
		}
		if m := declaredEncoding.FindSubmatch(decl); m != nil {
			charset = strings.ToLower(string(m[1]))
		}
		text = rest
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("read reply: it is empty")
	}
	switch charset {
	case "utf-8", "utf8", "us-ascii":
		if utf8.Valid(text) {
			return text, nil
		}
		return latin1(text), nil
	case "iso-8859-1", "latin1", "windows-1252":
		return latin1(text), nil
	}
	return nil, fmt.Errorf("read reply: unsupported charset %q", charset)
}

func latin1(text []byte) []byte {
	runes := make([]rune, len(text))
	for i, b := range text {
		runes[i] = rune(b)
	}
	return []byte(string(runes))
}
