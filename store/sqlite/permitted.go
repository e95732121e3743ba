package sqlite

import (
	"errors"
	"io/fs"
	"syscall"

	"deskd/store/files"
)

// The modes of access(2).
const (
	mayRead  = 4
	mayWrite = 2
)

// permitted is an [dialect.ErrDenied] when a file of the database at path is there and
// this process may not use it: one that belongs to another user is not a lost one.
func permitted(path string, write bool) error {
	mode := uint32(mayRead)
	if write {
		mode |= mayWrite
	}
	for _, name := range []string{path, path + "-wal", path + "-shm", markerPath(path), path + ".lock"} {
		if name == path+".lock" && !write {
			continue
		}
		if err := syscall.Access(name, mode); errors.Is(err, fs.ErrPermission) {
			return files.Denied(name, path)
		}
	}
	return nil
}
