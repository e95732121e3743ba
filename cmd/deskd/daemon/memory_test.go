package daemon

import (
	"math"
	"os"
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Go collects for four fifths of what is allowed, and as before where nothing is
// limited or GOMEMLIMIT says otherwise.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for _, c := range []struct {
		environment string
		allowed     memlimit.Provider
		want        int64
	}{
		{"", memlimit.Limit(1 << 30), 858_993_459},
		{"", func() (uint64, error) { return 0, memlimit.ErrNoLimit }, math.MaxInt64},
		{"2GiB", memlimit.Limit(1 << 30), math.MaxInt64}, // the runtime has read it before
	} {
		debug.SetMemoryLimit(math.MaxInt64)
		t.Setenv("GOMEMLIMIT", c.environment) // as it was, at the end
		if c.environment == "" {
			os.Unsetenv("GOMEMLIMIT")
		}
		LimitMemory(c.allowed)
		if got := debug.SetMemoryLimit(-1); got != c.want {
			t.Errorf("GOMEMLIMIT=%q: limit %d, want %d", c.environment, got, c.want)
		}
	}
}
