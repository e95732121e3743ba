package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
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
// place once there is a reader again.
func TestLogPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		p := NewPipe(g, 100)
		p.formed("json")
		line := func(n int) string { return fmt.Sprintf("line %02d of ten letters\n", n) } // 23 bytes
		io.WriteString(p, line(0))
		synctest.Wait() // it hangs in the reader
		for n := 1; n < 10; n++ {
			if _, err := io.WriteString(p, line(n)); err != nil {
				t.Fatal(err)
			}
		}
		if lost := p.Lost(); lost != 5 {
			t.Errorf("%d lines lost, expected 5", lost)
		}
		before := time.Now()
		p.Close(Patience)
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
		p := NewPipe(g, 1000)
		io.WriteString(p, "one\ntwo\n")
		synctest.Wait()
		io.WriteString(p, "three\n")
		synctest.Wait()
		if lost := p.Lost(); lost < 3 { // the line that says so may be lost, too
			t.Errorf("%d lines lost, expected 3", lost)
		}
		g.gone = false
		io.WriteString(p, "four\n")
		p.Close(time.Minute)
		if got := g.text.String(); !strings.Contains(got, "count=") || !strings.HasSuffix(got, "\nfour\n") {
			t.Errorf("the reader got\n%s", got)
		}
	})
}
