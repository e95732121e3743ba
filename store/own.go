package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The files beside the database are written at paths that others can
// guess. Where others may write the folder, they could put a link there, and have
// deskd write, or truncate, another of its user's files.

// ErrLink says that a file beside the database is a link to another one.
var ErrLink = errors.New("is no file of deskd's own, but a link or device: remove it, and find out who put it there")

// openOwn opens a file that deskd has made, and nothing else that has its name. One
// that is to be written has no second name.
func openOwn(name string, flags int) (*os.File, error) {
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

// Exposure is what others may do to the database by the modes of its files.
type Exposure struct {
	What string // "everybody on this machine may write /var/lib/deskd (drwxrwxrwx)"
	Mend string // what to run
}

// Exposed lists what others than the database's owner and group may do to it: who
// writes the database, or its folder, says who is logged in where.
func Exposed(path string) []Exposure {
	const write, read = 0o002, 0o004
	var all []Exposure
	look := func(name string, bits fs.FileMode, may, mend string) {
		if is, err := os.Stat(name); err == nil && is.Mode().Perm()&bits != 0 {
			all = append(all, Exposure{fmt.Sprintf("everybody on this machine may %s %s (%s)", may, name, is.Mode()), mend + " " + name})
		}
	}
	look(filepath.Dir(path), write, "write the folder", "chmod o-w")
	for _, name := range []string{path, path + "-wal", markerPath(path)} {
		look(name, write, "write", "chmod o-w")
		look(name, read, "read", "chmod o-r")
	}
	return all
}
