package emulator

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"deskd/emapi"
)

// Action is what a [Fault] does to a request.
type Action string

// The actions. Delay, Later, Omit and Drip let the request take its effect; the others
// withhold it unless the fault's Effect is set, so that an answer can be lost
// or spoilt before as well as after the phone has changed. Queries have no
// effect to withhold.
const (
	Delay      Action = "delay"       // only slow
	Hang       Action = "hang"        // no answer until the client goes
	Reset      Action = "reset"       // the connection breaks
	Refuse     Action = "code"        // refused with Fault.Code
	Pretend    Action = "success"     // answered with success
	Later      Action = "later"       // answered with success at once; the effect comes Fault.Delay later
	HTML       Action = "html"        // HTTP 200 with a web page
	Status     Action = "status"      // HTTP Fault.Status with a web page
	Empty      Action = "empty"       // HTTP 200 with nothing
	Truncated  Action = "truncated"   // half of the reply, of proper length to HTTP
	Cut        Action = "cut"         // half of the reply, then the connection breaks
	TwoRoots   Action = "two-roots"   // the reply, then a failure
	TwoAnswers Action = "two-answers" // success and failure in one reply
	Oversize   Action = "oversize"    // the reply and 2 MiB of blank lines
	Deep       Action = "deep"        // the reply with 50,000 elements in one another inside
	Drip       Action = "drip"        // the reply, one byte per second
	Omit       Action = "omit"        // a query's reply leaves the matched device out, or all of them
)

var actions = []Action{
	Delay, Hang, Reset, Refuse, Pretend, Later, HTML, Status, Empty, Truncated, Cut,
	TwoRoots, TwoAnswers, Oversize, Deep, Drip, Omit,
}

// Fault is a rule that spoils requests. Its zero value matches every request,
// but names no action.
type Fault struct {
	ID     int    `json:"id"`               // given by AddFault
	Op     string `json:"op,omitempty"`     // the message's element, "login"; empty: any
	Device string `json:"device,omitempty"` // a device the message names; empty: any
	User   string `json:"user,omitempty"`   // a user the message names; empty: any
	Action Action `json:"action"`
	// Count is how many requests are spoilt before the rule is spent; 0 means
	// all, until the rule is removed.
	Count int `json:"count,omitempty"`
	// Chance is the share of matching requests that are spoilt; 0 means all.
	Chance float64 `json:"chance,omitempty"`
	// Effect lets the request take its effect before its answer is spoilt.
	Effect bool `json:"effect,omitempty"`
	// Delay comes before effect and answer, with every action but Later, where it
	// comes between the answer and the effect. A client that
	// does not wait for it leaves a request behind that takes its effect later.
	Delay  time.Duration `json:"-"`
	Code   emapi.Code    `json:"code,omitempty"`   // of Refuse; -1: without a code
	Status int           `json:"status,omitempty"` // of Status
}

// FaultStats tells what a rule did.
type FaultStats struct {
	ID int `json:"id"`
	// Matched counts the requests that came to the rule, and Fired those that it
	// spoilt: the others were spared by its chance. A request that an earlier
	// rule has spoilt does not come to it.
	Matched int `json:"matched"`
	Fired   int `json:"fired"`
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(actions, f.Action):
		return fmt.Errorf("add fault: action %q is none of %v", f.Action, actions)
	case f.Action == Status && (f.Status < 300 || f.Status > 599):
		return fmt.Errorf("add fault: status %d is not between 300 and 599", f.Status)
	case f.Action == Refuse && f.Code < emapi.CodeNone:
		return fmt.Errorf("add fault: code %d is negative; -1 is a refusal without a code", int(f.Code))
	case f.Count < 0 || f.Chance < 0 || f.Chance > 1 || f.Delay < 0:
		return fmt.Errorf("add fault: count %d, chance %v or delay %v out of range", f.Count, f.Chance, f.Delay)
	}
	return nil
}

// takesEffect reports whether a login or logout that f is done to changes the
// phone. The zero Fault is no fault.
func (f Fault) takesEffect() bool {
	return f.Effect || f.Action == "" || f.Action == Delay || f.Action == Omit || f.Action == Drip || f.Action == Later
}

func (f Fault) matches(m message) bool {
	return (f.Op == "" || f.Op == m.op) && named(f.Device, m.devices) && named(f.User, m.users)
}

// named reports whether name is among all, as "" always is.
func named(name string, all []string) bool {
	return name == "" || slices.ContainsFunc(all, func(n string) bool { return emapi.SameUser(n, name) })
}

// omits reports whether a reply leaves out the entry called name.
func (f Fault) omits(name string) bool {
	return f.Action == Omit && named(cmp.Or(f.Device, f.User), []string{name})
}

// faultList holds the rules in the order in which they were added.
type faultList struct {
	rules  []Fault
	stats  []FaultStats // of all rules there ever were; that of ID 1 comes first
	chance *rand.Rand
}

// pick returns the first rule that spoils m and counts it, or the zero Fault.
func (l *faultList) pick(m message) Fault {
	for i, f := range l.rules {
		if !f.matches(m) {
			continue
		}
		stats := &l.stats[f.ID-1]
		stats.Matched++
		if f.Chance > 0 && l.chance.Float64() >= f.Chance {
			continue
		}
		stats.Fired++
		if f.Count == 1 {
			l.rules = slices.Delete(l.rules, i, i+1)
		} else if f.Count > 1 {
			l.rules[i].Count--
		}
		return f
	}
	return Fault{}
}

// AddFault adds a rule behind the present ones and returns its ID. Of several rules
// that match a request, the first one acts. The error says what is wrong
// with the rule.
func (e *Emulator) AddFault(f Fault) (id int, err error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	_, release := e.access()
	defer release()
	f.ID = len(e.faults.stats) + 1
	e.faults.stats = append(e.faults.stats, FaultStats{ID: f.ID})
	e.faults.rules = append(e.faults.rules, f)
	return f.ID, nil
}

// RemoveFault takes a rule away. It reports false when there was none, as for a
// rule that is spent.
func (e *Emulator) RemoveFault(id int) bool {
	_, release := e.access()
	defer release()
	before := len(e.faults.rules)
	e.faults.rules = slices.DeleteFunc(e.faults.rules, func(f Fault) bool { return f.ID == id })
	return len(e.faults.rules) < before
}

// ClearFaults takes all rules away.
func (e *Emulator) ClearFaults() {
	_, release := e.access()
	defer release()
	e.faults.rules = nil
}

// Faults returns the rules in force, in the order in which they are tried. Count
// is what is left of it.
func (e *Emulator) Faults() []Fault {
	_, release := e.access()
	defer release()
	return slices.Clone(e.faults.rules)
}
