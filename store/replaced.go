package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// files are those that a store for writing has open, as they were when they were
// seen first.
type files struct {
	mu  sync.Mutex // guards was
	was map[string]os.FileInfo
}

// Replaced looks whether the files of the database are those that this Store has
// open. The error is a [ReplacedError] when they are not. Nothing is written
// then: every change looks first. A file that cannot be looked at for another
// reason than that it is gone says nothing.
func (s *DB) Replaced() error {
	if s.write == nil {
		return nil
	}
	if err := s.files.same(s.path, false); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(s.path) // SQLite does so, for what it keeps beside the file
	if err != nil {
		return nil //nolint:nilerr // it was there a moment ago: the next look tells more
	}
	return errors.Join(s.files.same(real+"-wal", true), s.files.same(real+"-shm", true))
}

func (f *files) same(path string, beside bool) error {
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
	f := files{was: map[string]os.FileInfo{l.file.Name(): was}}
	return f.same(l.file.Name(), true)
}
