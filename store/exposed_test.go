package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskd/store/files"
)

// What others may do to the database, its folders, and whatever else deskd relies on.
func TestExposed(t *testing.T) {
	parent := t.TempDir()
	folder, etc := filepath.Join(parent, "data"), filepath.Join(parent, "etc")
	check(t, os.Mkdir(folder, 0o700))
	check(t, os.Mkdir(etc, 0o755))
	path, config := begunIn(t, folder), filepath.Join(etc, "deskd.yaml")
	anchors := path + ".anchors"
	lock := must(files.Acquire(path, eight))(t)
	check(t, lock.Close())
	for _, ending := range []string{"", ".marker", ".lock"} {
		same(t, "mode of "+ending, os.FileMode(0o600), must(os.Stat(path+ending))(t).Mode())
	}
	for _, name := range []string{config, anchors, path + "-wal", path + ".v1.bak"} {
		check(t, os.WriteFile(name, nil, 0o600))
	}
	look := func() []files.Exposure { return files.Exposed(path, anchors, config) }
	if open := look(); len(open) > 0 {
		t.Errorf("as deskd makes them: %v", open)
	}
	const everybody, users = "everybody on this machine", "the group users"
	own := os.Getegid()
	other := 100 // users
	for _, c := range []struct {
		name  string
		group int
		mode  os.FileMode
		want  string // who may do what, empty for nothing
		fix   string
	}{
		{folder, own, 0o777, everybody + " may write the folder", "chmod o-w"}, {folder, own, 0o755, "", ""}, {folder, own, 0o770, "", ""},
		{folder, other, 0o770, users + " may write the folder", "chmod g-w"}, {folder, other, 0o750, "", ""},
		{folder, own, 0o777 | os.ModeSticky, everybody + " may write the folder", "chmod o-w"},
		{parent, own, 0o777, everybody + " may write the folder", "chmod o-w"}, {parent, own, 0o777 | os.ModeSticky, "", ""},
		{parent, other, 0o775, users + " may write the folder", "chmod g-w"}, {parent, own, 0o775, "", ""},
		{path, own, 0o644, everybody + " may read", "chmod o-r"}, {path, own, 0o602, everybody + " may write", "chmod o-w"}, {path, own, 0o660, "", ""},
		{path, other, 0o660, users + " may write", "chmod g-w"}, {path, other, 0o640, "", ""},
		{path + ".marker", own, 0o604, everybody + " may read", "chmod o-r"}, {path + ".marker", own, 0o602, everybody + " may write", "chmod o-w"},
		{path + ".marker", other, 0o660, users + " may write", "chmod g-w"},
		{path + ".lock", own, 0o602, everybody + " may write", "chmod o-w"}, {path + ".lock", own, 0o604, everybody + " may read", "chmod o-r"},
		{path + "-wal", own, 0o604, everybody + " may read", "chmod o-r"}, {path + "-wal", own, 0o602, everybody + " may write", "chmod o-w"},
		{path + ".v1.bak", own, 0o604, everybody + " may read", "chmod o-r"},
		{anchors, own, 0o644, "", ""}, {anchors, own, 0o602, everybody + " may write", "chmod o-w"}, {anchors, other, 0o660, users + " may write", "chmod g-w"},
		{config, own, 0o644, "", ""}, {config, own, 0o646, everybody + " may write", "chmod o-w"}, {config, other, 0o664, users + " may write", "chmod g-w"},
		{etc, own, 0o777, everybody + " may write the folder", "chmod o-w"}, {etc, own, 0o777 | os.ModeSticky, "", ""},
	} {
		was := must(os.Stat(c.name))(t).Mode()
		if err := os.Chown(c.name, -1, c.group); err != nil {
			continue // who is not root gives nothing to groups of others
		}
		check(t, os.Chmod(c.name, c.mode))
		open := look()
		switch what := fmt.Sprintf("%s %v of group %d", c.name, c.mode, c.group); {
		case c.want == "" && len(open) > 0:
			t.Errorf("%s: %v", what, open)
		case c.want != "" && (len(open) != 1 || !strings.HasPrefix(open[0].What, c.want) || !strings.Contains(open[0].What, " "+c.name+" (") || open[0].Fix != c.fix+" "+c.name || open[0].Why == ""):
			t.Errorf("%s: %q", what, open)
		}
		check(t, os.Chmod(c.name, was))
		check(t, os.Chown(c.name, -1, own))
	}
	if os.Geteuid() == 0 { // who else owns a folder on the way, or the configuration
		for _, name := range []string{parent, etc, config, anchors, path + ".marker"} {
			check(t, os.Chown(name, 4711, -1))
			if open := look(); len(open) != 1 || !strings.HasPrefix(open[0].What, "4711 may do anything with "+name) || open[0].Fix != "chown root "+name {
				t.Errorf("%s of another: %q", name, open)
			}
			check(t, os.Chown(name, 0, -1))
		}
	}
}
