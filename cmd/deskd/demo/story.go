package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the other program that writes bookings

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
)

// event is something that happens to the demonstration's world. It is told, and
// what deskd makes of it is deskd's own.
type event struct {
	at   string // local time of day
	text string
	do   func(context.Context) error
}

// story is what the day brings, in order.
func (d *world) story() []event {
	return []event{
		{"08:12", "Pat is not booked and logs in on 4.03, which is free until 09:30", d.press("4.03", "qnakamura")},
		{"08:20", "a booking program books 5.15 for Georg over HTTP, from 08:30 to 09:30", d.books},
		{"08:40", "a person without a booking logs in on 5.16, which is free all day", d.press("5.16", "rokafor")},
		{"08:50", "it asks for the same desk for Jana at 09:00, is refused, and takes what it is offered instead", d.isRefused},
		{"08:51", "Emil sits down at 5.18, where people have to check in", d.does("5.18",
			act{"Emil presses Check in at the phone of 5.18", []any{"Check in"}, "Checked in", "checked in"},
			act{"and stays half an hour longer: the phone offers what is free", []any{"Extend", 1}, "Yours until 17:15", "extended"})},
		{"09:05", "Georg misses a call on 5.15, and makes one", d.calls("5.15")},
		{"09:15", "a quarter of an hour before Georg's booking ends, his phone on 5.15 tells him so", d.isTold("5.15", "Ends at 09:30")},
		{"09:22", "Elif presses logout on 4.05 in the middle of her booking", d.unpress("4.05")},
		{"09:28", "Georg needs longer, and the program extends his booking until 10:00", d.extends},
		{"09:40", "Georg leaves early all the same, and it ends his booking", d.endsEarly},
		{"09:50", "someone looks at the calls on 5.15, where Georg was: his are gone", d.looksAtCalls("5.15")},
		{"10:03", "calendar: the booking of 4.19 moves to 4.20, that of 4.12 is cancelled while it runs", d.calendarChanges},
		{"11:58", "the phone system is busy: the next six logins are refused", d.fault(emulator.Fault{Op: "login", Action: emulator.Refuse, Code: emapi.CodeBusy, Count: 6})},
		{"13:10", "the phone of 5.03 is unplugged and deleted from the phone system", d.lose("5.03")},
		{"14:02", "the phone of 5.03 is back", d.find("5.03")},
		{"14:20", "the calendar server is down for half an hour", func(context.Context) error { d.calendar.setDown(true); return nil }},
		{"14:50", "the calendar server is back", func(context.Context) error { d.calendar.setDown(false); return nil }},
		{"15:05", "another program books 5.15 by SQL, from now on", d.insert("5.15", "khorvat", 115*time.Minute)},
		{"15:29", "the answer to the next login will be lost on the way", d.fault(emulator.Fault{Op: "login", Action: emulator.Reset, Effect: true, Count: 1})},
		{"15:30", "Nora sits down at 5.13 and books it by SQL", d.insert("5.13", "nkrause", 90*time.Minute)},
		{"16:01", "the phone system switches to another version: all sessions are lost", func(context.Context) error { d.phones.SwitchVersion(); return nil }},
	}
}

// live lets the events happen at their times.
func (d *world) live(ctx context.Context, events []event) error {
	for _, e := range events {
		t, err := time.Parse("15:04", e.at)
		if err != nil {
			return err
		}
		y, m, day := d.origin.Date()
		at := time.Date(y, m, day, t.Hour(), t.Minute(), 0, 0, d.zone)
		if !d.comes(ctx, at) {
			break // the day ends before the story
		}
		d.tell.event(d.clock.Now(), e.text)
		if err := e.do(ctx); err != nil {
			return fmt.Errorf("%s %s: %w", e.at, e.text, err)
		}
	}
	return nil
}

// comes waits for an instant and reports whether it came.
func (d *world) comes(ctx context.Context, at time.Time) bool {
	return d.clock.Sleep(ctx, at.Sub(d.clock.Now())) == nil
}

func (d *world) press(desk, person string) func(context.Context) error {
	return func(context.Context) error { return d.phones.PressLogin(d.desks[desk].Device, person) }
}

func (d *world) unpress(desk string) func(context.Context) error {
	return func(context.Context) error { return d.phones.PressLogout(d.desks[desk].Device) }
}

func (d *world) fault(f emulator.Fault) func(context.Context) error {
	return func(context.Context) error {
		_, err := d.phones.AddFault(f)
		return err
	}
}

func (d *world) lose(desk string) func(context.Context) error {
	return func(context.Context) error {
		device := d.desks[desk].Device
		d.phones.RemoveDevice(device)
		d.absences = append(d.absences, absence{device, reservations.Span{Start: d.clock.Now(), End: d.origin.Add(24 * time.Hour)}})
		return nil
	}
}

func (d *world) find(desk string) func(context.Context) error {
	return func(context.Context) error {
		d.phones.AddDevice(d.desks[desk].Device)
		d.absences[len(d.absences)-1].End = d.clock.Now()
		return nil
	}
}

func (d *world) calendarChanges(context.Context) error {
	moved := d.calendar.edit("floor4.ics", "f4-19-pm@example.com", "LOCATION:Desk 4.19", "LOCATION:Desk 4.20")
	cancelled := d.calendar.edit("floor4.ics", "f4-12-am@example.com", "SUMMARY:", "STATUS:CANCELLED\r\nSUMMARY:")
	if !moved || !cancelled {
		return errors.New("the sample calendar has no such event")
	}
	return nil
}

func (d *world) insert(desk, person string, length time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return d.book(ctx, desk, person, length) }
}

// book inserts a booking from now on as any program could: with a connection of
// its own and the public columns.
func (d *world) book(ctx context.Context, desk, person string, length time.Duration) error {
	db, err := sql.Open("sqlite", "file:"+d.Config.Database.DSN+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	form := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	now := d.clock.Now()
	_, err = db.ExecContext(ctx, "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES (?, ?, ?, ?)", desk, person, form(now), form(now.Add(length)))
	return errors.Join(err, db.Close())
}
