package rest

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"deskd/reservations"
)

// Paged is how much of a list is asked for.
type Paged struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"Where the page begins: next of the one before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; none at the end."`
}

// Listed is the answer of a list.
type Listed[T any] struct {
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
	from, err := DecodeCursor(p.Cursor)
	if err != nil {
		return nil, err
	}
	out := &Listed[T]{Page[T]{Items: []T{}}}
	for _, one := range s.All {
		key := s.Key(one)
		if from != "" && (key <= from && !s.Down || key >= from && s.Down) {
			continue
		}
		if len(out.Body.Items) == p.Limit {
			out.Body.Next = encodeCursor(s.Key(out.Body.Items[p.Limit-1]))
			break
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

func encodeCursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// DecodeCursor is the key of a cursor that a list has given.
func DecodeCursor(cursor string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", NewProblem(http.StatusUnprocessableEntity, codes[http.StatusUnprocessableEntity], "cursor: it is none that a list has given")
	}
	return string(key), nil
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
		Unmarshal: json.Unmarshal,
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
