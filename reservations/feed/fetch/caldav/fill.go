package caldav

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// fill fetches the bodies of members that are new or have changed. What it has
// fetched before an error is kept.
func (c *Collection) fill(ctx context.Context, members map[string]string) error {
	var wanted []string
	for _, path := range slices.Sorted(maps.Keys(members)) {
		if b, had := c.bodies[path]; !had || b.err != nil || b.etag != members[path] || b.etag == "" {
			wanted = append(wanted, path)
		}
	}
	f := filling{c, members, 0}
	for paths := range slices.Chunk(wanted, batch) {
		if err := f.several(ctx, paths); err != nil {
			return err
		}
	}
	return nil
}

// filling is one run of fill.
type filling struct {
	*Collection
	members    map[string]string
	unreadable int
}

// several fetches objects in one request. It finds one that spoils the answer for
// all by halves, and fetches it alone.
func (f *filling) several(ctx context.Context, paths []string) error {
	if f.plain {
		return f.each(ctx, paths)
	}
	m, err := f.ask(ctx, "REPORT", "0", multigetRequest(paths))
	var status *StatusError
	switch {
	case errors.Is(err, errXML), errors.As(err, &status) && (status.Code == http.StatusInternalServerError || status.Code == http.StatusNotFound):
		// Quirk: sabre/dav 1.8 answers 404 to all for one that was just deleted.
		if len(paths) == 1 {
			return f.one(ctx, paths[0])
		}
		half := len(paths) / 2
		if err := f.several(ctx, paths[:half]); err != nil {
			return err
		}
		return f.several(ctx, paths[half:])
	case declined(err):
		f.plain = true
		return f.each(ctx, paths)
	case err != nil:
		return err
	}
	return f.each(ctx, f.take(m, paths))
}

// take keeps the objects of an answer, and returns the paths it does not have.
func (f *filling) take(m multistatus, paths []string) []string {
	left := make(map[string]bool, len(paths))
	for _, path := range paths {
		left[path] = true
	}
	for _, r := range m.responses {
		path, _ := r.path()
		p := r.properties()
		if left[path] && p.Data != nil && len(*p.Data) <= maxObject {
			// The ETag is the listed one: what has changed since will be listed.
			f.bodies[path] = body{etag: f.members[path], data: []byte(*p.Data)}
			delete(left, path)
		}
	}
	return slices.Sorted(maps.Keys(left))
}

func (f *filling) each(ctx context.Context, paths []string) error {
	for _, path := range paths {
		if err := f.one(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// one fetches a single object, as it is stored: XML cannot carry everything that
// a careless program may have put into one.
func (f *filling) one(ctx context.Context, path string) error {
	at := *f.home
	at.Path, at.RawPath, at.RawQuery = path, (&url.URL{Path: path}).EscapedPath(), ""
	answer, err := f.send(ctx, Request{Method: http.MethodGet, URL: &at})
	switch {
	case err != nil:
		return err
	case answer.Code == http.StatusOK && len(answer.Body) <= maxObject:
		f.bodies[path] = body{etag: f.members[path], data: answer.Body}
		return nil
	case answer.Code == http.StatusOK:
		return f.lose(path, fmt.Errorf("the object is larger than %d bytes", maxObject))
	case answer.Code == http.StatusNotFound && f.members[path] == "":
		delete(f.members, path) // Quirk: Nextcloud lists what is in its trash, without an ETag
		return nil
	}
	return f.lose(path, &StatusError{http.MethodGet, answer.Code})
}

// lose keeps the last text of an object, and the reason why there is no newer one.
// An object that is listed, but not there, is no cancellation either.
func (f *filling) lose(path string, reason error) error {
	b := f.bodies[path]
	b.err = reason
	f.bodies[path] = b
	if f.unreadable++; f.unreadable > maxUnreadable {
		return fmt.Errorf("more than %d objects of the calendar cannot be had, the last because %w", maxUnreadable, reason)
	}
	return nil
}
