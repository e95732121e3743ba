package configs

import (
	"strings"
	"testing"
)

// Nobody is told anything where nothing can be pushed, and all of it as soon as something can.
func TestTells(t *testing.T) {
	p := Default().Phones
	if got := p.Tells(); len(got.BeforeEnd) > 0 || got.Moved || got.Next {
		t.Errorf("without phones.push: %+v", got)
	}
	p.Push.User, p.Networks = "pusher", []string{"10.0.0.0/24"}
	if got := p.Tells(); len(got.BeforeEnd) != 2 || !got.Moved || !got.Next {
		t.Errorf("with phones.push: %+v", got)
	}
	p.Networks = nil
	if got := p.Tells(); got.Moved {
		t.Errorf("without networks: %+v", got)
	}
}

// A person is told few times that a booking ends.
func TestMostNotices(t *testing.T) {
	f := newFindings("")
	f.checkNotices(Notices{BeforeEnd: []Duration{minute, 2 * minute, 3 * minute, 4 * minute, 5 * minute, 6 * minute}})
	if len(f.list) != 1 || !strings.Contains(f.list[0].What, "has 6 instants") {
		t.Errorf("found %v", f.list)
	}
}

// Nobody is asked whether they are in a call where no network of phones is known.
func TestWaitNeedsNetworks(t *testing.T) {
	c := Default()
	c.Policy.End.WaitForCall = minute
	if got := checkCalls(c); got.what != "needs phones.networks" {
		t.Errorf("found %v", got)
	}
	c.Phones.Networks = []string{"10.0.0.0/24"}
	if got := checkCalls(c); got.what != "" {
		t.Errorf("found %v", got)
	}
}
