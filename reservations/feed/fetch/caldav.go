package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/fetch/caldav"
	"deskd/reservations/feed/ical"
)

// maxAnswer is the most a calendar server may say at once.
const maxAnswer = 64 << 20

// server is the calendar of a CalDAV server between two fetches.
type server struct {
	browser
	fetcher  *Fetcher
	mirror   *caldav.Collection
	readable map[string]text // by the object's name
}

// text is what an object says.
type text struct {
	from []byte // as it came
	good []byte // the last that was a calendar, with plain line ends
	bad  error  // why from is none
}

func newServer(f *Fetcher, home *url.URL) *server {
	s := &server{browser: f.browser(home), fetcher: f, readable: make(map[string]text)}
	s.mirror = caldav.New(home, s.send)
	return s
}

// fetch brings all objects as one body: a calendar each, after one that names
// those that cannot be read, so that the bytes tell of them, too.
func (s *server) fetch(ctx context.Context, window reservations.Span, v Validators, now time.Time) (Body, error) {
	objects, err := s.mirror.Sync(ctx, window.Start, window.End, now)
	if err != nil {
		return Body{}, err
	}
	body := Body{Unread: s.read(objects)}
	data, parts := s.join(objects, body.Unread)
	if int64(len(data)) > s.fetcher.MaxBytes {
		return Body{}, fmt.Errorf("%w: the most is %d bytes", ical.ErrTooLarge, s.fetcher.MaxBytes)
	}
	body.Text, body.Objects = TextOf(data), parts
	body.Validators = Validators{ETag: body.Text.Digest()}
	if body.Validators == v {
		return Body{Validators: v, NotModified: true}, nil
	}
	return body, nil
}

// read judges the new objects, and returns those without readable contents.
func (s *server) read(objects []caldav.Object) []Unread {
	var unread []Unread
	now := make(map[string]text, len(objects))
	for _, o := range objects {
		t, had := s.readable[o.Name]
		if !had || !bytes.Equal(t.from, o.Data) {
			t = judge(o.Data, t.good)
		}
		now[o.Name] = t
		if why := errors.Join(o.Err, t.bad); why != nil {
			unread = append(unread, Unread{Name: o.Name, UID: ical.FindUID(o.Data), Why: why.Error(), Known: t.good != nil})
		}
	}
	s.readable = now
	return unread
}

// judge reads an object by itself: one that is cut off would take the next with it.
// Its last good text stays.
func judge(data, before []byte) text {
	if data == nil {
		return text{}
	}
	plain := ical.PlainLines(data)
	if err := ical.Check(plain); err != nil {
		return text{from: data, good: before, bad: err}
	}
	return text{from: data, good: plain}
}

func (s *server) join(objects []caldav.Object, unread []Unread) ([]byte, []Object) {
	var all bytes.Buffer
	all.WriteString("BEGIN:VCALENDAR\n")
	for _, u := range unread {
		fmt.Fprintf(&all, "X-DESKD-UNREAD:%q %q\n", u.Name, ical.Clip(u.Why))
	}
	all.WriteString("END:VCALENDAR\n")
	line := 3 + len(unread)
	var parts []Object
	for _, o := range objects {
		if good := s.readable[o.Name].good; good != nil {
			parts = append(parts, Object{Name: o.Name, Line: line})
			all.Write(good)
			line += bytes.Count(good, []byte("\n"))
		}
	}
	return all.Bytes(), parts
}

// send sends the mirror's requests.
func (s *server) send(ctx context.Context, r caldav.Request) (caldav.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.fetcher.Timeout)
	defer cancel()
	c := call{method: r.Method, header: make(http.Header), body: r.Body}
	if r.Depth != "" {
		c.header.Set("Depth", r.Depth)
	}
	if r.Body != nil {
		c.header.Set("Content-Type", "application/xml; charset=utf-8")
	}
	resp, err := s.browser.send(ctx, r.URL, c)
	if err != nil {
		return caldav.Answer{}, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return caldav.Answer{}, s.statusError(resp)
	}
	content, err := content(resp)
	if err != nil {
		return caldav.Answer{}, err
	}
	data, err := readAll(content, min(maxAnswer, s.fetcher.MaxBytes))
	return caldav.Answer{Code: resp.StatusCode, Body: data, URL: resp.Request.URL}, err
}

// FoundCalendar is a calendar of the server that was asked for another.
type FoundCalendar struct {
	URL  string // as that of a [Source]
	Name string // as people call it; it may be empty
}

// Found returns the calendars that an error of [Fetcher.Fetch] knows of, where
// there is none at the address asked for. Their addresses may be secrets, which
// the error's text leaves out.
func Found(err error) []FoundCalendar {
	var none *caldav.NoCalendarError
	if !errors.As(err, &none) {
		return nil
	}
	var all []FoundCalendar
	for _, c := range none.Found {
		all = append(all, FoundCalendar{"caldav+" + c.URL.String(), c.Name})
	}
	return all
}

// cutCalDAV takes caldav+ from the URL of a calendar server.
func cutCalDAV(rawURL string) (string, bool) {
	rest, ok := cutScheme(rawURL, "caldav+")
	return rest, ok && strings.HasPrefix(strings.ToLower(rest), "http")
}
