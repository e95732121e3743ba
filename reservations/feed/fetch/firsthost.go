package fetch

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// firstHost is the server that a URL names, with the networks it may be in. If it leads
// elsewhere, only its own networks count: a URL that a stranger has sent must not lead
// into a network that its server is not in.
type firstHost struct {
	name string
	may  []netip.Prefix

	mu       sync.Mutex
	in       []netip.Prefix // those of may that have an address of the host
	answered bool           // the host has answered, and its networks are known
}

func newFirstHost(s Source) *firstHost {
	rawURL, _ := cutCalDAV(s.URL)
	at, err := url.Parse(rawURL)
	if err != nil || len(s.HostNetworks) == 0 {
		return &firstHost{}
	}
	return &firstHost{name: hostOf(at), may: plainNetworks(s.HostNetworks)}
}

func hostOf(at *url.URL) string { return strings.ToLower(at.Hostname()) }

// networks are those in which the server called host may be, of which ip is an
// address.
func (f *firstHost) networks(host string, ip netip.Addr) []netip.Prefix {
	f.mu.Lock()
	defer f.mu.Unlock()
	if host == f.name && !f.answered {
		for _, p := range f.may {
			if p.Contains(ip) && !slices.Contains(f.in, p) {
				f.in = append(f.in, p)
			}
		}
	}
	return slices.Clone(f.in)
}

// heard notes that the server called host has answered.
func (f *firstHost) heard(host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = f.answered || host == f.name
}

// hostKey is the key of a request's host in the context of its connection.
type hostKey struct{}

// toldHost sends requests through next, whose dialer can then tell with [hostKey] for
// whom it dials.
type toldHost struct {
	next  http.RoundTripper
	first *firstHost
}

func (n toldHost) RoundTrip(r *http.Request) (*http.Response, error) {
	host := hostOf(r.URL)
	resp, err := n.next.RoundTrip(r.WithContext(context.WithValue(r.Context(), hostKey{}, host)))
	if err == nil {
		n.first.heard(host)
	}
	return resp, err
}
