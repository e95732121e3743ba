package fetch

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"deskd/reservations/feed/ical"
)

func TestGuard(t *testing.T) {
	public := []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2001:200::1", "2606:4700::1111", "2003::1", "3ffe::1", "::ffff:1.1.1.1",
	}
	inside := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1",
		"172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "100::1",
		"2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
	}
	for _, text := range public {
		if err := (guard{}).check(netip.MustParseAddr(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if (guard{plain: true}).check(netip.MustParseAddr(text)) == nil {
			t.Errorf("%s may be asked without encryption", text)
		}
	}
	for _, text := range inside {
		ip := netip.MustParseAddr(text)
		if err := (guard{}).check(ip); !errors.Is(err, ErrForbiddenAddress) || !strings.Contains(err.Error(), "allow_networks") {
			t.Errorf("%s: error %v", text, err)
		}
		plain := ip.Unmap().WithZone("")
		own := guard{allow: []netip.Prefix{netip.PrefixFrom(plain, plain.BitLen())}, plain: true}
		if err := own.check(ip); err != nil {
			t.Errorf("%s: allowed, and refused: %v", text, err)
		}
	}
	// A denied network stays denied, whatever is allowed and however it is spelled.
	everywhere := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001::/16"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("::/8"), netip.MustParsePrefix("64:ff9b::/32"), netip.MustParsePrefix("fe80::/10")}
	g := guard{allow: everywhere, deny: []netip.Prefix{netip.MustParsePrefix("1.1.1.0/24"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2606:4700::/32")}}
	for text, denied := range map[string]bool{
		"64:ff9b::101:101": true, "64:ff9b::101:201": false, "64:ff9b:1::101:101": true, "64:ff9b:1:101:1:100::": true, "2002:101:101::1": true, "2002:101:201::1": false,
		"2001:0:101:101::1": true, "2001::fefe:fefe": true, "fe80::5efe:1.1.1.1": true, "2003::200:5efe:101:101": true, "::1.1.1.1": true, "::ffff:0:1.1.1.1": true,
		"1.1.1.1": true, "::ffff:1.1.1.1": true, "1.1.2.1": false, "10.1.2.3": true, "10.2.0.1": false, "2606:4700::1111": true, "2606:4701::1": false,
	} {
		err := g.check(netip.MustParseAddr(text))
		if denied != (err != nil) || denied && (!errors.Is(err, ErrForbiddenAddress) || !strings.Contains(err.Error(), "is in deny_networks")) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

// A network is the same however it is written, where it is denied and where it is
// allowed.
func TestMappedNetworks(t *testing.T) {
	for text, same := range map[string]string{
		"::ffff:127.0.0.0/104": "127.0.0.0/8", "::ffff:10.1.0.0/112": "10.1.0.0/16", "::ffff:0:0/96": "0.0.0.0/0", "::ffff:1.1.1.1/128": "1.1.1.1/32",
		"10.0.0.0/8": "10.0.0.0/8", "::/0": "::/0", "::/96": "::/96", "fd00::/8": "fd00::/8",
	} {
		networks := []netip.Prefix{netip.MustParsePrefix(text)}
		if got := plainNetwork(networks[0]); got.String() != same {
			t.Errorf("%s is %s, want %s", text, got, same)
		}
		ip := netip.MustParsePrefix(same).Addr()
		inside := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
		if err := newGuard(Source{AllowNetworks: inside, DenyNetworks: networks}, nil, true).check(ip); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s is denied, and %s is not: %v", text, ip, err)
		}
		if err := newGuard(Source{AllowNetworks: networks}, nil, true).check(ip); err != nil {
			t.Errorf("%s is allowed, and %s is not: %v", text, ip, err)
		}
	}
}

// canary listens on all addresses of this machine and counts who comes.
func canary(t *testing.T) (port string, visits *atomic.Int64) {
	t.Helper()
	visits = new(atomic.Int64)
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			}
			conn.Close()
		}
	}()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, visits
}

// liar is a resolver for which every name has the addresses given: the first
// question is answered with the first, and so on; the last stays.
func liar(addresses ...string) *net.Resolver {
	var asked atomic.Int64
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			for {
				question, err := message(there)
				if err != nil {
					return
				}
				at := 0
				if strings.Contains(string(question), "\x00\x00\x01\x00\x01") { // type A
					at = int(asked.Add(1)) - 1
				}
				there.Write(answer(question, netip.MustParseAddr(addresses[min(at, len(addresses)-1)])))
			}
		}()
		return here, nil
	}}
}

// message reads one DNS message as TCP carries it (RFC 1035 4.2.2).
func message(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	text := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, text)
	return text, err
}

// answer gives ip to all who ask for addresses of its kind.
func answer(question []byte, ip netip.Addr) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5
	kind := binary.BigEndian.Uint16(question[end-4:])
	reply := append([]byte{}, question[:end]...)
	copy(reply[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	if ip.Is4() && kind == 1 || ip.Is6() && kind == 28 {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(ip.BitLen()/8))
		reply = append(reply, ip.AsSlice()...)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)
}

// insides are spellings of this machine and of other places no feed may look
// into; PORT is where the canary waits.
var insides = map[string]string{
	"plain":                       "127.0.0.1:PORT",
	"another of the same network": "127.1.2.3:PORT",
	"name":                        "localhost:PORT",
	"name with a dot":             "localhost.:PORT",
	"name, in capitals":           "LOCALHOST:PORT",
	"short":                       "127.1:PORT",
	"decimal":                     "2130706433:PORT",
	"hexadecimal":                 "0x7f000001:PORT",
	"octal":                       "0177.0.0.1:PORT",
	"circled digits":              "①②⑦.⓪.⓪.①:PORT",
	"full-width digits":           "１２７.０.０.１:PORT",
	"ideographic dots":            "127。0。0。1:PORT",
	"unspecified":                 "0.0.0.0:PORT",
	"zero":                        "0:PORT",
	"unspecified, IPv6":           "[::]:PORT",
	"loopback, IPv6":              "[::1]:PORT",
	"IPv4 in IPv6":                "[::ffff:127.0.0.1]:PORT",
	"IPv4 in IPv6, hexadecimal":   "[::ffff:7f00:1]:PORT",
	"IPv4 in IPv6, old":           "[::127.0.0.1]:PORT",
	"NAT64":                       "[64:ff9b::7f00:1]:PORT",
	"NAT64, local":                "[64:ff9b:1::7f00:1]:PORT",
	"6to4":                        "[2002:7f00:1::]:PORT",
	"Teredo":                      "[2001:0:7f00:1::]:PORT",
	"cloud metadata":              "169.254.169.254",
	"private":                     "10.0.0.1",
	"carrier":                     "100.64.0.1",
	"broadcast":                   "255.255.255.255",
	"user that looks like a host": "calendar.example.com@127.0.0.1:PORT",
	"password, too":               "calendar.example.com:443@127.0.0.1:PORT",
	"name whose address is here":  "rebind.example.com:PORT",
	"name of a cloud":             "metadata.google.internal:PORT",
}

// refused reports whether a connection was not made because of where it would
// have gone, or because the name has no address: some resolvers read 127.1 as
// one, others do not.
func refused(err error) bool {
	_, unknown := errors.AsType[*net.DNSError](err)
	return unknown || errors.Is(err, ErrForbiddenAddress)
}

func TestNoFeedLooksInside(t *testing.T) {
	port, visits := canary(t)
	for name, host := range insides {
		for _, scheme := range []string{"http", "https", "caldav+https"} {
			at := scheme + "://" + strings.ReplaceAll(host, "PORT", port) + "/x.ics"
			f := NewFetcher(Source{URL: at, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("10.99.0.0/16")}})
			f.transport = newTransport(f.source, liar("127.0.0.1"))
			denied := Source{URL: at, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}, DenyNetworks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
			g := NewFetcher(denied)
			g.transport = newTransport(denied, liar("127.0.0.1"))
			if _, err := g.Fetch(t.Context(), anyWindow, Validators{}, someTime); !refused(err) {
				t.Errorf("%s, %s, denied: error %v", name, at, err)
			}
			if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); !refused(err) {
				t.Errorf("%s, %s: error %v", name, at, err)
			}
		}
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	// The canary sings: what is allowed is reached.
	f := NewFetcher(Source{URL: "http://rebind.example.com:" + port, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	f.transport = newTransport(f.source, liar("127.0.0.1"))
	if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); !errors.Is(err, ical.ErrEmpty) || visits.Load() != 1 {
		t.Errorf("allowed: error %v after %d connections", err, visits.Load())
	}
}

// A name that changes its address between two questions gains nothing: it is
// the address of the connection that is looked at, each time.
func TestNoNameRebinds(t *testing.T) {
	port, visits := canary(t)
	f := NewFetcher(Source{URL: "http://rebind.example.com:" + port, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	f.transport = newTransport(f.source, liar("127.0.0.1", "127.0.0.2"))
	if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); !errors.Is(err, ical.ErrEmpty) {
		t.Errorf("first: error %v", err)
	}
	if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); !errors.Is(err, ErrForbiddenAddress) || visits.Load() != 1 {
		t.Errorf("second: error %v after %d connections", err, visits.Load())
	}
}

// redirecting answers for calendar.example.com, and leaves the others to the
// connections feeds go through.
type redirecting struct {
	to string
	http.RoundTripper
}

func (r redirecting) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.URL.Host != "calendar.example.com" {
		return r.RoundTripper.RoundTrip(q)
	}
	return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {r.to}}, Body: http.NoBody}, nil
}

func TestNoRedirectionLeadsInside(t *testing.T) {
	port, visits := canary(t)
	for name, host := range insides {
		for _, scheme := range []string{"http", "https"} {
			f := NewFetcher(Source{URL: scheme + "://calendar.example.com/x.ics"})
			f.transport = redirecting{scheme + "://" + strings.ReplaceAll(host, "PORT", port) + "/", newTransport(Source{}, liar("127.0.0.1"))}
			if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); !refused(err) || visits.Load() != 0 {
				t.Errorf("%s, %s: error %v after %d connections", name, scheme, err, visits.Swap(0))
			}
		}
	}
}

// Where the host of a URL may be in more networks than a feed has, what it leads to
// may be in the one that it is in itself, whatever it is called.
func TestFirstHostsNetwork(t *testing.T) {
	port, visits := canary(t)
	const way = "/away"
	redirects := http.NewServeMux()
	here := serve(t, redirects.ServeHTTP)
	redirects.HandleFunc(way, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.URL.Query().Get("to")+":"+port+"/", http.StatusFound)
	})
	networks := []netip.Prefix{netip.MustParsePrefix("::ffff:127.0.0.1/128"), netip.MustParsePrefix("127.0.1.0/24"), netip.MustParsePrefix("127.0.2.0/24")}
	for at, reached := range map[string]bool{
		"http://127.0.1.1:" + port + "/": true, "http://127.0.2.1:" + port + "/": true, "http://127.0.3.1:" + port + "/": false, "caldav+http://127.0.3.1:" + port + "/": false,
		here + way + "?to=127.0.0.1": true, here + way + "?to=[::ffff:127.0.0.1]": true, here + way + "?to=localhost": true,
		here + way + "?to=127.0.1.1": false, here + way + "?to=127.0.2.1": false, here + way + "?to=[::ffff:127.0.2.1]": false, "caldav+" + here + way + "?to=127.0.1.1": false,
	} {
		f := NewFetcher(Source{URL: at, HostNetworks: networks})
		_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if n := visits.Swap(0); (n > 0) != reached || !reached && !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s: %d visits, error %v", at, n, err)
		}
	}
	// Once it has answered, a name that moves into another network is elsewhere, too.
	f := NewFetcher(Source{URL: "http://rebind.example.com:" + port, HostNetworks: networks})
	f.transport = newTransport(f.source, liar("127.0.1.1", "127.0.2.1"))
	_, first := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	_, then := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if n := visits.Load(); !errors.Is(first, ical.ErrEmpty) || !errors.Is(then, ErrForbiddenAddress) || n != 1 {
		t.Errorf("%d visits, errors %v, then %v", n, first, then)
	}
}

// The variables of the environment name no proxy for feeds: it would connect in
// their place.
func TestNoProxy(t *testing.T) {
	named, ok := newTransport(Source{}, nil).(toldHost)
	if !ok {
		t.Fatal("no host is told to the connections")
	}
	both, ok := named.next.(byScheme)
	if !ok || both.https.(*http.Transport).Proxy != nil || both.http.(*http.Transport).Proxy != nil {
		t.Error("there is a proxy")
	}
}

// The public internet is asked in the open by no feed, whatever it redirects to.
func TestNoPlainHTTPOutside(t *testing.T) {
	inside := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	f := NewFetcher(Source{URL: "http://calendar.example.com/x.ics", AllowNetworks: inside})
	f.transport = newTransport(Source{AllowNetworks: inside}, liar("1.1.1.1"))
	g := local(serve(t, http.RedirectHandler("http://other.example.com/x.ics", http.StatusFound).ServeHTTP))
	g.transport = newTransport(Source{AllowNetworks: inside}, liar("1.1.1.1"))
	for _, f := range []*Fetcher{f, g} {
		_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if !errors.Is(err, ErrForbiddenAddress) || !strings.Contains(err.Error(), "use https") {
			t.Errorf("error %v", err)
		}
	}
}
