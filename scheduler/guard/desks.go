package guard

import (
	"slices"
	"time"

	"deskd/scheduler/plan"
)

// Desks is the guard of phones that are not there to be driven: those the phone system
// does not know, those it says nothing about, and those at which logins or logouts come
// to nothing again and again. The zero Desks knows of none.
type Desks struct {
	unknown []string // desks, by id
	silent  []string
	failing []string
}

// ResolveWithin is how long the outcome of an attempt may be asked for before its
// phone counts as one that does not answer.
const ResolveWithin = 10 * time.Minute

// FailureThreshold is how many tries in a row have to come to nothing at a phone before
// that is a state: the fourth waits for a quarter of an hour.
const FailureThreshold = 3

// Swept takes in the desks, in their order, whose phone the phone system did not know at
// a full check, and those about whose phone it said nothing.
func (d *Desks) Swept(unknown, silent []string) { d.unknown, d.silent = unknown, silent }

// Tried takes in the desks at whose phone tries come to nothing again and again. One of before stays as long as the next try is under way, or was answered and
// nothing is seen of it yet.
func (d *Desks) Tried(failing map[string]bool, pending func(desk string) bool) {
	for _, desk := range d.failing {
		if pending(desk) {
			failing[desk] = true
		}
	}
	d.failing = nil
	for desk := range failing {
		d.failing = append(d.failing, desk)
	}
	slices.Sort(d.failing)
}

// Blocks says it of each desk.
func (d *Desks) Blocks() []plan.Block {
	var blocks []plan.Block
	for _, g := range []struct {
		kind  plan.Kind
		desks []string
		text  string
	}{
		{plan.KindUnknownDevice, d.unknown, "the phone system does not know its phone"},
		{plan.KindNoAnswer, d.silent, "the phone system says nothing about its phone"},
		{plan.KindTriesFailed, d.failing, "logins or logouts come to nothing at its phone: three in a row, or ten in a row at any phones of the cluster"},
	} {
		for _, desk := range g.desks {
			blocks = append(blocks, plan.Block{Scope: plan.Scope{Desk: desk}, Kind: g.kind, Text: g.text})
		}
	}
	return blocks
}
