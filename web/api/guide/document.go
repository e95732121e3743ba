package guide

import (
	"encoding/json"
	"errors"
)

// document is what the page reads of an OpenAPI document.
type document struct {
	Info    struct{ Title, Description string }
	Servers []struct{ URL string }
	// Paths have operations by their methods, in small letters.
	Paths      map[string]map[string]described
	Components struct{ Schemas map[string]schema }
}

// described is an operation of the document.
type described struct {
	OperationID, Summary, Description string
	Parameters                        []parameter
	RequestBody                       *struct {
		Required bool
		Content  map[string]struct{ Schema schema }
	}
	Responses map[string]struct{ Content map[string]any }
}

// parameter is one of an operation.
type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                schema
}

// schema is what something may be.
type schema struct {
	Ref        string `json:"$ref"`
	Type       kind
	Format     string
	About      string `json:"description"`
	Enum       []string
	Properties map[string]schema
	Required   []string
}

// kind is a type; of several, of which another one is null, the first.
type kind string

// UnmarshalJSON implements [json.Unmarshaler].
func (k *kind) UnmarshalJSON(text []byte) error {
	var several []string
	if json.Unmarshal(text, &several) == nil && len(several) > 0 {
		*k = kind(several[0])
		return nil
	}
	var one string
	err := json.Unmarshal(text, &one)
	*k = kind(one)
	return err
}

func parse(text []byte) (d document, err error) {
	if err := json.Unmarshal(text, &d); err != nil {
		return d, err
	}
	if len(d.Servers) == 0 || len(d.Paths) == 0 {
		return d, errors.New("it has no server, or no paths")
	}
	return d, nil
}
