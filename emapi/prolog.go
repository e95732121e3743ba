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
func prolog(body []byte) (string, error) {
	if bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")) ||
		bytes.HasPrefix(body, []byte("<\x00")) || bytes.HasPrefix(body, []byte("\x00<")) {
		return "", errors.New("it is in UTF-16, which no EM service writes")
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	charset := "utf-8"
	if declared(text) {
		decl, rest, ok := bytes.Cut(text, []byte("?>"))
		if !ok {
			return "", errors.New("declaration without end")
		}
		if m := declaredEncoding.FindSubmatch(decl); m != nil {
			charset = strings.ToLower(string(m[1]))
		}
		text = rest
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return "", errors.New("it is empty")
	}
	switch charset {
	case "utf-8", "utf8", "us-ascii":
		if utf8.Valid(text) {
			return string(text), nil
		}
		return latin1(text, nil), nil
	case "iso-8859-1", "latin1":
		return latin1(text, nil), nil
	case "windows-1252":
		return latin1(text, windows1252), nil
	}
	return "", fmt.Errorf("unsupported charset %q", clip(charset))
}

// declared reports whether text begins with a declaration, rather than with an
// instruction of a longer name.
func declared(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("<?xml"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(blanks+"?"), rest[0]) >= 0)
}

// windows1252 are the characters of the bytes 0x80 to 0x9F, the only ones in
// which the charset differs from ISO-8859-1. Five of them stand for nothing.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// latin1 reads text as ISO-8859-1, with c1 in place of the 32 characters from
// 0x80 on, unless that is nil.
func latin1(text []byte, c1 []rune) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for _, c := range text {
		if r := rune(c) - 0x80; r >= 0 && int(r) < len(c1) {
			b.WriteRune(c1[r])
			continue
		}
		b.WriteRune(rune(c))
	}
	return b.String()
}
