package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/tools/txtar"

	"deskd/scheduler/plan"
)

// Jane is on D1 from nine to twelve, by her own booking or by a calendar. What
// happens at ten ends her session, and the journal says what it was.
var reasons = []struct {
	name   string
	feed   bool
	script string // from ten on
	want   string // of the last logout
}{
	{"ended", false, "12:01 end", "jane's booking has ended"},
	{"deleted", false, "10:00 sql DELETE FROM reservations", "jane's booking was deleted (by another program)"},
	{"cancelled by a program", false, "10:00 cancel D1 09:00", "jane's booking was cancelled (by another program)"},
	{"cancelled by an operator", false, "10:00 deskd cancel D1 09:00", "jane's booking was cancelled (by cli:operator)"},
	{"shortened", false, "10:00 extend D1 09:00 10:00", "jane's booking was shortened to 2026-03-02T10:00:00Z (by another program)"},
	{"moved to another desk", false, "10:00 sql UPDATE reservations SET desk = 'D2'", "jane's booking was moved to desk D2 (by another program)"},
	{"moved to later", false, "10:00 sql UPDATE reservations SET starts_at = '2026-03-02T11:00:00Z'", "jane's booking was moved to 2026-03-02T11:00:00Z (by another program)"},
	{"given to another", false, "10:00 sql UPDATE reservations SET person = 'max'", "jane's booking was given to max (by another program) and max's starts"},
	{"names nobody", false, "10:00 sql UPDATE reservations SET person = ''", "jane's booking names nobody any more (by another program)"},
	{"another phone", false, "09:59 plug SEP000000000099\n10:00 sql UPDATE desks SET device = 'SEP000000000099' WHERE id = 'D1'",
		"desk D1, which jane has booked, has another phone now (SEP000000000099) (by another program)"},
	{"phones swapped", false, "10:00 sql UPDATE desks SET device = 'moving' WHERE id = 'D1'\n10:00 sql UPDATE desks SET device = 'SEP000000000001' WHERE id = 'D1'\n" +
		"10:01 sql UPDATE desks SET device = 'SEP000000000099' WHERE id = 'D1'", "has another phone now (SEP000000000099)"},
	{"desk deleted", false, "10:00 sql DELETE FROM desks WHERE id = 'D1'", "desk D1, which jane has booked, was deleted (by another program)"},
	{"another cluster", false, "09:59 sql INSERT INTO clusters (name, url) VALUES ('other', '')\n10:00 sql UPDATE desks SET cluster = 'other' WHERE id = 'D1'",
		"desk D1, which jane has booked, is of cluster other now (by another program)"},
	{"dropped by its calendar", true, "10:00 feed hq hq.gone", "jane's booking is in its calendar no more (by feed:hq)"},
	{"cancelled by its calendar", true, "10:00 feed hq hq.cancelled", "jane's booking was cancelled or moved away in its calendar (by feed:hq)"},
	{"free in its calendar", true, "10:00 feed hq hq.free", "jane's booking takes no desk any more: its event is marked as free, or its desk or person has declined (by feed:hq)"},
	{"moved into another's time", true, "10:00 feed hq hq.into", "jane's booking was moved in its calendar to a time in which its desk is another booking's (by feed:hq)"},
	{"moved into the time of another source", true, "08:30 reserve D1 max 15:00 16:00\n10:00 feed hq hq.later", "jane's booking has lost desk D1 to another one: \"max\" has it from 2026-03-02T15:00:00Z"},
	{"given away by its calendar", true, "10:00 feed hq hq.max", "jane's booking was given to max (by feed:hq)"},
	{"moved by its calendar", true, "10:00 feed hq hq.moved", "jane's booking was moved to desk D2 (by feed:hq)"},
	{"protected", true, "10:00 protect jane", "jane is protected from calendars now (by cli:operator)"},
	{"feed dropped", true, "10:00 remove-feed hq\n10:01 drop-feed hq", "jane's booking was withdrawn with its feed (by cli:operator)"},
	{"cancelled, and another's starts", false, "10:00 cancel D1 09:00\n10:00 reserve D1 max 10:00 12:00", "jane's booking was cancelled (by another program)"},
}

const janesCalendar = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//desks//EN\n%sEND:VCALENDAR\n"

func bookingOf(uid, desk, person string, from, to int, more ...string) string {
	return fmt.Sprintf("BEGIN:VEVENT\nUID:%s\nDTSTAMP:20260201T000000Z\nDTSTART:20260302T%02d0000Z\nDTEND:20260302T%02d0000Z\nLOCATION:%s\nATTENDEE:mailto:%s@example.com\n%sEND:VEVENT\n",
		uid, from, to, desk, person, strings.Join(more, ""))
}

// janesCalendars are what the calendar called hq says, and may say later. Max has D1 in
// the afternoon.
func janesCalendars() string {
	max := bookingOf("b", "D1", "max", 13, 14)
	var text string
	for name, events := range map[string]string{
		"hq.ics": bookingOf("a", "D1", "jane", 9, 12) + max, "hq.moved": bookingOf("a", "D2", "jane", 9, 12) + max, "hq.gone": max,
		"hq.cancelled": bookingOf("a", "D1", "jane", 9, 12, "STATUS:CANCELLED\n") + max,
		"hq.free":      bookingOf("a", "D1", "jane", 9, 12, "TRANSP:TRANSPARENT\n") + max,
		"hq.into":      bookingOf("a", "D1", "jane", 12, 15) + max,
		"hq.later":     bookingOf("a", "D1", "jane", 15, 16) + max,
		"hq.max":       bookingOf("a", "D1", "max", 9, 12) + max,
	} {
		text += "-- " + name + " --\n" + fmt.Sprintf(janesCalendar, events)
	}
	return text
}

// What the journal gives as the reason of a logout is what has happened.
func TestReasonsAreTrue(t *testing.T) {
	for _, c := range sample(reasons, 8) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := "-- reservations --\nD1 jane 09:00 12:00\n"
			if c.feed {
				text = janesCalendars()
			}
			text += "-- script --\n08:00 start\n" + c.script + "\n"
			if !strings.HasSuffix(c.script, "end") {
				text += "10:07 end\n"
			}
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, txtar.Parse([]byte(text)), dir)
				s.play()
				why := "there was no logout"
				for _, a := range s.attempts() {
					if a.Op == plan.OpLogout && a.Person == "jane" {
						why = a.Why
						break
					}
				}
				if !strings.Contains(why, c.want) {
					t.Errorf("the reason is %q, want %q", why, c.want)
				}
			})
		})
	}
}
