package configs

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// filePath returns the path of a file: URL, in any of the forms file:x, file:/x,
// file:///x and file://localhost/x, and whether raw is one.
func filePath(raw string) (string, bool) {
	path, ok := strings.CutPrefix(raw, "file:")
	return strings.TrimPrefix(strings.TrimPrefix(path, "//localhost"), "//"), ok
}

// fromCalDAV is the URL behind caldav+, which says that a calendar server is to
// be asked in its own protocol.
func fromCalDAV(raw string) string { return strings.TrimPrefix(raw, "caldav+") }

// webURL parses an http or https URL. Its complaints repeat nothing of raw,
// not even what net/url says: calendars carry tokens in their addresses, and a
// slash in a password makes it look like a port.
func webURL(raw string) (*url.URL, complaint) {
	const form = "expected https://HOST/PATH"
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, complaint{"missing", form}
	case err != nil:
		return nil, complaint{"is not a URL", form + "; special characters are written %XX"}
	case u.Scheme == "webcal" || u.Scheme == "webcals":
		return nil, complaint{"begins with webcal:, which is not a protocol", "write https: in its place"}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, complaint{"does not begin with https://", form}
	case u.Hostname() == "":
		return nil, complaint{"names no host", form}
	}
	if port := u.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return nil, complaint{"has a port above 65535", ""}
		}
	}
	return u, complaint{}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func checkClusterURL(raw string) complaint {
	u, c := webURL(raw)
	switch {
	case !c.none():
		return c
	case u.User != nil:
		return complaint{"holds a user or password, which the phone system ignores", "name the application user in app_id and keep its password in a file"}
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return complaint{"sends the application password over the network in the clear", "write https; http is for an emulator on this machine"}
	}
	return complaint{}
}

func checkFeedURL(raw string, networks []string) complaint {
	if strings.HasPrefix(raw, "caldav:") || strings.HasPrefix(raw, "caldavs:") {
		return complaint{"begins with caldav:, which is not a protocol", "write caldav+https: in its place"}
	}
	if path, ok := filePath(raw); ok {
		if path == "" {
			return complaint{"names no file", "expected file:PATH"}
		}
		return complaint{}
	}
	u, c := webURL(fromCalDAV(raw))
	switch {
	case !c.none():
		return c
	case u.User != nil:
		return complaint{"holds a user or password", "name the user in username and keep the password in a file, named in password_file"}
	case u.Scheme == "http" && len(networks) == 0:
		return complaint{
			"lets everybody on the way read the calendar and put bookings into it",
			"write https, or name the server's own network in allow_networks; this machine is 127.0.0.0/8",
		}
	}
	return complaint{}
}

// longestBase leaves half of the 256 characters of a URL on a phone to what follows.
const longestBase = 128

// checkBaseURL judges the address by which phones reach deskd; none is right. Phones are believed by
// their addresses, so that they reach deskd itself: it serves its pages at the root, and reads nobody
// else's word on where a caller is (X-Forwarded-For, PROXY protocol): anyone who could speak to it in
// place of such a proxy would be any phone.
func checkBaseURL(raw string) complaint {
	if raw == "" {
		return complaint{}
	}
	u, c := webURL(raw)
	switch {
	case !c.none():
		return complaint{strings.ReplaceAll(c.what, "https:", "http:"), strings.ReplaceAll(c.hint, "https://HOST/PATH", "http://HOST:PORT")}
	case strings.Trim(u.Path, "/") != "":
		return complaint{"has a path, and deskd has its pages for phones at /phone, below none", "write what stands before it, such as http://desks.example.com:8484"}
	case u.User != nil:
		return complaint{"holds a user or password, which every phone would show", "leave them out"}
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return complaint{"has more than an address", "write what stands before the path of a page, such as http://desks.example.com:8484"}
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }):
		return complaint{"has characters that phones do not take in an address", "write its ASCII form; special characters are written %XX"}
	case len(raw) > longestBase:
		return complaint{fmt.Sprintf("has %d characters, of at most %d", len(raw), longestBase), "phones take URLs of 256"}
	}
	return complaint{}
}

// longestLogin is the longest URL that a phone takes, without the 15 characters of a
// phone's name.
const longestLogin = 256 - 15 + len(deviceNameMark)

// deviceNameMark stands for the name of a phone in a URL.
const deviceNameMark = "#DEVICENAME#"

// checkLoginURL judges the address of a cluster's login service; none is right.
func checkLoginURL(raw string) complaint {
	if raw == "" {
		return complaint{}
	}
	u, c := webURL(strings.ReplaceAll(raw, deviceNameMark, "SEP001122334455"))
	switch {
	case !c.none():
		return c
	case u.User != nil:
		return complaint{"holds a user or password, which every phone would show", "leave them out"}
	case u.Fragment != "" || strings.Contains(strings.ReplaceAll(raw, deviceNameMark, ""), "#"):
		return complaint{"has a # that stands for no name", "write #DEVICENAME# where the name of the phone belongs"}
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }):
		return complaint{"has characters that phones do not take in an address", "write its ASCII form; special characters are written %XX"}
	case len(raw) > longestLogin:
		return complaint{fmt.Sprintf("has %d characters, of at most %d", len(raw), longestLogin), "phones take URLs of 256"}
	}
	return complaint{}
}

// checkPhones judges the networks of phones as a whole.
func checkPhones(p Phones) complaint {
	for _, network := range p.Networks {
		if prefix, err := netip.ParsePrefix(network); err == nil && prefix.Bits() == 0 {
			return complaint{fmt.Sprintf("%q is everyone", network), "name the networks that the phones are in"}
		}
	}
	if len(p.Networks) > 0 && p.BaseURL == "" {
		return complaint{"are of no use without phones.base_url", "write the address by which phones reach deskd"}
	}
	return complaint{}
}

// checkColleagues judges the group of those who may be found; none is right.
func checkColleagues(group string) complaint {
	if group != "" && (!strings.HasPrefix(group, "@") || strings.TrimSpace(group[1:]) == "") {
		return complaint{fmt.Sprintf("%q is not a group", group), "expected @ and the group's name, such as @findable"}
	}
	return complaint{}
}
