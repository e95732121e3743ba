package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/sqlite"
)

// A disk that is really full: the test runs again in a mount namespace of its
// own, with a file system of three megabytes.
func TestFileSystemFull(t *testing.T) {
	if dir := os.Getenv("DESKD_TEST_FULL"); dir != "" {
		fillUp(t, dir)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestFileSystemFull$", "-test.timeout=1m")
	child.Env = append(os.Environ(), "DESKD_TEST_FULL="+t.TempDir())
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := child.CombinedOutput()
	switch {
	case strings.Contains(string(out), "cannot mount"), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSPC):
		t.Skipf("no namespace with a file system of its own on this machine: %v %s", err, out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	}
}

func fillUp(t *testing.T, dir string) {
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Fatal("cannot mount:", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	s := openFile(t, filepath.Join(dir, "desk.db"), Options{})
	furnish(t, s)
	good := filepath.Join(dir, "good")
	must(Backup(ctx, Copy{From: lite(s).Path(), To: good}, sqlite.BackupOptions{}, at(0, 0)))(t)
	kept := must(os.ReadFile(good))(t)
	filler := filepath.Join(dir, "filler")
	for round := range 3 {
		other, err := os.Create(filler)
		check(t, err)
		for err == nil {
			_, err = other.Write(make([]byte, 4096))
		}
		other.Close()
		before := all(t, s)
		acknowledged := 0
		for i := 0; ; i++ {
			r := reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(100*round+i, 100*round+i+1), Note: strings.Repeat("x", 3000)}
			if _, err = s.Reserve(ctx, r, at(0, 0)); err != nil {
				break
			}
			acknowledged++
		}
		if !strings.Contains(err.Error(), "the disk is full; free some space") || errors.Is(err, dialect.ErrCommit) {
			t.Fatalf("booking on a full disk: %v", err)
		}
		same(t, "what was acknowledged is read", len(before)+acknowledged, len(all(t, s)))
		if _, err := Backup(ctx, Copy{From: lite(s).Path(), To: filepath.Join(dir, "backup")}, sqlite.BackupOptions{}, at(0, 0)); err == nil || isThere(filepath.Join(dir, "backup")) {
			t.Errorf("backup on a full disk: %v", err)
		}
		if _, err := Backup(ctx, Copy{From: lite(s).Path(), To: good}, sqlite.BackupOptions{Force: true}, at(0, 0)); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("backup over the last one on a full disk: %v", err)
		}
		if !bytes.Equal(kept, must(os.ReadFile(good))(t)) {
			t.Error("the last good backup is not what it was")
		}
		check(t, os.Remove(filler))
		book(t, s, "4.11", "jane", span(round, round+1)) // without opening anything again
		sound(t, s)
		check(t, s.Check(ctx))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// killedWithin runs a test in a process of its own, with a variable set in its
// environment, and kills it at a moment of what it does once it has said that it
// begins.
func killedWithin(t *testing.T, took time.Duration, test, variable string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.timeout=1m")
	child.Env = append(os.Environ(), variable)
	out, err := child.StdoutPipe()
	check(t, err)
	check(t, child.Start())
	if said := bufio.NewScanner(out); !said.Scan() || said.Text() != "begins" {
		t.Errorf("the child did not begin: %q", said.Text())
	}
	<-time.After(time.Duration(rand.Int64N(int64(took))))
	check(t, child.Process.Kill())
	child.Wait()
}

// A restore that is killed leaves the database that was there, or the restored
// one, or one that is refused until the restore is run again.
func TestRestoreKilled(t *testing.T) {
	if path := os.Getenv("DESKD_TEST_RESTORE"); path != "" {
		fmt.Println("begins")
		_, err := Restore(ctx, Copy{From: path + ".saved", To: path}, nil, at(0, 0))
		check(t, err)
		return
	}
	noRaces(t)
	rounds := orShort(8, 1)
	took := 200 * time.Millisecond
	for round := range rounds {
		path := begun(t)
		s := openFile(t, path, Options{})
		note := strings.Repeat("x", 500)
		for i := range 200 {
			_, err := s.Reserve(ctx, reservations.Reservation{Desk: "5.01", Person: "jane", Span: span(i, i+1), Note: note}, at(0, 0))
			check(t, err)
		}
		must(Backup(ctx, Copy{From: path, To: path + ".saved"}, sqlite.BackupOptions{}, at(0, 0)))(t)
		late := book(t, s, "5.01", "max", span(1000, 1001))
		check(t, s.Close())

		killedWithin(t, took, "TestRestoreKilled", "DESKD_TEST_RESTORE="+path)

		s, err := Open(ctx, path, Options{})
		if err != nil && !errors.Is(err, dialect.ErrMarker) {
			t.Fatalf("round %d: %v", round, err)
		}
		if err == nil {
			check(t, s.Check(ctx))
			sound(t, s)
			_, err := s.Reservation(ctx, late.ID)
			restored := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0].Verb == "restore"
			if (err == nil) == restored {
				t.Errorf("round %d: restored %v, the late booking: %v", round, restored, err)
			}
			check(t, s.Close())
		}
		_, err = Restore(ctx, Copy{From: path + ".saved", To: path}, nil, at(1, 0))
		check(t, err)
		same(t, "reservations", 202, len(all(t, openFile(t, path, Options{}))))
	}
}

// An erasure that is killed has removed everything or nothing, and can be run
// again until nothing is left.
func TestEraseKilled(t *testing.T) {
	noRaces(t)
	if path := os.Getenv("DESKD_TEST_ERASE"); path != "" {
		s := openFile(t, path, Options{})
		fmt.Println("begins")
		must(s.Erase(ctx, "canary", time.Hour, at(200, 0)))(t)
		fmt.Println("done")
		return
	}
	nested := func() (*Store, string) {
		path := filepath.Join(t.TempDir(), "desk.db")
		s := openFile(t, path, Options{})
		furnish(t, s)
		nest(t, s)
		return s, path
	}
	s, _ := nested()
	start := time.Now()
	must(s.Erase(ctx, "canary", time.Hour, at(200, 0)))(t)
	took := time.Since(start) // a kill after that long comes to the end of it, on any machine
	gone := 0
	rounds := orShort(8, 1)
	for round := range rounds {
		s, path := nested()
		before := held(t, s, "canary")
		killedWithin(t, took, "TestEraseKilled", "DESKD_TEST_ERASE="+path)

		sound(t, s)
		if _, err := s.Personal(ctx, "canary"); errors.Is(err, reservations.ErrUnknownPerson) {
			gone++
		} else {
			same(t, fmt.Sprint("all that was held, round ", round), before, held(t, s, "canary"))
		}
		if _, err := s.Erase(ctx, "canary", time.Hour, at(200, 0)); err != nil && !errors.Is(err, reservations.ErrUnknownPerson) {
			t.Errorf("round %d: %v", round, err)
		}
		same(t, "leaks", "", leaks(t, s))
		sound(t, s)
	}
	t.Logf("%d of %d had come to the commit", gone, rounds)
}

func BenchmarkReserve(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	furnish(b, s)
	for i := 0; b.Loop(); i++ {
		book(b, s, "4.12", "jane", span(i, i+1))
	}
}
