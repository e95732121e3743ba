package files

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deskd/store/dialect"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	first, err := Acquire(path, at(0, 0))
	check(t, err)
	_, err = Acquire(path, at(1, 0))
	if holder := fmt.Sprintf("process %d since 2026-03-02T08:00:00Z", os.Getpid()); !errors.Is(err, dialect.ErrLocked) || !strings.Contains(err.Error(), holder) {
		t.Errorf("second holder: %v", err)
	}
	if held, err := Held(path); err != nil || !held {
		t.Errorf("while it is held: %v, %v", held, err)
	}
	check(t, first.Close())
	if held, err := Held(path); err != nil || held {
		t.Errorf("when it is free: %v, %v", held, err)
	}
	if held, err := Held(path + "x"); err != nil || held {
		t.Errorf("where there was never one: %v, %v", held, err)
	}
	second, err := Acquire(path, at(1, 0))
	check(t, err)
	check(t, second.Close())
	if _, err := Acquire(filepath.Join(path, "x"), at(0, 0)); err == nil || errors.Is(err, dialect.ErrLocked) {
		t.Errorf("lock in no folder: %v", err)
	}
}

// The kernel releases the lock of a process that is killed.
func TestLockOfDeadProcess(t *testing.T) {
	if path := os.Getenv("DESKD_TEST_LOCK"); path != "" {
		_, err := Acquire(path, at(0, 0))
		fmt.Println("locked", err)
		select {}
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	holder := exec.Command(os.Args[0], "-test.run=^TestLockOfDeadProcess$", "-test.timeout=1m")
	holder.Env = append(os.Environ(), "DESKD_TEST_LOCK="+path)
	out, err := holder.StdoutPipe()
	check(t, err)
	check(t, holder.Start())
	defer holder.Wait()
	line, err := bufio.NewReader(out).ReadString('\n')
	check(t, errors.Join(err, func() error {
		if line != "locked <nil>\n" {
			return fmt.Errorf("the holder says %q", line)
		}
		return nil
	}()))
	if _, err := Acquire(path, at(0, 0)); !errors.Is(err, dialect.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", holder.Process.Pid)) {
		t.Errorf("while the holder lives: %v", err)
	}
	check(t, holder.Process.Kill())
	holder.Wait()
	lock, err := Acquire(path, at(0, 0))
	check(t, err)
	check(t, lock.Close())
}

// A lock whose file is gone holds nobody off any more.
func TestLockReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deskd.db")
	lock := must(Acquire(path, at(0, 0)))(t)
	defer lock.Close()
	check(t, lock.Held())
	check(t, os.Remove(path+".lock"))
	if err := lock.Held(); !errors.Is(err, dialect.ErrReplaced) {
		t.Errorf("removed: %v", err)
	}
	other := must(Acquire(path, at(0, 0)))(t)
	defer other.Close()
	if err := lock.Held(); !errors.Is(err, dialect.ErrReplaced) {
		t.Errorf("taken by another: %v", err)
	}
	check(t, other.Held())
}
