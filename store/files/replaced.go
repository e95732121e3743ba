package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"deskd/store/dialect"
)

// ReplacedError says that a file of the database is not the one that this
// process has open: it was removed, renamed or moved away, or another one was put
// in its place. What is written goes into a file that nobody finds again. It is
// an [dialect.ErrReplaced].
type ReplacedError struct {
	File string
	Gone bool // nothing is in its place
	// Beside says that it is not the database itself but what SQLite keeps beside
	// it. Putting that back does not help: other programs may have begun another.
	Beside bool
}

// Error implements error.
func (e *ReplacedError) Error() string {
	what := "another file has taken its place"
	if e.Gone {
		what = "it was removed or moved away"
	}
	return fmt.Sprintf("%v: %s: %s", dialect.ErrReplaced, e.File, what)
}

// Unwrap makes the error an [dialect.ErrReplaced].
func (e *ReplacedError) Unwrap() error { return dialect.ErrReplaced }

// Opened are the files that a store for writing has open, as they were when they were
// seen first.
type Opened struct {
	mu  sync.Mutex // guards was
	was map[string]os.FileInfo
}

// Same is a [ReplacedError] when the file at path is not the one that was there when f
// first looked. Beside says that it is not the database itself.
func (f *Opened) Same(path string, beside bool) error {
	is, err := os.Stat(path)
	gone := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
	if err != nil && !gone {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	was, seen := f.was[path]
	switch {
	case !seen && gone: // SQLite has not needed it yet
		return nil
	case !seen:
		if f.was == nil {
			f.was = make(map[string]os.FileInfo)
		}
		f.was[path] = is
		return nil
	case gone || !os.SameFile(was, is):
		return &ReplacedError{File: path, Gone: gone, Beside: beside}
	}
	return nil
}

// Held reports whether the lock is still the one that another process would
// meet: the error is a [ReplacedError] when its file was removed or replaced.
func (l *Lock) Held() error {
	was, err := l.file.Stat()
	if err != nil {
		return nil //nolint:nilerr // that says nothing about the file's place
	}
	f := Opened{was: map[string]os.FileInfo{l.file.Name(): was}}
	return f.Same(l.file.Name(), true)
}
