package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// gate is a reader that hangs until it is opened, and fails if it has gone.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
	gone bool
	text bytes.Buffer
}

func (g *gate) Write(lines []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone {
		return 0, errors.New("broken pipe")
	}
	return g.text.Write(lines)
}

// Lines for which there is no room are dropped and counted, and said in their
// place once somebody reads again.
func TestLogPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		p := newLogPipe(g, 100)
		formed(p, "json")
		line := func(n int) string { return fmt.Sprintf("line %02d of ten letters\n", n) } // 23 bytes
		io.WriteString(p, line(0))
		synctest.Wait() // it hangs in the reader
		for n := 1; n < 10; n++ {
			if _, err := io.WriteString(p, line(n)); err != nil {
				t.Fatal(err)
			}
		}
		if lost := p.lost(); lost != 5 {
			t.Errorf("%d lines lost, expected 5", lost)
		}
		before := time.Now()
		p.close(logPatience)
		if waited := time.Since(before); waited != 2*time.Second {
			t.Errorf("waited %v for a reader that hangs", waited)
		}
		close(g.open)
		synctest.Wait()
		want := line(0) + line(1) + line(2) + line(3) + line(4)
		rest, found := strings.CutPrefix(g.text.String(), want)
		if !found || !strings.Contains(rest, `"msg":"log lines dropped: nobody has read them in time","count":5}`) || strings.Count(rest, "\n") != 1 {
			t.Errorf("the reader got\n%s", g.text.String())
		}
	})
}

// A reader that has gone costs the lines, and no more; what comes after it says so.
func TestLogPipeReaderGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{}), gone: true}
		close(g.open)
		p := newLogPipe(g, 1000)
		io.WriteString(p, "one\ntwo\n")
		synctest.Wait()
		io.WriteString(p, "three\n")
		synctest.Wait()
		if lost := p.lost(); lost < 3 { // the line that says so may be lost, too
			t.Errorf("%d lines lost, expected 3", lost)
		}
		g.gone = false
		io.WriteString(p, "four\n")
		p.close(time.Minute)
		if got := g.text.String(); !strings.Contains(got, "count=") || !strings.HasSuffix(got, "\nfour\n") {
			t.Errorf("the reader got\n%s", got)
		}
	})
}

// startPiped runs the daemon as a process whose log nobody reads beyond the line
// that says where it serves. The test owns the end of the pipe.
func (w *world) startPiped() (*process, *os.File) {
	w.t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { reader.Close() })
	d := &process{&served{world: w, log: &journal{}, ended: make(chan int, 1)}, w.command(nil, "serve")}
	d.cmd.Stderr = writer
	if err := d.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	writer.Close()
	d.end = func() { _ = d.cmd.Process.Signal(os.Interrupt) }
	go func() {
		_ = d.cmd.Wait()
		d.ended <- d.cmd.ProcessState.ExitCode()
	}()
	w.t.Cleanup(func() { d.stop() })
	some := make([]byte, 4096)
	for d.page == "" {
		n, err := reader.Read(some)
		if err != nil {
			w.t.Fatalf("the daemon ended: %s", d.log)
		}
		d.log.Write(some[:n])
		if found := pageAddress.FindStringSubmatch(d.log.String()); found != nil {
			d.page = found[1]
		}
	}
	return d, reader
}

// A reader of the log that goes away ends nothing.
func TestLogReaderGoesAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"log: {level: debug}\n")
	d, reader := w.startPiped()
	reader.Close()
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(t, 15*time.Second, "somebody is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	d.has("/metrics", "deskd_log_lines_dropped_total ")
	if status, _ := d.get("/healthz"); status != http.StatusOK || len(d.ended) > 0 {
		t.Error("the daemon has ended with its log's reader")
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d, expected 0", code)
	}
}

// One that hangs holds no round, and not the end of the process either.
func TestLogReaderHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"log: {level: debug}\n")
	d, _ := w.startPiped()
	// Far more than a pipe and the room before it hold, as errors of a reload:
	// each mistake of a wrong configuration is a line.
	w.write("deskd.yaml", w.config()+strings.Repeat("x: "+strings.Repeat("y", 200)+"\n", 2000))
	lost := func() bool {
		_, page := d.get("/metrics")
		return !strings.Contains(page, "deskd_log_lines_dropped_total 0\n")
	}
	eventually(t, 30*time.Second, "lines are dropped", func() bool {
		return d.cmd.Process.Signal(syscall.SIGHUP) == nil && lost()
	})
	w.write("deskd.yaml", w.config())
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(t, 15*time.Second, "somebody is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	began := time.Now()
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d, expected 0", code)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// A line about a login names the row of the journal that deskd list attempts
// shows, and how long it took with its unit, in JSON as in text.
func TestLogNamesAttempt(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"text", "json"} {
		t.Run(form, func(t *testing.T) {
			w := newWorld(t).furnish()
			w.write("deskd.yaml", w.config()+"log: {format: "+form+"}\n")
			d := w.serve()
			w.reserve("D1", "user0001", -time.Minute, time.Hour)
			line := regexp.MustCompile(`(?m)^.*msg"?[=:]"?login"?.*$`)
			eventually(t, 15*time.Second, "the login is logged", func() bool { return line.MatchString(d.log.String()) })
			row := strings.Split(strings.Split(w.must("list", "attempts", "-o", "csv"), "\n")[1], ",")
			said := line.FindString(d.log.String())
			for _, want := range []string{`attempt"?[=:]` + row[0] + `\b`, `took"?[=:]"?[0-9.]+(ms|s|µs)\b`} {
				if !regexp.MustCompile(want).MatchString(said) {
					t.Errorf("%s is missing in %s", want, said)
				}
			}
		})
	}
}
