package ical

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// CheckOpening refuses what is too large, or no calendar by its first bytes; its errors
// are those of [Decode].
func CheckOpening(data []byte) error {
	if len(data) > MaxSize {
		return fmt.Errorf("%w: %d bytes, the most is %d", ErrTooLarge, len(data), MaxSize)
	}
	return checkFirst(firstLine(data))
}

// firstLine is the first line that is not blank, unfolded.
func firstLine(data []byte) []byte {
	lines := newLineReader(bytes.NewReader(data))
	for {
		l, ok := lines.next()
		if text := bytes.TrimSpace(l.text); !ok || len(text) > 0 {
			return text
		}
	}
}

// checkFirst judges by the first line.
func checkFirst(head []byte) error {
	const opening = "BEGIN:VCALENDAR"
	switch {
	case len(head) == 0:
		return ErrEmpty
	case len(head) >= len(opening) && strings.EqualFold(string(head[:len(opening)]), opening):
		return nil
	case bytes.HasPrefix(head, []byte("<")):
		return ErrHTML
	case bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")):
		return ErrJSON
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return ErrUTF16
	case len(head) > 0 && len(head) < len(opening) && strings.EqualFold(string(head), opening[:len(head)]):
		return ErrTruncated
	}
	return ErrOpening
}

// outside reports text that is in no calendar: it may be there instead of one. It reports
// once.
func (d *decoder) outside(number int, text []byte) {
	if d.strayed {
		return
	}
	d.strayed = true
	d.to.Lost(number, "text outside of a calendar: "+Quote(string(text[:min(len(text), 80)])), "remove it")
}

// outsideText is the part of a line outside of any calendar that has to be checked.
func outsideText(text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte(bom)) // Quirk: calendars put behind each other by a script
	if len(text) == 0 || bytes.HasPrefix(text, []byte("<!--")) {
		return nil, nil // Quirk: a cache appends a line to each page that it has kept
	}
	return text, checkOutside(text)
}

// checkOutside judges a line outside of any calendar. An error page in the place of one
// of several is no calendar without events.
func checkOutside(text []byte) error {
	if err := checkFirst(text); errors.Is(err, ErrHTML) || errors.Is(err, ErrJSON) {
		return fmt.Errorf("behind a calendar: %w", err)
	}
	return nil
}
