package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

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
	notShort(t, "starts a process and ends its reader")
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"log: {level: debug}\n")
	d, reader := w.startPiped()
	reader.Close()
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(t, 15*time.Second, "a person is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
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
	notShort(t, "starts a process and fills its pipe")
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
	eventually(t, 15*time.Second, "a person is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
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
	notShort(t, "starts daemons")
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
