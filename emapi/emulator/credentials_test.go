package emulator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// In the cache a password that was right is right for two minutes more, whatever
// becomes of it; one that was wrong is compared again, unless refusals are kept
// too.
func TestCredentialCache(t *testing.T) {
	newPassword := func(m string) string { return strings.Replace(m, "secret", "fresh", 1) }
	type step struct {
		at   time.Duration // since the first request
		do   func(*Emulator)
		old  string // what a request with the first password is answered
		next string // and one with the second
	}
	change := func(to string) func(*Emulator) {
		return func(e *Emulator) { e.Change(func(o *Options) { o.Password = to }) }
	}
	tests := map[string]struct {
		opts  Options
		steps []step
	}{
		"by default": {Options{}, []step{
			{0, nil, "code 19", "code 3"},
			{10 * time.Second, change("fresh"), "code 19", "code 19"},
			{2*time.Minute - 1, nil, "code 19", "code 19"},
			{2 * time.Minute, nil, "code 3", "code 19"}, // not prolonged by use
			{2*time.Minute + 5*time.Second, change("secret"), "code 19", "code 19"},
			{2*time.Minute + 10*time.Second, nil, "code 19", "code 3"},
		}},
		"with refusals": {Options{CacheRefusals: true}, []step{
			{0, nil, "code 19", "code 3"},
			{10 * time.Second, change("fresh"), "code 19", "code 3"},
			{2*time.Minute - 1, nil, "code 19", "code 3"},
			{2 * time.Minute, nil, "code 3", "code 19"},
		}},
		"without": {Options{CredentialCache: -1, CacheRefusals: true}, []step{
			{0, nil, "code 19", "code 3"},
			{1, change("fresh"), "code 3", "code 19"},
		}},
		"shorter": {Options{CredentialCache: time.Second}, []step{
			{0, nil, "code 19", "code 3"},
			{1, change("fresh"), "code 19", "code 19"},
			{time.Second, nil, "code 3", "code 19"},
		}},
		"restarted": {Options{}, []step{
			{0, nil, "code 19", "code 3"},
			{1, func(e *Emulator) { change("fresh")(e); e.Down(true); e.Down(false) }, "code 3", "code 19"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newWorld(tt.opts)
				began := time.Now()
				for _, s := range tt.steps {
					time.Sleep(s.at - time.Since(began))
					if s.do != nil {
						s.do(e)
					}
					expect(t, s.at.String()+" old", verdict(post(t, e, logoutXML(phone1))), s.old)
					expect(t, s.at.String()+" new", verdict(post(t, e, newPassword(logoutXML(phone1)))), s.next)
				}
			})
		})
	}
}

// Guesses do not pile up.
func TestCredentialCacheForgets(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now, CacheRefusals: true})
	for n := range 1000 {
		clock.now = at(n)
		post(t, e, strings.Replace(queryXML, "secret", strings.Repeat("x", n+1), 1))
	}
	if n := len(e.cache); n > 120 {
		t.Errorf("the cache holds %d passwords", n)
	}
}
