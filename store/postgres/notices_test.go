package postgres

import (
	"testing"
)

// Numbers that this process has not given are another's, in whatever order commits and looks
// come.
func TestNumbers(t *testing.T) {
	n := numbers{seen: 40}
	own := func(from, upTo int64) *given {
		g := &given{of: &n, from: from, upTo: upTo}
		g.await()
		return g
	}
	expect := func(upTo int64, want bool) {
		t.Helper()
		if got := n.heed(upTo); got != want {
			t.Errorf("up to %d: others have written: %v", upTo, got)
		}
	}
	expect(40, false)
	own(40, 43)
	expect(43, false)
	own(44, 45) // 44 is another's
	expect(45, true)
	expect(45, false)
	own(45, 47)
	own(47, 48)
	expect(48, false)
	own(48, 50)
	expect(48, false) // is being committed
	own(50, 51)
	expect(51, false)
	own(51, 53).undo() // another gives the same numbers
	expect(52, true)
	if len(n.own) > 0 {
		t.Errorf("%d are remembered for nothing", len(n.own))
	}
	own(52, 52)
	(&given{}).await()
	(&given{}).undo()
	if len(n.own) > 0 {
		t.Error("a transaction that has given none is remembered")
	}
}
