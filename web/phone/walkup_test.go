package phone_test

import (
	"testing"

	"deskd/scheduler/plan"
)

// Who has logged in without deskd, by the phone's own service, is not asked to log in again: the
// phone system says who is there, and the page is the one for that person.
func TestLoggedInWithoutDeskd(t *testing.T) {
	const login = "&p=login"
	for name, c := range map[string]struct {
		phone int
		who   string
		set   func(h *house)
		want  []string
		never []string
		looks bool
	}{
		"a desk that is free":        {3, "max", nil, []string{"Book it for Max"}, []string{"user id and PIN"}, true},
		"their own booking":          {1, "jane", func(h *house) { h.see(1, "") }, []string{"Yours until"}, []string{"user id and PIN"}, true},
		"another's booking":          {1, "max", func(h *house) { h.see(1, "") }, []string{"Taken until", "Logged in: Max"}, []string{"Book it", "user id and PIN"}, true},
		"someone of another cluster": {3, "max", func(h *house) { h.answer = func(o *plan.Observation) { o.Visitor = true } }, []string{"Log in with your user id and PIN"}, []string{"Book it"}, false},
		"an answer in doubt":         {3, "max", func(h *house) { h.answer = func(o *plan.Observation) { o.Doubt = "two answers" } }, []string{"Log in with your user id and PIN"}, []string{"Book it"}, false},
		"nobody":                     {3, "", nil, []string{"Log in with your user id and PIN"}, []string{"Book it"}, false},
		"it does not answer":         {3, "max", func(h *house) { h.mute = true }, []string{"Log in with your user id and PIN"}, []string{"Book it"}, false},
		"a phone system that blocks": {3, "max", func(h *house) { h.blocks = []plan.Block{{Kind: plan.KindRefused}} }, []string{"Log in with your user id and PIN"}, []string{"Book it"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			if c.set != nil {
				c.set(h)
			}
			h.really = map[string]string{device(c.phone): c.who}
			asked := len(h.looks)
			h.shows(h.get(address(c.phone), "name="+device(c.phone)+login), c.want, c.never)
			if looks := len(h.looks) > asked; looks != c.looks {
				t.Errorf("the phones are looked at: %v", looks)
			}
		})
	}
}

// What the page offers to them can be done at once, before any look has seen them or after.
func TestBookAfterLoginWithoutDeskd(t *testing.T) {
	for name, looked := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.really = map[string]string{device(3): "max"}
			link := h.link(h.get(address(3), "name="+device(3)+"&p=login"), "take")
			if looked {
				h.see(3, "max")
			}
			h.shows(h.get(address(3), link), []string{"Yours until"}, nil)
		})
	}

	h := newHouse(t)
	h.really = map[string]string{device(3): "max"}
	link := h.link(h.get(address(3), "name="+device(3)+"&p=login"), "take")
	h.really = map[string]string{device(3): "jane"}
	h.shows(h.get(address(3), link), []string{"Out of date"}, []string{"Yours until"})
	h.really = map[string]string{device(3): ""}
	h.shows(h.get(address(3), link), []string{"Out of date"}, []string{"Yours until"})
}
