package doctor

import (
	"fmt"
	"time"
)

// Measurement is how long a session of some units has lasted.
type Measurement struct {
	Cluster string `json:"cluster"`
	// Units is the number that was asked for, Configured what the configuration
	// takes one for.
	Units      int    `json:"units"`
	Configured string `json:"configured"`
	// Seen is the last look that showed the session, Gone the first that did
	// not, since the login; zero if none did.
	Seen time.Duration `json:"-"`
	Gone time.Duration `json:"-"`
	// Lasted is Gone in seconds, 0 for a session that outlasted the watch.
	Lasted float64 `json:"lasted_seconds"`
	// Unit is "seconds", "minutes" or "neither".
	Unit   string `json:"unit"`
	Says   string `json:"says"`
	Advice string `json:"advice"`
}

// A phone system's own timer may be a little late, and the login's answer, from
// which time is counted, comes a little after its beginning.
const (
	timerLate = 20 * time.Second
	timerSoon = 2 * time.Second
)

// judge concludes the unit from when the session was seen last and missed first.
func (m Measurement) judge() Measurement {
	m.Lasted = m.Gone.Seconds()
	ended := func(unit time.Duration) bool {
		asked := time.Duration(m.Units) * unit
		return m.Gone > 0 && m.Gone >= asked-timerSoon && m.Seen <= asked+timerLate
	}
	m.Says = fmt.Sprintf("the session ended after %.0f seconds, as %d %%s were asked for", m.Lasted, m.Units)
	switch {
	case ended(time.Second) && ended(time.Minute):
		m.Unit = "neither"
		m.Says, m.Advice = "the phone system answered too seldom for the session's end to be known", "measure again"
		return m
	case ended(time.Second):
		m.Unit = "seconds"
	case ended(time.Minute):
		m.Unit = "minutes"
	case m.Gone > 0:
		m.Unit = "neither"
		m.Says = fmt.Sprintf("the session ended after %.0f seconds, which is neither %d seconds nor %[2]d minutes", m.Lasted, m.Units)
		m.Advice = "a person may have logged out at the phone: measure again"
		return m
	default:
		m.Unit = "neither"
		m.Says = fmt.Sprintf("the session was still there after %d minutes and more", m.Units)
		m.Advice = "the phone system goes by its own maximum: write mode: indefinite under exclusive_duration of cluster " + m.Cluster
		return m
	}
	m.Says = fmt.Sprintf(m.Says, m.Unit)
	m.Advice = fmt.Sprintf("that is what the configuration says (cluster %s)", m.Cluster)
	if m.Unit != m.Configured {
		m.Advice = fmt.Sprintf("write unit: %s under exclusive_duration of cluster %s; it says %s", m.Unit, m.Cluster, m.Configured)
	}
	return m
}
