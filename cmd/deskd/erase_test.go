package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// birds is what must not be found of a person who was erased: id, address, name
// and note, however they are written.
var birds = []string{"user0004", "tweety", "bird"}

// birdIn is the first of birds that text holds, empty for none.
func birdIn(text string) string {
	for _, b := range birds {
		if strings.Contains(strings.ToLower(text), b) {
			return b
		}
	}
	return ""
}

// A person is erased beside a daemon that has them in memory: not while they
// have a desk, and then nothing says any more who it was.
func TestPersonErase(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("more.csv", "person,mail,name,profile,protected\nuser0004,bird@tweety.example,Tweety Bird,,\n")
	w.must("import", "people", w.path("more.csv"))
	w.write("hall.ics", calendar(booking{uid: "tweety-1", location: "D3", attendee: "bird@tweety.example", start: ":20300102T090000Z"}))
	d := w.serve()
	eventually(t, 10*time.Second, "the calendar is read", func() bool { return w.count("SELECT count(*) FROM reservations WHERE person = 'user0004'") == 1 })
	running := w.reserve("D1", "user0004", -time.Hour, time.Hour)
	eventually(t, 10*time.Second, "the phone is logged in", func() bool { return w.session("SEP000000000001") == "user0004" })
	w.contains(w.run("person", "erase", "user0004", "--yes"), 1, "Tweety Bird (user0004, bird@tweety.example)", "Bookings that are cancelled by it",
		`deskd: erase "user0004": not now: desk "D1" is booked for them until `, "(deskd cancel ID, and wait", "deskd has logged them in on SEP000000000001")
	w.must("cancel", running)
	eventually(t, 10*time.Second, "the phone is logged out", func() bool {
		return w.session("SEP000000000001") == "" && w.count("SELECT count(*) FROM observations WHERE ours") == 0
	})
	w.must("reserve", "--desk", "D2", "--person", "user0004", "--start", "2030-01-01 09:00", "--end", "2030-01-01 10:00", "--note", "for the birds")
	stays := w.reserve("D3", "user0003", 24*time.Hour, 25*time.Hour)

	w.must("token", "calendar", "--person", "user0004")
	w.write("owned.csv", "id,owner\nD3,user0004\n")
	w.must("import", "desks", w.path("owned.csv"))
	asked := w.withInput("", "person", "erase", "BIRD@tweety.example")
	w.contains(asked, 2, "3 reservations lose", "2 logins, logouts and holds", "    1 desk that they own has no owner any more\n", "    1 token or address of a calendar goes\n", "desk D2 from 2030-01-01 09:00 to 2030-01-01 10:00, from cli, id ID", "desk D3",
		"feed hall has 1 event to come of theirs", "deskd: there is no terminal to confirm at; look at the above, and add --yes")
	w.write("hall.ics", calendar())
	eventually(t, 10*time.Second, "the calendar is read", func() bool { return w.count("SELECT count(*) FROM reservations WHERE status = 'withdrawn'") == 1 })
	w.contains(w.run("person", "erase", "user0004", "--yes"), 0, "erased: 1 booking cancelled, 3 reservations and 2 attempts without names, ", " rows of the audit redacted")

	for _, ending := range []string{"", "-wal", "-shm", ".marker"} {
		text, err := os.ReadFile(w.path("deskd.db" + ending))
		if found := birdIn(string(text)); err != nil || found != "" {
			t.Errorf("deskd.db%s: %q, %v", ending, found, err)
		}
	}
	eventually(t, 10*time.Second, "the daemon knows", func() bool { _, page := d.get("/"); return birdIn(page) == "" })
	_, metrics := d.get("/metrics")
	w.must("support-bundle", "--with-names", w.path("bundle.tgz"))
	shown := map[string]string{"metrics": metrics, "explain": w.must("explain", "--desk", "D1")}
	for name, part := range w.unpack("bundle.tgz") {
		shown["bundle "+name] = part
	}
	for _, list := range listKinds() {
		kind := list.Name()
		shown[kind] = w.must("list", kind, "-o", "json")
	}
	for what, text := range shown {
		if found := birdIn(text); found != "" {
			t.Errorf("%s still says %q:\n%s", what, found, text)
		}
	}
	w.contains(result{0, shown["explain"], ""}, 0, "(names removed) cancelled", "logout (names removed): done")
	w.contains(w.run("list", "audit"), 0, "erase", "person", "erased-", "(names removed)")
	w.contains(w.run("audit", "verify"), 0, "the audit is whole", " rows are redacted: ")
	w.contains(w.run("person", "export", "user0004"), 1, "no such person")
	w.contains(w.run("person", "erase", "user0004", "--yes"), 1, "no such person")
	w.contains(w.run("list", "reservations", "--until", "2031-01-01 00:00"), 0, "user0003")
	if w.count("SELECT count(*) FROM reservations WHERE id = '"+stays+"' AND person = 'user0003' AND status = 'confirmed'") != 1 {
		t.Error("another person's booking has changed")
	}
}

// withInput runs a verb with text on a standard input that is no terminal.
func (w *world) withInput(text string, args ...string) result {
	w.t.Helper()
	w.write("stdin", text)
	in, err := os.Open(w.path("stdin"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer in.Close()
	terminal := os.Stdin
	defer func() { os.Stdin = terminal }()
	os.Stdin = in
	return w.run(args...)
}

// The question is answered with the id, in any case, and by nothing else.
func TestConfirmErasure(t *testing.T) {
	for answer, want := range map[string]string{
		"jane\n": "", " JANE \n": "", "jane": "", "": "nothing was erased", "y\n": "nothing was erased", "yes\njane\n": "nothing was erased",
	} {
		var out strings.Builder
		err := confirmErasure(strings.NewReader(answer), &out, "jane")
		if got := errorText(err); got != want || out.String() != "It cannot be taken back. Type jane to erase: " {
			t.Errorf("%q: %q, asked %q", answer, got, out.String())
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
