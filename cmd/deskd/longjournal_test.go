package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/web/view"
)

// manyAttempts puts so many refused logins of one desk into the journal, all a
// minute ago.
func (w *world) manyAttempts(n int) {
	w.t.Helper()
	w.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?2)
		INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, known_at, cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		SELECT 'main', 'login', 'D1', 'SEP000000000001', 'user0001', '', 'r', ?1, ?1, ?1, ?1, ?1, 'start', 'why', ?1, ?1, 'refused', 6, '', ?1, ?1, ?1 FROM n`,
		time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05.000Z"), n)
}

// What the verbs that look into the journal remember follows desks, people and what
// is shown, and not the attempts: over fifty thousand of them each needs as much
// memory as over twenty, give or take what a garbage collector leaves lying about.
// Each is a process of its own, whose largest size the kernel keeps.
func TestExplainOfLongJournal(t *testing.T) {
	notShort(t, "writes a journal of 50,000 attempts")
	if line := os.Getenv("DESKD_PEAK_OF"); line != "" {
		tellPeak(t, strings.Split(line, "\n"))
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil || raceDetector {
		t.Skip("the size of a process is not told, or that of the race detector: ", err)
	}
	short, long := newWorld(t).furnish(), newWorld(t).furnish()
	short.manyAttempts(20)
	long.manyAttempts(50_000)
	const most = 24 << 10 // KiB
	for _, args := range [][]string{{"explain", "--desk", "D1"}, {"plan", "--seen"}, {"list", "attempts"}, {"list", "drift"}} {
		few, many := short.peak(args...), long.peak(args...)
		t.Logf("%v: %d KiB over 20 attempts, %d KiB over 50,000", args, few, many)
		if many > few+most {
			t.Errorf("%v needs %d KiB over 20 attempts and %d KiB over 50,000", args, few, many)
		}
	}
}

// peak is the size in KiB that a process which runs a verb has at most.
func (w *world) peak(args ...string) (kib int) {
	w.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestExplainOfLongJournal$", "-test.v", "-test.timeout=1m")
	line := append([]string{"--config", w.path("deskd.yaml")}, args...)
	cmd.Env = append(os.Environ(), "DESKD_PEAK_OF="+strings.Join(line, "\n"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	_, text, _ := strings.Cut(string(out), "VmHWM:")
	if _, err := fmt.Sscan(text, &kib); err != nil {
		w.t.Fatalf("%v: its size is not told: %v\n%s", args, err, out)
	}
	return kib
}

// tellPeak runs a verb, and prints the line in which the kernel says how large this
// process was at most.
func tellPeak(t *testing.T, args []string) {
	if code := run(t.Context(), args, io.Discard, os.Stderr); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	status, err := os.ReadFile(filepath.Join("/proc/self", "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM:") {
			fmt.Print(line)
		}
	}
}

// A list of attempts that was cut off says so, and where the rest is.
func TestExplainSaysWhatItLeavesOut(t *testing.T) {
	w := newWorld(t).furnish()
	w.manyAttempts(view.MostAttempts)
	if r := w.run("explain", "--desk", "D1"); strings.Contains(r.out, "earlier ones") {
		t.Errorf("nothing was left out\n%s", r.out)
	}
	w.manyAttempts(1)
	w.contains(w.run("explain", "--desk", "D1"), 0, "and earlier ones: deskd list attempts --desk D1 --from ")
	w.contains(w.run("explain", "--desk", "D1", "-o", "json"), 0, `"earlier": true`)
	then := time.Now().Add(-2 * time.Minute).Format(time.RFC3339)
	w.contains(w.run("explain", "--desk", "D1", "--at", then), 0, "and later ones: deskd list attempts --desk D1 --from ")
	w.contains(w.run("list", "attempts", "--limit", "20"), 0, "only the newest 20 are listed")
	if r := w.run("list", "attempts", "--limit", "21"); strings.Contains(r.errs, "only the newest") {
		t.Errorf("nothing was left out\n%s", r.errs)
	}
}
