package tables

import (
	"crypto/rand"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// wholeEvery is the age at which an observation is written whole again, though nothing but
// its instant is new: another program may have spoilt its row.
const wholeEvery = time.Hour

// Written is what this process has last written whole of each phone, and which phones are
// seen together. Of what a sweep sees, nearly all has been seen before: of that, the instant
// alone is written, once for all phones of a question.
//
//	seen at first      a row for each phone
//	the next time      the phones of a question are put together
//	from then on       one row for all of them, while nothing is new of any
//
// A phone of which something is new leaves the others, and joins them again the next time. A
// process that has just started writes all of it whole. The zero Written knows of nothing; it
// is safe for concurrent use.
type Written struct {
	mu       sync.Mutex
	rows     map[string]written // by device
	together map[int64]*group
	dirty    map[string]bool // written otherwise since SeenAgain
}

// written is a row as it was written, and with which others its phone is seen.
type written struct {
	plan.Observation
	together int64
}

// group are phones that are seen together, and when they were.
type group struct {
	devices map[string]bool
	at      time.Time
}

// Sighting is what there is to write of some observations.
type Sighting struct {
	Whole []plan.Observation

	met   map[int64]int       // groups that are touched, with how many phones the database has to have of each
	moved map[int64]time.Time // groups that were seen again
	left  []seenAt            // phones that were not seen with the others of their group
	join  []seenAt            // phones that join a group; made, if it is new
	made  bool
}

// seenAt are phones that were seen at an instant, and the group they are of from now on.
type seenAt struct {
	together int64
	at       time.Time
	devices  []string
}

// AllWhole writes all observations whole.
func AllWhole(seen []plan.Observation) Sighting { return Sighting{Whole: latest(seen)} }

// SeenAgain divides observations into those that are to be written whole, and those of which
// only the instant is new: for a few of an instant, that is not worth it. Later ones of a
// device replace earlier ones.
func (w *Written) SeenAgain(seen []plan.Observation) Sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	again := make(map[time.Time][]string)
	seen = latest(seen)
	for _, h := range seen {
		delete(w.dirty, h.Device)
		if w.knows(h) {
			again[h.At] = append(again[h.At], h.Device)
		}
	}
	maps.DeleteFunc(again, func(_ time.Time, devices []string) bool { return len(devices) < few })
	s := Sighting{met: make(map[int64]int), moved: make(map[int64]time.Time)}
	whole := make(map[string]bool)
	for _, h := range seen {
		if len(again[h.At]) == 0 || !w.knows(h) {
			s.Whole = append(s.Whole, h)
			whole[h.Device] = true
		}
	}
	for at, devices := range again {
		w.gather(&s, at, devices, whole)
	}
	return s
}

// gather moves the groups of devices that were seen again at an instant, as far as their
// other phones were too, or are written whole. The others join one of these groups.
func (w *Written) gather(s *Sighting, at time.Time, devices []string, whole map[string]bool) {
	byGroup := make(map[int64][]string)
	for _, device := range devices {
		n := w.rows[device].together
		byGroup[n] = append(byGroup[n], device)
	}
	var alone []string
	var largest int64
	for n, here := range byGroup {
		g := w.together[n]
		if g == nil || s.met[n] > 0 || 2*len(here) < len(g.devices) { // of none, or most of them are elsewhere
			alone = append(alone, here...)
			continue
		}
		s.met[n], s.moved[n] = len(g.devices), at
		if missing := g.without(here, whole); len(missing) > 0 {
			s.left = append(s.left, seenAt{at: g.at, devices: missing})
		}
		if largest == 0 || len(here) > len(byGroup[largest]) {
			largest = n
		}
	}
	if len(alone) == 0 {
		return
	}
	if largest == 0 {
		largest, s.made = newGroup(), true
		s.moved[largest] = at
	}
	s.join = append(s.join, seenAt{largest, at, alone})
}

// without are the devices of g that are neither among those that are here, nor written whole.
func (g *group) without(here []string, whole map[string]bool) (missing []string) {
	there := make(map[string]bool, len(here))
	for _, device := range here {
		there[device] = true
	}
	for device := range g.devices {
		if !there[device] && !whole[device] {
			missing = append(missing, device)
		}
	}
	return missing
}

// newGroup is a number that no process has given to another group.
func newGroup() int64 {
	var b [8]byte
	rand.Read(b[:])                                    // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>2) + 1 //nolint:gosec // of 62 bits
}

// knows reports whether the row of h's device was lately written whole, and says the same.
func (w *Written) knows(h plan.Observation) bool {
	row, known := w.rows[h.Device]
	age := h.At.Sub(row.At)
	return known && age >= 0 && age < wholeEvery && row.Observation == asRow(h, row.At)
}

// latest leaves out observations of devices that come again.
func latest(seen []plan.Observation) []plan.Observation {
	last := make(map[string]int, len(seen))
	for i, h := range seen {
		last[h.Device] = i
	}
	if len(last) == len(seen) {
		return seen
	}
	all := make([]plan.Observation, 0, len(last))
	for i, h := range seen {
		if last[h.Device] == i {
			all = append(all, h)
		}
	}
	return all
}

// asRow is h as far as its row holds it, with another instant.
func asRow(h plan.Observation, at time.Time) plan.Observation {
	h.Desk, h.Raw, h.At = "", "", at
	return h
}

// Note takes in what was written.
func (w *Written) Note(s Sighting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rows == nil {
		w.rows, w.together = make(map[string]written, len(s.Whole)), make(map[int64]*group)
	}
	for _, h := range s.Whole {
		w.leave(h.Device)
		if !w.dirty[h.Device] {
			w.rows[h.Device] = written{asRow(h, h.At), 0}
		}
	}
	for n, at := range s.moved {
		if w.together[n] == nil {
			w.together[n] = &group{devices: make(map[string]bool)}
		}
		w.together[n].at = at
	}
	for _, part := range slices.Concat(s.left, s.join) {
		for _, device := range part.devices {
			w.leave(device)
			if row, known := w.rows[device]; known && part.together != 0 && !w.dirty[device] {
				row.together = part.together
				w.rows[device] = row
				w.together[part.together].devices[device] = true
			}
		}
	}
	maps.DeleteFunc(w.together, func(_ int64, g *group) bool { return len(g.devices) == 0 })
}

// leave takes a device out of its group.
func (w *Written) leave(device string) {
	row, known := w.rows[device]
	if g := w.together[row.together]; known && g != nil {
		delete(g.devices, device)
		row.together = 0
		w.rows[device] = row
	}
}

// Forget lets the next observation of these devices be written whole. Who writes a row beside
// a sighting calls it before and after: one may be under way in between.
func (w *Written) Forget(seen []plan.Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dirty == nil {
		w.dirty = make(map[string]bool)
	}
	for _, h := range seen {
		w.leave(h.Device)
		delete(w.rows, h.Device)
		w.dirty[h.Device] = true
	}
}

// A statement names so many devices at least, and at most.
const few, touched = 8, 500

// Touch writes when phones were seen again. It reports false when rows are not as this
// process has written them: then all have to be written whole.
func (s Sighting) Touch(tx *gorm.DB) (bool, error) {
	for n, devices := range s.met {
		var there int64
		if err := tx.Model(&Observation{}).Where("together = ?", n).Count(&there).Error; err != nil || there != int64(devices) {
			return false, err
		}
	}
	for _, part := range slices.Concat(s.left, s.join) {
		if there, err := part.touch(tx); !there || err != nil {
			return false, err
		}
	}
	for n, at := range s.moved {
		if err := Replace(tx, &SeenTogether{n, dialect.Lenient{Time: at}}); err != nil {
			return false, err
		}
	}
	if s.made { // and others are left behind, by processes that have ended
		return true, tx.Exec("DELETE FROM seen_together WHERE together NOT IN (SELECT together FROM observations)").Error
	}
	return true, nil
}

// touch writes to the rows of devices when they were seen, and with whom. It reports false
// when one of them is gone.
func (p seenAt) touch(tx *gorm.DB) (bool, error) {
	for devices := range slices.Chunk(p.devices, touched) {
		done := tx.Model(&Observation{}).Where("device IN ?", devices).
			UpdateColumns(map[string]any{"seen_at": dialect.Lenient{Time: p.at}, "together": p.together})
		if done.Error != nil || done.RowsAffected != int64(len(devices)) {
			return false, done.Error
		}
	}
	return true, nil
}
