package caldav

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// multistatus is an answer of WebDAV (RFC 4918 13).
type multistatus struct {
	responses []response
	token     string // DAV:sync-token
}

// response is about one resource: a status, or properties each with theirs.
type response struct {
	Href      string     `xml:"DAV: href"`
	Status    string     `xml:"DAV: status"`
	Propstats []propstat `xml:"DAV: propstat"`
}

type propstat struct {
	Prop   prop   `xml:"DAV: prop"`
	Status string `xml:"DAV: status"`
}

type prop struct {
	ETag string        `xml:"DAV: getetag"`
	Data *string       `xml:"urn:ietf:params:xml:ns:caldav calendar-data"`
	Type *resourceType `xml:"DAV: resourcetype"`

	// What a collection says of itself.
	ID        href        `xml:"DAV: resource-id"`
	CTag      string      `xml:"http://calendarserver.org/ns/ getctag"`
	Name      string      `xml:"DAV: displayname"`
	Principal href        `xml:"DAV: current-user-principal"`
	Homes     hrefs       `xml:"urn:ietf:params:xml:ns:caldav calendar-home-set"`
	Kinds     *components `xml:"urn:ietf:params:xml:ns:caldav supported-calendar-component-set"`
}

type resourceType struct {
	Calendar *struct{} `xml:"urn:ietf:params:xml:ns:caldav calendar"`
}

type href struct {
	Href string `xml:"DAV: href"`
}

type hrefs struct {
	Hrefs []string `xml:"DAV: href"`
}

type components struct {
	List []struct {
		Name string `xml:"name,attr"`
	} `xml:"urn:ietf:params:xml:ns:caldav comp"`
}

// errXML is the error of an answer that is no XML, or none of ours. It may be a
// single object in it that spoils the whole.
var errXML = errors.New("the server's answer cannot be read")

// parse reads an answer, one response at a time. The decoder has no entities
// but XML's own, so that nothing in the text can grow.
func parse(text []byte) (multistatus, error) {
	var m multistatus
	d := xml.NewDecoder(bytes.NewReader(text))
	rooted := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && rooted {
			return m, nil
		}
		if err != nil {
			return m, fmt.Errorf("%w: %w", errXML, err)
		}
		start, opens := token.(xml.StartElement)
		switch {
		case !opens:
		case !rooted && start.Name != xml.Name{Space: "DAV:", Local: "multistatus"}:
			return m, fmt.Errorf("%w: it is %q, no multistatus", errXML, clip(start.Name.Local))
		case !rooted:
			rooted = true
		default:
			if err := m.element(d, start); err != nil {
				return m, fmt.Errorf("%w: %w", errXML, err)
			}
		}
	}
}

func (m *multistatus) element(d *xml.Decoder, start xml.StartElement) error {
	switch start.Name {
	case xml.Name{Space: "DAV:", Local: "response"}:
		if len(m.responses) == maxObjects {
			return fmt.Errorf("more than %d responses", maxObjects)
		}
		var r response
		err := d.DecodeElement(&r, &start)
		m.responses = append(m.responses, r)
		return err
	case xml.Name{Space: "DAV:", Local: "sync-token"}:
		err := d.DecodeElement(&m.token, &start)
		m.token = strings.TrimSpace(m.token)
		return err
	}
	return d.Skip()
}

// truncated reports whether the server left something out (RFC 6578 3.6, RFC
// 4791 7.8).
func (m multistatus) truncated() bool {
	for _, r := range m.responses {
		if r.code() == 507 {
			return true
		}
	}
	return false
}

// code is the status of the resource itself, 200 when only those of its
// properties are given.
func (r response) code() int {
	if r.Status == "" {
		return 200
	}
	return code(r.Status)
}

// properties are those the resource has.
func (r response) properties() prop {
	var all prop
	for _, p := range r.Propstats {
		if code(p.Status) == 200 {
			all.add(p.Prop)
		}
	}
	all.ETag = strings.TrimSpace(all.ETag)
	return all
}

// add takes over what is set in q.
func (p *prop) add(q prop) {
	p.ETag, p.CTag, p.Name = cmp.Or(q.ETag, p.ETag), cmp.Or(q.CTag, p.CTag), cmp.Or(q.Name, p.Name)
	p.Data, p.Type, p.Kinds = cmp.Or(q.Data, p.Data), cmp.Or(q.Type, p.Type), cmp.Or(q.Kinds, p.Kinds)
	p.ID, p.Principal = cmp.Or(q.ID, p.ID), cmp.Or(q.Principal, p.Principal)
	p.Homes.Hrefs = append(p.Homes.Hrefs, q.Homes.Hrefs...)
}

// path is where the resource is, unescaped: servers escape the same path
// differently from one answer to the next. What is before it is left out, as
// servers behind a proxy do not know how they are called. Collections, which
// end in a slash, are no members.
func (r response) path() (string, bool) {
	at, err := url.Parse(strings.TrimSpace(r.Href))
	if err != nil || at.Path == "" || strings.HasSuffix(at.Path, "/") {
		return "", false
	}
	return at.Path, true
}

// code reads "HTTP/1.1 404 Not Found"; 0 is one that cannot be read.
func code(status string) int {
	_, rest, _ := strings.Cut(strings.TrimSpace(status), " ")
	word, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(word)
	if err != nil {
		return 0
	}
	return n
}

const (
	xmlHead = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
	spaces  = `xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"`
)

func propertiesRequest(names string) []byte {
	return []byte(xmlHead + `<propfind ` + spaces + ` xmlns:S="http://calendarserver.org/ns/"><prop>` + names + `</prop></propfind>`)
}

func identityRequest() []byte { return propertiesRequest(`<resourcetype/><resource-id/><S:getctag/>`) }

func homesRequest() []byte {
	return propertiesRequest(`<resourcetype/><current-user-principal/><C:calendar-home-set/>`)
}

func calendarsRequest() []byte {
	return propertiesRequest(`<resourcetype/><displayname/><C:supported-calendar-component-set/>`)
}

func changesRequest(token string) []byte {
	return []byte(xmlHead + `<sync-collection ` + spaces + `><sync-token>` + escape(token) +
		`</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`)
}

func queryRequest(from, to time.Time) []byte {
	const form = "20060102T150405Z"
	return fmt.Appendf(nil, xmlHead+`<C:calendar-query `+spaces+`><prop><getetag/></prop><C:filter><C:comp-filter name="VCALENDAR">`+
		`<C:comp-filter name="VEVENT"><C:time-range start="%s" end="%s"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`,
		from.UTC().Format(form), to.UTC().Format(form))
}

func multigetRequest(paths []string) []byte {
	var b strings.Builder
	b.WriteString(xmlHead + `<C:calendar-multiget ` + spaces + `><prop><getetag/><C:calendar-data/></prop>`)
	for _, path := range paths {
		b.WriteString("<href>" + escape((&url.URL{Path: path}).EscapedPath()) + "</href>")
	}
	return []byte(b.String() + `</C:calendar-multiget>`)
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}

// clip bounds outside text in a message.
func clip(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), 64)], "")
}
