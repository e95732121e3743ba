package files

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Exposure is what others may do, by owner and mode of a file or folder, to what deskd
// relies on.
type Exposure struct {
	What string // "everybody on this machine may write /var/lib/deskd (drwxrwxrwx)"
	Why  string // what that lets them do
	Fix  string // what to run
}

// What others can do who may write, or read.
const (
	mayDrive   = "who writes it says who is logged in where, and who reads it knows who sits where"
	mayReplace = "who writes it can put another folder in the place of deskd's"
	mayLock    = "who opens it can keep deskd from starting"
	mayForge   = "who writes it can take away what vouches for the audit"
	mayDirect  = "who writes it says where passwords go, and whom calendars may log in"
)

// Exposed lists what others may do to the database at path: to its files, to its
// folder, and to the folders above, in which it could be replaced; and to other files
// that deskd relies on: that of anchors, and those of the configuration. Others are
// all but root, the owner of the database, and who runs this; a group is others unless
// it is that of one of these alone.
func Exposed(path, anchors string, configuration ...string) []Exposure {
	e := exposed{seen: make(map[string]bool), trusted: []int{0, os.Geteuid()}}
	if uid, _, known := ownerOf(path); known {
		e.trusted = append(e.trusted, uid)
	}
	folder := filepath.Dir(path)
	e.look(folder, "the folder ", mayDrive, modeWrite)
	files, _ := filepath.Glob(escaped(path) + "*") // the pattern is a right one
	for _, name := range files {
		switch {
		case name == anchors || name == path+".anchors": // below
		case name == path+".lock":
			e.look(name, "", mayLock, modeWrite|modeRead)
		default:
			e.look(name, "", mayDrive, modeWrite|modeRead)
		}
	}
	e.above(folder)
	e.look(path+".anchors", "", mayForge, modeWrite)
	e.beside(anchors, configuration)
	return e.all
}

// ExposedBeside is [Exposed] where the database is no file of this machine.
func ExposedBeside(anchors string, configuration ...string) []Exposure {
	e := exposed{seen: make(map[string]bool), trusted: []int{0, os.Geteuid()}}
	e.beside(anchors, configuration)
	return e.all
}

// beside looks at what deskd relies on beside the database.
func (e *exposed) beside(anchors string, configuration []string) {
	e.look(anchors, "", mayForge, modeWrite)
	e.above(anchors)
	for _, name := range configuration {
		e.look(name, "", mayDirect, modeWrite)
		e.above(name)
	}
}

// escaped is path as a pattern that it alone fits.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// What of a mode matters.
const (
	modeWrite = 1 << iota
	modeRead
)

// exposed is a search for what is open to others.
type exposed struct {
	trusted []int // user ids
	seen    map[string]bool
	all     []Exposure
}

// opening is what another user may do to a file, and the command that ends it.
type opening struct{ who, may, fix string }

func (e *exposed) add(name, why string, is fs.FileInfo, o opening) {
	e.all = append(e.all, Exposure{fmt.Sprintf("%s may %s%s (%s)", o.who, o.may, name, is.Mode()), why, o.fix + " " + name})
}

// look looks at the file or folder called name, once. what is put before its name.
func (e *exposed) look(name, what, why string, matters int) {
	is, err := os.Stat(name)
	if err != nil || e.seen[name] {
		return
	}
	e.seen[name] = true
	if uid, gid, known := ownerOf(name); known {
		if !slices.Contains(e.trusted, uid) {
			e.add(name, why, is, opening{called(uid), "do anything with ", "chown root"})
		}
		if group := e.otherGroup(gid); group != "" && is.Mode().Perm()&0o020 != 0 && matters&modeWrite != 0 {
			e.add(name, why, is, opening{group, "write " + what, "chmod g-w"})
		}
	}
	const everybody = "everybody on this machine"
	if is.Mode().Perm()&0o002 != 0 && matters&modeWrite != 0 {
		e.add(name, why, is, opening{everybody, "write " + what, "chmod o-w"})
	}
	if is.Mode().Perm()&0o004 != 0 && matters&modeRead != 0 {
		e.add(name, why, is, opening{everybody, "read " + what, "chmod o-r"})
	}
}

// above looks at the folders that lead to name, as it is written and with its links
// followed. Where the sticky bit is set nobody replaces what belongs to another.
func (e *exposed) above(name string) {
	name, err := filepath.Abs(name)
	if err != nil {
		return
	}
	places := []string{name}
	if is, err := filepath.EvalSymlinks(name); err == nil {
		places = append(places, is)
	}
	for _, place := range places {
		for folder := filepath.Dir(place); ; folder = filepath.Dir(folder) {
			if is, err := os.Stat(folder); err == nil && is.Mode()&fs.ModeSticky == 0 {
				e.look(folder, "the folder ", mayReplace, modeWrite)
			}
			if folder == filepath.Dir(folder) {
				break
			}
		}
	}
}

func ownerOf(name string) (uid, gid int, known bool) {
	is, err := os.Stat(name)
	if err != nil {
		return 0, 0, false
	}
	stat, known := is.Sys().(*syscall.Stat_t)
	if !known {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

// otherGroup is what a group is called that others than the trusted users may be in,
// and empty for one that is the own group of one of them, and has no other members.
func (e *exposed) otherGroup(gid int) string {
	name, members := groupOf(gid)
	own := slices.ContainsFunc(e.trusted, func(uid int) bool {
		u, err := user.LookupId(strconv.Itoa(uid))
		return err != nil && uid == gid || err == nil && u.Gid == strconv.Itoa(gid)
	})
	trusted := func(member string) bool {
		return slices.ContainsFunc(e.trusted, func(uid int) bool { return called(uid) == member })
	}
	if members = slices.DeleteFunc(members, trusted); len(members) == 0 {
		if own {
			return ""
		}
		return "the group " + name
	}
	return fmt.Sprintf("the group %s (%s)", name, strings.Join(members, ", "))
}

// groupOf is the name of a group, and whom /etc/group has in it.
func groupOf(gid int) (name string, members []string) {
	id := strconv.Itoa(gid)
	name = id
	if g, err := user.LookupGroupId(id); err == nil {
		name = g.Name
	}
	file, err := os.Open("/etc/group")
	if err != nil {
		return name, nil
	}
	defer file.Close() //nolint:errcheck // it was only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if field := strings.Split(lines.Text(), ":"); len(field) == 4 && field[2] == id && field[3] != "" {
			members = append(members, strings.Split(field[3], ",")...)
		}
	}
	return name, members
}
