package ical_test

import (
	"fmt"
	"strings"

	"deskd/reservations/feed/ical"
)

// An event that cannot be read costs itself: the others are handed over.
func ExampleDecode() {
	const text = `BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20260302T090000
DURATION:PT1H30M
SUMMARY:Desk 4\, window
ATTENDEE;CN="Doe, Jane";PARTSTAT=ACCEPTED:mailto:jane.doe@example.com
END:VEVENT
BEGIN:VEVENT
DTSTART without a colon
END:VEVENT
END:VCALENDAR
`
	err := ical.Decode(strings.NewReader(text), ical.Handler{Event: func(_ *ical.Calendar, e *ical.Event) error {
		if e.Fault != nil {
			fmt.Printf("line %d: %v\n", e.Fault.Line, e.Fault)
			return nil
		}
		for p, err := range e.Properties() {
			if err != nil {
				return err
			}
			switch p.Name {
			case ical.PropStart:
				at, err := p.Time(p.Value)
				if err != nil {
					return err
				}
				fmt.Println("starts", at.Wall.Time().Format("2006-01-02 15:04"), "in", at.TZID)
			case ical.PropSummary:
				fmt.Println("is called", p.Text())
			case ical.PropAttendee:
				who := p.Party()
				fmt.Println("invites", who.Name, who.Address, who.Answer)
			}
		}
		return nil
	}})
	fmt.Println("error:", err)
	// Output:
	// starts 2026-03-02 09:00 in Europe/Berlin
	// is called Desk 4, window
	// invites Doe, Jane jane.doe@example.com ACCEPTED
	// line 10: DTSTART without a colon
	// error: <nil>
}
