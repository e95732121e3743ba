package caldav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Calendar is a calendar of a server.
type Calendar struct {
	URL  *url.URL
	Name string // as people call it; it may be empty
}

// NoCalendarError says that there is no calendar at an address.
type NoCalendarError struct {
	Found []Calendar // those the server has for the user, as far as they were looked for
}

// Error does not name what was found: addresses of calendars may be secrets.
func (e *NoCalendarError) Error() string {
	text := "there is no calendar at this address of the server"
	switch n := len(e.Found); n {
	case 0:
		return text + "; the address of the calendar itself is needed"
	case 1:
		return text + ", but one elsewhere"
	default:
		return fmt.Sprintf("%s, but %d elsewhere", text, n)
	}
}

// ElsewhereError says that a server's calendars are on another server.
type ElsewhereError struct{ URL string }

func (e *ElsewhereError) Error() string { return "the calendars of this server are at another one" }

// maxSearched bounds the requests of a search, and maxFound what it finds.
const (
	maxSearched = 12
	maxFound    = 200
)

// Find looks for the calendars of the user, given any address of the server
// (RFC 6764 6, RFC 5397, RFC 4791 6.2.1): below the address itself, then where it,
// /.well-known/caldav or the root of the server says that they are. It returns
// none where the server does not say; calendars that take no events, as lists of
// tasks do, are left out. The error is [Send]'s or an [*ElsewhereError].
func Find(ctx context.Context, at *url.URL, send Send) ([]Calendar, error) {
	f := &finder{send: send, asked: make(map[string]bool)}
	found, err := f.below(ctx, at)
	for _, start := range []*url.URL{at, at.ResolveReference(&url.URL{Path: "/.well-known/caldav"}), at.ResolveReference(&url.URL{Path: "/"})} {
		if len(found) > 0 || err != nil {
			break
		}
		found, err = f.from(ctx, start, true)
	}
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && f.elsewhere != "" {
		return nil, &ElsewhereError{f.elsewhere}
	}
	return found, nil
}

// finder is one search.
type finder struct {
	send      Send
	asked     map[string]bool // depth and address
	elsewhere string          // a home on another server
}

// from follows what an address says of its user, and once of him as a principal.
func (f *finder) from(ctx context.Context, at *url.URL, principals bool) ([]Calendar, error) {
	m, at, err := f.ask(ctx, at, "0", homesRequest())
	if err != nil {
		return nil, err
	}
	for _, r := range m.responses {
		p := r.properties()
		found, err := f.homes(ctx, at, p.Homes.Hrefs)
		if err == nil && len(found) == 0 && principals && p.Principal.Href != "" {
			found, err = f.from(ctx, f.resolve(at, p.Principal.Href), false)
		}
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// homes are the calendars in the first of several folders that has any.
func (f *finder) homes(ctx context.Context, at *url.URL, homes []string) ([]Calendar, error) {
	for _, home := range homes {
		if found, err := f.below(ctx, f.resolve(at, home)); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// below lists the calendars in a folder, by address.
func (f *finder) below(ctx context.Context, home *url.URL) ([]Calendar, error) {
	m, home, err := f.ask(ctx, home, "1", calendarsRequest())
	var found []Calendar
	for _, r := range m.responses {
		p := r.properties()
		if p.Type == nil || p.Type.Calendar == nil || !p.Kinds.events() || len(found) == maxFound {
			continue
		}
		if at := f.resolve(home, r.Href); at != nil {
			found = append(found, Calendar{at, strings.TrimSpace(p.Name)})
		}
	}
	slices.SortFunc(found, func(a, b Calendar) int { return strings.Compare(a.URL.String(), b.URL.String()) })
	return found, err
}

// events reports whether a calendar takes events; one that does not say takes all.
func (c *components) events() bool {
	if c == nil || len(c.List) == 0 {
		return true
	}
	for _, kind := range c.List {
		if strings.EqualFold(kind.Name, "VEVENT") {
			return true
		}
	}
	return false
}

// ask sends a question about at, and returns where the answer came from. What a
// server does not answer with a list, it does not say.
func (f *finder) ask(ctx context.Context, at *url.URL, depth string, text []byte) (multistatus, *url.URL, error) {
	if at == nil || len(f.asked) == maxSearched || f.asked[depth+at.String()] {
		return multistatus{}, at, nil
	}
	f.asked[depth+at.String()] = true
	answer, err := f.send(ctx, Request{"PROPFIND", at, depth, text})
	if err != nil {
		return multistatus{}, at, err
	}
	if answer.URL != nil {
		at = answer.URL
	}
	if answer.Code != http.StatusMultiStatus {
		return multistatus{}, at, nil
	}
	m, err := parse(answer.Body)
	if errors.Is(err, errXML) {
		return multistatus{}, at, nil
	}
	return m, at, err
}

// resolve is where href leads from at. As servers behind a proxy do not know how
// they are called, the path counts, and another server is kept in mind.
func (f *finder) resolve(at *url.URL, href string) *url.URL {
	to, err := at.Parse(strings.TrimSpace(href))
	if err != nil || to.Path == "" {
		return nil
	}
	if to.Host != at.Host {
		f.elsewhere = to.String()
		to.Scheme, to.Host = at.Scheme, at.Host
	}
	to.User, to.RawQuery, to.Fragment = nil, "", ""
	return to
}
