package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"deskd/store/dialect"
)

// Lock says that this process alone acts on a database. The kernel releases it
// when the process ends, however it ends.
type Lock struct{ file *os.File }

// Acquire takes the lock of the database at path, which is a lock (flock) on
// the file path.lock beside it, and writes this process's id and now into that
// file. It does not wait: the error is [dialect.ErrLocked] and names the holder. The
// file stays when the lock is released; only the lock counts.
func Acquire(path string, now time.Time) (*Lock, error) {
	file, err := openLock(path + ".lock")
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("lock database: %w", Denied(path+".lock", path))
	}
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	err = take(file, now)
	for range 5 { // a look of Held takes a moment
		if !errors.Is(err, dialect.ErrLocked) {
			break
		}
		time.Sleep(10 * time.Millisecond)
		err = take(file, now)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock database %s: %w", path, err), file.Close())
	}
	return &Lock{file}, nil
}

// Held reports whether a process holds the lock of the database at path.
func Held(path string) (bool, error) {
	file, err := OpenOwn(path+".lock", os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the lock of the database: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	held := errors.Is(err, syscall.EWOULDBLOCK)
	if held {
		err = nil
	}
	return held, errors.Join(err, file.Close())
}

// openLock opens the file of a lock, and makes it where it is missing.
func openLock(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return OpenOwn(name, os.O_RDWR)
	}
	if err != nil {
		return nil, err
	}
	return file, HandOver(file)
}

func take(file *os.File, now time.Time) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<10))
		return errors.Join(fmt.Errorf("%w: %s", dialect.ErrLocked, cmp.Or(strings.TrimSpace(string(holder)), "it has just started")), err)
	}
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "process %d since %s\n", os.Getpid(), now.UTC().Format(time.RFC3339)), 0)
	return err
}

// Alone runs do while no other process runs one for a file in that folder: two
// that turn an empty file into a database at once would wait for each other in
// vain. The lock is on the folder itself, so that no file is left behind.
func Alone(folder string, do func() error) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written; the kernel lets go of the lock in any case
	err = syscall.EINTR
	for errors.Is(err, syscall.EINTR) { // a signal of the Go runtime ends the wait
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return fmt.Errorf("lock folder: %w", err)
	}
	return do()
}

// Close releases the lock.
func (l *Lock) Close() error { return l.file.Close() }
