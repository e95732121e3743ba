package api

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

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

// listed is the answer of a list.
type listed[T any] struct {
	Body Page[T]
}

// sorted is a list in an order in which what is new changes no place of the rest.
type sorted[T any] struct {
	all []T
	key func(T) string // by which the list is sorted, another one for each
	// down says that it begins with the greatest key.
	down bool
}

// page is the part that is asked for.
func page[T any](p Paged, s sorted[T]) (*listed[T], error) {
	from, err := decodeCursor(p.Cursor)
	if err != nil {
		return nil, err
	}
	out := &listed[T]{Page[T]{Items: []T{}}}
	for _, one := range s.all {
		key := s.key(one)
		if from != "" && (key <= from && !s.down || key >= from && s.down) {
			continue
		}
		if len(out.Body.Items) == p.Limit {
			out.Body.Next = encodeCursor(s.key(out.Body.Items[p.Limit-1]))
			break
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

func encodeCursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func decodeCursor(cursor string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", problem(http.StatusUnprocessableEntity, codes[http.StatusUnprocessableEntity], "cursor: it is none that a list has given")
	}
	return string(key), nil
}

// tabular is what can be had as CSV.
type tabular interface{ table() [][]string }

func (p Page[T]) table() [][]string {
	var rows [][]string
	var none T
	r, ok := any(none).(row)
	if !ok {
		return rows
	}
	rows = append(rows, r.header())
	for _, one := range p.Items {
		rows = append(rows, any(one).(row).cells()) //nolint:forcetypeassert // the first was one
	}
	return rows
}

// row is a line of a list as CSV.
type row interface {
	header() []string
	cells() []string
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

// inOrder is a list by its keys.
func inOrder[T any](all []T, key func(T) string) sorted[T] {
	slices.SortFunc(all, func(x, y T) int { return strings.Compare(key(x), key(y)) })
	return sorted[T]{all: all, key: key}
}
