package powercuttest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Replay adds what strace has recorded of one or more processes, all of which
// began after [Load].
func (d *Disk) Replay(traces ...io.Reader) error {
	var all []call
	for _, t := range traces {
		calls, err := readCalls(t)
		if err != nil {
			return err
		}
		all = append(all, calls...)
	}
	slices.SortStableFunc(all, func(a, b call) int { return cmp.Compare(a.began, b.began) })
	for _, c := range all {
		if err := d.replay(c); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
	}
	for name := range d.early {
		return fmt.Errorf("replay: a file was opened, and nothing was at %q", name)
	}
	slices.Sort(d.moments)
	d.moments = slices.Compact(d.moments)
	return nil
}

func (d *Disk) replay(c call) error {
	when := span{c.began, c.ended}
	switch c.name {
	case "write", "pwrite64", "sendto":
		return d.write(c, when)
	case "fsync", "fdatasync":
		return d.sync(c, when)
	case "open", "openat", "creat":
		return d.open(c, when)
	case "ftruncate":
		f, err := d.at(c, 0)
		if err != nil || f == nil {
			return err
		}
		var size int64
		if _, err := fmt.Sscan(c.args[1], &size); err != nil {
			return err
		}
		f.changes = append(f.changes, change{when, size, nil})
		d.noted(when)
		return nil
	case "unlink", "unlinkat":
		return d.remove(c, when)
	case "rename", "renameat", "renameat2", "link", "linkat":
		return d.rename(c, when)
	}
	if path, _, err := c.file(0); err != nil || c.name == "sync" || path == d.folder || strings.HasPrefix(path, d.folder+"/") {
		return errors.Join(fmt.Errorf("%s: not foreseen here", c.name), err)
	}
	return nil
}

func (d *Disk) noted(s span) {
	d.moments = append(d.moments, s.began)
	if s.ended != never {
		d.moments = append(d.moments, s.ended)
	}
}

// within is the name of a path in the folder.
func (d *Disk) within(path string) (string, bool) {
	name, inside := strings.CutPrefix(path, d.folder+"/")
	return name, inside && !strings.Contains(name, "/") && !leftOut(name)
}

// at is the file of the descriptor at i, nil when it is none of the folder's, or
// has lost its name and so will not be there after a cut that knows of it.
func (d *Disk) at(c call, i int) (*file, error) {
	path, named, err := c.file(i)
	if name, inside := d.within(path); inside && named && err == nil {
		if d.names[name] == nil {
			return nil, fmt.Errorf("%s: no file %q was opened", c.name, name)
		}
		return d.names[name], nil
	}
	return nil, err
}

func (d *Disk) write(c call, when span) error {
	text, err := c.text(1)
	if err != nil {
		return err
	}
	if c.result >= 0 {
		text = text[:c.result]
	}
	f, err := d.at(c, 0)
	if err != nil {
		return err
	}
	if path, _, _ := c.file(0); f == nil && !strings.HasPrefix(path, "/") { // a pipe or a socket
		d.said = append(d.said, Said{when.began, text})
		d.noted(when)
	}
	if f == nil {
		return nil
	}
	at := f.size() // write is for files that are written from their beginning to their end
	if c.name == "pwrite64" {
		if _, err := fmt.Sscan(c.args[3], &at); err != nil {
			return err
		}
	}
	f.changes = append(f.changes, change{when, at, text})
	d.noted(when)
	return nil
}

// size is the file's as the processes see it.
func (f *file) size() int64 {
	size := int64(len(f.before))
	for _, c := range f.changes {
		if c.bytes == nil {
			size = c.at
		}
		size = max(size, c.at+int64(len(c.bytes)))
	}
	return size
}

func (d *Disk) sync(c call, when span) error {
	if path, _, err := c.file(0); err != nil || path == d.folder {
		d.synced = append(d.synced, when)
		d.noted(when)
		return err
	}
	f, err := d.at(c, 0)
	if err != nil || f == nil {
		return err
	}
	f.synced = append(f.synced, when)
	d.noted(when)
	return nil
}

func (d *Disk) open(c call, when span) error {
	i := len(c.name) / len("openat") // openat has the folder first
	path, err := c.path(i)
	name, inside := d.within(path)
	if err != nil || !inside {
		return err
	}
	switch f := d.names[name]; {
	case f == nil && c.name != "creat" && !strings.Contains(c.args[i+1], "O_CREAT"):
		// The call of another process that makes it has begun later than this one, and is
		// through earlier.
		if d.early == nil {
			d.early = make(map[string]Moment)
		}
		d.early[name] = max(d.early[name], when.ended)
	case f == nil:
		f = new(file)
		d.files = append(d.files, f)
		d.bind(when, map[string]*file{name: f})
	case f.size() > 0 && (c.name == "creat" || strings.Contains(c.args[i+1], "O_TRUNC")):
		f.changes = append(f.changes, change{when, 0, nil})
		d.noted(when)
	}
	return nil
}

// bind does a deed to names.
func (d *Disk) bind(when span, binds map[string]*file) {
	for name, f := range binds {
		if f == nil {
			delete(d.names, name)
			continue
		}
		d.names[name] = f
		if when.began <= d.early[name] {
			delete(d.early, name)
		}
	}
	d.deeds = append(d.deeds, deed{when, binds})
	d.noted(when)
}

func (d *Disk) remove(c call, when span) error {
	path, err := c.path(len(c.name) / len("unlinkat"))
	if name, inside := d.within(path); inside && err == nil {
		d.bind(when, map[string]*file{name: nil})
	}
	return err
}

func (d *Disk) rename(c call, when span) error {
	first, second := 0, 1
	if strings.Contains(c.name, "at") {
		first, second = 1, 3
	}
	from, err := c.path(first)
	to, err2 := c.path(second)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	old, inside := d.within(from)
	fresh, inside2 := d.within(to)
	if inside != inside2 {
		return fmt.Errorf("%s of %s to %s: not foreseen here", c.name, from, to)
	}
	if !inside {
		return nil
	}
	binds := map[string]*file{fresh: d.names[old]}
	if strings.HasPrefix(c.name, "rename") {
		binds[old] = nil
	}
	d.bind(when, binds)
	return nil
}
