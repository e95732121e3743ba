package guide

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// resource is what operations are about: the first part of their paths.
type resource struct {
	Name       string
	Operations []operation
}

// operation is one as the page shows it.
type operation struct {
	ID, Method, Path, Summary, Action string
	Groups                            []group
	Curl                              string
	CSV                               bool
}

// group is what an operation takes in one place.
type group struct {
	Where  string
	Fields []field
}

// field is something that an operation takes.
type field struct{ Name, Kind, About string }

// methods are the methods of operations, in the order in which they are shown.
var methods = []string{"get", "post", "patch", "delete"}

// resources are those of the document, by their names; operations by their paths, then methods.
func (d document) resources() []resource {
	var all []resource
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		at := slices.IndexFunc(all, func(r resource) bool { return r.Name == name })
		if at < 0 {
			at = len(all)
			all = append(all, resource{Name: name})
		}
		for _, method := range methods {
			if op, there := d.Paths[path][method]; there {
				all[at].Operations = append(all[at].Operations, d.operation(strings.ToUpper(method), path, op))
			}
		}
	}
	slices.SortFunc(all, func(x, y resource) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// places are where parameters are, and how the page says so.
var places = []struct{ in, where string }{{"path", "In the path"}, {"query", "In the query"}, {"header", "As headers"}}

func (d document) operation(method, path string, op described) operation {
	shown := operation{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Curl: d.curl(method, path, op),
		Action: strings.TrimSuffix(strings.TrimPrefix(op.Description, "Action: "), "."),
	}
	for _, place := range places {
		g := group{Where: place.where}
		for _, p := range op.Parameters {
			if p.In == place.in {
				g.Fields = append(g.Fields, field{p.Name, kindOf(p.Schema, p.Required), p.Description})
			}
		}
		shown.Groups = append(shown.Groups, g)
	}
	body := group{Where: "As JSON"}
	of, _ := d.body(op)
	for _, name := range slices.Sorted(maps.Keys(of.Properties)) {
		s := of.Properties[name]
		body.Fields = append(body.Fields, field{name, kindOf(s, slices.Contains(of.Required, name)), s.About})
	}
	shown.Groups = slices.DeleteFunc(append(shown.Groups, body), func(g group) bool { return len(g.Fields) == 0 })
	_, shown.CSV = op.Responses["200"].Content["text/csv"]
	return shown
}

// body is what an operation takes as JSON, and whether it has to be there.
func (d document) body(op described) (s schema, required bool) {
	if op.RequestBody == nil {
		return s, false
	}
	s = op.RequestBody.Content["application/json"].Schema
	if name, is := strings.CutPrefix(s.Ref, "#/components/schemas/"); is {
		s = d.Components.Schemas[name]
	}
	return s, op.RequestBody.Required
}

// kindOf says what a value is.
func kindOf(s schema, required bool) string {
	text := string(s.Type)
	switch {
	case len(s.Enum) > 0:
		text = strings.Join(s.Enum, " | ")
	case s.Format == "date-time":
		text = "instant"
	case s.Type == "array":
		text = "list"
	case s.Type == "string":
		text = "text"
	case s.Type == "integer":
		text = "number"
	case s.Type == "boolean":
		text = "true | false"
	}
	if required {
		text += ", required"
	}
	return text
}

// curl is a command that asks for an operation. TOKEN and DESKD are set by who copies it.
func (d document) curl(method, path string, op described) string {
	command := []string{"curl"}
	body, required := d.body(op)
	if method != "GET" && (method != "POST" || !required) {
		command = append(command, "-X "+method)
	}
	if _, streams := op.Responses["200"].Content["text/event-stream"]; streams {
		command = append(command, "-N")
	}
	command = append(command, `-H "Authorization: Bearer $TOKEN"`)
	if required {
		command = append(command, `-H "Content-Type: application/json"`, "-d '"+example(body)+"'")
	}
	path = strings.NewReplacer("{id}", "ID", "{name}", "NAME").Replace(path)
	return strings.Join(append(command, `"$DESKD`+d.Servers[0].URL+path+`"`), " ")
}

// samples are values by the names of fields, as JSON.
var samples = map[string]string{
	"desk": `"4.12"`, "person": `"jdoe"`, "start": `"2026-03-02T09:00:00Z"`, "end": `"2026-03-02T12:00:00Z"`, "until": `"2026-03-02T13:00:00Z"`,
	"rule": `"FREQ=WEEKLY;BYDAY=MO;COUNT=4"`, "first_day": `"2026-03-02"`, "reason": `"painters"`, "scopes": `["read"]`, "role": `"employee"`,
}

// example is a body with what is required, and with the desk or the person that nearly all are
// about.
func example(of schema) string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(of.Properties)) {
		if slices.Contains(of.Required, name) || name == "desk" || name == "role" {
			fields = append(fields, quoted(name)+":"+sample(name, of.Properties[name]))
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func sample(name string, s schema) string {
	switch known := samples[name]; {
	case known != "":
		return known
	case len(s.Enum) > 0:
		return quoted(s.Enum[0])
	case s.Type == "array":
		return "[]"
	case s.Type == "boolean":
		return "true"
	case s.Type == "integer":
		return "1"
	}
	return `"…"`
}

func quoted(text string) string {
	all, _ := json.Marshal(text) // a text always can be
	return string(all)
}
