package reservations_test

import (
	"strings"
	"testing"

	"deskd/reservations"
)

// Names in which something cannot be seen, or turns what follows around, are
// refused with the place of it, and those of all scripts are not.
func TestInvisibleCharacters(t *testing.T) {
	for _, hidden := range []string{"\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\u0085", "\u009b", "\u00ad", "\u061c", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\U000e0041", "\xff",
		"\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\u17b4", "\u17b5", "\u180b", "\u180e", "\u2065", "\ufe00", "\ufe0e", "\ufe0f", "\ufff0", "\ufff9", "\ufdd0",
		"\u200c", "\u200d", "\U000e0100", "\U000e0fff", "\U0001bca0", "\U0001d173", "\U0001d159", "\U00016fe4"} {
		name := "Zoë" + hidden + "Ann"
		for what, err := range map[string]error{
			"a desk's id":         reservations.Desk{ID: name, Site: "s", Cluster: "c", Device: "SEP000000000001"}.Check(),
			"a desk's name":       reservations.Desk{ID: "D1", Site: "s", Cluster: "c", Device: "SEP000000000001", Name: name}.Check(),
			"a desk's floor":      reservations.Desk{ID: "D1", Site: "s", Cluster: "c", Device: "SEP000000000001", Floor: name}.Check(),
			"a desk's zone":       reservations.Desk{ID: "D1", Site: "s", Cluster: "c", Device: "SEP000000000001", Zone: name}.Check(),
			"a desk's other name": reservations.Desk{ID: "D1", Site: "s", Cluster: "c", Device: "SEP000000000001", Aliases: []string{name}}.Check(),
			"a desk's address":    reservations.Desk{ID: "D1", Site: "s", Cluster: "c", Device: "SEP000000000001", Mail: []string{name + "@example.com"}}.Check(),
			"a device":            reservations.CheckDevice(name),
			"a user id":           reservations.CheckUser(name),
			"a person's name":     reservations.Person{ID: "p", Name: name}.Check(),
			"a person's profile":  reservations.Person{ID: "p", Profile: name}.Check(),
			"a person's alias":    reservations.Person{ID: "p", Aliases: []string{name}}.Check(),
			"a person's group":    reservations.Person{ID: "p", Groups: []string{name}}.Check(),
			"a person's address":  reservations.Person{ID: "p", Mail: []string{name + "@example.com"}}.Check(),
			"a note":              reservations.CheckNote(name),
		} {
			if err == nil {
				t.Errorf("%s may have %q", what, hidden)
			} else if strings.Contains(err.Error(), hidden) {
				t.Errorf("the error about %s has %q in it: %v", what, hidden, err)
			}
		}
		if got := reservations.Legible(name); strings.Contains(got, hidden) || !strings.HasPrefix(got, "Zoë") || !strings.HasSuffix(got, "Ann") {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
	for _, name := range []string{"", "Zoë Ann", "Größe 5\u00a0m", "می\u200cخواهم", "क्\u200dष", "👩\u200d💻", "👩🏽\u200d💻", "❤\ufe0f\u200d🔥", "3\ufe0f\u20e3 ‼\ufe0f", "辻\U000e0100", "ᠠ\u180bᠡ", "שלום", "a'b\"c\\d", "\u3000全角"} {
		if err := reservations.CheckNote(name); err != nil {
			t.Error(err)
		}
		if got := reservations.Legible(name); got != name {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
	if got := reservations.LegibleLines("a\n\tb\r\x1b"); got != "a\n\tb\\r\\u001b" {
		t.Errorf("got %q", got)
	}
}

// What can be seen depends on what stands around it.
func TestJoinersAndVariants(t *testing.T) {
	for text, want := range map[string]string{
		"م\u200cم": "م\u200cم", "क\u200dष": "क\u200dष", "boss\u200d": `boss\u200d`, "\u200cboss": `\u200cboss`, "م\u200c\u200cم": `م\u200c\u200cم`, "م\u200ca": `م\u200ca`, "م\u200d": `م\u200d`,
		"❤\ufe0f\ufe0f": "❤\ufe0f" + `\ufe0f`, "3\ufe0f": `3\ufe0f`, "a\ufe0f\u20e3": `a\ufe0f` + "\u20e3", "漢\u200d字": `漢\u200d字`, "👩\u200da": "👩" + `\u200da`,
	} {
		if got := reservations.Legible(text); got != want {
			t.Errorf("%+q is shown as %q, want %q", text, got, want)
		}
	}
	if got := reservations.LegibleAfter("👩", "\u200d💻\u200d"); got != "\u200d💻"+`\u200d` {
		t.Errorf("got %q", got)
	}
}

// Desks whose ids cannot be told apart are not let in: a blank is an ordinary one,
// and inside.
func TestBlanksInDesks(t *testing.T) {
	for _, id := range []string{" D1", "D1 ", "D\u00a01", "D\u20031", "D\u202f1", "D\u30001", "D\u16801", "\u3000", "\u2800", " ", ""} {
		if err := (reservations.Desk{ID: id, Site: "s", Cluster: "c", Device: "SEP000000000001"}).Check(); err == nil {
			t.Errorf("a desk may be called %q", id)
		} else if text := err.Error(); text != reservations.Legible(text) {
			t.Errorf("the error about %q is %q", id, text)
		}
	}
	if err := (reservations.Desk{ID: "Raum 1", Site: "s", Cluster: "c", Device: "SEP000000000001"}).Check(); err != nil {
		t.Error(err)
	}
}

// A cell is no formula, and gives back what was written.
func TestCells(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "jane": "jane", "=1+1": "'=1+1", "@x": "'@x", "-x": "'-x", "+49 30": "'+49 30", "-12.5": "-12.5", "'=1": "''=1", "'tis": "'tis", "a\u202eb": reservations.Legible("a\u202eb"),
	} {
		got := reservations.Cell(text)
		if got != want || reservations.FromCell(got) != text && reservations.Legible(text) == text {
			t.Errorf("%q is %q and comes back as %q, expected %q", text, got, reservations.FromCell(got), want)
		}
	}
}
