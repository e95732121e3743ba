package emapi

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	deviceName = regexp.MustCompile(`^[A-Z]{3,4}[0-9A-F]{12}$`)
	userID     = regexp.MustCompile(`^[\p{L}\p{N}._@+'& -]{1,128}$`)
	profile    = regexp.MustCompile(`^[\p{L}\p{N}._@+'&:/() -]{1,128}$`)
	// encodedID matches what a form encoder can have written: everything else
	// it would have escaped.
	encodedID = regexp.MustCompile(`^(?:[A-Za-z0-9.*_~+-]|%[0-9A-Fa-f]{2})*$`)
)

func checkDevice(pattern *regexp.Regexp, name string) error {
	if !pattern.MatchString(name) || !encodable(name) {
		return fmt.Errorf("%w: device name %q does not match %s", ErrBadName, name, pattern)
	}
	return nil
}

func checkUser(id string) error {
	if !userID.MatchString(id) || strings.TrimSpace(id) != id {
		return fmt.Errorf("%w: user id %q is not 1 to 128 letters, digits, ._@+'&- or inner blanks", ErrBadName, id)
	}
	return nil
}

func checkProfile(name string) error {
	if !profile.MatchString(name) || strings.TrimSpace(name) != name {
		return fmt.Errorf("%w: device profile %q is not 1 to 128 letters, digits, ._@+'&:/()- or inner blanks", ErrBadName, name)
	}
	return nil
}

// encodable reports whether XML 1.0 can carry s. An encoder that replaces the
// characters it cannot carry would name somebody else.
func encodable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// DecodeUser returns the user id that a reply spells as raw. Servers
// percent-encode ids ("em%40cisco.com", a blank as "+"); one that no encoder
// can have written is returned as it is.
func DecodeUser(raw string) string {
	if !encodedID.MatchString(raw) {
		return raw
	}
	id, err := url.QueryUnescape(raw)
	if err != nil || !encodable(id) {
		return raw
	}
	return id
}

// SameUser reports whether a reply's spelling raw means the user id: raw as it
// is or decoded, without regard to case, as the phone system compares.
func SameUser(raw, id string) bool {
	return strings.EqualFold(raw, id) || strings.EqualFold(DecodeUser(raw), id)
}
