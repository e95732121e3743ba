package feed

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"deskd/reservations"
)

// checkOpening refuses what is too large, or not a calendar by its first bytes.
func checkOpening(data []byte) error {
	if len(data) > maxFeed {
		return fmt.Errorf("%w: %d bytes, the most is %d", ErrTooLarge, len(data), maxFeed)
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
	return errOther
}

// outside reports text that is in no calendar: it may stand in the place of one. Once
// says it.
func (d *decoder) outside(number int, text []byte) {
	if d.strayed {
		return
	}
	d.strayed, d.log.nameless = true, true
	d.log.problem(reservations.Problem{Line: number, What: "text outside of a calendar: " + quote(string(text[:min(len(text), 80)])), Hint: "remove it; " + glimpse{}.hint()})
}

// checkOutside judges a line outside of any calendar. An error page in the place of one
// of several is no calendar without events.
func checkOutside(text []byte) error {
	if err := checkFirst(text); errors.Is(err, ErrHTML) || errors.Is(err, ErrJSON) {
		return fmt.Errorf("behind a calendar: %w", err)
	}
	return nil
}
