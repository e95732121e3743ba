package tables

import (
	"maps"
	"sync"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// wholeEvery is the age at which an observation is written whole again, though nothing but
// its instant is new: another program may have spoilt its row.
const wholeEvery = time.Hour

// Written is what this process has last written whole of each phone. Of what a sweep sees,
// nearly all has been seen before: of that, the instant alone is written, at a fifth of the
// price. A process that has just started writes all of it whole. The zero Written
// knows of nothing; it is safe for concurrent use.
type Written struct {
	mu    sync.Mutex
	rows  map[string]plan.Observation // by device
	dirty map[string]bool             // written otherwise since SeenAgain
}

// SeenAgain divides observations into those that are to be written whole, and the devices of
// those of which only the instant is new, by that instant: a statement each, which is dearer
// than a row for a few. Later ones of a device replace earlier ones.
func (w *Written) SeenAgain(seen []plan.Observation) (whole []plan.Observation, again map[time.Time][]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	again = make(map[time.Time][]string)
	seen = latest(seen)
	for _, h := range seen {
		delete(w.dirty, h.Device)
		if w.knows(h) {
			again[h.At] = append(again[h.At], h.Device)
		}
	}
	maps.DeleteFunc(again, func(_ time.Time, devices []string) bool { return len(devices) < few })
	for _, h := range seen {
		if len(again[h.At]) == 0 || !w.knows(h) {
			whole = append(whole, h)
		}
	}
	return whole, again
}

// knows reports whether the row of h's device was lately written whole, and says the same.
func (w *Written) knows(h plan.Observation) bool {
	row, known := w.rows[h.Device]
	age := h.At.Sub(row.At)
	return known && age >= 0 && age < wholeEvery && row == asRow(h, row.At)
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

// Note takes in what was written whole.
func (w *Written) Note(whole []plan.Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rows == nil {
		w.rows = make(map[string]plan.Observation, len(whole))
	}
	for _, h := range whole {
		if !w.dirty[h.Device] {
			w.rows[h.Device] = asRow(h, h.At)
		}
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
		delete(w.rows, h.Device)
		w.dirty[h.Device] = true
	}
}

// A statement names so many devices at least, and at most.
const few, touched = 8, 500

// Touch writes when devices were seen again. It reports false when a row of theirs is gone.
func Touch(tx *gorm.DB, again map[time.Time][]string) (bool, error) {
	for at, devices := range again {
		for len(devices) > 0 {
			n := min(touched, len(devices))
			done := tx.Model(&Observation{}).Where("device IN ?", devices[:n]).UpdateColumn("seen_at", dialect.Lenient{Time: at})
			if done.Error != nil || done.RowsAffected != int64(n) {
				return false, done.Error
			}
			devices = devices[n:]
		}
	}
	return true, nil
}
