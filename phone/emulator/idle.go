package emulator

import (
	"cmp"
	"context"
	"strings"
	"time"
)

// idling is what a phone does that nobody touches.
type idling struct {
	url   string
	after time.Duration
	timer *time.Timer
	wound int    // how often the timer was
	next  string // the page that a Refresh header has named, "" for url
}

// Idle has the phone open a page once nobody has touched it for so long, as by the Idle URL of
// the cluster, and then those that the Refresh headers of pages name, until someone presses a
// key or is in a call. It opens the first one again where there is no such header. In the URL,
// #DEVICENAME# stands for the phone's name; without a URL it opens nothing. It goes by the
// clock of package time.
func (p *Phone) Idle(url string, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idling.url, p.idling.after = strings.ReplaceAll(url, "#DEVICENAME#", p.name), after
	p.touched()
}

// touched notes that someone uses the phone; its lock is held.
func (p *Phone) touched() { p.wind(p.idling.after, "") }

// wind has the phone open a page in so long, "" for the first one; its lock is held.
func (p *Phone) wind(in time.Duration, next string) {
	if p.idling.timer != nil {
		p.idling.timer.Stop()
	}
	p.idling.wound++
	if p.idling.next = next; p.idling.url != "" {
		n := p.idling.wound
		p.idling.timer = time.AfterFunc(in, func() { p.rest(n) })
	}
}

// Touch presses a key that nothing listens to, or lifts the handset and puts it down.
func (p *Phone) Touch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.touched()
}

// rest opens the idle page, unless the phone is in use or restarts, or the timer was wound since
// the n-th time.
func (p *Phone) rest(n int) {
	p.mu.Lock()
	at := p.idling
	if at.wound != n {
		p.mu.Unlock()
		return
	}
	if p.inCall || p.restarting() {
		p.touched()
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	url := cmp.Or(at.next, at.url)
	p.open(ctx, url, 0)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idling.wound != n {
		return // someone has touched it meanwhile
	}
	if s := p.top(); s != nil && s.url == url && s.every > 0 {
		p.wind(s.every, s.refresh)
		return
	}
	p.touched()
}
