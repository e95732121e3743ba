package phone_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"deskd/phone/emulator"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/scheduler/plan"
	"deskd/web/phone"
)

// script plays a person at a phone, and writes down what it shows.
type script struct {
	*house
	phone *emulator.Phone
	text  *strings.Builder
}

func (s script) show(what string) {
	s.text.WriteString(what + "\n" + s.phone.Screen() + "\n")
}

// open opens the desk's page from the key Services.
func (s script) open() {
	s.t.Helper()
	s.phone.Services()
	fail(s.t, s.phone.Choose(s.ctx, 1))
}

func (s script) press(label string) {
	s.t.Helper()
	fail(s.t, s.phone.Press(s.ctx, label))
}

func (s script) choose(n int) {
	s.t.Helper()
	fail(s.t, s.phone.Choose(s.ctx, n))
}

func (s script) holds(desk, want string) {
	s.t.Helper()
	if got := s.bookings(desk); got != want {
		s.t.Errorf("bookings of %s are\n%swant\n%s", desk, got, want)
	}
}

// told has the phone of a desk show a notice.
func (s script) told(n int, kind, about string) {
	s.t.Helper()
	address := phone.NoticeAddress(base, device(n), kind, about)
	if address == "" {
		s.t.Fatal("the address is too long")
	}
	s.phone.Exit()
	s.phone.Open(s.ctx, address)
}

const bookedAt412 = "jane 09:00-12:00 cli\nmax 13:00-17:00 cli\n"

// flows are what a person does, each at a phone of a model in a house of its own.
var flows = []struct {
	name string
	play func(s script)
}{
	{"home: whose desk, until when, who is next", func(s script) {
		s.open()
		s.show("the desk is Jane's, and she is logged in")
		s.see(1, "")
		s.open()
		s.show("nobody is logged in")
		s.see(1, "max")
		s.open()
		s.show("Max is logged in, whose booking comes later")
		s.see(1, "?")
		s.open()
		s.show("it is not known who is logged in")
		s.holds("4.12", bookedAt412)
	}},
	{"check in", func(s script) {
		s.open()
		s.press("Check in")
		s.show("Jane presses Check in")
		s.holds("4.12", "jane 09:00-12:00 cli +phone\nmax 13:00-17:00 cli\n")
		s.press("Desk")
		s.show("nothing is asked of her any more")
	}},
	{"extend, to what is free", func(s script) {
		s.open()
		s.press("Extend")
		s.show("Jane presses Extend")
		s.choose(1)
		s.show("she chooses the first")
		s.holds("4.12", "jane 09:00-12:30 cli\nmax 13:00-17:00 cli\n")
		s.press("Desk")
		s.press("Extend")
		s.choose(1)
		s.press("Desk")
		s.press("Extend")
		s.show("no more is free")
		s.holds("4.12", "jane 09:00-13:00 cli\nmax 13:00-17:00 cli\n")
	}},
	{"end now, which asks first", func(s script) {
		s.open()
		s.press("More")
		s.show("Jane presses More")
		s.choose(3)
		s.show("she chooses End now")
		s.holds("4.12", bookedAt412)
		s.press("End now")
		s.show("and means it")
		s.holds("4.12", "jane 09:00-09:05 cli\nmax 13:00-17:00 cli\n")
	}},
	{"walk-up", func(s script) {
		s.phone = s.put(modelOf(s), 3)
		s.open()
		s.show("a free desk")
		s.press("Log in")
		s.show("Max presses Log in")
		s.press("Log in")
		s.phones.Wait()
		s.show("the cluster's own login asks for user id and PIN")
		if len(s.looks) == 0 {
			s.t.Error("nobody looks who has logged in")
		}
		s.see(3, "max")
		s.pass(time.Minute)
		s.open()
		s.show("Max has logged in")
		s.press("Book")
		s.show("the desk is offered up to its next booking, or the end of the day")
		s.press("Book")
		s.show("he books it")
		s.holds("4.14", "max 09:06-00:00 phone +walk-up\n")
	}},
	{"find a free desk", func(s script) {
		s.open()
		s.press("More")
		s.choose(4)
		s.show("Jane chooses Free desks")
		s.choose(1)
		s.show("and one of them")
	}},
	{"find a colleague, who has allowed it", func(s script) {
		s.open()
		s.press("More")
		s.choose(5)
		s.show("Jane chooses Find a colleague")
		fail(s.t, s.phone.Fill("q", "swi"))
		fail(s.t, s.phone.Submit(s.ctx))
		s.show("she enters swi")
		s.choose(1)
		s.show("and chooses him")
		s.press("Find")
		fail(s.t, s.phone.Fill("q", "max"))
		fail(s.t, s.phone.Submit(s.ctx))
		s.show("Max has not allowed it")
	}},
	{"the page after an action, which Back skips", func(s script) {
		s.open()
		s.press("Check in")
		s.press("Desk")
		s.phone.Back()
		s.show("Jane presses Back after she has checked in")
	}},
	{"a link that is out of date", func(s script) {
		s.open()
		s.pass(4 * time.Minute)
		s.press("Check in")
		s.show("the page was left open for four minutes")
		s.holds("4.12", bookedAt412)
	}},
	{"a forged name", func(s script) {
		s.phone = s.put(modelOf(s), 2)
		s.phone.Open(s.ctx, base+"/phone?name="+device(1))
		s.show("another desk's phone says it was that of 4.12")
	}},
	{"a desk that is out of service", func(s script) {
		by := booking.Bookings{Store: s.store.Bookings(), Rules: func(reservations.Desk) rules.Rules { return s.rules }}
		_, err := by.Close(s.ctx, booking.Actor{Operator: true}, booking.Closing{
			Place: booking.Place{Desk: "4.14"}, Span: reservations.Span{Start: hm("08:00"), End: hm("14:00")}, Why: "painters",
		}, s.clock())
		fail(s.t, err)
		s.phone = s.put(modelOf(s), 3)
		s.open()
		s.show("4.14 is closed for the painters")
		s.see(3, "max")
		s.phone.Open(s.ctx, base+"/phone?p=take&name="+device(3))
		s.show("Max, who is logged in, wants it all the same")
	}},
	{"a notice before an end", func(s script) {
		s.pass(160 * time.Minute) // to 11:45
		s.told(1, "before_end", "")
		s.show("the phone is told to show it, a quarter of an hour before the end")
		s.press("Extend")
		s.choose(1)
		s.holds("4.12", "jane 09:00-12:30 cli\nmax 13:00-17:00 cli\n")
		s.see(1, "max")
		s.told(1, "before_end", "")
		s.show("someone else is there, when the phone fetches it")
	}},
	{"a notice that the booking was moved", func(s script) {
		by := booking.Bookings{Store: s.store.Bookings(), Rules: func(reservations.Desk) rules.Rules { return s.rules }}
		moved, err := by.Move(s.ctx, booking.Actor{}, booking.Change{ID: s.first("4.12"), Desk: "4.14"}, s.clock())
		fail(s.t, err)
		s.told(1, "moved", moved.ID)
		s.show("Jane is logged in still")
		s.see(1, "")
		s.told(1, "moved", moved.ID)
		s.show("she was logged out")
		s.see(1, "max")
		s.told(1, "moved", moved.ID)
		s.show("Max is logged in, who learns nothing of it")
		s.told(1, "moved", "nothing")
		s.show("nor of what there is not")
	}},
	{"a notice that the next person waits", func(s script) {
		s.pass(236 * time.Minute) // to 13:01
		s.told(1, "next", "")
		s.show("Jane is still logged in")
		s.see(1, "max")
		s.told(1, "next", "")
		s.show("Max is")
	}},
	{"a cluster that is paused", func(s script) {
		s.mu.Lock()
		s.blocks = []plan.Block{{Kind: plan.KindPaused, Scope: plan.Scope{All: true}, Effect: plan.Stops, Text: "by ops"}}
		s.mu.Unlock()
		s.see(1, "")
		s.open()
		s.show("nobody could log Jane in")
	}},
}

func modelOf(s script) emulator.Model {
	for _, m := range emulator.Models() {
		if strings.HasSuffix(s.t.Name(), "/"+m.Name) || strings.Contains(s.t.Name(), "/"+m.Name+"/") {
			return m
		}
	}
	return emulator.M8845
}

// TestFlows plays each flow on five models of phones, against the real door and database.
// What they show is in testdata.
func TestFlows(t *testing.T) {
	for _, m := range emulator.Models() {
		t.Run(m.Name, func(t *testing.T) {
			if testing.Short() && m.Name != emulator.M9811.Name { // the smallest stands for all
				t.Skip("the other models are played without -short")
			}
			var text strings.Builder
			for i, f := range flows {
				t.Run(f.name, func(t *testing.T) {
					h := newHouse(t)
					text.WriteString("## " + string(rune('a'+i)) + ". " + f.name + "\n\n")
					f.play(script{h, h.put(m, 1), &text})
				})
			}
			golden(t, m.Name+".txt", text.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		fail(t, os.MkdirAll("testdata", 0o755))
		fail(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	fail(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; see -update:\n%s", path, diff)
	}
}

// TestScreensInDocs holds the screens of docs/phone.md and README.md against the golden files.
func TestScreensInDocs(t *testing.T) {
	screens := func(model string) (all [][]string) {
		text, err := os.ReadFile(filepath.Join("testdata", model+".txt"))
		fail(t, err)
		for _, flow := range strings.Split(string(text), "## ")[1:] {
			var of []string
			for _, part := range strings.Split(flow, "\n\n")[1:] {
				_, screen, _ := strings.Cut(part, "\n")
				of = append(of, screen)
			}
			all = append(all, of)
		}
		return all
	}
	shown := []int{0, 0, 0, 1, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0} // of each flow
	var b strings.Builder
	var all [][]string
	for i, of := range screens("9811") {
		screen := strings.TrimRight(of[shown[i]], "\n")
		b.WriteString("\n" + strings.ToUpper(flows[i].name[:1]) + flows[i].name[1:] + ":\n\n```\n" + screen + "\n```\n")
		short, _, _ := strings.Cut(flows[i].name, ":")
		short, _, _ = strings.Cut(short, ",")
		all = append(all, append([]string{short}, strings.Split(screen, "\n")...))
	}
	within(t, "../../docs/phone.md", "screens", b.String()+"\n")
	within(t, "../../README.md", "phone", "\n```\n"+abreast(all, 3)+"```\n\n")
}

// abreast draws screens so many beside each other, each under its name.
func abreast(screens [][]string, columns int) string {
	width := make([]int, columns)
	for i, screen := range screens {
		for _, row := range screen {
			width[i%columns] = max(width[i%columns], utf8.RuneCountInString(row)+2)
		}
	}
	var b strings.Builder
	for group := range slices.Chunk(screens, columns) {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		for row := range group[0] {
			line := ""
			for i, screen := range group {
				line += screen[row] + strings.Repeat(" ", width[i]-utf8.RuneCountInString(screen[row]))
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}

// within holds a text against what a document has between two marks.
func within(t *testing.T, path, mark, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	fail(t, err)
	before, rest, found := strings.Cut(string(text), "<!-- "+mark+" -->\n")
	got, after, ends := strings.Cut(rest, "<!-- end of "+mark+" -->")
	if !found || !ends {
		t.Fatalf("%s has no %s", path, mark)
	}
	if *update {
		fail(t, os.WriteFile(path, []byte(before+"<!-- "+mark+" -->\n"+want+"<!-- end of "+mark+" -->"+after), 0o600))
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs; see -update:\n%s", path, diff)
	}
}
