package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// The files beside the database are written at paths that others can
// guess. Where others may write the folder, they could put a link there, and have
// deskd write, or truncate, another of its user's files.

// ErrLink says that a file beside the database is a link to another one.
var ErrLink = errors.New("is no file of deskd's own, but a link or device: remove it, and find out who put it there")

// OpenOwn opens a file that deskd has made, and nothing else that has its name. One
// that is to be written has no second name.
func OpenOwn(name string, flags int) (*os.File, error) {
	file, err := os.OpenFile(name, flags|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) { // a link, a pipe
		return nil, fmt.Errorf("%s %w", name, ErrLink)
	}
	if err != nil {
		return nil, err
	}
	is, err := file.Stat()
	if err == nil && (!is.Mode().IsRegular() || flags&os.O_RDWR != 0 && linksOf(is) > 1) {
		err = fmt.Errorf("%s %w", name, ErrLink)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func linksOf(is fs.FileInfo) uint64 {
	stat, ok := is.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(stat.Nlink) //nolint:unconvert // it is smaller on other machines
}

// SameFile reports whether both names are of one file that is there.
func SameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// Exists reports whether there is anything at path.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// ReadOwn is os.ReadFile for a file that deskd has made.
func ReadOwn(name string) (text []byte, err error) {
	file, err := OpenOwn(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, 1<<20))
}

// WriteSynced writes a new file. One that a process before has left is removed.
func WriteSynced(path string, text []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, HandOver(f), f.Sync(), f.Close())
}

// SyncFolder brings the names in a folder to disk.
func SyncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
