package phone_test

import (
	"strings"
	"testing"

	"deskd/phone/emulator"
	"deskd/reservations"
	"deskd/scheduler/plan"
)

// TestOtherScripts has desks and people whose ids are long and in Cyrillic letters, six characters
// each in an address: phones list them, and follow what leads to them. One that reads ISO-8859-1
// alone shows them in Latin letters.
func TestOtherScripts(t *testing.T) {
	h := newHouse(t)
	long := "Переговорная-на-четвёртом-этаже"
	_, err := h.store.ImportDesks(h.ctx, []reservations.Desk{{ID: long, Site: "berlin", Cluster: "main", Device: device(7), Floor: "4"}}, false)
	fail(t, err)
	_, err = h.store.ImportPeople(h.ctx, []reservations.Person{{ID: "александра.константинопольская", Name: "Александра Константинопольская", Groups: []string{"findable"}}}, false)
	fail(t, err)
	h.place(7, address(7))
	h.observe(plan.Observation{Device: device(7), Known: true, Exists: true, Since: nine, At: nine})

	for _, c := range []struct {
		model             emulator.Model
		desk, title, name string
	}{
		{emulator.M8845, "Переговорная", "четв", "Александра"},
		{emulator.M7965, "Peregovornaia", "chetv", "Aleksandra"},
	} {
		t.Run(c.model.Name, func(t *testing.T) {
			h.t = t
			s := script{h, h.put(c.model, 1), new(strings.Builder)}
			has := func(words string) {
				t.Helper()
				if screen := s.phone.Screen(); !strings.Contains(screen, words) || strings.Contains(screen, "??") {
					t.Errorf("the screen lacks %q:\n%s", words, screen)
				}
			}
			s.open()
			s.press("More")
			s.choose(4)
			has(c.desk)
			s.choose(3)
			has(c.title)
			s.phone.Open(s.ctx, base+"/phone?p=found&q=aleks&name="+device(1))
			has(c.name)
			s.choose(1)
			has("Not at a desk now")
		})
	}
	if strings.Contains(h.log.String(), "too long") {
		t.Errorf("an address is too long:\n%s", h.log)
	}
}
