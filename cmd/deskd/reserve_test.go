package main

import (
	"testing"
	"time"
)

func TestReserve(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	tests := []struct {
		desk, person, start, end string
		want                     result
	}{
		{"D1", "user0001", "2030-01-02 09:00", "2030-01-02 12:00", result{0, "ID: desk D1 for user0001 from 2030-01-02 09:00 to 2030-01-02 12:00 CET\n", ""}},
		{"D1", "USER0002", "2030-01-02T12:00", "2030-01-02T13:00", result{0, "ID: desk D1 for user0002 from 2030-01-02 12:00 to 2030-01-02 13:00 CET\n", ""}},
		{"D2", "user0003", "2030-07-02T09:00:00-04:00", "2030-07-02T14:00:00Z", result{0, "ID: desk D2 for user0003 from 2030-07-02 15:00 to 2030-07-02 16:00 CEST\n", ""}},
		{"D3", "user0001", "2030-01-02 09:00", "2030-01-02T15:00:00Z", result{0, "ID: desk D3 for user0001 from 2030-01-02 09:00 to 2030-01-02 10:00 EST\n", ""}},
		{"D1", "user0003", "2030-01-02 10:00", "2030-01-02 11:00", result{1, "", `deskd: reserve desk "D1": the desk is already booked in that time: "user0001" has it from 2030-01-02 09:00 CET to 2030-01-02 12:00 CET (reservation ID)` + "\n"}},
		{"D11", "user0001", "09:00", "10:00", result{1, "", `deskd: no such desk: "D11"; did you mean "D1"?` + "\n"}},
		{"Window", "user0001", "09:00", "10:00", result{1, "", `deskd: no such desk: "Window"` + "\n"}},
		{"D2", "user001", "2030-01-02 09:00", "2030-01-02 10:00", result{1, "", `deskd: reserve desk "D2": no such person: "user001"; did you mean "user0001"?` + "\n"}},
		{"D2", "user0001", "9am", "10:00", result{2, "", `deskd: start: time "9am": expected 2026-03-02T09:00:00Z, or 2026-03-02 09:00 or 09:00 in the zone Europe/Berlin` + "\n"}},
		{"D3", "user0001", "09:00", "2030-13-01 10:00", result{2, "", `deskd: end: time "2030-13-01 10:00": expected 2026-03-02T09:00:00Z, or 2026-03-02 09:00 or 09:00 in the zone America/New_York` + "\n"}},
		{"D2", "user0001", "10:00", "09:00", result{2, "", `deskd: end "09:00" is not after start "10:00"` + "\n"}},
		{"D2", "user0001", "2030-03-31 02:30", "2030-03-31 09:00", result{2, "", `deskd: start: time "2030-03-31 02:30:00" does not exist in the zone Europe/Berlin: clocks go forward there` + "\n"}},
		{"D2", "user0001", "2030-01-02 09:00", "2040-01-02 09:00", result{1, "", `deskd: reservation of desk "D2" lasts 3652 days; the most is 400` + "\n"}},
		{"D2", "no/body", "2030-01-02 09:00", "2030-01-02 10:00", result{1, "", `deskd: person "no/body" is not a user id: expected 1 to 128 letters, digits or ._@+'&- and inner blanks` + "\n"}},
	}
	for _, tt := range tests {
		w.expect(w.run("reserve", "--desk", tt.desk, "--person", tt.person, "--start", tt.start, "--end", tt.end), tt.want)
	}
}

// A key books once, and says what it has booked.
func TestReserveOnce(t *testing.T) {
	w := newWorld(t).furnish()
	book := func(key, desk, person, start string) result {
		t.Helper()
		return w.run("reserve", "--desk", desk, "--person", person, "--start", start, "--end", "2030-01-02 12:00", "--key", key)
	}
	const long = "a text of people’s own: 09/17 "
	w.expect(book(long, "D1", "user0001", "2030-01-02 09:00"), result{0, "ID: desk D1 for user0001 from 2030-01-02 09:00 to 2030-01-02 12:00 CET\n", ""})
	for range 2 {
		w.expect(book(long, "D1", "USER0001", "2030-01-02T08:00:00Z"), result{0, "ID: desk D1 for user0001 from 2030-01-02 09:00 to 2030-01-02 12:00 CET, already booked with this key\n", ""})
	}
	const used = `: a key books once: key "` + long + `" has booked desk "D1" for "user0001" from 2030-01-02 09:00 CET to 2030-01-02 12:00 CET (reservation ID); use another one` + "\n"
	w.expect(book(long, "D2", "user0001", "2030-01-02 09:00"), result{1, "", `deskd: reserve desk "D2"` + used})
	w.expect(book(long, "D1", "user0002", "2030-01-02 09:00"), result{1, "", `deskd: reserve desk "D1"` + used})
	w.expect(book(long, "D1", "user0001", "2030-01-02 08:00"), result{1, "", `deskd: reserve desk "D1"` + used})
	w.contains(book("another", "D1", "user0001", "2030-01-02 09:00"), 1, "the desk is already booked in that time")
	w.expect(book("", "D1", "user0001", "2030-01-02 09:00"), result{2, "", `deskd: --key: key "" is not 1 to 128 characters long` + "\n"})
	w.expect(book("a\nb", "D1", "user0001", "2030-01-02 09:00"), result{2, "", `deskd: --key: key "a\nb" has a character that cannot be printed` + "\n"})
	if n := w.count("SELECT count(*) FROM reservations"); n != 1 {
		t.Errorf("%d reservations, expected one", n)
	}
	w.exec("UPDATE reservations SET status = 'cancelled', updated_at = '2029-01-01T00:00:00.000Z'")
	w.expect(book(long, "D1", "user0001", "2030-01-02 09:00"), result{1, "", `deskd: reserve desk "D1": the reservation does not count any more: reservation ID of key "` + long + `" was cancelled at 2029-01-01 01:00 CET; use another key to book again` + "\n"})
	w.exec("DELETE FROM reservations")
	w.expect(book(long, "D1", "user0001", "2030-01-02 09:00"), result{1, "", `deskd: reserve desk "D1": key "` + long + `" was used for a reservation that is gone; use another one: no such reservation: "ID"` + "\n"})
	w.contains(book("another", "D1", "user0001", "2030-01-02 09:00"), 0, "ID: desk D1") // one that was refused is not used up
}

func TestCancel(t *testing.T) {
	w := newWorld(t).furnish()
	id := w.book("D3", "user0001", "2030-01-02 09:00", "2030-01-02 10:00")
	w.expect(w.run("cancel", id), result{0, "cancelled: desk D3 for user0001 from 2030-01-02 09:00 EST\n", ""})
	w.expect(w.run("cancel", id), result{0, "already cancelled: desk D3 for user0001 from 2030-01-02 09:00 EST\n", ""})
	w.expect(w.run("cancel", "D3"), result{1, "", `deskd: cancel reservation "D3": no such reservation: "D3"` + "\n"})
	w.expect(w.run("list", "reservations", "--since", "2030-01-01 00:00"), result{0, "no reservations\n", ""})
	w.contains(w.run("list", "reservations", "--since", "2030-01-01 00:00", "--all"), 0, "ID  D3", "cancelled")
	w.exec("UPDATE reservations SET status = 'withdrawn', updated_at = '2029-01-01T00:00:00.000Z'")
	w.expect(w.run("cancel", id), result{1, "", `deskd: cancel reservation "ID": the reservation does not count any more: it was withdrawn at 2029-01-01T00:00:00Z` + "\n"})
	w.book("D3", "user0002", "2030-01-02 09:00", "2030-01-02 10:00") // the desk is free again
}

func TestParseTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	lordHowe, err := time.LoadLocation("Australia/Lord_Howe") // its summer time is half an hour
	if err != nil {
		t.Fatal(err)
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	havana, err := time.LoadLocation("America/Havana") // its clocks change at midnight
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2030, 1, 1, 23, 30, 0, 0, time.UTC) // the 2nd in Berlin
	tests := []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2030-01-02T09:00:00Z", berlin, "2030-01-02T09:00:00Z"},
		{"2030-01-02T09:00:00+05:30", berlin, "2030-01-02T03:30:00Z"},
		{"2030-01-02T09:00:30", berlin, "2030-01-02T08:00:30Z"},
		{"2030-07-02 09:00", berlin, "2030-07-02T07:00:00Z"},
		{"9:00", berlin, "2030-01-02T08:00:00Z"},
		{"09:00", newYork, "2030-01-01T14:00:00Z"},
		{"09:00", time.UTC, "2030-01-01T09:00:00Z"},
		// Forward: the hour before and the one after.
		{"2030-03-31 01:59", berlin, "2030-03-31T00:59:00Z"},
		{"2030-03-31 02:00", berlin, ""},
		{"2030-03-31 02:59", berlin, ""},
		{"2030-03-31 03:00", berlin, "2030-03-31T01:00:00Z"},
		{"2030-10-06 02:15", lordHowe, ""},
		// Back: what happens twice is meant the first time.
		{"2030-10-27 01:59", berlin, "2030-10-26T23:59:00Z"},
		{"2030-10-27 02:00", berlin, "2030-10-27T00:00:00Z"},
		{"2030-10-27 02:59", berlin, "2030-10-27T00:59:00Z"},
		{"2030-10-27 03:00", berlin, "2030-10-27T02:00:00Z"},
		{"2030-11-03 01:30", newYork, "2030-11-03T05:30:00Z"},
		{"2030-11-03 02:00", newYork, "2030-11-03T07:00:00Z"},
		{"2030-04-07 01:45", lordHowe, "2030-04-06T14:45:00Z"},
		{"2030-04-07 02:00", lordHowe, "2030-04-06T15:30:00Z"},
		{"2026-03-07 23:59", havana, "2026-03-08T04:59:00Z"},
		{"2026-03-08 00:00", havana, ""},
		{"2026-03-08 01:00", havana, "2026-03-08T05:00:00Z"},
		{"2026-11-01 00:00", havana, "2026-11-01T04:00:00Z"},
		{"2026-11-01 01:00", havana, "2026-11-01T06:00:00Z"},
		{"tomorrow", berlin, ""},
		{"2030-01-02", berlin, ""},
		{"24:00", berlin, ""},
	}
	for _, tt := range tests {
		got, err := parseTime(tt.text, tt.zone, now)
		if text := got.Format(time.RFC3339); err == nil && text != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s in %s: %s (%v), expected %q", tt.text, tt.zone, text, err, tt.want)
		}
	}
}
