package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"deskd/reservations/feed/ical"
)

// Errors of bodies that are no calendar, beside those of [ical.CheckOpening].
var (
	ErrLogin  = errors.New("the feed is a login page: the calendar is not public, or its private address has changed")
	ErrPacked = errors.New("the feed is gzip, and the server does not say so")
)

// checkKind refuses what is not a calendar by its first bytes.
func checkKind(data []byte) error {
	err := ical.CheckOpening(data)
	if err == nil {
		return nil
	}
	return kindOf(data[:min(len(data), 64<<10)], err)
}

// Other things a feed can be that are no calendar. Each wraps ErrNotCalendar.
var (
	errXML      = fmt.Errorf("%w: it is XML, as servers of calendars and of news speak it", ical.ErrNotCalendar)
	errTable    = fmt.Errorf("%w: it is a table (CSV)", ical.ErrNotCalendar)
	errContacts = fmt.Errorf("%w: it is an address book", ical.ErrNotCalendar)
	errPDF      = fmt.Errorf("%w: it is a PDF document", ical.ErrNotCalendar)
	errPicture  = fmt.Errorf("%w: it is a picture", ical.ErrNotCalendar)
	errArchive  = fmt.Errorf("%w: it is a ZIP archive, or a document of an office program", ical.ErrNotCalendar)
)

// openings recognise, by their first bytes, files that people take for a calendar.
var openings = []struct {
	begin string
	err   error
}{
	{"\x1f\x8b", ErrPacked},
	{"\xff\xfe", ical.ErrUTF16},
	{"\xfe\xff", ical.ErrUTF16},
	{"B\x00", ical.ErrUTF16},
	{"\x00B", ical.ErrUTF16},
	{"%PDF-", errPDF},
	{"\x89PNG", errPicture},
	{"\xff\xd8\xff", errPicture},
	{"GIF8", errPicture},
	{"PK\x03\x04", errArchive},
	{"BEGIN:VCARD", errContacts},
}

// kindOf names what a body is instead of a calendar, by its beginning; err is the
// verdict on its first line.
func kindOf(head []byte, err error) error {
	for _, o := range openings {
		if bytes.HasPrefix(head, []byte(o.begin)) {
			return o.err
		}
	}
	page := strings.ToLower(string(head))
	switch {
	case errors.Is(err, ical.ErrHTML) && asksPassword(page):
		return ErrLogin
	case errors.Is(err, ical.ErrHTML) && strings.HasPrefix(strings.TrimSpace(page), "<?xml") && !strings.Contains(page, "<html"):
		return errXML
	case errors.Is(err, ical.ErrOpening) && isTable(head):
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

func asksPassword(page string) bool {
	page = strings.NewReplacer(`"`, "", "'", "", " ", "").Replace(strings.ToLower(page))
	return strings.Contains(page, "type=password")
}
