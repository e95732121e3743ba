package fetch

import (
	"errors"
	"net/url"
	"strings"
)

// quiet strips what net/http would add of the URL.
func quiet(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// Redact shows a feed's URL without its secrets: no user, no query, and "***"
// for parts of the path that look like a key (calendar servers put private
// addresses there). A file's path is shown as it is.
func Redact(rawURL string) string {
	if _, ok := cutScheme(rawURL, "file:"); ok {
		return rawURL
	}
	at, err := url.Parse(rawURL)
	if err != nil || at.Host == "" {
		return "(a URL that cannot be read)"
	}
	parts := strings.Split(at.EscapedPath(), "/")
	for i, part := range parts {
		if len(part) > 16 || strings.HasPrefix(part, "private-") {
			parts[i] = "***"
		}
	}
	return at.Scheme + "://" + at.Host + strings.Join(parts, "/")
}

// cutScheme takes scheme off the beginning of a URL, in either case.
func cutScheme(rawURL, scheme string) (rest string, ok bool) {
	if len(rawURL) < len(scheme) || !strings.EqualFold(rawURL[:len(scheme)], scheme) {
		return rawURL, false
	}
	return rawURL[len(scheme):], true
}
