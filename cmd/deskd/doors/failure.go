package doors

import "strings"

// Failure is why someone did not come through by TLS, in a word that stays.
type Failure string

// The failures.
const (
	// Refused is a certificate that a phone or browser does not accept.
	Refused Failure = "certificate_refused"
	// TooOld is a phone or browser that knows no TLS 1.2, or no cipher of it.
	TooOld Failure = "too_old"
	// NoTLS is what was said without TLS.
	NoTLS Failure = "no_tls"
	// BrokenOff is a connection that ended on the way: a port scan, say.
	BrokenOff Failure = "broken_off"
)

// handshake is how the standard library begins its line about one that failed. Nothing else tells a
// server of it.
const handshake = "http: TLS handshake error from "

// Failed takes in a line that the standard library logs by itself, and reports whether it was about
// someone who did not come through by TLS. Such a line is no fault of deskd's, and a floor of phones
// that do not trust its authority writes it at every key that is pressed: it is counted.
func (id *Identity) Failed(line string) bool {
	text, is := strings.CutPrefix(line, handshake)
	if !is || id == nil {
		return false
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	id.failed[failureOf(text)]++
	return true
}

func failureOf(text string) Failure {
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case says("unsupported versions", "no cipher suite", "protocol version not supported", "handshake failure", "insufficient security"):
		return TooOld
	case says("remote error: tls: "):
		return Refused
	case says("does not look like a TLS handshake", "HTTP request to an HTTPS server"):
		return NoTLS
	}
	return BrokenOff
}

// Failures are how many have not come through by TLS, by why, since deskd began.
func (id *Identity) Failures() map[string]int64 {
	id.mu.Lock()
	defer id.mu.Unlock()
	all := make(map[string]int64)
	for _, f := range []Failure{Refused, TooOld, NoTLS, BrokenOff} {
		all[string(f)] = id.failed[f]
	}
	return all
}
