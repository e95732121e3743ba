package phone_test

import (
	"strings"
	"testing"
	"time"

	"deskd/phone/emulator"
	"deskd/scheduler/plan"
)

// TestParting has people end their booking, and told that it ends, who are not logged out with it:
// nobody is told that they are.
func TestParting(t *testing.T) {
	own := "You stay logged in: log out at this phone yourself."
	for name, c := range map[string]struct {
		set  func(h *house)
		keys bool // they are given the cluster's service, to log out
		want string
	}{
		"deskd has logged them in":        {func(*house) {}, false, "You are logged out."},
		"they have":                       {func(h *house) { h.see(1, "jane") }, true, own},
		"they have, and the policy ends":  {func(h *house) { h.see(1, "jane"); h.setup.Policy.Walkups = plan.WalkupsEnd }, false, "You are logged out."},
		"deskd has, and can do no more":   {func(h *house) { h.blocks = []plan.Block{{Kind: plan.KindPaused}} }, true, "deskd logs nobody out at the moment: log out at this phone yourself."},
		"deskd has, and they are next":    {func(h *house) { h.book("4.12", "jane", "12:08", "12:30"); h.pass(2 * time.Hour) }, false, "You stay logged in for your next booking."},
		"deskd has, with a grace of five": {func(h *house) { h.setup.Policy.Grace = 5 * time.Minute }, false, "You are logged out at "},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			c.set(h)
			h.serve()
			s := script{h, h.put(emulator.M8845, 1), new(strings.Builder)}
			h.pass(hm("11:50").Sub(h.clock()))
			screen := func() string {
				return strings.Join(strings.Fields(strings.NewReplacer("|", " ", "+", " ").Replace(s.phone.Screen())), " ")
			}
			want := c.want
			if want == "You are logged out." {
				want = "In 10 minutes you are logged out."
			}
			s.told(1, "before_end", "")
			if got := screen(); !strings.Contains(got, want) {
				t.Errorf("told %q, want %q", got, want)
			}
			if strings.Contains(name, "next") {
				h.pass(9 * time.Minute) // else it is too long until then
				s.told(1, "before_end", "")
			}
			s.press("End")
			s.press("End now")
			if got := screen(); !strings.Contains(got, c.want) || strings.Contains(got, "[Log out]") != c.keys {
				t.Errorf("after it was ended: %q, want %q", got, c.want)
			}
		})
	}
}
