package store

import (
	"flag"
	"os"
	"testing"
)

// Short runs keep their files in memory: what a disk does takes most of the time, and
// the long run waits for it.
func TestMain(m *testing.M) {
	flag.Parse()
	const memory = "/dev/shm"
	if is, err := os.Stat(memory); testing.Short() && err == nil && is.IsDir() {
		os.Setenv("TMPDIR", memory)
	}
	os.Exit(m.Run())
}

// long leaves a proof out of short runs, and says why, or what stands for it there.
func long(t testing.TB, why string) {
	t.Helper()
	if testing.Short() {
		t.Skip(why + ": not with -short")
	}
}

// orShort is all, and few in short runs.
func orShort[T any](all, few T) T {
	if testing.Short() {
		return few
	}
	return all
}
