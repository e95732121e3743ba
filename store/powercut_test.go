//go:build !race

package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"deskd/store/dialect"
	"deskd/store/powercuttest"
	"deskd/store/sqlite"
)

// afterCuts runs this test again in a process of its own, with word in its
// environment, and lets look see what a power cut may have left of the folder:
// at many moments the least, and some of the rest. Certain is whether the
// process had done its work by then.
func afterCuts(t *testing.T, folder, word string, look func(t *testing.T, certain bool)) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace records what is written, and is not installed")
	}
	disk, err := powercuttest.Load(folder)
	check(t, err)
	trace := filepath.Join(t.TempDir(), "trace")
	words := append(powercuttest.Words(strace, trace), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	child := exec.CommandContext(t.Context(), words[0], words[1:]...)
	child.Env = append(os.Environ(), "DESKD_TEST_CUT="+word)
	out, err := child.CombinedOutput()
	if _, wrote := os.Stat(trace); wrote != nil {
		t.Skipf("strace is of no use here: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.Open(trace)
	check(t, err)
	defer text.Close()
	check(t, disk.Replay(text))
	said := disk.Said()
	done := said[len(said)-1].At // it tells that the test has passed
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a run that can be repeated
	most := orShort(150, 10)            // moments; the longest record has hundreds
	moments := disk.Moments()
	step := len(moments)/most + 1
	for i := r.IntN(step); i < len(moments); i += step {
		for n := range 3 {
			keep := powercuttest.Some(r)
			if n == 0 {
				keep = powercuttest.Nothing()
			}
			check(t, disk.Cut(moments[i], keep).Write(folder))
			look(t, moments[i] >= done)
			if t.Failed() {
				t.Fatalf("seed %d, moment %d of %d", seed, i, len(moments))
			}
		}
	}
}

// memory is a folder in memory, where there is one: it is written many times.
func memory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "deskd-powercut-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// A migration that is cut leaves the old schema or the new one, and a backup
// that has its name is whole.
func TestPowerCutOfMigration(t *testing.T) {
	if path := os.Getenv("DESKD_TEST_CUT"); path != "" {
		s, err := Open(ctx, path, Options{schema: yetToCome(t, 1)})
		check(t, err)
		check(t, s.Close())
		return
	}
	long(t, "every cut of a migration takes a minute; those of a restore stand for it")
	path := begunIn(t, memory(t))
	var before, after int
	afterCuts(t, filepath.Dir(path), path, func(t *testing.T, certain bool) {
		if isThere(path + ".v1.bak") {
			same(t, "schema of the backup", int64(1), must(Examine(ctx, path+".v1.bak"))(t).Schema)
		} else if certain {
			t.Error("no backup")
		}
		switch s, err := Open(ctx, path, Options{}); {
		case errors.Is(err, dialect.ErrNewerSchema):
			after++
		case err != nil || certain:
			t.Errorf("an older deskd: %v", err)
		default:
			before++
			check(t, s.Close())
		}
		s, err := Open(ctx, path, Options{schema: yetToCome(t, 1)})
		check(t, err)
		defer s.Close()
		check(t, s.Check(ctx))
		sound(t, s)
		same(t, "reservations", 2, len(all(t, s)))
		check(t, s.db.Read(ctx).Exec("SELECT x FROM more_2").Error)
	})
	if before == 0 || after == 0 {
		t.Errorf("%d folders were as before, and %d as after", before, after)
	}
}

// A restore over a damaged database that is cut leaves something that is
// refused until it is run again, or the backup, and nothing of the damage in it.
func TestPowerCutOfRestore(t *testing.T) {
	if path := os.Getenv("DESKD_TEST_CUT"); path != "" {
		_, err := Restore(ctx, Copy{From: path + ".saved", To: path}, nil, at(0, 0))
		check(t, err)
		return
	}
	path := begunIn(t, memory(t))
	must(Backup(ctx, Copy{From: path, To: path + ".saved"}, sqlite.BackupOptions{}, at(0, 0)))(t)
	s := openFile(t, path, Options{})
	book(t, s, "5.01", "jane", span(0, 1))
	back := setAside(t, path) // with a WAL, as a killed daemon leaves it
	check(t, s.Close())
	back()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	check(t, err)
	_, err = file.WriteAt(make([]byte, 100), 0) // it is no SQLite file any more
	check(t, errors.Join(err, file.Close()))
	refused, restored := 0, 0
	afterCuts(t, filepath.Dir(path), path, func(t *testing.T, certain bool) {
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			refused++
			if certain || !errors.Is(err, dialect.ErrMarker) && !errors.Is(err, dialect.ErrDamaged) {
				t.Errorf("after the cut: %v", err)
			}
			if refused%8 == 0 {
				_, err = Restore(ctx, Copy{From: path + ".saved", To: path}, nil, at(1, 0))
				check(t, err)
				s = openFile(t, path, Options{})
			}
		}
		if s != nil {
			restored++
			check(t, s.Check(ctx))
			sound(t, s)
			same(t, "reservations", 2, len(all(t, s)))
			check(t, s.Close())
		}
	})
	if refused == 0 || restored == 0 {
		t.Errorf("%d folders were refused, and %d restored", refused, restored)
	}
}
