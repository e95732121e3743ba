package daemon

import (
	"io"
	"strings"
)

// libraryLog takes the lines that the standard library logs by itself, about a
// connection that said more than it was asked for, say: in the daemon's log they
// have its form.
type libraryLog struct{ of *Server }

// Write implements [io.Writer].
func (l libraryLog) Write(line []byte) (int, error) {
	if d := l.of.current.Load(); d != nil && d.Identity.Failed(string(line)) {
		d.Log.Debug("no TLS with who came", "text", strings.TrimSpace(string(line)))
	} else if d != nil {
		d.Log.Warn("network library reports", "text", strings.TrimSpace(string(line)))
	}
	return len(line), nil
}

// LibraryLog takes the lines that the standard library logs by itself.
func (s *Server) LibraryLog() io.Writer { return libraryLog{s} }
