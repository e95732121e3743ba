package caldav

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seen is a response as the mirror understands it.
type seen struct {
	path string
	code int
	etag string
	data string
}

// Answers in the shapes that servers are known for.
func TestParse(t *testing.T) {
	for name, tc := range map[string]struct {
		text      string
		want      []seen
		token     string
		truncated bool
	}{
		"Nextcloud": {
			text: `<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">
 <d:response><d:href>/remote.php/dav/calendars/jane/desks/2E6B.ics</d:href><d:propstat><d:prop><d:getetag>&quot;c15a0de5&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
 <d:response><d:href>/remote.php/dav/calendars/jane/desks/trashed.ics</d:href><d:propstat><d:prop/><d:status>HTTP/1.1 418 I'm a teapot</d:status></d:propstat></d:response>
 <d:response><d:href>/remote.php/dav/calendars/jane/desks/gone.ics</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>
 <d:sync-token>http://sabre.io/ns/sync/42</d:sync-token>
</d:multistatus>`,
			want: []seen{
				{"/remote.php/dav/calendars/jane/desks/2E6B.ics", 200, `"c15a0de5"`, ""},
				{"/remote.php/dav/calendars/jane/desks/trashed.ics", 200, "", ""},
				{"/remote.php/dav/calendars/jane/desks/gone.ics", 404, "", ""},
			},
			token: "http://sabre.io/ns/sync/42",
		},
		"Apple": {
			text: `<?xml version='1.0' encoding='UTF-8'?>
<multistatus xmlns='DAV:'>
  <response><href>/1234/calendars/desks/</href><propstat><prop><getetag>"C=7"</getetag></prop><status>HTTP/1.1 200 OK</status></propstat></response>
  <response><href>/1234/calendars/desks/A%20B.ics</href><propstat><prop><getetag>"C=6"</getetag>
    <calendar-data xmlns='urn:ietf:params:xml:ns:caldav'><![CDATA[BEGIN:VCALENDAR
SUMMARY:a < b & c
END:VCALENDAR
]]></calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>
  <sync-token>FT=-@RU=1e37@S=7</sync-token>
</multistatus>`,
			want:  []seen{{"/1234/calendars/desks/A B.ics", 200, `"C=6"`, "BEGIN:VCALENDAR\nSUMMARY:a < b & c\nEND:VCALENDAR\n"}},
			token: "FT=-@RU=1e37@S=7",
		},
		"Google": {
			text: `<?xml version="1.0" encoding="UTF-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:caldav="urn:ietf:params:xml:ns:caldav">
 <D:response><D:href>/caldav/v2/desks%40group.calendar.google.com/events/7kq0%40google.com.ics</D:href>
  <D:propstat><D:status>HTTP/1.1 200 OK</D:status><D:prop><D:getetag>"63907526"</D:getetag></D:prop></D:propstat></D:response>
 <D:response><D:href>/caldav/v2/desks%40group.calendar.google.com/events/</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status>
  <D:error><D:number-of-matches-within-limits/></D:error></D:response>
 <D:sync-token>https://apidata.googleusercontent.com/caldav/v2/desks%40group.calendar.google.com/sync/CgkA</D:sync-token>
</D:multistatus>`,
			want:      []seen{{"/caldav/v2/desks@group.calendar.google.com/events/7kq0@google.com.ics", 200, `"63907526"`, ""}},
			token:     "https://apidata.googleusercontent.com/caldav/v2/desks%40group.calendar.google.com/sync/CgkA",
			truncated: true,
		},
		"Radicale": {
			text: `<?xml version='1.0' encoding='utf-8'?>
<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>/jane/desks/a.ics</href><propstat><prop><getetag>"9f"</getetag><C:calendar-data>BEGIN:VCALENDAR&#13;
END:VCALENDAR&#13;
</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`,
			want: []seen{{"/jane/desks/a.ics", 200, `"9f"`, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}},
		},
		"a property that is not there": {
			text: `<multistatus xmlns="DAV:"><response><href>/a.ics</href><propstat><prop><getetag>"1"</getetag></prop><status>HTTP/1.1 403 Forbidden</status></propstat></response></multistatus>`,
			want: []seen{{"/a.ics", 200, "", ""}},
		},
		"addresses that are none": {
			text: `<multistatus xmlns="DAV:"><response><href>%zz</href><status>HTTP/1.1 200 OK</status></response><response><href/></response></multistatus>`,
		},
	} {
		m, err := parse([]byte(tc.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []seen
		for _, r := range m.responses {
			path, ok := r.path()
			if !ok {
				continue
			}
			p := r.properties()
			s := seen{path, r.code(), p.ETag, ""}
			if p.Data != nil {
				s.data = *p.Data
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(seen{})); diff != "" || m.token != tc.token || m.truncated() != tc.truncated {
			t.Errorf("%s: token %q, truncated %v, -want +got\n%s", name, m.token, m.truncated(), diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<multistatus xmlns="DAV:"><response><href>/a</href><status>HTTP/1.1 404 Not Found</status></response><sync-token>1</sync-token></multistatus>`))
	f.Add([]byte(`<multistatus xmlns="DAV:"><response><propstat><prop><getetag>1</getetag></prop><status>HTTP/1.1 200</status></propstat></response></multistatus>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parse(text)
		if err != nil && !errors.Is(err, errXML) {
			t.Fatal(err)
		}
		m.apply(make(map[string]string))
		_ = m.truncated()
	})
}
