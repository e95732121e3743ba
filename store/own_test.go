package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deskd/store/dialect"
	"deskd/store/files"
)

// Links in the place of lock and marker lead nowhere: what they point to is neither
// written nor truncated, and taking their place is not possible.
func TestLinksAreNotFollowed(t *testing.T) {
	noRaces(t)
	const precious = "precious\n"
	for name, c := range map[string]struct {
		of    string // ending of the file
		plant func(victim, at string) error
	}{
		"lock, a symbolic link":       {".lock", os.Symlink},
		"lock, a second name":         {".lock", os.Link},
		"lock, a pipe":                {".lock", func(_, at string) error { return syscall.Mkfifo(at, 0o600) }},
		"lock, a link to nothing":     {".lock", func(_, at string) error { return os.Symlink(at+".nowhere", at) }},
		"marker, a symbolic link":     {".marker", os.Symlink},
		"marker, a pipe":              {".marker", func(_, at string) error { return syscall.Mkfifo(at, 0o600) }},
		"new marker, a symbolic link": {".marker.new", os.Symlink},
		"new marker, a second name":   {".marker.new", os.Link},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := begun(t)
			victim := filepath.Join(t.TempDir(), "victim")
			check(t, os.WriteFile(victim, []byte(precious), 0o600))
			at := path + c.of
			if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			check(t, c.plant(victim, at))

			lock, err := files.Acquire(path, eight)
			if c.of == ".lock" {
				if !errors.Is(err, files.ErrLink) || !strings.Contains(err.Error(), at) {
					t.Errorf("lock: %v", err)
				}
			} else {
				check(t, err)
				check(t, lock.Close())
			}
			s, err := Open(ctx, path, Options{})
			if c.of == ".marker" {
				if !errors.Is(err, files.ErrLink) || !errors.Is(err, dialect.ErrMarker) {
					t.Errorf("open: %v", err)
				}
			} else {
				check(t, err)
				book(t, s, "4.11", "jane", span(20, 21))
				check(t, s.Mark(ctx))
				check(t, s.Close())
			}
			if text := must(os.ReadFile(victim))(t); string(text) != precious {
				t.Errorf("the victim holds %q", text)
			}
			if _, err := os.Lstat(at + ".nowhere"); err == nil {
				t.Error("a file was made where the link points to")
			}
			if is, err := os.Lstat(path + ".marker"); c.of == ".marker.new" && (err != nil || !is.Mode().IsRegular()) {
				t.Errorf("marker: %v, %v", is, err)
			}
		})
	}
}
