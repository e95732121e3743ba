package main

import "strings"

// libraryLog takes the lines that the standard library logs by itself, about a
// connection that said more than it was asked for, say: in the daemon's log they
// have its form.
type libraryLog struct{ *server }

func (l libraryLog) Write(line []byte) (int, error) {
	if d := l.current.Load(); d != nil {
		d.log.Warn("network library reports", "text", strings.TrimSpace(string(line)))
	}
	return len(line), nil
}
