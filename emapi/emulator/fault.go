package emulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"deskd/emapi"
)

// Action is what a [Fault] does to a request.
type Action string

// The actions. Delay and Omit let the request take its effect; the others
// withhold it unless the fault's Effect is set, so that an answer can be lost
// or spoilt before as well as after the phone has changed. Queries have no
// effect to withhold.
const (
	Delay     Action = "delay"     // only slow
	Hang      Action = "hang"      // no answer until the client goes
	Reset     Action = "reset"     // the connection breaks
	Refuse    Action = "code"      // refused with Fault.Code
	Pretend   Action = "success"   // answered with success
	HTML      Action = "html"      // HTTP 200 with a web page
	Status    Action = "status"    // HTTP Fault.Status with a web page
	Empty     Action = "empty"     // HTTP 200 with nothing
	Truncated Action = "truncated" // half of the reply, of proper length to HTTP
	TwoRoots  Action = "two-roots" // the reply, then a failure
	Oversize  Action = "oversize"  // the reply and 2 MiB of blank lines
	Omit      Action = "omit"      // a query's reply leaves the matched device out, or all of them
)

var actions = []Action{Delay, Hang, Reset, Refuse, Pretend, HTML, Status, Empty, Truncated, TwoRoots, Oversize, Omit}

// Fault is a rule that spoils requests. Its zero value matches every request,
// but names no action.
type Fault struct {
	ID     int    `json:"id"`               // given by AddFault
	Op     string `json:"op,omitempty"`     // the message's element, "login"; empty: any
	Device string `json:"device,omitempty"` // a device the message names; empty: any
	Action Action `json:"action"`
	// Count is how many requests are spoilt before the rule is spent; 0 means
	// all, until the rule is removed.
	Count int `json:"count,omitempty"`
	// Chance is the share of matching requests that are spoilt; 0 means all.
	Chance float64 `json:"chance,omitempty"`
	// Effect lets the request take its effect before its answer is spoilt.
	Effect bool `json:"effect,omitempty"`
	// Delay comes before effect and answer, with every action. A client that
	// does not wait for it leaves a request behind that takes its effect later.
	Delay  time.Duration `json:"-"`
	Code   emapi.Code    `json:"code,omitempty"`   // of Refuse
	Status int           `json:"status,omitempty"` // of Status
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(actions, f.Action):
		return fmt.Errorf("add fault: action %q is none of %v", f.Action, actions)
	case f.Action == Status && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("add fault: status %d is not between 400 and 599", f.Status)
	case f.Count < 0 || f.Chance < 0 || f.Chance > 1 || f.Delay < 0:
		return fmt.Errorf("add fault: count %d, chance %v or delay %v out of range", f.Count, f.Chance, f.Delay)
	}
	return nil
}

// takesEffect reports whether a login or logout that f is done to changes the
// phone. The zero Fault is no fault.
func (f Fault) takesEffect() bool {
	return f.Effect || f.Action == "" || f.Action == Delay || f.Action == Omit
}

func (f Fault) matches(m message) bool {
	named := func(name string) bool { return strings.EqualFold(name, f.Device) }
	return (f.Op == "" || f.Op == m.op) && (f.Device == "" || slices.ContainsFunc(m.devices, named))
}

// omits reports whether a reply leaves out the entry called name.
func (f Fault) omits(name string) bool {
	return f.Action == Omit && (f.Device == "" || strings.EqualFold(f.Device, name))
}

const page = "<!DOCTYPE html>\n<html><head><title>Cisco System</title></head><body><h1>Please try again</h1></body></html>\n"

// spoil turns the reply that was due into what goes out. It reports false when
// the answer is the service's own.
func (f Fault) spoil(body string) (response, bool) {
	r := response{status: http.StatusOK, body: body}
	switch f.Action {
	case HTML:
		r.body = page
	case Status:
		r = response{f.Status, page}
	case Empty:
		r.body = ""
	case Truncated:
		r.body = body[:len(body)/2]
	case TwoRoots:
		r.body = body + failure(emapi.CodeUnknown, Options{}, message{})
	case Oversize:
		r.body = body + strings.Repeat("\n", 2<<20)
	default:
		return r, false
	}
	return r, true
}

// faultList holds the rules in the order in which they were added.
type faultList struct {
	rules  []Fault
	lastID int
	chance *rand.Rand
}

// pick returns the first rule that spoils m and counts it, or the zero Fault.
func (l *faultList) pick(m message) Fault {
	for i, f := range l.rules {
		if !f.matches(m) || f.Chance > 0 && l.chance.Float64() >= f.Chance {
			continue
		}
		if f.Count == 1 {
			l.rules = slices.Delete(l.rules, i, i+1)
		} else if f.Count > 1 {
			l.rules[i].Count--
		}
		return f
	}
	return Fault{}
}

// AddFault adds a rule behind the present ones and returns its ID. Of several
// rules that match a request the first one acts. The error says what is wrong
// with the rule.
func (e *Emulator) AddFault(f Fault) (id int, err error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	_, release := e.access()
	defer release()
	e.faults.lastID++
	f.ID = e.faults.lastID
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

// Faults returns the rules in force, in the order in which they are tried.
func (e *Emulator) Faults() []Fault {
	_, release := e.access()
	defer release()
	return slices.Clone(e.faults.rules)
}
