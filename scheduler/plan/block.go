package plan

import (
	"fmt"
	"time"

	"deskd/reservations"
)

// Effect is what a block does to the steps in its scope.
type Effect int

// The effects.
const (
	Tells  Effect = iota // nothing: it only says what is wrong
	Stops                // they are due and not sent, for now
	Delays               // they are not sent before its Until
	Holds                // they become holds, for Block.Cause, and what follows from them waits
	Drops                // they are not planned yet, nor what follows from them
)

// Block says that something is not done now, and why: every guard answers with blocks,
// the round subtracts them from its steps ([Subtract]), and everything that is shown of
// a degraded cluster comes from the list of them. The zero Until stands for "until
// something changes".
type Block struct {
	Scope  Scope
	Kind   Kind
	Effect Effect
	Cause  Cause // of the holds that steps become, with Holds
	Since  time.Time
	Until  time.Time
	Text   string // why, in words; without a full stop
	Fields []any  // further attributes of its line in the log: keys and values
	Said   bool   // the log has it already, and better
}

// String says what the block is and why, as a step has it that is not sent.
func (b Block) String() string {
	switch b.Kind {
	case KindPaused:
		return "the cluster is paused " + b.Text
	case KindRefused:
		return fmt.Sprintf("the cluster refuses deskd since %s: %s", b.Since.UTC().Format(time.RFC3339), b.Text)
	case KindUnanswered:
		return "the cluster is not asked: " + b.Text
	case KindSilent, KindCertificate:
		return "the phone system does not answer: " + b.Text
	default:
		return b.Text
	}
}

// Scope is what a block is about. The zero Scope is the cluster as a whole.
//
//	All                      every step of the cluster
//	Device, Op               the steps of that kind at a device
//	Device, Op, Person       those of them that are about a person
//	Person, Op               a person's, at whatever device
//	Desk, Node, Feed alone   a name to show; no step is in it
type Scope struct {
	All    bool
	Device string
	Person string // by [Login.PersonKey]
	Op     Op     // empty for every kind of step
	But    string // a device that is not in it

	Desk, Node, Feed string
}

// Name is what the scope is called where it is listed: its desk, node, feed or device.
func (s Scope) Name() string {
	for _, name := range []string{s.Desk, s.Node, s.Feed, s.Device} {
		if name != "" {
			return name
		}
	}
	return ""
}

// covers reports whether a step is in the scope.
func (s Scope) covers(step Step) bool {
	switch {
	case step.Op == OpHold, s.Op != "" && s.Op != step.Op, s.But != "" && s.But == step.Device:
		return false
	case s.All:
		return true
	case s.Device == "" && s.Person == "":
		return false
	}
	return (s.Device == "" || s.Device == step.Device) && (s.Person == "" || s.Person == step.PersonKey())
}

// Subtract returns what is left of steps while blocks last, in their order. Where a
// logout is held or dropped, the login of the next person on that phone is dropped with
// it, and so is one that was to move its person to another desk. Of several blocks of
// a step, delays add up, and the first of the others counts.
func Subtract(steps []Step, blocks []Block) []Step {
	if len(blocks) == 0 {
		return steps
	}
	by := newBlockIndex(blocks)
	behind := staying{make(map[string]bool), make(map[string]bool)}
	left := make([]Step, 0, len(steps))
	for _, s := range steps {
		cut, ok := by.apply(s)
		if cut.Op != s.Op || !ok {
			behind.there(s)
		}
		if ok && !behind.blocks(cut) {
			left = append(left, cut)
		}
	}
	return left
}

// blockIndex finds the blocks of a step.
type blockIndex struct {
	at   map[string][]int // by device
	wide []int            // of no device
	all  []Block
}

func newBlockIndex(blocks []Block) blockIndex {
	x := blockIndex{at: make(map[string][]int), all: blocks}
	for i, b := range blocks {
		switch {
		case b.Effect == Tells:
		case b.Scope.Device == "":
			x.wide = append(x.wide, i)
		default:
			x.at[b.Scope.Device] = append(x.at[b.Scope.Device], i)
		}
	}
	return x
}

// apply returns what becomes of a step, and false when nothing is left of it.
func (x blockIndex) apply(s Step) (Step, bool) {
	for _, list := range [][]int{x.wide, x.at[s.Device]} {
		for _, i := range list {
			b := x.all[i]
			if !b.Scope.covers(s) {
				continue
			}
			switch b.Effect {
			case Drops:
				return s, false
			case Holds:
				s.Op, s.Cause, s.NotBefore = OpHold, b.Cause, b.Until
				s.Why = fmt.Sprintf("%s; %s", s.Why, b.Text)
				return s, true
			case Delays:
				s.NotBefore = reservations.Latest(s.NotBefore, b.Until)
				s.Why = fmt.Sprintf("%s; %s", s.Why, b.Text)
			case Stops:
				if s.Held == "" {
					s.Held = b.String()
				}
			}
		}
	}
	return s, true
}

// staying are those whose logout waits: the login of the person who is to have their
// phone waits with it, and so does one that moves them to another.
type staying struct{ devices, people map[string]bool }

// there notes a logout that waits.
func (k staying) there(out Step) {
	if out.Op != OpLogout {
		return
	}
	k.devices[out.Device] = true
	if out.Cause == CauseElsewhere {
		k.people[out.PersonKey()] = true
	}
}

// blocks reports whether s is a login behind one of them.
func (k staying) blocks(s Step) bool {
	return s.Op == OpLogin && (k.devices[s.Device] || k.people[s.PersonKey()])
}
