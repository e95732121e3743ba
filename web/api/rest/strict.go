package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// What is given twice, or given as nothing, does not say what it means: it would count once, or as
// not given, and a dry_run or an If-Match that is empty because a variable of a script is would be
// none. The zero instant is what deskd itself takes for none.

// unclear is a query or a header that does not say what it means.
func unclear(ctx huma.Context) error {
	url := ctx.URL()
	given, headers := url.Query(), http.Header{}
	ctx.EachHeader(func(name, value string) { headers.Add(name, value) })
	for _, p := range ctx.Operation().Parameters {
		var values []string
		switch p.In {
		case "query":
			values = given[p.Name]
		case "header":
			values = headers.Values(p.Name)
		}
		if wrong := unclearValues(p, values); wrong != "" {
			return Invalid(p.Name + ": " + wrong)
		}
	}
	return nil
}

func unclearValues(p *huma.Param, values []string) string {
	switch {
	case len(values) == 0:
	case len(values) > 1:
		return "it is given more than once"
	case values[0] == "" && p.Name != cursorName: // the first page's may be, for a loop over pages
		return "it is given, and empty"
	case isZero(values[0]):
		return noInstant
	}
	return ""
}

const noInstant = "the year 1 is no instant for a desk; leave it out where none is meant"

func isZero(text string) bool {
	t, err := time.Parse(time.RFC3339, text)
	return err == nil && t.IsZero()
}

// unmarshal reads JSON of which each field is given once, as the document spells it.
func unmarshal(data []byte, v any) error {
	in := json.NewDecoder(bytes.NewReader(data))
	if err := unclearJSON(in, ""); err != nil {
		if _, syntax := errors.AsType[*json.SyntaxError](err); syntax {
			return json.Unmarshal(data, v) // which says it better
		}
		return err
	}
	return json.Unmarshal(data, v)
}

// unclearJSON reads a value, and says what of it does not say what it means.
func unclearJSON(in *json.Decoder, name string) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return unclearParts(in, name, token)
	case string:
		if isZero(token) {
			return fmt.Errorf("%s: %s", name, noInstant)
		}
	}
	return nil
}

// unclearParts reads what is in an object or an array, to its end.
func unclearParts(in *json.Decoder, name string, opened json.Delim) error {
	seen := make(map[string]bool)
	for in.More() {
		if opened == '{' {
			key, err := in.Token()
			if err != nil {
				return err
			}
			name, _ = key.(string)
			if folded := strings.ToLower(name); seen[folded] {
				return fmt.Errorf("%s: it is given more than once", name)
			} else {
				seen[folded] = true
			}
		}
		if err := unclearJSON(in, name); err != nil {
			return err
		}
	}
	_, err := in.Token()
	return err
}
