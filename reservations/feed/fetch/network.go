package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrForbiddenAddress is the error of a fetch whose server turned out to be at an
// address the feed may not reach. Nothing was sent there.
var ErrForbiddenAddress = errors.New("the feed may not connect there")

// global are the addresses assigned for the public internet; everything else is
// internal in some way (IANA IPv6 address space).
var global = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("2000::/3")}

// special are the parts of it that are not public after all: the IANA registries
// of special-purpose addresses (RFC 6890), and what embeds another address and
// would be a way around this table.
var special = []struct {
	netip.Prefix
	what string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this machine"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "the inside of a provider's network"},
	{netip.MustParsePrefix("127.0.0.0/8"), "this machine"},
	{netip.MustParsePrefix("168.63.129.16/32"), "Azure's agent of this machine"}, // public by its number only
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, where clouds keep credentials"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved for protocols"},
	{netip.MustParsePrefix("192.0.2.0/24"), "for documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a 6to4 relay"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "for documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved or broadcast"},
	{netip.MustParsePrefix("2001::/23"), "reserved for protocols, Teredo among them"},
	{netip.MustParsePrefix("2001:db8::/32"), "for documentation"},
	{netip.MustParsePrefix("2002::/16"), "6to4, which embeds another address"},
	{netip.MustParsePrefix("3fff::/20"), "for documentation"},
}

// guard decides which addresses a feed may connect to. It gets the address a socket
// is about to connect to, after every spelling of a host, every redirection and every
// answer of a name server has become one, so that nothing can evade it.
type guard struct {
	allow []netip.Prefix // where the feed may go beyond the public internet
	deny  []netip.Prefix // where it may not go, whatever allow says
	plain bool           // without encryption it may go nowhere else
	first *firstHost     // where it may go as well, and what that leads to; nil: nowhere
}

// newGuard returns the guard of what comes from s.
func newGuard(s Source, first *firstHost, plain bool) guard {
	return guard{plainNetworks(s.AllowNetworks), plainNetworks(s.DenyNetworks), plain, first}
}

// control is the ControlContext of a [net.Dialer].
func (g guard) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is no address", ErrForbiddenAddress, address)
	}
	ip := at.Addr().Unmap().WithZone("")
	if host, named := ctx.Value(hostKey{}).(string); named && g.first != nil {
		g.allow = append(g.first.networks(host, ip), g.allow...)
	}
	return g.check(ip)
}

func (g guard) check(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	contains := func(p netip.Prefix) bool { return p.Contains(ip) }
	if denies(g.deny, ip) {
		return fmt.Errorf("%w: %s is in deny_networks", ErrForbiddenAddress, ip)
	}
	if slices.ContainsFunc(g.allow, contains) {
		return nil
	}
	if g.plain {
		return fmt.Errorf("%w: http is for servers in allow_networks, and %s is in none of them; use https", ErrForbiddenAddress, ip)
	}
	if !slices.ContainsFunc(global, contains) {
		return fmt.Errorf("%w: %s is not in the public internet; name its network in allow_networks", ErrForbiddenAddress, ip)
	}
	for _, s := range special {
		if s.Contains(ip) {
			return fmt.Errorf("%w: %s is %s; name its network in allow_networks", ErrForbiddenAddress, ip, s.what)
		}
	}
	return nil
}

// byScheme sends encrypted and plain requests through connections with a guard
// each.
type byScheme struct{ https, http http.RoundTripper }

func (b byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return b.https.RoundTrip(r)
	}
	return b.http.RoundTrip(r)
}

// newTransport builds the connections to calendar servers: the one place that
// decides which servers deskd talks to for feeds. The resolver is nil but in tests.
func newTransport(s Source, resolver *net.Resolver) http.RoundTripper {
	guarded := func(g guard) *http.Transport {
		dialer := &net.Dialer{Timeout: 10 * time.Second, ControlContext: g.control, Resolver: resolver}
		t := &http.Transport{
			// A proxy would connect in our place, past the guard: the variables of
			// the environment are not looked at.
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    handshake,
			ResponseHeaderTimeout:  20 * time.Second,
			MaxResponseHeaderBytes: maxHeaders,
			// CalDAV sends several requests in a row; minutes lie between two fetches.
			IdleConnTimeout:     5 * time.Second,
			MaxIdleConnsPerHost: 1,
			// The size of what is unpacked is counted beside that of what came.
			DisableCompression: true,
			ForceAttemptHTTP2:  true,
		}
		if s.TLS != nil {
			t.DialTLSContext = trusting{s.TLS, dialer}.dial
		}
		return t
	}
	first := newFirstHost(s)
	return toldHost{byScheme{https: guarded(newGuard(s, first, false)), http: guarded(newGuard(s, first, true))}, first}
}

const handshake = 10 * time.Second

// trusting makes encrypted connections by settings that are read for each: the
// files of certificates change while deskd runs.
type trusting struct {
	settings func() (*tls.Config, error)
	dialer   *net.Dialer
}

func (t trusting) dial(ctx context.Context, network, address string) (net.Conn, error) {
	settings, err := t.settings()
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	raw, err := t.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	settings = settings.Clone()
	settings.ServerName, settings.NextProtos = host, []string{"h2", "http/1.1"}
	conn := tls.Client(raw, settings)
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the reason is in err
		return nil, err
	}
	return conn, nil
}
