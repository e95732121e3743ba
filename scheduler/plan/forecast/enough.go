package forecast

import (
	"fmt"
	"strings"
	"time"
)

// Enough is what each alone would let every phone be ready that is late for the cluster's
// pace: the smallest value that does, and with one less one is late. Zero stands for one
// that alone does not help.
type Enough struct {
	PerMinute  int           `json:"max_per_minute,omitempty"`
	Concurrent int           `json:"max_concurrent,omitempty"`
	Lead       time.Duration `json:"-"` // in whole minutes
	LeadText   string        `json:"lead,omitempty"`
}

// unmeasured is said of a guess.
const unmeasured = "It is not known yet what the phone system takes, so that this is a guess: the first logins correct it."

// Suffices says in a sentence which setting alone would suffice, and that of a guess; it is empty
// where no phone is late for the cluster's pace.
func (w Wave) Suffices() string {
	e := w.Enough
	if e == nil {
		return ""
	}
	var any []string
	if e.PerMinute > 0 {
		any = append(any, fmt.Sprintf("max_per_minute: %d", e.PerMinute))
	}
	if e.Concurrent > 0 {
		any = append(any, fmt.Sprintf("max_concurrent: %d", e.Concurrent))
	}
	if e.Lead > 0 {
		any = append(any, "lead: "+e.LeadText)
	}
	switch {
	case len(any) == 0 && w.Guess:
		return unmeasured
	case len(any) == 0:
		return "Neither a higher max_per_minute nor max_concurrent nor a longer lead alone would suffice."
	}
	last := len(any) - 1
	text := any[last]
	if last > 0 {
		text = strings.Join(any[:last], ", ") + " or " + text
	}
	if text += " would suffice."; w.Guess {
		text += " " + unmeasured
	}
	return text
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
	if now.Concurrent > 0 && now.Concurrent == now.Allowed { // else more would be allowed, and is not taken
		e.Concurrent = h.least(now.Concurrent, mostConcurrent, func(s *Setting, n int) { s.Concurrent = n })
	}
	minutes := h.least(int(now.Lead/time.Minute), int(mostLead/time.Minute), func(s *Setting, n int) { s.Lead = time.Duration(n) * time.Minute })
	if e.Lead = time.Duration(minutes) * time.Minute; minutes > 0 {
		e.LeadText = fmt.Sprintf("%dm", minutes)
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
