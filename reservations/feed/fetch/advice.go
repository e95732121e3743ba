package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"deskd/reservations/feed/fetch/caldav"
	"deskd/reservations/feed/ical"
)

// advices tell the people who maintain a feed what to do about an error.
var advices = []struct {
	err error
	do  string
}{
	{ErrLogin, "give deskd the calendar's secret address, or a token"},
	{ical.ErrHTML, "open the address in a browser that is signed in nowhere, and take the one that downloads an .ics file"},
	{ical.ErrJSON, "take the address of the calendar's iCalendar (.ics) export, not that of a programming interface"},
	{ErrPacked, "take the address of the .ics file itself, or let the server say Content-Encoding: gzip"},
	{ical.ErrUTF16, "let the program that writes it save it as UTF-8"},
	{errXML, "write caldav+https:// before the address of a calendar on a CalDAV server; of any other, take that of its .ics file"},
	{errTable, "export it as iCalendar (.ics), or bring it in with deskd import reservations"},
	{errContacts, "take the calendar's address, not that of the contacts beside it"},
	{errPDF, "take the address of the calendar's .ics file, not of what is made to be printed"},
	{errPicture, "take the address of the calendar's .ics file"},
	{errArchive, "take the address of the .ics file inside it"},
	{ical.ErrOpening, "take the address of the calendar's .ics file"},
	{ical.ErrEmpty, "a calendar without events says BEGIN:VCALENDAR all the same: look what has become of the program that writes it"},
	{ical.ErrTruncated, "it is read again at its next time; if it stays, look what cuts it off"},
	{ical.ErrTooLarge, "let the server export fewer months"},
	{gzip.ErrHeader, "the server says Content-Encoding: gzip of what is not: tell the server's administrator"},
	{io.ErrUnexpectedEOF, "the connection broke before the end; it is read again at its next time"},
	{errRedirections, "open the address in a browser that is signed in nowhere, and copy the one it ends at"},
	{errNowhere, "open the address in a browser that is signed in nowhere, and copy the one it ends at; or tell the server's administrator"},
	{errDowngrade, "write an address that stays encrypted; what is not can be read and changed on the way"},
	{errH2C, "let it speak HTTP/1.1 too, or TLS in front of it"},
	{errTLSThere, "write https in url"},
	{errPlain, "correct the port in url; http is for servers in allow_networks"},
	{errNoTLS, "correct the port in url"},
	{errNoHTTP, "correct host and port in url"},
	{errHeaders, "tell the server's administrator: it may be a loop of cookies"},
	{errSlow, "it is asked again at its next time; if it stays, look into the server's log"},
	{errClosed, "it is read again at its next time; if it stays, look into the server's log"},
	{context.DeadlineExceeded, "the server takes longer than deskd waits; it is asked again at its next time"},
}

// Advice is what can be done about err, behind a semicolon; empty where nothing
// more can be said than err does.
func Advice(err error) string {
	for _, a := range advices {
		if errors.Is(err, a.err) {
			return "; " + a.do
		}
	}
	var status *StatusError
	var dav *caldav.StatusError
	var none *caldav.NoCalendarError
	var elsewhere *caldav.ElsewhereError
	switch {
	case errors.As(err, &status):
		return "; " + status.advice()
	case errors.As(err, &dav):
		return "; " + (&StatusError{Code: dav.Code}).advice()
	case errors.As(err, &none) && len(none.Found) > 0:
		return "; deskd check feed lists them: write the address of one in url"
	case errors.As(err, &elsewhere):
		return "; write " + Redact("caldav+"+elsewhere.URL) + " in url, and deskd check feed lists what is there"
	}
	return adviceOnWire(err)
}

// advice is what can be done about the status of an answer.
func (e *StatusError) advice() string {
	switch code := e.Code; {
	case e.elsewhere != "" && (code == http.StatusUnauthorized || code == http.StatusForbidden):
		return fmt.Sprintf("the address redirects to %s, which is not told the password or token of another: if it is right, write that address in url", e.elsewhere)
	case code == http.StatusUnauthorized:
		return e.adviceOnLogin()
	case code == http.StatusForbidden:
		return "its password or token is missing, wrong or too old, or the calendar is not shared with it"
	case code == http.StatusNotFound, code == http.StatusGone:
		return "the calendar was moved or deleted: copy its address again"
	case code == http.StatusProxyAuthRequired:
		return "what answers there is a proxy, which deskd does not use: correct host and port in url"
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return "it is asked again later"
	case code == http.StatusNotModified:
		return "it was asked for the whole calendar: a cache before the server may be wrong; tell the server's administrator"
	case code == http.StatusBadRequest:
		return "if the server encrypts, write https in url; else copy the calendar's address again"
	case code == http.StatusMethodNotAllowed, code == http.StatusNotImplemented:
		return "there is no calendar of that kind: take caldav+https for a calendar on a CalDAV server, https for a file, and the calendar's own address"
	case code == http.StatusPaymentRequired, code == http.StatusUnavailableForLegalReasons:
		return "the server keeps the calendar back: ask its administrator"
	case code >= 500:
		return "the trouble is the server's: tell its administrator"
	case code < 300:
		return "there is no calendar in that: copy its address again, or tell the server's administrator"
	}
	return "the server does not give the calendar out like that: copy its address again, or tell the server's administrator"
}

// adviceOnLogin is what can be done about an answer 401, which says how the
// server wants clients to authenticate (RFC 9110 11.6.1).
func (e *StatusError) adviceOnLogin() string {
	const byUser, byBearer = "name a user in username, and a file with the password in password_file", "name a file with the token in token_file"
	schemes := schemesOf(e.offered)
	takes := func(scheme string) bool { return slices.Contains(schemes, scheme) }
	digest := slices.ContainsFunc(e.offered, func(c challenge) bool { _, known := newDigest(c); return known })
	switch {
	case len(schemes) == 0:
	case takes("digest") && !digest && !takes("basic") && e.told != "bearer":
		return "it asks for a Digest that deskd does not make (it makes MD5, SHA-256, SHA-512-256, for auth and auth-int): let the server offer one of them, or Basic"
	case !takes("basic") && !takes("digest") && !takes("bearer"):
		return fmt.Sprintf("it asks for %s, which deskd does not speak: let the server offer Basic, Digest or a token, or publish the calendar", named(schemes))
	case e.told == "" && (takes("basic") || takes("digest")):
		return "it asks for a password: " + byUser
	case e.told == "":
		return "it asks for a token: " + byBearer
	case e.told == "bearer" && !takes("bearer"):
		return fmt.Sprintf("it takes no token, but asks for %s: %s", named(schemes), byUser)
	case e.told == "password" && !takes("basic") && !takes("digest"):
		return "it takes no password, but asks for a token: " + byBearer
	}
	return "its password or token is missing, wrong or too old, or the calendar is not shared with it"
}

// named lists schemes as a server wrote them, within bounds.
func named(schemes []string) string {
	var names []string
	for _, s := range schemes[:min(len(schemes), 4)] {
		names = append(names, strings.ToUpper(ical.Clip(s)[:1])+ical.Clip(s)[1:])
	}
	return strings.Join(names, " or ")
}
