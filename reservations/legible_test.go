package reservations_test

import (
	"strings"
	"testing"

	"deskd/reservations"
)

// Names in which something cannot be seen, or turns what follows around, are
// refused with the place of it, and those of all scripts are not.
func TestInvisibleCharacters(t *testing.T) {
	for _, hidden := range []string{"\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\u0085", "\u009b", "\u00ad", "\u061c", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\U000e0041", "\xff"} {
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
	for _, name := range []string{"", "Zoë Ann", "Größe 5\u00a0m", "می\u200cخواهم", "क्\u200dष", "👩\u200d💻", "שלום", "a'b\"c\\d", "\u3000全角"} {
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
