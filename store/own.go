package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
