package inventory

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxAnswer is the longest answer that is read, in bytes.
const MaxAnswer = 5 << 20

// Password shows itself to nobody.
type Password string

func (Password) String() string { return "***" }

// GoString hides it from %#v.
func (Password) GoString() string { return `"***"` }

// MarshalText hides it from encoders.
func (Password) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Service is where one of the two services is, and who asks.
type Service struct {
	// URL is the whole address: https://cucm:8443/realtimeservice2/services/RISService70, or
	// https://cucm:8443/axl/.
	URL      string
	User     string
	Password Password
	// Timeout bounds each question; 0 stands for 30 s.
	Timeout time.Duration
	// Transport carries the questions, with the security that is wanted; nil stands for Go's.
	Transport http.RoundTripper
}

// question is an operation, with the header that names it and its body.
type question struct {
	operation, action string
	body              string
}

// errRedirected is told of an answer that sends the credentials elsewhere.
var errRedirected = errors.New("the answer is a redirect")

// ask asks, and has each leaf of the answer's body visited. The error is an [*Error].
func (s Service) ask(ctx context.Context, q question, visit func(at []string, text string)) error {
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(xml.Header+q.body))
	if err != nil {
		return &Error{Kind: Unreachable, Operation: q.operation, Text: "url: " + err.Error(), Err: err}
	}
	request.SetBasicAuth(s.User, string(s.Password))
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", strconv.Quote(q.action))
	client := http.Client{Transport: s.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected }}
	answer, err := client.Do(request)
	if err != nil {
		return q.unanswered(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxAnswer+1))
	if err != nil {
		return q.unanswered(err)
	}
	return q.take(answer, body, visit)
}

func (q question) unanswered(err error) error {
	kind, text := Unreachable, err.Error()
	switch {
	case errors.Is(err, errRedirected):
		kind, text = Malformed, "it answers with a redirect, which deskd does not follow with a password"
	case errors.Is(err, context.DeadlineExceeded):
		text = "no answer in time"
	}
	return &Error{Kind: kind, Operation: q.operation, Text: text, Err: err}
}

// take sorts an answer by its status, and reads it.
func (q question) take(answer *http.Response, body []byte, visit func(at []string, text string)) error {
	e := &Error{Operation: q.operation, Text: fmt.Sprintf("it answers with status %d", answer.StatusCode)}
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Kind = Unauthorized
		return e
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		e.Kind, e.After = Throttled, after(answer.Header.Get("Retry-After"))
		return e
	case http.StatusOK, http.StatusInternalServerError: // of a fault
	default:
		e.Kind = Malformed
		return e
	}
	if len(body) > MaxAnswer {
		e.Kind, e.Text = Malformed, fmt.Sprintf("the answer has more than %d bytes", MaxAnswer)
		return e
	}
	var f fault
	seen, err := walk(body, func(at []string, text string) {
		if !f.visit(at, text) {
			visit(at, text)
		}
	})
	switch {
	case f.there:
		return f.sort(q.operation)
	case err != nil:
		e.Kind, e.Text, e.Err = Malformed, "the answer cannot be read: "+err.Error(), err
		return e
	case answer.StatusCode != http.StatusOK || !seen:
		e.Kind = Malformed
		if !seen {
			e.Text = "what it answers is no SOAP"
		}
		return e
	}
	return nil
}

// after is what a Retry-After says in seconds.
func after(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 86400 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// maxDepth is how deep the elements of an answer may lie in each other.
const maxDepth = 32

// walk visits the elements of a SOAP body as they end, each with the local names that lead to
// it, and its text if it has no elements. It reports whether there was a SOAP body.
func walk(body []byte, visit func(at []string, text string)) (soap bool, err error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	var at []string
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return soap, nil
		}
		if err != nil {
			return soap, err
		}
		switch t := token.(type) {
		case xml.Directive: // a DTD has entities, which grow
			return soap, errors.New("it has a DTD")
		case xml.StartElement:
			if at = append(at, t.Name.Local); len(at) > maxDepth {
				return soap, fmt.Errorf("its elements lie more than %d deep", maxDepth)
			}
			text.Reset()
			soap = soap || len(at) == 2 && at[0] == "Envelope" && at[1] == "Body"
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(at) > 2 {
				visit(at, strings.TrimSpace(text.String()))
			}
			at = at[:len(at)-1]
			text.Reset()
		}
	}
}

// fault is that of an answer.
type fault struct {
	there      bool
	text, code string
}

// visit takes in what belongs to a fault, and reports whether it does.
func (f *fault) visit(at []string, text string) bool {
	if at[2] != "Fault" {
		return false
	}
	f.there = true
	switch at[len(at)-1] {
	case "faultstring", "Text": // of SOAP 1.1 and 1.2
		f.text = text
	case "axlcode":
		f.code = text
	case "axlmessage":
		if f.text == "" {
			f.text = text
		}
	}
	return true
}

var (
	// tooOften is RISPort's word for too many calls, with its own spelling.
	tooOften = regexp.MustCompile(`(?i)exceeded allowed rate|too many (concurrent )?requests`)
	// tooMuch is AXL's for too many rows.
	tooMuch = regexp.MustCompile(`(?i)(?:request|query).{0,40}too large|suggestive row fetch`)
	rows    = regexp.MustCompile(`(?i)less than (\d{1,9}) rows`)
)

// sort makes the error of a fault.
func (f fault) sort(operation string) error {
	e := &Error{Kind: Refused, Operation: operation, Text: "it answers: " + legible(f.text)}
	switch {
	case tooOften.MatchString(f.text):
		e.Kind = Throttled
	case tooMuch.MatchString(f.text):
		e.Kind = TooLarge
		if found := rows.FindStringSubmatch(f.text); found != nil {
			e.Rows, _ = strconv.Atoi(found[1])
		}
	case f.code == "5007" || strings.Contains(f.text, "was not found"):
		e.Kind = NotFound
	}
	return e
}

// legible is a short text of the cluster's without what cannot be seen.
func legible(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// escaped is a text within an element.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}
