package caldav

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is a server of folders: what each says of itself, by path.
type tree struct {
	folders map[string]string // properties
	moved   map[string]string // redirections
	status  map[string]int    // in the place of an answer
	asked   int
}

func isXML(text []byte) bool { return xml.Unmarshal(text, new(struct{})) == nil }

func (f *tree) send(_ context.Context, r Request) (Answer, error) {
	f.asked++
	at := r.URL.Path
	if to, moved := f.moved[at]; moved {
		at = to
	}
	answer := Answer{URL: r.URL.ResolveReference(&url.URL{Path: at}), Code: http.StatusMultiStatus}
	if !isXML(r.Body) {
		return Answer{Code: http.StatusBadRequest}, nil
	}
	if code := f.status[at]; code != 0 {
		return Answer{Code: code}, nil
	}
	if _, there := f.folders[at]; !there {
		return Answer{Code: http.StatusNotFound}, nil
	}
	var b bytes.Buffer
	b.WriteString(`<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">`)
	for path, properties := range f.folders {
		inside := strings.HasPrefix(path, at) && path != at && strings.Count(strings.TrimPrefix(path, at), "/") == 1
		if path == at || inside && r.Depth == "1" {
			fmt.Fprintf(&b, `<d:response><d:href>%s</d:href><d:propstat><d:prop>%s</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`, path, properties)
		}
	}
	b.WriteString(`</d:multistatus>`)
	answer.Body = b.Bytes()
	return answer, nil
}

const (
	isFolder    = `<d:resourcetype><d:collection/></d:resourcetype>`
	isCalendar  = `<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>`
	takesEvents = `<c:supported-calendar-component-set><c:comp name="VTODO"/><c:comp name="VEVENT"/></c:supported-calendar-component-set>`
	takesTasks  = `<c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>`
	janes       = `<d:current-user-principal><d:href>/users/jane/</d:href></d:current-user-principal>`
	janesHome   = `<c:calendar-home-set><d:href>/cal/jane/</d:href></c:calendar-home-set>`
)

// janesServer has three calendars of hers.
func janesServer() *tree {
	return &tree{folders: map[string]string{
		"/dav/":            isFolder + janes,
		"/users/jane/":     isFolder + janesHome,
		"/cal/jane/":       isFolder,
		"/cal/jane/hall/":  isCalendar + takesEvents + `<d:displayname>The hall</d:displayname>`,
		"/cal/jane/desks/": isCalendar,
		"/cal/jane/tasks/": isCalendar + takesTasks,
		"/cal/jane/inbox/": isFolder,
		"/cal/joe/his/":    isCalendar,
	}, moved: map[string]string{"/.well-known/caldav": "/dav/"}}
}

func TestFind(t *testing.T) {
	for name, tc := range map[string]struct {
		at   string
		harm func(*tree)
	}{
		"the server alone":          {"", nil},
		"its root":                  {"/", nil},
		"any page of it":            {"/index.php/login", nil},
		"where its protocol begins": {"/dav/", nil},
		"the user":                  {"/users/jane/", nil},
		"the user's folder":         {"/cal/jane/", nil},
		"the list of tasks":         {"/cal/jane/tasks/", nil},
		"the root knows the user":   {"/", func(f *tree) { f.moved = nil; f.folders["/"] = isFolder + janes }},
		"the root knows the folder": {"/x", func(f *tree) { f.moved = nil; f.folders["/"] = isFolder + janesHome }},
		"the root is closed":        {"/", func(f *tree) { f.status = map[string]int{"/": 403} }},
		"the root is a page":        {"/", func(f *tree) { f.status = map[string]int{"/": 200} }},
		"the home is written in full": {"/", func(f *tree) {
			f.folders["/users/jane/"] = strings.ReplaceAll(janesHome, "/cal", "https://inner.example.com:8443/cal")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := janesServer()
			if tc.harm != nil {
				tc.harm(f)
			}
			at := &url.URL{Scheme: "https", Host: "dav.example.com", Path: tc.at}
			found, err := Find(t.Context(), at, f.send)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range found {
				got = append(got, c.URL.String()+" "+c.Name)
			}
			want := []string{"https://dav.example.com/cal/jane/desks/ ", "https://dav.example.com/cal/jane/hall/ The hall"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if f.asked > maxSearched {
				t.Errorf("%d requests", f.asked)
			}
		})
	}
}

func TestFindNothing(t *testing.T) {
	at := &url.URL{Scheme: "https", Host: "dav.example.com", Path: "/"}
	loop := &tree{folders: map[string]string{"/": isFolder + `<d:current-user-principal><d:href>/</d:href></d:current-user-principal><c:calendar-home-set><d:href>/</d:href></c:calendar-home-set>`}}
	many := &tree{folders: map[string]string{"/": isFolder + `<c:calendar-home-set>` + strings.Repeat("<d:href>/x/</d:href><d:href>/y/</d:href>", 100) + `</c:calendar-home-set>`}}
	for n := range 100 {
		many.folders["/"] += fmt.Sprintf("<c:calendar-home-set><d:href>/%d/</d:href></c:calendar-home-set>", n)
	}
	for name, f := range map[string]*tree{"empty": {}, "turns in a circle": loop, "many homes": many} {
		if found, err := Find(t.Context(), at, f.send); err != nil || len(found) > 0 || f.asked > maxSearched {
			t.Errorf("%s: %v, error %v after %d requests", name, found, err, f.asked)
		}
	}
	other := janesServer()
	other.folders["/users/jane/"] = `<c:calendar-home-set><d:href>https://p42.example.com/121/calendars/</d:href></c:calendar-home-set>`
	var elsewhere *ElsewhereError
	if _, err := Find(t.Context(), at, other.send); !errors.As(err, &elsewhere) || elsewhere.URL != "https://p42.example.com/121/calendars/" {
		t.Errorf("error %v", err)
	}
}

// What is no calendar is searched for those its user has; one that was there
// and is gone is not, and what cannot be known neither.
func TestNoCalendarNamesThem(t *testing.T) {
	f := janesServer()
	c := New(&url.URL{Scheme: "https", Host: "dav.example.com", Path: "/dav/"}, f.send)
	_, err := c.Sync(t.Context(), march, may, noon)
	var none *NoCalendarError
	if !errors.As(err, &none) || len(none.Found) != 2 || strings.Contains(err.Error(), "jane") {
		t.Fatalf("error %v", err)
	}
	for _, code := range []int{500, 502} {
		f.asked, f.status = 0, map[string]int{"/dav/": code}
		var status *StatusError
		if _, err := c.Sync(t.Context(), march, may, noon); !errors.As(err, &status) || f.asked != 1 {
			t.Errorf("%d: error %v after %d requests", code, err, f.asked)
		}
	}
	gone := newFake("a.ics")
	m := gone.mirror(t)
	m.holds(t, "a.ics=text of a.ics")
	gone.refuses, gone.asked = map[string]int{"probe": 404}, nil
	if _, err := m.Sync(t.Context(), march, may, noon); err == nil || !slices.Equal(gone.asked, []string{"probe"}) {
		t.Errorf("error %v after %v", err, gone.asked)
	}
}
