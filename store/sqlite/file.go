package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"deskd/store/dialect"
	"deskd/store/files"
)

// absolute makes a file's path absolute.
func absolute(path string) (string, error) {
	if path == "" || strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") {
		return "", fmt.Errorf("%q is not a file's path: bookings must survive a restart, name a file", path)
	}
	return filepath.Abs(path)
}

// place sees to it that a file is there, unless one should be and is not.
func (s *DB) place(known *marker, o Options) error {
	there, err := os.Stat(s.path)
	switch {
	case err == nil && there.IsDir():
		return fmt.Errorf("%s is a folder: name a file in it", s.path)
	case err == nil && o.ReadOnly:
		return nil
	case err == nil:
		return writable(s.path)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: check who may read the folder", err)
	case known != nil && !o.Accept:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, known.refusal("the file is missing"))
	case o.ReadOnly:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, dialect.ErrNoDatabase)
	}
	return create(s.path)
}

// writable asks the kernel rather than SQLite, which opens a file it may not
// write and only says so at the first booking. The folder counts too: the WAL
// stands beside the file.
func writable(path string) error {
	for _, name := range []string{path, filepath.Dir(path)} {
		const write = 2 // W_OK of access(2)
		if err := syscall.Access(name, write); err != nil {
			return fmt.Errorf("write %s: %w: check who may write it", name, err)
		}
	}
	return nil
}

// create makes an empty file for SQLite to fill: bookings say who is where, so
// that only the owner may read them. Only a file that did not exist is opened
// here, because closing one would drop the locks SQLite holds on it.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return errors.Join(files.HandOver(f), f.Close())
	case errors.Is(err, fs.ErrExist): // another program was faster
		return nil
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("%w: create the folder %s first", err, filepath.Dir(path))
	}
	return fmt.Errorf("%w: check who may write to the folder %s", err, filepath.Dir(path))
}
