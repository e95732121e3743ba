package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"deskd/store"
)

// TestAsDeskd is deskd itself when a test starts it as a process of its own.
func TestAsDeskd(*testing.T) {
	args := os.Getenv("DESKD_TEST_ARGS")
	if args == "" {
		return // an ordinary run of the tests
	}
	os.Args = append([]string{"deskd"}, strings.Split(args, "\n")...)
	main()
}

// process is deskd as a process of its own.
type process struct {
	*served
	cmd *exec.Cmd
}

// command prepares deskd as a process; before are the words of a program that
// starts it.
func (w *world) command(before []string, args ...string) *exec.Cmd {
	limit := "2m" // it ends even if nobody ends it
	if os.Getenv("DESKD_RACES")+os.Getenv("DESKD_CROWD")+os.Getenv("DESKD_NODES")+os.Getenv("DESKD_HOUSE") != "" {
		limit = "1h"
	}
	words := append(before, cmp.Or(w.program, os.Args[0]), "-test.run=^TestAsDeskd$", "-test.timeout="+limit)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), "DESKD_TEST_ARGS="+strings.Join(append([]string{"--config", w.path("deskd.yaml")}, args...), "\n"))
	return cmd
}

// start runs the daemon as a process and waits until it serves or ends.
func (w *world) start(before ...string) *process {
	w.t.Helper()
	d := &process{&served{world: w, log: &journal{}, ended: make(chan int, 1)}, w.command(before, "serve")}
	d.cmd.Stderr = d.log
	d.cmd.Stdout = io.Discard
	if err := d.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	d.end = func() { _ = d.cmd.Process.Signal(syscall.SIGTERM) }
	go func() {
		_ = d.cmd.Wait()
		d.ended <- d.cmd.ProcessState.ExitCode()
	}()
	w.t.Cleanup(func() { d.stop() })
	eventually(w.t, 30*time.Second, "the daemon serves, or ends", func() bool {
		if found := pageAddress.FindStringSubmatch(d.log.String()); found != nil {
			d.page = found[1]
		}
		return d.page != "" || len(d.ended) > 0
	})
	return d
}

// limitFiles sets how large files may become that the process writes.
func (d *process) limitFiles(to uint64) {
	d.t.Helper()
	limit := syscall.Rlimit{Cur: to, Max: ^uint64(0)}
	_, _, code := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(d.cmd.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if code != 0 {
		d.t.Fatal(code)
	}
}

// A disk that takes no more: pages go on, no phone is touched without a record
// of it, no booking is acknowledged, and everything recovers without a restart.
func TestNoRoomForChanges(t *testing.T) {
	notShort(t, "fills the disk of running daemons")
	w := newWorld(t).furnish()
	d := w.start()
	d.ready()
	d.limitFiles(1)
	w.reserve("D1", "user0001", -time.Minute, time.Hour) // by a process that may still write
	eventually(t, 15*time.Second, "the daemon says that it cannot write", func() bool {
		return strings.Contains(d.log.String(), `level=ERROR msg="database cannot be read or written`)
	})
	d.has("/", "D1", "the database cannot be read or written")
	d.has("/readyz", `"status":"degraded"`, "the database cannot be read or written")
	d.has("/metrics", `deskd_degraded{kind="database_write",of="main"} 1`)
	if got := w.phones.Stats().Requests; got["login"] != 0 {
		t.Errorf("a login was sent that could not be recorded: %v", got)
	}

	full := w.command([]string{"sh", "-c", `ulimit -f 0; exec "$@"`, "sh"}, "reserve", "--desk", "D2", "--person", "user0002", "--start", far, "--end", "2030-01-02 12:00")
	var out bytes.Buffer
	full.Stdout, full.Stderr = &out, &out
	var failed *exec.ExitError
	if err := full.Run(); !errors.As(err, &failed) || failed.ExitCode() != 1 || strings.Contains(out.String(), "desk D2 for") {
		t.Errorf("booking without room: %v\n%s", err, out.String())
	}
	if n := w.count("SELECT count(*) FROM reservations WHERE desk = 'D2'"); n != 0 {
		t.Error("a booking that was refused is there")
	}

	d.limitFiles(^uint64(0))
	eventually(t, 30*time.Second, "with room again the login is sent", func() bool { return w.session("SEP000000000001") == "user0001" })
	if len(d.ended) > 0 {
		t.Errorf("the daemon ended:\n%s", d.log)
	}
	if got := w.phones.Stats().Requests["login"]; got != 1 {
		t.Errorf("%d logins were sent, want 1", got)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, d.log)
	}
	w.contains(w.run("audit", "verify"), 0, "the audit is whole")
}

// A disk that does not say whether it has a commit ends the daemon, whenever it
// begins; what it had acknowledged is there when it is started again.
func TestCommitOfUnknownOutcome(t *testing.T) {
	notShort(t, "starts daemons under strace")
	strace := usableStrace(t)
	if strace == "" {
		t.Skip("strace injects the fault, and is not installed or not allowed to")
	}
	for _, from := range []int{1, 3, 6} {
		t.Run(strconv.Itoa(from), func(t *testing.T) {
			w := newWorld(t).furnish()
			w.reserve("D1", "user0001", -time.Hour, time.Hour)
			wal, err := os.OpenFile(w.path("deskd.db-wal"), os.O_CREATE, 0o600) // strace wants it to be there
			if err != nil {
				t.Fatal(err)
			}
			wal.Close()
			calls := "fsync,fdatasync"
			d := w.start(strace, "-f", "-qq", "-o", "/dev/null", "-P", w.path("deskd.db-wal"),
				"-e", "trace="+calls, "-e", "inject="+calls+":error=EIO:when="+strconv.Itoa(from)+"+")
			id := w.reserve("D2", "user0002", -time.Hour, time.Hour) // gives it something to write
			eventually(t, 60*time.Second, "the daemon ends", func() bool { return len(d.ended) > 0 })
			if code := d.stop(); code != 1 || !strings.Contains(d.log.String(), store.ErrCommit.Error()) {
				t.Errorf("exit code %d\n%s", code, d.log)
			}
			logins := w.phones.Stats().Requests["login"]
			d = w.start()
			eventually(t, 30*time.Second, "started again it does its work", func() bool {
				return w.session("SEP000000000001") == "user0001" && w.session("SEP000000000002") == "user0002"
			})
			if n := w.count("SELECT count(*) FROM reservations WHERE id = '" + id + "' AND status = 'confirmed'"); n != 1 {
				t.Error("the acknowledged booking is gone")
			}
			if after := w.phones.Stats().Requests["login"]; after > 4 {
				t.Errorf("%d logins were sent for two phones, %d of them before the end", after, logins)
			}
			d.stop()
			w.contains(w.run("doctor"), 0, "is sound")
			w.contains(w.run("audit", "verify"), 0, "the audit is whole")
		})
	}
}

// A caller that does not know whether a desk was booked retries with the key, and
// it is booked once: after an fsync that failed, and after a kill.
func TestReserveOfUnknownOutcome(t *testing.T) {
	notShort(t, "runs verbs under strace")
	strace := usableStrace(t)
	if strace == "" {
		t.Skip("strace injects the fault, and is not installed or not allowed to")
	}
	w := newWorld(t).furnish()
	unknown := regexp.MustCompile(regexp.QuoteMeta(store.ErrCommit.Error()) + `.*; ask again with --key "([^"]+)", and the desk is booked once`)
	const syncs = "fsync,fdatasync"
	for _, tt := range []struct {
		call, path, what string
		key              string // none: deskd makes one
		told             bool
		left             int // bookings
	}{
		{syncs, "deskd.db-wal", "error=EIO:when=1+", "", true, 0},
		{syncs, "deskd.db-wal", "error=EIO:when=1+", "mine", true, 0},
		{syncs, "deskd.db-wal", "signal=SIGKILL:when=1", "killed before its commit", false, 0},
		{"write", "answer", "signal=SIGKILL:when=1", "killed over its answer", false, 1},
	} {
		w.exec("DELETE FROM reservations")
		wish := []string{"reserve", "--desk", "D1", "--person", "user0001", "--start", far, "--end", "2030-01-02 12:00"}
		if tt.key != "" {
			wish = append(wish, "--key", tt.key)
		}
		cmd := w.command([]string{strace, "-D", "-f", "-qq", "-o", "/dev/null", "-P", w.path(tt.path), "-e", "trace=" + tt.call, "-e", "inject=" + tt.call + ":" + tt.what}, wish...)
		answer, err := os.Create(w.path("answer"))
		if err != nil {
			t.Fatal(err)
		}
		var errs strings.Builder
		cmd.Stdout, cmd.Stderr = answer, &errs
		err = errors.Join(cmd.Run(), answer.Close())
		told := unknown.FindStringSubmatch(errs.String())
		if err == nil || (told != nil) != tt.told || tt.told && tt.key != "" && told[1] != tt.key {
			t.Errorf("%v: %v\n%s", tt, err, errs.String())
		}
		if told != nil {
			tt.key = told[1]
		}
		if n := w.count("SELECT count(*) FROM reservations"); n != tt.left {
			t.Errorf("%v: %d bookings", tt, n)
		}
		again := w.must("reserve", "--desk", "D1", "--person", "user0001", "--start", far, "--end", "2030-01-02 12:00", "--key", tt.key)
		if strings.Contains(again, "already booked") != (tt.left == 1) {
			t.Errorf("%v: asked again it says %s", tt, again)
		}
		if n := w.count("SELECT count(*) FROM reservations"); n != 1 {
			t.Errorf("%v: %d bookings", tt, n)
		}
	}
}

// usableStrace is the path of strace, empty where it is not installed, too old,
// or not allowed to trace.
func usableStrace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		return ""
	}
	probe := exec.CommandContext(t.Context(), path, "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync", "true")
	if out, err := probe.CombinedOutput(); err != nil || len(out) > 0 {
		t.Logf("strace is of no use here: %v %s", err, out)
		return ""
	}
	return path
}
