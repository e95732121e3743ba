package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user without rights, as whom a test that root runs can start deskd.
const nobody = 65534

// asNobody runs a verb as a user without rights.
func (w *world) asNobody(args ...string) result {
	w.t.Helper()
	program := w.path("deskd.test") // the one of go test is root's alone, and so is the folder of a test
	if err := os.Chmod(filepath.Dir(w.folder), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		text, err := os.ReadFile(os.Args[0])
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(program, text, 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	cmd := w.command([]string{}, args...)
	cmd = &exec.Cmd{Path: program, Args: append([]string{program}, cmd.Args[1:]...), Env: cmd.Env, Dir: "/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		w.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), w.stable(out.String()), w.stable(errs.String())}
}

// A database that belongs to root is not a lost one: every verb says whose it is
// and what to run.
func TestDatabaseOfRoot(t *testing.T) {
	notShort(t, "runs processes of another user")
	if os.Geteuid() != 0 {
		t.Skip("only root can be in the way of another user")
	}
	t.Parallel()
	w := newWorld(t).furnish()
	for _, path := range []string{w.path("deskd.yaml"), w.path("em-password"), w.path("hall.ics")} {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for verb, file := range map[string]string{
		"list desks": "DIR/deskd.db", "reconcile": "DIR/deskd.db", "plan --seen": "DIR/deskd.db", "doctor": "DIR/deskd.db",
		"serve": w.folder, "migrate": w.folder, // which make a lock first
	} {
		got := w.asNobody(strings.Fields(verb)...)
		w.contains(got, 78, "permission denied: "+file+" belongs to root, and this is nobody", "as root: chown nobody: ", "DIR/deskd.db*")
		if strings.Contains(got.out+got.errs, "not the database that was here") {
			t.Errorf("%s takes it for a lost one: %s", verb, got.errs)
		}
	}
}

// What root does to the database of a daemon's user stays that user's.
func TestRootHandsOver(t *testing.T) {
	notShort(t, "runs processes of another user")
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for others")
	}
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{w.path("deskd.yaml"), w.path("em-password")} {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(w.folder, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	w.writeLists()
	w.importLists() // as root
	w.contains(w.asNobody("list", "desks"), 0, "D1 ")
	w.contains(w.asNobody("reserve", "--desk", "D1", "--person", "user0001", "--from", "2030-01-02", "--to", "2030-01-02"), 0, "desk D1 for user0001")
	w.must("pause") // as root again
	w.contains(w.asNobody("resume"), 0, "is resumed")
}
