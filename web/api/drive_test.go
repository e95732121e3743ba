package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi-validator/errors"
	"pgregory.net/rapid"

	"deskd/reservations"
)

// driver is a client that knows the committed document and nothing else of the interface: it
// asks for every operation, as the document says and otherwise.
type driver struct {
	*world
	document   any
	operations []string // method and path
	secrets    []string
	ids        map[string][]string // that answers have told, by what they are of: reservations, series …
	asked      int
	turn       int                    // of the operation that is next
	statuses   map[string]map[int]int // by operation
}

func newDriver(t *testing.T) *driver {
	text, err := os.ReadFile(committed)
	check(t, err)
	d := &driver{world: newWorld(t, t.TempDir()+"/desk.db"), ids: make(map[string][]string), statuses: make(map[string]map[int]int)}
	check(t, json.Unmarshal(text, &d.document))
	for path, methods := range members(d.document, "paths") {
		for method := range methods.(map[string]any) { //nolint:forcetypeassert // libopenapi has read it
			d.operations = append(d.operations, method+" "+path)
			d.statuses[method+" "+path] = make(map[int]int)
		}
	}
	slices.Sort(d.operations)
	deps := d.deps()
	deps.Now = func() time.Time { return eight.Add(time.Duration(d.asked) * 20 * time.Millisecond) } // no faster than one may ask
	d.handler, err = Handler(deps)
	check(t, err)
	return d
}

// arm makes a token of each role, and one of a program: those of before may have been revoked.
func (d *driver) arm() {
	d.secrets = []string{d.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes})}
	for _, role := range reservations.Roles {
		d.secrets = append(d.secrets, d.token(reservations.Token{Person: "jane", Role: role, Scopes: reservations.Scopes}))
	}
}

// Whatever is asked of any operation, as the document says or not, is answered as the document
// says: with a status that it knows, a body of its schema, never with a 500; and what it does
// not allow is refused. Requests are made from the document, and requests and answers held
// against it, by programs that are not ours.
func TestDrivenFromTheDocument(t *testing.T) {
	d := newDriver(t)
	rapid.Check(t, func(r *rapid.T) {
		d.arm()
		for range 10 {
			d.drive(r, d.operations[d.turn%len(d.operations)]) // each of them, however few requests there are
			d.turn++
			d.drive(r, rapid.SampledFrom(d.operations).Draw(r, "operation"))
		}
	})
	all, well := 0, 0
	for _, operation := range d.operations {
		if len(d.statuses[operation]) == 0 {
			t.Errorf("%s was not asked for", operation)
		}
		for status, n := range d.statuses[operation] {
			if all += n; status < 300 {
				well += n
			}
		}
	}
	t.Logf("%d requests, of which %d were for something", all, well)
	if well < all/10 { // of 400, some 65 to 120 are, by what is drawn
		t.Errorf("%d of %d requests were for nothing: %v", all-well, all, d.statuses)
	}
	if d.log.Len() > 0 {
		t.Errorf("log: %.1000s", d.log)
	}
}

// drive asks for an operation once.
func (d *driver) drive(r *rapid.T, operation string) {
	method, path, _ := strings.Cut(operation, " ")
	is := members(d.document, "paths", path, method)
	a := ask{secret: rapid.SampledFrom(d.secrets).Draw(r, "token"), method: strings.ToUpper(method)}
	query := url.Values{}
	parameters, _ := is["parameters"].([]any)
	for _, p := range parameters {
		name, _ := members(p)["name"].(string)
		required, _ := members(p)["required"].(bool)
		if !required && rapid.IntRange(0, 3).Draw(r, "given") > 0 {
			continue
		}
		value := fmt.Sprint(d.value(r, members(p, "schema"), name))
		if of := d.ids[collection(path)]; name == "id" && len(of) > 0 && !odd(r) {
			value = rapid.SampledFrom(of[max(0, len(of)-10):]).Draw(r, name)
		}
		switch members(p)["in"] {
		case "path":
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(cmp.Or(value, "x")), 1)
		case "query":
			query.Set(name, value)
		case "header":
			a.headers = append(a.headers, name, strings.Map(printable, value))
		}
	}
	if odd(r) {
		query.Set(rapid.SampledFrom([]string{"colour", "limit", "dry_run"}).Draw(r, "odd"), "red")
	}
	a.path = path + "?" + query.Encode()
	if body := members(is, "requestBody", "content", "application/json"); body != nil {
		a.body = d.value(r, members(body, "schema"), "body")
		if a.body == nil || odd(r) {
			a.body = rapid.SampledFrom([]string{"", "{", "[]", "null", `{"a":1}`, "\x00", strings.Repeat("[", 1000), `"text"`}).Draw(r, "malformed")
		}
	}
	if odd(r) {
		a.headers = append(a.headers, "Accept", rapid.SampledFrom([]string{"text/csv", "application/xml", "", "*/*"}).Draw(r, "accept"))
	}
	d.judge(r, operation, a)
}

// judge sends a request, and holds both ways against the document.
func (d *driver) judge(r *rapid.T, operation string, a ask) {
	d.asked++
	got, request := d.send(a)
	d.statuses[operation][got.status]++
	for _, wrong := range d.wrong(request, got) {
		r.Fatalf("%s %s %v %v: %s", a.method, a.path, a.headers, a.body, wrong)
	}
	allowed, wrong := d.validator().ValidateHttpRequestSync(d.request(a))
	if !allowed && got.status < 400 {
		r.Fatalf("%s %s %v %v: %d %s, and is %s", a.method, a.path, a.headers, a.body, got.status, got.text, reasons(wrong))
	}
	if allowed && got.status == http.StatusBadRequest {
		r.Fatalf("%s %s %v %v: %s, and the document allows it", a.method, a.path, a.headers, a.body, got.text)
	}
	var told any
	if json.Unmarshal([]byte(got.text), &told) == nil {
		d.learn(collection(a.path), told)
	}
}

// collection is of what kind the things of a path are.
func collection(path string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	kind, _, _ = strings.Cut(kind, "?")
	return kind
}

func reasons(all []*errors.ValidationError) (text string) {
	for _, e := range all {
		text += e.Message + ": " + e.Reason + "; "
	}
	return text
}

// learn remembers ids of a kind that an answer tells, and those of bookings in it.
func (d *driver) learn(kind string, told any) {
	switch told := told.(type) {
	case []any:
		for _, one := range told {
			d.learn(kind, one)
		}
	case map[string]any:
		if id, _ := told["id"].(string); id != "" && !slices.Contains(d.ids[kind], id) {
			d.ids[kind] = append(d.ids[kind], id)
		}
		d.learn(kind, told["items"])
		for _, name := range []string{"occurrences", "others", "released", "gone", "cancelled"} {
			d.learn("reservations", told[name])
		}
	}
}

// odd is true now and then.
func odd(r *rapid.T) bool { return rapid.IntRange(0, 19).Draw(r, "odd") == 19 }

// strange are texts of which some programs make more than texts.
var strange = []string{"", " ", "\x00", "a\r\nb: c", "\u202e", "<script>", "=1+1", "../..", "%00", "'; --", strings.Repeat("x", 10_000), "🪑", "\xff"}

// plausible are values that mean something, by the name of a field or parameter.
var plausible = map[string][]string{
	"desk": {"D1", "D2", "D3"}, "person": {"jane", "max", "zoe"}, "site": {"berlin"}, "floor": {"4"}, "zone": {"quiet", "loud"},
	"rule": {"FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5", "FREQ=DAILY"}, "first_day": {"2026-03-03", "2026-04-01"}, "last_day": {"2026-03-04", "2026-04-02"},
	"reason": {"paint"}, "cursor": {"RDE"}, "If-Match": {"*"}, "kind": {"reservation"}, "timezone": {"Europe/Berlin"},
}

// value is one that a schema allows, or now and then not.
func (d *driver) value(r *rapid.T, schema map[string]any, name string) any {
	if ref, ok := schema["$ref"].(string); ok {
		schema = members(d.document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	if odd(r) {
		return rapid.SampledFrom([]any{nil, true, -1, 1e300, "", []any{}, map[string]any{}, rapid.SampledFrom(strange).Draw(r, "strange")}).Draw(r, "of another type")
	}
	kind := schema["type"]
	if several, ok := kind.([]any); ok {
		kind = rapid.SampledFrom(several).Draw(r, "type")
	}
	switch kind {
	case "boolean":
		return rapid.Bool().Draw(r, name)
	case "integer":
		return strconv.Itoa(rapid.SampledFrom([]int{1, 2, 100, 500, 0, 501, -1}).Draw(r, name))
	case "array":
		all := []any{}
		for range rapid.IntRange(0, 2).Draw(r, name) {
			all = append(all, d.value(r, members(schema, "items"), name))
		}
		return all
	case "object":
		return d.object(r, schema)
	}
	return d.text(r, schema, name)
}

// object is one that a schema allows, or now and then not.
func (d *driver) object(r *rapid.T, schema map[string]any) map[string]any {
	all := make(map[string]any)
	required, _ := schema["required"].([]any)
	properties := members(schema, "properties")
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if odd(r) || !slices.Contains(required, any(name)) && rapid.IntRange(0, 2).Draw(r, "given") > 0 {
			continue
		}
		all[name] = d.value(r, members(properties, name), name)
	}
	if odd(r) {
		all["colour"] = "red"
	}
	return all
}

// text is one that a schema allows, or now and then not.
func (d *driver) text(r *rapid.T, schema map[string]any, name string) string {
	if words, ok := schema["enum"].([]any); ok {
		return fmt.Sprint(rapid.SampledFrom(words).Draw(r, name))
	}
	if schema["format"] == "date-time" {
		return d.instant(r, name)
	}
	if odd(r) {
		return rapid.SampledFrom(strange).Draw(r, name)
	}
	of := plausible[name]
	if len(of) > 0 {
		return rapid.SampledFrom(of).Draw(r, name)
	}
	return rapid.StringN(0, 20, 20).Draw(r, name)
}

// instant is one of the next days, an end after a start.
func (d *driver) instant(r *rapid.T, name string) string {
	if odd(r) {
		return rapid.SampledFrom([]string{"2026-03-02", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-02T08:00:00.5+23:59", "now"}).Draw(r, name)
	}
	hours := float64(rapid.IntRange(1, 200).Draw(r, name))
	if name == "start" || name == "from" || name == "free_from" {
		hours /= 10
	}
	return at(hours / 2).Format(time.RFC3339)
}

// request is a request that was not sent yet, without what counts as left out because it is null.
func (w *world) request(a ask) *http.Request {
	if body, ok := a.body.(map[string]any); ok {
		body = maps.Clone(body)
		maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil })
		a.body = body
	}
	_, r := w.sendTo(http.NotFoundHandler(), a)
	return r
}
