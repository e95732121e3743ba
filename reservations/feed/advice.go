package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"deskd/reservations/feed/caldav"
)

// What else a feed can be that is no calendar. Each wraps ErrNotCalendar.
var (
	errOther    = fmt.Errorf("%w: it does not begin with BEGIN:VCALENDAR", ErrNotCalendar)
	errXML      = fmt.Errorf("%w: it is XML, as servers of calendars and of news speak it", ErrNotCalendar)
	errTable    = fmt.Errorf("%w: it is a table (CSV)", ErrNotCalendar)
	errContacts = fmt.Errorf("%w: it is an address book", ErrNotCalendar)
	errPDF      = fmt.Errorf("%w: it is a PDF document", ErrNotCalendar)
	errPicture  = fmt.Errorf("%w: it is a picture", ErrNotCalendar)
	errArchive  = fmt.Errorf("%w: it is a ZIP archive, or a document of an office program", ErrNotCalendar)
)

// openings tell by their first bytes what people take for a calendar.
var openings = []struct {
	begin string
	err   error
}{
	{"\x1f\x8b", ErrPacked},
	{"\xff\xfe", ErrUTF16},
	{"\xfe\xff", ErrUTF16},
	{"B\x00", ErrUTF16},
	{"\x00B", ErrUTF16},
	{"%PDF-", errPDF},
	{"\x89PNG", errPicture},
	{"\xff\xd8\xff", errPicture},
	{"GIF8", errPicture},
	{"PK\x03\x04", errArchive},
	{"BEGIN:VCARD", errContacts},
}

// kindOf names what is no calendar, by its beginning; err is what its first line
// alone says.
func kindOf(head []byte, err error) error {
	for _, o := range openings {
		if bytes.HasPrefix(head, []byte(o.begin)) {
			return o.err
		}
	}
	page := strings.ToLower(string(head))
	switch {
	case errors.Is(err, ErrHTML) && asksPassword(page):
		return ErrLogin
	case errors.Is(err, ErrHTML) && strings.HasPrefix(strings.TrimSpace(page), "<?xml") && !strings.Contains(page, "<html"):
		return errXML
	case errors.Is(err, errOther) && isTable(head):
		return errTable
	}
	return err
}

// isTable reports whether the first two lines have the same number of commas,
// semicolons or tabs, more than one.
func isTable(head []byte) bool {
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	second, _, _ := bytes.Cut(rest, []byte("\n"))
	for _, separator := range []string{",", ";", "\t"} {
		if n := bytes.Count(first, []byte(separator)); n > 1 && bytes.Count(second, []byte(separator)) >= n {
			return true
		}
	}
	return false
}

// advices say what can be done about an error, to whoever looks after a feed.
var advices = []struct {
	err error
	do  string
}{
	{ErrLogin, "give deskd the calendar's secret address, or a token"},
	{ErrHTML, "open the address in a browser that is signed in nowhere, and take the one that downloads an .ics file"},
	{ErrJSON, "take the address of the calendar's iCalendar (.ics) export, not that of a programming interface"},
	{ErrPacked, "take the address of the .ics file itself, or let the server say Content-Encoding: gzip"},
	{ErrUTF16, "let the program that writes it save it as UTF-8"},
	{errXML, "write caldav+https:// before the address of a calendar on a CalDAV server; of any other, take that of its .ics file"},
	{errTable, "export it as iCalendar (.ics), or bring it in with deskd import reservations"},
	{errContacts, "take the calendar's address, not that of the contacts beside it"},
	{errPDF, "take the address of the calendar's .ics file, not of what is made to be printed"},
	{errPicture, "take the address of the calendar's .ics file"},
	{errArchive, "take the address of the .ics file inside it"},
	{errOther, "take the address of the calendar's .ics file"},
	{ErrEmpty, "a calendar without events says BEGIN:VCALENDAR all the same: look what has become of the program that writes it"},
	{ErrTruncated, "it is read again at its next time; if it stays, look what cuts it off"},
	{ErrTooLarge, "let the server export fewer months"},
	{gzip.ErrHeader, "the server says Content-Encoding: gzip of what is not: tell whoever runs it"},
	{io.ErrUnexpectedEOF, "the connection broke before the end; it is read again at its next time"},
	{context.DeadlineExceeded, "the server takes longer than deskd waits; it is asked again at its next time"},
}

// advice is what can be done about err, behind a semicolon; empty where nothing
// more can be said than err does.
func advice(err error) string {
	for _, a := range advices {
		if errors.Is(err, a.err) {
			return "; " + a.do
		}
	}
	var status *StatusError
	var dav *caldav.StatusError
	var name *net.DNSError
	switch {
	case errors.As(err, &status):
		return adviceOn(status.Code)
	case errors.As(err, &dav):
		return adviceOn(dav.Code)
	case errors.As(err, &name):
		return "; correct the host in url, or this machine's name server"
	}
	return ""
}

// adviceOn is what can be done about the status of an answer.
func adviceOn(code int) string {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return "; its password or token is missing, wrong or too old, or the calendar is not shared with it"
	case code == http.StatusNotFound, code == http.StatusGone:
		return "; the calendar was moved or deleted: copy its address anew"
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return "; it is asked again later"
	case code >= 500:
		return "; the trouble is the server's: tell whoever runs it"
	case code < 300:
		return "; there is no calendar in that: copy its address anew, or tell whoever runs the server"
	}
	return ""
}
