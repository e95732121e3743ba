package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"deskd/reservations"
)

// Paged is how much of a list is asked for.
type Paged struct {
	asked  url.URL
	Cursor string `query:"cursor" maxLength:"400" doc:"Where the page begins: next of the one before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// Resolve implements [huma.Resolver]: it keeps what is asked for.
func (p *Paged) Resolve(ctx huma.Context) []error {
	p.asked = ctx.URL()
	return nil
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; none at the end."`
}

// Listed is the answer of a list.
type Listed[T any] struct {
	Link string `header:"Link" doc:"The address of the next page, rel=next (RFC 8288); none at the end."`
	Body Page[T]
}

// Sorted is a list in an order in which what is new changes no place of the rest.
type Sorted[T any] struct {
	All []T
	Key func(T) string // by which the list is sorted, another one for each
	// Down says that it begins with the greatest key.
	Down bool
}

// List is the part that is asked for.
func List[T any](p Paged, s Sorted[T]) (*Listed[T], error) {
	from, err := p.After()
	if err != nil {
		return nil, err
	}
	out := &Listed[T]{Body: Page[T]{Items: []T{}}}
	for _, one := range s.All {
		key := s.Key(one)
		if from != "" && (key <= from && !s.Down || key >= from && s.Down) {
			continue
		}
		if len(out.Body.Items) == p.Limit {
			out.Body.Next = p.cursor(s.Key(out.Body.Items[p.Limit-1]))
			out.Link = p.link(out.Body.Next)
			break
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

// cursorName is how a page is asked for.
const cursorName = "cursor"

// sealLong is how many bytes of a cursor say that it is whole, and of which question.
const sealLong = 6

// sealed is a digest of a key, and of what is asked for but for the page.
func (p Paged) sealed(key string) []byte {
	q := p.asked.Query()
	q.Del(cursorName)
	q.Del("limit")
	sum := sha256.Sum256([]byte(p.asked.Path + "?" + q.Encode() + "\x00" + key))
	return sum[:sealLong]
}

// cursor is where the page after a key begins, of the same question.
func (p Paged) cursor(key string) string {
	return base64.RawURLEncoding.EncodeToString(append(p.sealed(key), key...))
}

// After is the key after which the page begins, "" for the first one. A cursor of another list, or
// of another question, is refused: the page would be empty, or of other things than was asked for.
func (p Paged) After() (key string, err error) {
	if p.Cursor == "" {
		return "", nil
	}
	all, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil && len(all) > sealLong {
		key = string(all[sealLong:])
	}
	if key == "" || string(all[:sealLong]) != string(p.sealed(key)) {
		return "", Invalid("cursor: it is none that this list has given for this question")
	}
	return key, nil
}

// link is the next page for those who have no body to read it from, as of CSV.
func (p Paged) link(next string) string {
	q := p.asked.Query()
	q.Set(cursorName, next)
	return "<" + p.asked.Path + "?" + q.Encode() + `>; rel="next"`
}

// tabular is what can be had as CSV.
type tabular interface{ table() [][]string }

func (p Page[T]) table() [][]string {
	var rows [][]string
	var none T
	r, ok := any(none).(Row)
	if !ok {
		return rows
	}
	rows = append(rows, r.Header())
	for _, one := range p.Items {
		rows = append(rows, any(one).(Row).Cells()) //nolint:forcetypeassert // the first was one
	}
	return rows
}

// Row is a line of a list as CSV.
type Row interface {
	// Header names the columns.
	Header() []string
	// Cells are those of the line.
	Cells() []string
}

// formats are how answers are written, and requests read.
func formats() map[string]huma.Format {
	asJSON := huma.Format{
		Marshal: func(w io.Writer, v any) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(true)
			return e.Encode(v)
		},
		Unmarshal: unmarshal,
	}
	return map[string]huma.Format{
		"application/json": asJSON, "json": asJSON,
		"text/csv": {Marshal: writeCSV, Unmarshal: func([]byte, any) error { return errors.New("a request is JSON") }},
	}
}

// writeCSV writes a list as RFC 4180 has it. What a spreadsheet would take for a formula
// begins with an apostrophe.
func writeCSV(w io.Writer, v any) error {
	t, ok := v.(tabular)
	if !ok {
		return errors.New("only lists can be had as CSV")
	}
	out := csv.NewWriter(w)
	for _, cells := range t.table() {
		safe := make([]string, len(cells))
		for i, cell := range cells {
			safe[i] = reservations.Cell(cell)
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// InOrder is a list by its keys.
func InOrder[T any](all []T, key func(T) string) Sorted[T] {
	slices.SortFunc(all, func(x, y T) int { return strings.Compare(key(x), key(y)) })
	return Sorted[T]{All: all, Key: key}
}

// Instant is t for programs, "" for none.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
