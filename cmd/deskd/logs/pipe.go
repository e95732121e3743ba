package logs

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
	"time"

	"deskd/configs"
)

// Room is how much of the log waits for a reader that is slow or hangs.
const Room = 1 << 20

// Pipe stands between the log and its reader: a pipe without a reader
// must not hold a round. Lines wait in it, up to its room; those for which there
// is none, and those that could not be written, are dropped and counted, and a
// line in their place says how many they were. Write never blocks and never fails.
type Pipe struct {
	out  io.Writer
	room int

	mu      sync.Mutex
	idle    *sync.Cond // signalled when there is something to write, and when all is written
	format  string     // of the line that says what was dropped
	waiting []byte     // whole lines
	writing bool
	unsaid  int   // lines dropped since the last line that said so
	dropped int64 // in all
	losing  bool  // a line was dropped, and the reader has not caught up since
	closed  bool
}

// NewPipe returns a pipe before out in which so many bytes may wait. It runs for as
// long as the process, or until it is closed.
func NewPipe(out io.Writer, room int) *Pipe {
	p := &Pipe{out: out, room: room}
	p.idle = sync.NewCond(&p.mu)
	go p.run()
	return p
}

// Write takes one or more whole lines.
func (p *Pipe) Write(lines []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := p.lossLine()
	if len(p.waiting)+len(said)+len(lines) > p.room {
		p.lose(lines)
		return len(lines), nil
	}
	p.waiting = append(append(p.waiting, said...), lines...)
	p.unsaid = 0
	p.idle.Broadcast()
	return len(lines), nil
}

func (p *Pipe) lose(lines []byte) {
	n := bytes.Count(lines, []byte{'\n'})
	p.losing = true
	p.unsaid += n
	p.dropped += int64(n)
}

// lossLine says how many lines are missing here, empty when none is.
func (p *Pipe) lossLine() []byte {
	if p.unsaid == 0 {
		return nil
	}
	var line bytes.Buffer
	New(&line, configs.Log{Level: "warn", Format: p.format}).Warn("log lines dropped: nobody has read them in time", "count", p.unsaid)
	return line.Bytes()
}

// run hands on what waits, for as long as the process lives: a write that hangs
// cannot be called back.
func (p *Pipe) run() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.waiting) == 0 {
			if p.closed {
				return
			}
			p.idle.Wait()
		}
		lines := p.waiting
		p.waiting, p.writing = nil, true
		p.mu.Unlock()
		_, err := p.out.Write(lines)
		p.mu.Lock()
		p.writing = false
		if err != nil {
			p.lose(lines)
		} else if len(p.waiting) == 0 {
			p.losing = false
			p.waiting = append(p.waiting, p.lossLine()...)
			p.unsaid = 0
		}
		p.idle.Broadcast()
	}
}

// Close waits until everything is written, at most for patience.
func (p *Pipe) Close(patience time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	late := false
	time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.idle.Broadcast()
	})
	for !late && (len(p.waiting) > 0 || p.writing) {
		p.idle.Wait()
	}
	p.idle.Broadcast()
}

// Lost is how many lines were dropped; of no pipe, none.
func (p *Pipe) Lost() int64 {
	lost, _ := p.Behind()
	return lost
}

// Behind is how many lines are missing, and whether the reader has not caught up
// since the last of them.
func (p *Pipe) Behind() (lost int64, losing bool) {
	if p == nil {
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped, p.losing
}

// Patience is how long the end of the process waits for a log that hangs.
const Patience = 2 * time.Second

// formed sets the form of the line that says what was dropped.
func (p *Pipe) formed(format string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.format = format
}

// New is a log as the configuration asks for it. A pipe says what it dropped in the
// same form.
func New(w io.Writer, c configs.Log) *slog.Logger {
	if p, ok := w.(*Pipe); ok {
		p.formed(c.Format)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration has checked it
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: durations}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// durations shows durations as text in JSON, too: a bare number says no unit.
func durations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}
