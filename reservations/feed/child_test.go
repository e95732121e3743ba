package feed

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
)

// The peak of memory and the time of the processor belong to a process. So the
// test program runs itself as a child that reads one file in one way.
const (
	childReader = "DESKD_TEST_READER"
	childFile   = "DESKD_TEST_FILE"
)

// childReaders are those ways.
var childReaders = map[string]func(io.Reader) (calendar.Reading, error){
	"nothing": func(io.Reader) (calendar.Reading, error) { return calendar.Reading{}, nil },
	"ours":    func(src io.Reader) (calendar.Reading, error) { return childOccurrences(src, officeWindow()) },
	"spring":  func(src io.Reader) (calendar.Reading, error) { return childOccurrences(src, spring()) },
	"peer":    peerOccurrences,
}

func childOccurrences(src io.Reader, window reservations.Span) (calendar.Reading, error) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return calendar.Reading{}, err
	}
	return occurrencesFrom(context.Background(), src, window, loc)
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childReader); name != "" {
		if err := child(childReaders[name], os.Getenv(childFile)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// cost is what a child read, and what it took.
type cost struct {
	Occurrences int
	Good        int // of events called so
	Took        time.Duration
	Problems    []string // the first three
	Refusal     string
	Peak        int64 // bytes resident
	cpu         time.Duration
}

func child(read func(io.Reader) (calendar.Reading, error), file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	began := time.Now()
	r, err := read(bufio.NewReaderSize(f, 1<<16))
	c := cost{Occurrences: len(r.Occurrences), Took: time.Since(began)}
	if err != nil {
		c.Refusal = err.Error()
	}
	for _, o := range r.Occurrences {
		if o.Event != nil && strings.HasPrefix(o.UID, "good") {
			c.Good++
		}
	}
	for _, p := range r.Problems[:min(3, len(r.Problems))] {
		c.Problems = append(c.Problems, p.What)
	}
	c.Peak, err = peak()
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(c))
}

// peak is the most memory this process has had. Linux counts what the parent
// had, before it became this program, into Rusage, so it is asked elsewhere.
func peak() (int64, error) {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		var kilobytes int64
		_, line, _ := strings.Cut(string(status), "VmHWM:")
		_, err := fmt.Sscan(line, &kilobytes)
		return kilobytes << 10, err
	}
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	if runtime.GOOS != "darwin" {
		usage.Maxrss <<= 10 // kilobytes elsewhere
	}
	return usage.Maxrss, err
}

// run reads file in a child process.
func run(t testing.TB, reader, file string) (c cost) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childReader+"="+reader, childFile+"="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &c)
	}
	if err != nil {
		t.Fatalf("%s of %s: %v", reader, file, err)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return c
}

// feedFile writes a feed to a file that is gone with the test.
func feedFile(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feed.ics")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}
