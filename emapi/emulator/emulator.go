package emulator

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"deskd/emapi"
)

// Emulator is an EM service with its cluster. Make one with [New]. All its
// methods are safe for concurrent use.
type Emulator struct {
	mu      sync.Mutex
	opts    Options
	cluster cluster
	faults  faultList
	cache   credentialCache
	late    []job // requests whose client has gone, by due
	stats   Stats
	serving int // requests that take a slot, in flight
	asked   int // queries, counted while some are answered from the past

	down      bool
	downUntil time.Time // zero: until told otherwise
	gates     []*gate
	authority []byte // certificates of the doors with TLS, PEM
}

// Stats counts what the service has seen and said since it began. Every request is
// counted once when it arrives and once when it ends, so with none in flight the sum
// of Requests is OK, Spoilt and the sum of Codes together.
type Stats struct {
	// Requests counts by operation; "" holds those that could not be read or ask
	// for an operation that the service does not have.
	Requests map[string]int `json:"requests"`
	// OK and Codes count the answers that arrived intact; Spoilt those that a
	// fault lost or damaged, or whose client had gone.
	OK     int                `json:"ok"`
	Codes  map[emapi.Code]int `json:"codes"`
	Spoilt int                `json:"spoilt"`
	// Serving is how many requests take one of the concurrent requests now, and
	// Peak the most that ever did.
	Serving int `json:"serving"`
	Peak    int `json:"peak"`
	// Keys counts the logins and logouts of people at the phones that came to the
	// service, and KeysBusy those that it was too busy for.
	Keys     int `json:"keys"`
	KeysBusy int `json:"keys_busy"`
	// Down is the state set by [Emulator.Down].
	Down bool `json:"down"`
	// Seed is the one that the chance of faults is drawn with.
	Seed uint64 `json:"seed"`
	// Faults has an entry for every rule there ever was, by ID.
	Faults []FaultStats `json:"faults"`
}

// New returns an emulator of an empty cluster.
func New(opts Options) *Emulator {
	e := &Emulator{
		cluster: cluster{devices: make(map[string]*Phone), users: make(map[string]*account), profiles: make(map[string]string)},
		cache:   make(credentialCache),
		stats:   Stats{Requests: make(map[string]int), Codes: make(map[emapi.Code]int)},
	}
	e.turn(opts)
	return e
}

// turn puts opts into effect.
func (e *Emulator) turn(opts Options) {
	if e.faults.chance == nil || opts.Seed != e.opts.Seed {
		e.faults.chance = rand.New(rand.NewPCG(opts.Seed, 0)) //nolint:gosec // one seed, one sequence of faults
	}
	e.opts = opts
	e.cluster.restart = opts.Restart
}

// access locks the emulator and settles what is due. It returns the present
// instant and the function that unlocks.
func (e *Emulator) access() (now time.Time, release func()) {
	e.mu.Lock()
	now = e.opts.now()
	e.settle(now)
	return now, e.mu.Unlock
}

// Change turns knobs while the service runs: f gets the options in force and
// must not call the emulator. Requests on their way keep those they came under.
func (e *Emulator) Change(f func(*Options)) {
	_, release := e.access()
	defer release()
	opts := e.opts
	f(&opts)
	e.turn(opts)
}

// Stats returns the counts so far.
func (e *Emulator) Stats() Stats {
	_, release := e.access()
	defer release()
	s := e.stats
	s.Requests = maps.Clone(s.Requests)
	s.Codes = maps.Clone(s.Codes)
	s.Serving, s.Down, s.Seed = e.serving, e.down, e.opts.Seed
	s.Faults = slices.Clone(e.faults.stats)
	return s
}
