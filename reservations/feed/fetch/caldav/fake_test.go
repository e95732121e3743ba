package caldav

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fake is a calendar server with the habits of real ones.
type fake struct {
	objects map[string]string // by name; the text is its own ETag
	log     []string          // names in the order they changed; a token is a length of it and 1000 for each epoch

	page    int             // changes, or members of a query, told at once; 0: all
	epoch   int             // tokens of another are not known any more
	refuses map[string]int  // statuses of questions it does not answer: "sync", "query", "multiget", "GET name"
	silent  map[string]bool // questions it does not understand and answers with nothing
	poison  map[string]bool // names of objects that break an answer they are in
	trash   map[string]bool // names that are listed without ETag and are not there
	hidden  map[string]bool // names that are listed and not there
	noETags bool
	etag    func(name string) string   // nil: its text
	tagged  bool                       // it has a ctag
	tag     string                     // which is this, if it is not of what is there
	id      string                     // of the collection
	welcome bool                       // it answers tokens it does not know with all there is
	skips   int                        // changes up to this one are left out of every answer to a token
	noCal   bool                       // it is an address book
	href    func(string) string        // how it writes an address; nil: as it is
	asked   []string                   // what it was asked
	onAsked func(string)               // called before the answer
	spans   map[string][2]time.Time    // of the objects, for queries
	mutate  func(answer string) string // changes each answer
}

func newFake(names ...string) *fake {
	f := &fake{objects: make(map[string]string), spans: make(map[string][2]time.Time)}
	for _, name := range names {
		f.put(name, "text of "+name)
	}
	return f
}

func (f *fake) put(name, text string) {
	f.objects[name] = text
	f.log = append(f.log, name)
}

func (f *fake) remove(name string) {
	delete(f.objects, name)
	f.log = append(f.log, name)
}

// recreate deletes the calendar and makes another at the same address, with the
// objects given and without a memory of what has been.
func (f *fake) recreate(names ...string) {
	clear(f.objects)
	f.log, f.skips = nil, 0
	f.epoch++
	for _, name := range names {
		f.put(name, "another "+name)
	}
}

// question is the part of a request's body that the fake looks at.
type question struct {
	XMLName xml.Name
	Token   string   `xml:"sync-token"`
	Hrefs   []string `xml:"href"`
	Range   struct {
		Start string `xml:"start,attr"`
		End   string `xml:"end,attr"`
	} `xml:"filter>comp-filter>comp-filter>time-range"`
}

const folder = "/calendars/jane doe/desks/"

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var q question
	if len(body) > 0 {
		if err := xml.Unmarshal(body, &q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	what, short := f.name(r, q)
	f.asked = append(f.asked, what)
	if f.onAsked != nil {
		f.onAsked(what)
	}
	if code := max(f.refuses[what], f.refuses[short]); code != 0 {
		http.Error(w, "no", code)
		return
	}
	if r.Method == http.MethodGet {
		f.get(w, path.Base(r.URL.Path))
		return
	}
	text, code := f.answer(short, q)
	if f.silent[short] {
		text = ""
	}
	text = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav">` + text + "</d:multistatus>"
	if f.mutate != nil {
		text = f.mutate(text)
	}
	w.WriteHeader(code)
	io.WriteString(w, text)
}

func (f *fake) name(r *http.Request, q question) (what, short string) {
	switch {
	case r.Method == http.MethodGet:
		what = "GET " + path.Base(r.URL.Path)
		return what, what
	case r.Method == "PROPFIND":
		return "probe", "probe"
	case q.XMLName.Local == "sync-collection":
		return "sync " + q.Token, "sync"
	case q.XMLName.Local == "calendar-query":
		return "query", "query"
	}
	return "multiget " + strconv.Itoa(len(q.Hrefs)), "multiget"
}

func (f *fake) answer(short string, q question) (string, int) {
	switch short {
	case "probe":
		if f.noCal {
			return f.response(folder, `<d:resourcetype><d:collection/></d:resourcetype>`, 200), 207
		}
		more := ""
		if f.tagged {
			tag := cmp.Or(f.tag, fmt.Sprintf("%x", fmt.Sprint(f.objects)))
			more += fmt.Sprintf(`<s:getctag xmlns:s="http://calendarserver.org/ns/">%s</s:getctag>`, tag)
		}
		if f.id != "" {
			more += "<d:resource-id><d:href>" + f.id + "</d:href></d:resource-id>"
		}
		return f.response(folder, `<d:resourcetype><d:collection/><cal:calendar/></d:resourcetype>`+more, 200), 207
	case "sync":
		return f.changes(q.Token)
	case "query":
		return f.query(q.Range.Start, q.Range.End), 207
	}
	var b strings.Builder
	for _, href := range q.Hrefs {
		at, err := url.Parse(href)
		if err != nil {
			return "", 400
		}
		name := path.Base(at.Path)
		text, there := f.objects[name]
		switch {
		case f.poison[name] && strings.Contains(text, "500"):
			return "", 500
		case !there || f.hidden[name]:
			b.WriteString(f.gone(name, 404))
		default:
			b.WriteString(f.member(name, "<cal:calendar-data>"+text+"</cal:calendar-data>"))
		}
	}
	return b.String(), 207
}

func (f *fake) get(w http.ResponseWriter, name string) {
	text, there := f.objects[name]
	switch {
	case !there || f.hidden[name]:
		w.WriteHeader(404)
	case strings.Contains(text, "500"):
		w.WriteHeader(500)
	default:
		io.WriteString(w, text)
	}
}

func (f *fake) changes(token string) (string, int) {
	from, err := strconv.Atoi("0" + token)
	foreign := err != nil || token != "" && from/1000 != f.epoch
	switch {
	case foreign && !f.welcome:
		return "", http.StatusForbidden
	case foreign:
		from = 0
	case token != "":
		from = min(max(from%1000, f.skips), len(f.log))
	}
	upto, names := len(f.log), f.log[from:]
	more := f.page > 0 && len(names) > f.page
	if more {
		names, upto = names[:f.page], from+f.page
	}
	var b strings.Builder
	// Quirk: iCloud lists the collection among its members.
	b.WriteString(f.response(folder, "<d:getetag>collection</d:getetag>", 200))
	seen := make(map[string]bool)
	for _, name := range names {
		_, there := f.objects[name]
		switch {
		case seen[name]:
		case f.trash[name]:
			fmt.Fprintf(&b, `<d:response><d:href>%s</d:href><d:propstat><d:prop/><d:status>HTTP/1.1 418 I'm a teapot</d:status></d:propstat></d:response>`, f.at(name))
		case there:
			b.WriteString(f.member(name, ""))
		case token != "":
			b.WriteString(f.gone(name, 404))
		}
		seen[name] = true
	}
	if more {
		fmt.Fprintf(&b, `<d:response><d:href>%s</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status><d:error><d:number-of-matches-within-limits/></d:error></d:response>`, folder)
	}
	fmt.Fprintf(&b, "<d:sync-token>%d</d:sync-token>", f.epoch*1000+upto)
	return b.String(), 207
}

func (f *fake) query(from, to string) string {
	const form = "20060102T150405Z"
	start, _ := time.Parse(form, from)
	end, _ := time.Parse(form, to)
	var b strings.Builder
	n := 0
	for _, name := range slices.Sorted(maps.Keys(f.objects)) {
		span, known := f.spans[name]
		if known && (!span[0].Before(end) || !span[1].After(start)) {
			continue
		}
		if n++; f.page > 0 && n > f.page {
			b.WriteString(f.gone("", 507))
			break
		}
		b.WriteString(f.member(name, ""))
	}
	return b.String()
}

func (f *fake) at(name string) string {
	at := (&url.URL{Path: folder + name}).EscapedPath()
	if f.href != nil {
		return f.href(at)
	}
	return at
}

func (f *fake) gone(name string, code int) string {
	return fmt.Sprintf("<d:response><d:href>%s</d:href><d:status>HTTP/1.1 %d %s</d:status></d:response>", f.at(name), code, http.StatusText(code))
}

func (f *fake) member(name, more string) string {
	text := f.objects[name]
	if f.etag != nil {
		text = f.etag(name)
	}
	etag := fmt.Sprintf("<d:getetag>&quot;%x&quot;</d:getetag>", text)
	if f.noETags {
		etag = ""
	}
	return fmt.Sprintf(`<d:response><d:href>%s</d:href><d:propstat><d:prop>%s%s</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>`+
		`<d:propstat><d:prop><cal:schedule-tag/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>`, f.at(name), etag, more)
}

func (f *fake) response(href, prop string, code int) string {
	return fmt.Sprintf("<d:response><d:href>%s</d:href><d:propstat><d:prop>%s</d:prop><d:status>HTTP/1.1 %d OK</d:status></d:propstat></d:response>",
		(&url.URL{Path: href}).EscapedPath(), prop, code)
}

// mirror is a mirror of the fake. Requests are answered one after the other, so
// that none runs on when it is given up.
func (f *fake) mirror(t *testing.T) *Collection {
	t.Helper()
	home := &url.URL{Scheme: "https", Host: "dav.example.com", Path: folder}
	return New(home, func(ctx context.Context, r Request) (Answer, error) {
		q := httptest.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(r.Body))
		w := httptest.NewRecorder()
		f.ServeHTTP(w, q)
		return Answer{Code: w.Code, Body: w.Body.Bytes()}, ctx.Err()
	})
}
