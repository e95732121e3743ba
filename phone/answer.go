package phone

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Response is what a phone answers to an [Execute] that it has taken: one item for
// each of the Execute's, in the order in which they were done.
type Response struct {
	Items []ResponseItem
}

// ResponseItem is what became of one URL or URI. Status 0 means that it was done;
// package uri lists the others with the texts of Data.
type ResponseItem struct {
	Status    int
	Data, URL string
}

// Kind is KindResponse.
func (Response) Kind() Kind { return KindResponse }

// Error is what a phone answers to an Execute that it has not taken. It implements
// error.
type Error struct {
	Number ErrorNumber
	// Message is what the phone adds, mostly nothing.
	Message string
}

// ErrorNumber says why a phone has not taken an Execute.
type ErrorNumber int

// The numbers of the book.
const (
	ErrorParse          ErrorNumber = 1 // the Execute could not be read
	ErrorFraming        ErrorNumber = 2 // the Response could not be written
	ErrorInternal       ErrorNumber = 3 // internal file error
	ErrorAuthentication ErrorNumber = 4 // the user may not control this phone
)

// Kind is KindError.
func (*Error) Kind() Kind { return KindError }

func (e *Error) Error() string {
	text := map[ErrorNumber]string{
		ErrorParse: "cannot parse the Execute", ErrorFraming: "cannot frame the response",
		ErrorInternal: "internal file error", ErrorAuthentication: "authentication error",
	}[e.Number]
	if text == "" {
		text = "unknown error"
	}
	if e.Message != "" {
		text += ": " + strconv.Quote(e.Message)
	}
	return fmt.Sprintf("phone: %s (error %d)", text, int(e.Number))
}

// MaxAnswer is the longest answer that is read, in bytes. Real ones have some hundreds.
const MaxAnswer = 64 << 10

// ErrMalformed is what DecodeAnswer returns for anything that is neither a
// Response nor an Error.
var ErrMalformed = errors.New("malformed answer")

// DecodeAnswer reads what a phone has answered to an Execute. If that is an error
// object, it returns an [*Error]; if it is neither that nor a response, an error
// that wraps [ErrMalformed].
//
// It reads what phones are known to send: ISO-8859-1 with or without saying so,
// padding before and after, roots that lack a letter (CiscoIPResponse,
// CiscoIPhoneError), and an error object whose end tag is a second start tag,
// as the book prints it.
func DecodeAnswer(body []byte) (Response, error) {
	if len(body) > MaxAnswer {
		return Response{}, fmt.Errorf("%w: has %d bytes, more than %d", ErrMalformed, len(body), MaxAnswer)
	}
	body = trim(body)
	d := xml.NewDecoder(bytes.NewReader(asUTF8(body)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // asUTF8 has seen to it
	for {
		token, err := d.Token()
		if err != nil {
			return Response{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		root, isStart := token.(xml.StartElement)
		if !isStart {
			continue
		}
		name := root.Name.Local
		switch {
		case !strings.HasPrefix(name, "CiscoIP"):
			return Response{}, fmt.Errorf("%w: the root is %q", ErrMalformed, name)
		case strings.HasSuffix(name, "Error"):
			return Response{}, decodeError(d, root)
		case strings.HasSuffix(name, "Response"):
			return decodeResponse(d)
		}
		return Response{}, fmt.Errorf("%w: the root is %q", ErrMalformed, name)
	}
}

// asUTF8 returns text in UTF-8: what is none is ISO-8859-1, whatever it declares.
func asUTF8(body []byte) []byte {
	if utf8.Valid(body) {
		return body
	}
	var b bytes.Buffer
	for _, c := range body {
		b.WriteRune(rune(c))
	}
	return b.Bytes()
}

// decodeError returns the error object that begins with root.
func decodeError(d *xml.Decoder, root xml.StartElement) error {
	number, err := strconv.ParseUint(strings.TrimSpace(attribute(root, "Number")), 10, 16)
	if err != nil {
		return fmt.Errorf("%w: an error without a number", ErrMalformed)
	}
	var message strings.Builder
	for range 3 { // the text, or the end of an empty element and the text behind it
		token, err := d.Token()
		if err != nil {
			break // the number has been read, which is what counts
		}
		if text, isText := token.(xml.CharData); isText {
			message.Write(text)
		}
	}
	return &Error{Number: ErrorNumber(number), Message: strings.TrimSpace(message.String())} //nolint:gosec // 16 bits
}

// decodeResponse reads the items of a response up to its end.
func decodeResponse(d *xml.Decoder) (Response, error) {
	var r Response
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return Response{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			if depth != 2 || t.Name.Local != "ResponseItem" {
				continue
			}
			status, err := strconv.ParseInt(strings.TrimSpace(attribute(t, "Status")), 10, 16)
			if err != nil {
				return Response{}, fmt.Errorf("%w: an item without a status", ErrMalformed)
			}
			r.Items = append(r.Items, ResponseItem{Status: int(status), Data: attribute(t, "Data"), URL: attribute(t, "URL")})
		}
	}
	if len(r.Items) == 0 {
		return Response{}, fmt.Errorf("%w: a response without items", ErrMalformed)
	}
	return r, nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
