package emulator

import (
	"slices"
	"sync"
	"time"

	"deskd/phone/emulator/schema"
)

// Phone is an emulated phone. Its methods are those of a hand at the phone, and of
// whoever looks at it; they are safe for concurrent use.
type Phone struct {
	world *World
	model Model
	name  string

	mu        sync.Mutex
	faults    Faults
	restarted time.Time // until when it restarts; zero: it does not
	user      string
	services  []service
	stack     []shown // the pages on the way to the one that is shown, which is the last
	message   string  // instead of the page
	status    string  // above the calls
	calls     []Call
	inCall    bool
	pending   []task // pages that wait until the phone is idle
	idling    idling
	done      []string // internal URIs that were carried out
}

// service is one that the phone is subscribed to.
type service struct{ name, url string }

// shown is a page and what the person has entered in it.
type shown struct {
	url     string
	root    schema.Element
	focus   int // the item that is chosen, from 0
	entered map[string]string
	last    string        // the field that was entered last
	refresh string        // where the softkey Next leads
	every   time.Duration // after which an idle phone follows it by itself
	expired bool          // Back skips it
}

// Call is a line of the call list.
type Call struct {
	// Kind is missed, received or placed.
	Kind, Number string
}

// Name is the phone's name in the cluster.
func (p *Phone) Name() string { return p.name }

// Login and logout of an Extension Mobility session restart the phone. Neither clears
// the call list.
func (p *Phone) Login(user string) { p.session(user) }

// Logout ends the session.
func (p *Phone) Logout() { p.session("") }

func (p *Phone) session(user string) { p.Session(user, p.world.opts.Now().Add(p.world.opts.Restart)) }

// Session is a login of user, or a logout if that is "", after which the phone is back at
// that instant: for a world whose sessions are kept elsewhere.
func (p *Phone) Session(user string, back time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user = user
	p.stack, p.message, p.status, p.inCall, p.pending = nil, "", "", false, nil
	p.restarted = back
	p.touched()
}

// User is who is logged in, or "".
func (p *Phone) User() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.user
}

// restarting reports whether the phone restarts; its lock is held.
func (p *Phone) restarting() bool { return p.world.opts.Now().Before(p.restarted) }

// Calls are the call list, the latest first.
func (p *Phone) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Miss has a call ring that nobody takes.
func (p *Phone) Miss(number string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log("missed", number)
}

// Take begins a call with someone who rings.
func (p *Phone) Take(number string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.touched()
	p.log("received", number)
	p.inCall = true
}

// Dial begins a call.
func (p *Phone) Dial(number string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.touched()
	p.dial(number)
}

func (p *Phone) dial(number string) {
	p.log("placed", number)
	p.inCall = true
}

func (p *Phone) log(kind, number string) {
	p.calls = slices.Insert(p.calls, 0, Call{kind, number})
}

// HangUp ends a call, and opens the pages that waited for that.
func (p *Phone) HangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.touched()
	p.inCall = false
	for _, t := range p.pending {
		p.fetchNow(t)
	}
	p.pending = nil
}

// InCall reports whether someone is in a call.
func (p *Phone) InCall() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inCall
}

// Done are the internal URIs that the phone has carried out, in order.
func (p *Phone) Done() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.done)
}
