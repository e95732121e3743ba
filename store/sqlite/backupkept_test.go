package sqlite

import (
	"testing"
)

// A backup holds far more than the database when it has more than twice as many
// desks, people or reservations, and five more.
func TestFarMore(t *testing.T) {
	for _, c := range []struct {
		was, is int64
		far     bool
	}{{10, 5, false}, {11, 5, true}, {9, 4, true}, {7, 3, false}, {5, 0, true}, {4, 0, false}, {1000, 500, false}, {1001, 500, true}} {
		for _, of := range []func(int64) Contents{
			func(n int64) Contents { return Contents{Desks: n} },
			func(n int64) Contents { return Contents{People: n} },
			func(n int64) Contents { return Contents{Reservations: n} },
		} {
			why := stand{holds: of(c.is)}.worseThan(stand{holds: of(c.was)})
			if (why != "") != c.far {
				t.Errorf("%d of %d: %q", c.is, c.was, why)
			}
		}
	}
}
