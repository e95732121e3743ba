package forecast

import "time"

// Enough is what each alone would let every phone be ready that is late for the cluster's
// pace: the smallest value that does, and with one less one is late. Zero stands for one
// that alone does not help.
type Enough struct {
	PerMinute  int           `json:"max_per_minute,omitempty"`
	Concurrent int           `json:"max_concurrent,omitempty"`
	Lead       time.Duration `json:"-"` // in whole minutes
	LeadText   string        `json:"lead,omitempty"`
}

// The most that is tried. More would not help: a cluster takes some hundreds of logins a
// minute.
const (
	mostPerMinute  = 12_000
	mostConcurrent = 1_000
	mostLead       = 4 * time.Hour
)

// enough searches what would suffice.
func (h house) enough() *Enough {
	e, now := &Enough{}, h.setting
	if now.PerMinute > 0 {
		e.PerMinute = h.least(now.PerMinute, mostPerMinute, func(s *Setting, n int) { s.PerMinute = n })
	}
	if now.Concurrent > 0 {
		e.Concurrent = h.least(now.Concurrent, mostConcurrent, func(s *Setting, n int) { s.Concurrent = n })
	}
	minutes := h.least(int(now.Lead/time.Minute), int(mostLead/time.Minute), func(s *Setting, n int) { s.Lead = time.Duration(n) * time.Minute })
	if e.Lead = time.Duration(minutes) * time.Minute; minutes > 0 {
		e.LeadText = e.Lead.String()
	}
	return e
}

// least is the smallest value of a setting above one that does not suffice, up to most,
// that does; 0 where none does.
func (h house) least(insufficient, most int, set func(*Setting, int)) int {
	suffices := func(n int) bool {
		s := h.setting
		set(&s, n)
		return h.suffices(s)
	}
	low, high := insufficient, insufficient
	for step := 1; ; step *= 2 {
		if low >= most {
			return 0
		}
		if high = min(low+step, most); suffices(high) {
			break
		}
		low = high
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; suffices(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
