package powercuttest

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Disk is a folder and what was done to it since. Files in its folders do not
// count.
type Disk struct {
	folder  string
	files   []*file
	names   map[string]*file // as the processes see them
	before  map[string]*file // as they were at first
	deeds   []deed           // done to names
	synced  []span           // of the folder
	moments []Moment
	said    []Said
	early   map[string]Moment // names that were opened before they were seen to be made, and when that was through
}

// Said is something that a process has told the world: what it wrote to a pipe
// or a socket. Files outside the folder tell nobody: SQLite puts pages there
// before they are committed.
type Said struct {
	At   Moment // when the writing began
	Text []byte
}

// span is when a call was under way.
type span struct{ began, ended Moment }

// file is what a name stands for, and goes on when the name is gone.
type file struct {
	before  []byte
	changes []change
	synced  []span
}

// change is a write, or a new size where bytes is nil.
type change struct {
	span
	at    int64
	bytes []byte
}

// deed changes what one name stands for, or two at once; nil is nothing.
type deed struct {
	span
	binds map[string]*file
}

// Load takes the folder as it is, for the state before what is to come.
func Load(folder string) (*Disk, error) {
	d := &Disk{folder: folder, names: make(map[string]*file), before: make(map[string]*file)}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || leftOut(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		f := &file{before: text}
		d.files, d.names[e.Name()], d.before[e.Name()] = append(d.files, f), f, f
	}
	return d, nil
}

// leftOut reports whether a file is written through mmap.
func leftOut(name string) bool { return strings.HasSuffix(name, "-shm") }

// Moments are those just before and after which a power cut leaves something
// else, in order.
func (d *Disk) Moments() []Moment { return d.moments }

// Said is what the processes have told the world, in order.
func (d *Disk) Said() []Said { return d.said }

// certain reports whether what was done in when has reached the disk by at.
func certain(when span, synced []span, at Moment) bool {
	return slices.ContainsFunc(synced, func(s span) bool { return when.ended <= s.began && s.ended <= at })
}

// Image is a folder as a power cut may have left it, by name.
type Image map[string][]byte

// Write makes folder hold the image and nothing else.
func (im Image) Write(folder string) error {
	old, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range old {
		if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	for name, text := range im {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Cut is the folder as a power cut at that moment may have left it. Of what was
// not certain, keep decides.
func (d *Disk) Cut(at Moment, keep Keep) Image {
	names := make(map[string]*file, len(d.before))
	for name, f := range d.before {
		names[name] = f
	}
	for _, done := range d.deeds {
		if done.began < at && (certain(done.span, d.synced, at) || keep.Deed()) {
			for name, f := range done.binds {
				names[name] = f
			}
		}
	}
	contents := make(map[*file][]byte)
	for _, f := range d.files { // in a fixed order, for keep
		contents[f] = f.cut(at, keep)
	}
	im := make(Image)
	for name, f := range names {
		if f != nil {
			im[name] = contents[f]
		}
	}
	return im
}

const sector = 512

func (f *file) cut(at Moment, keep Keep) []byte {
	text := slices.Clone(f.before)
	for _, c := range f.changes {
		switch sure := certain(c.span, f.synced, at); {
		case c.began >= at:
		case sure:
			text = c.apply(text)
		case c.bytes == nil:
			if keep.Sector() {
				text = c.apply(text)
			}
		default:
			for _, part := range c.sectors() {
				if keep.Sector() {
					text = part.apply(text)
				}
			}
		}
	}
	return text
}

// sectors are the parts of a write that a disk writes as a whole.
func (c change) sectors() []change {
	var parts []change
	for from := int64(0); from < int64(len(c.bytes)); {
		n := min(sector-(c.at+from)%sector, int64(len(c.bytes))-from)
		parts = append(parts, change{c.span, c.at + from, c.bytes[from : from+n]})
		from += n
	}
	return parts
}

func (c change) apply(text []byte) []byte {
	if c.bytes == nil {
		return append(text[:min(c.at, int64(len(text)))], make([]byte, max(0, c.at-int64(len(text))))...)
	}
	if missing := c.at + int64(len(c.bytes)) - int64(len(text)); missing > 0 {
		text = append(text, make([]byte, missing)...)
	}
	copy(text[c.at:], c.bytes)
	return text
}

// Keep decides about what is not certain: whether it has reached the disk.
type Keep struct {
	Deed   func() bool // the next thing that was done to names
	Sector func() bool // the next sector of a write, or new size of a file
}

// Everything has reached the disk, as when a process is killed.
func Everything() Keep { return always(true) }

// Nothing has that did not have to.
func Nothing() Keep { return always(false) }

func always(yes bool) Keep {
	k := func() bool { return yes }
	return Keep{k, k}
}

// Some draws what has reached the disk: each thing by itself, or everything up to some
// moment, or nearly everything, or nearly nothing.
func Some(r *rand.Rand) Keep {
	draw := func() func() bool {
		share := []float64{0.02, 0.5, 0.5, 0.98}[r.IntN(4)]
		if r.IntN(4) > 0 {
			return func() bool { return r.Float64() < share }
		}
		left := r.IntN(1 << r.IntN(8))
		return func() bool { left--; return left >= 0 }
	}
	return Keep{draw(), draw()}
}
