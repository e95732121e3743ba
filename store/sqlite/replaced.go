package sqlite

import (
	"errors"
	"path/filepath"
)

// Replaced looks whether the files of the database are those that this Store has
// open. The error is a [files.ReplacedError] when they are not. Nothing is written
// then: every change looks first. A file that cannot be looked at for another
// reason than that it is gone says nothing.
func (s *DB) Replaced() error {
	if s.write == nil {
		return nil
	}
	if err := s.files.Same(s.path, false); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(s.path) // SQLite does so, for what it keeps beside the file
	if err != nil {
		return nil //nolint:nilerr // it was there a moment ago: the next look tells more
	}
	return errors.Join(s.files.Same(real+"-wal", true), s.files.Same(real+"-shm", true))
}
