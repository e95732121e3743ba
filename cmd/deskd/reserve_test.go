package main

import "testing"

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
		{"D1", "user0003", "2030-01-02 10:00", "2030-01-02 11:00", result{1, "", `deskd: reserve desk "D1": the desk is already booked in that time: "user0001" has it from 2030-01-02 09:00 CET to 2030-01-02 12:00 CET (reservation ID), since TIME
  until: Wed 2030-01-02 12:00 CET
  free at that time: desk D2
  free later: desk D1 from Wed 2030-01-02 13:00 CET to Wed 2030-01-02 14:00 CET
  free later: desk D1 from Thu 2030-01-03 10:00 CET to Thu 2030-01-03 11:00 CET
  free later: desk D1 from Fri 2030-01-04 10:00 CET to Fri 2030-01-04 11:00 CET
`}},
		{"D11", "user0001", "09:00", "10:00", result{1, "", `deskd: no such desk: "D11"; did you mean "D1"?` + "\n"}},
		{"Window", "user0001", "09:00", "10:00", result{1, "", `deskd: no such desk: "Window"` + "\n"}},
		{"D2", "user001", "2030-01-02 09:00", "2030-01-02 10:00", result{1, "", `deskd: reserve desk "D2": no such person: "user001"; did you mean "user0001"?` + "\n"}},
		{"D2", "user0001", "9am", "10:00", result{2, "", `deskd: --from: time "9am": expected 2026-03-02T09:00:00Z, or in the zone Europe/Berlin 2026-03-02 09:00, 2026-03-02, 09:00, today, tomorrow, yesterday, or -2h` + "\n"}},
		{"D3", "user0001", "09:00", "2030-13-01 10:00", result{2, "", `deskd: --to: time "2030-13-01 10:00": there is no day 2030-13-01 in the calendar` + "\n"}},
		{"D2", "user0001", "2030-01-02 10:00", "2030-01-02 09:00", result{2, "", `deskd: --to "2030-01-02 09:00" (Wed 2030-01-02 09:00 CET) is not after --from "2030-01-02 10:00" (Wed 2030-01-02 10:00 CET)` + "\n"}},
		{"D2", "user0001", "2030-03-31 02:30", "2030-03-31 09:00", result{2, "", `deskd: --from: time "2030-03-31 02:30:00" does not exist in the zone Europe/Berlin: clocks go forward there` + "\n"}},
		{"D2", "user0001", "2030-01-02 09:00", "2040-01-02 09:00", result{2, "", `deskd: reservation of desk "D2" lasts 3652 days; the most is 400` + "\n"}},
		{"D2", "no<body", "2030-01-02 09:00", "2030-01-02 10:00", result{2, "", `deskd: person "no<body" is not a user id: expected 1 to 128 letters, digits, inner blanks and signs other than <>"` + "\n"}},
	}
	for _, tt := range tests {
		w.expect(w.run("reserve", "--desk", tt.desk, "--person", tt.person, "--from", tt.start, "--to", tt.end), tt.want)
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
	w.expect(w.run("cancel", "D3"), result{1, "", `deskd: no such reservation: "D3"; it is a desk: --desk D3` + "\n"})
	w.contains(w.run("list", "reservations", "--since", "2030-01-01 00:00"), 0, "no reservations\n", "From Tue 2030-01-01 00:00 CET to Tue 2030-01-08 00:00 CET. Times are read in Europe/Berlin.")
	w.contains(w.run("list", "reservations", "--since", "2030-01-01 00:00", "--all"), 0, "ID  D3", "cancelled")
	w.exec("UPDATE reservations SET status = 'withdrawn', updated_at = '2029-01-01T00:00:00.000Z'")
	w.expect(w.run("cancel", id), result{1, "", `deskd: cancel reservation "ID": the reservation does not count any more: it was withdrawn at 2029-01-01T00:00:00Z` + "\n"})
	w.book("D3", "user0002", "2030-01-02 09:00", "2030-01-02 10:00") // the desk is free again
}

// A reservation is also meant by the first digits of its id, and by its desk and
// a time or day; words that mean several cancel none.
func TestReservationMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	insert := func(id, desk, start, end, status string) {
		w.exec("INSERT INTO reservations (id, desk, person, starts_at, ends_at, status) VALUES (?, ?, 'user0001', ?, ?, ?)", id, desk, start, end, status)
	}
	insert("abcd1111111111111111111111111111", "D1", "2030-01-02T08:00:00Z", "2030-01-02T09:00:00Z", "confirmed")
	insert("abcd2222222222222222222222222222", "D1", "2030-01-02T09:00:00Z", "2030-01-02T11:00:00Z", "confirmed")
	insert("abcd22", "D1", "2030-01-05T09:00:00Z", "2030-01-05T11:00:00Z", "confirmed")
	insert("ffff3333333333333333333333333333", "D3", "2030-01-02T14:00:00Z", "2030-01-02T15:00:00Z", "confirmed")
	insert("ffff4444444444444444444444444444", "D3", "2030-01-02T14:30:00Z", "2030-01-02T15:00:00Z", "cancelled")

	w.contains(w.run("cancel", "abc"), 1, `no such reservation: "abc"`) // too short to mean one
	w.contains(w.run("cancel", "abcd"), 2, `the id "abcd" means several reservations; name one by its id:`, "ID  desk D1 for user0001 from Wed 2030-01-02 09:00 CET to Wed 2030-01-02 10:00 CET, confirmed")
	w.contains(w.run("cancel", "abce"), 1, `no such reservation: "abce"`)
	w.contains(w.run("cancel", "--desk", "D1", "--at", "2030-01-02"), 2, "desk D1 at that time means several reservations", "ID  desk D1")
	w.contains(w.run("cancel", "--desk", "D1", "--at", "2030-01-02 12:00"), 1, "no such reservation: desk D1 has none at Wed 2030-01-02 12:00 CET; deskd list reservations --desk D1 says when")
	w.contains(w.run("cancel", "--desk", "D1", "--at", "2030-01-03"), 1, "desk D1 has none from Thu 2030-01-03 00:00 CET to Fri 2030-01-04 00:00 CET")
	w.contains(w.run("explain", "abcd11"), 0, "Desk D1 ", "at 2030-01-02 09:00 CET", " * 2030-01-02 09:00")
	w.contains(w.run("explain", "abcd11", "--at", "2030-01-02 10:30"), 0, "at 2030-01-02 10:30 CET")
	w.contains(w.run("explain", "abcd"), 2, "means several")
	w.contains(w.run("explain", "abce"), 1, "no such reservation")
	w.expect(w.run("cancel", "--desk", "D1", "--at", "2030-01-02 10:00"), result{0, "cancelled: desk D1 for user0001 from 2030-01-02 10:00 CET\n", ""}) // the start counts, the end does not
	w.expect(w.run("cancel", "abcd1"), result{0, "cancelled: desk D1 for user0001 from 2030-01-02 09:00 CET\n", ""})
	w.expect(w.run("cancel", "--desk", "D1", "--at", "2030-01-02 09:30"), result{0, "already cancelled: desk D1 for user0001 from 2030-01-02 09:00 CET\n", ""})
	w.contains(w.run("cancel", "abcd22", "-o", "json"), 0, `"id": "abcd22"`, `"status": "cancelled"`, `"already": false`)
	w.expect(w.run("cancel", "--desk", "D3", "--at", "2030-01-02 09:45"), result{0, "cancelled: desk D3 for user0001 from 2030-01-02 09:00 EST\n", ""})
}
