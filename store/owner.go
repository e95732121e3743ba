package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"deskd/store/dialect"
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
			return denied(name, path)
		}
	}
	return nil
}

// denied says whose the file called name is, who asks, and what to run.
func denied(name, path string) error {
	me, folder, files := called(os.Geteuid()), filepath.Dir(path), path+"*"
	file, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) { // it may not be made
		name, files = folder, folder+" "+files
		file, err = os.Stat(folder)
	}
	if err != nil {
		return fmt.Errorf("%w: %s may not enter the folder %s: run deskd as the user it belongs to", dialect.ErrDenied, me, folder)
	}
	owner := "another user"
	if stat, ok := file.Sys().(*syscall.Stat_t); ok {
		owner = called(int(stat.Uid))
	}
	return fmt.Errorf("%w: %s belongs to %s, and this is %s: run it as %[3]s or, if the database is for %[4]s, as root: chown %[4]s: %s",
		dialect.ErrDenied, name, owner, me, files)
}

// called is the name of a user, or the number of one who has none.
func called(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// handOver gives a file that root has just made to the owner of the folder it is
// in, as SQLite does with the files it adds: a verb that root ran would else keep
// the daemon from its database.
func handOver(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	if owner, ok := folder.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		return f.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}
