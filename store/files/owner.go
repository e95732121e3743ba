package files

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

// Denied says whose the file called name is, who asks, and what to run.
func Denied(name, path string) error {
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

// HandOver gives a file that root has just made to the owner of the folder it is
// in, as SQLite does with the files it adds: a verb that root ran would else keep
// the daemon from its database.
func HandOver(f *os.File) error {
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
