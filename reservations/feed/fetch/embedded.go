package fetch

import (
	"net/netip"
	"slices"
)

// plainNetwork is p as the addresses of sockets are compared with it: a network of
// IPv4 addresses that are written in IPv6 (::ffff:10.0.0.0/104) is one of IPv4.
func plainNetwork(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits before the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p
}

func plainNetworks(networks []netip.Prefix) []netip.Prefix {
	plain := make([]netip.Prefix, len(networks))
	for i, p := range networks {
		plain[i] = plainNetwork(p)
	}
	return plain
}

// embeddings are the IPv6 networks whose addresses lead to an IPv4 address that
// they contain, and the bytes it is in.
var embeddings = []struct {
	netip.Prefix
	places [][4]int
}{
	{netip.MustParsePrefix("::/96"), [][4]int{{12, 13, 14, 15}}},           // IPv4-compatible (RFC 4291 2.5.5.1)
	{netip.MustParsePrefix("::ffff:0:0:0/96"), [][4]int{{12, 13, 14, 15}}}, // SIIT (RFC 2765)
	{netip.MustParsePrefix("64:ff9b::/96"), [][4]int{{12, 13, 14, 15}}},    // NAT64 (RFC 6052)
	// NAT64 of a network's own (RFC 8215): of these 48 bits, or of a longer prefix
	// within them (RFC 6052 2.2).
	{netip.MustParsePrefix("64:ff9b:1::/48"), [][4]int{{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}}},
	{netip.MustParsePrefix("2002::/16"), [][4]int{{2, 3, 4, 5}}}, // 6to4 (RFC 3056)
	{netip.MustParsePrefix("2001::/32"), [][4]int{{4, 5, 6, 7}}}, // the server of Teredo (RFC 4380 4)
}

// embedded are the IPv4 addresses that the IPv6 address ip can lead to.
func embedded(ip netip.Addr) (all []netip.Addr) {
	if !ip.Is6() {
		return nil
	}
	b := ip.As16()
	for _, e := range embeddings {
		if e.Contains(ip) {
			for _, at := range e.places {
				all = append(all, netip.AddrFrom4([4]byte{b[at[0]], b[at[1]], b[at[2]], b[at[3]]}))
			}
		}
	}
	last := [4]byte{b[12], b[13], b[14], b[15]}
	if netip.MustParsePrefix("2001::/32").Contains(ip) { // the client of Teredo, whose bits are turned around
		all = append(all, netip.AddrFrom4([4]byte{^last[0], ^last[1], ^last[2], ^last[3]}))
	}
	if isatap := [4]byte{b[8] &^ 2, b[9], b[10], b[11]}; isatap == [4]byte{0, 0, 0x5e, 0xfe} { // RFC 5214 6.1
		all = append(all, netip.AddrFrom4(last))
	}
	return all
}

// denies reports whether ip, or an IPv4 address that it leads to, is in one of the
// networks.
func denies(networks []netip.Prefix, ip netip.Addr) bool {
	for _, at := range append(embedded(ip), ip) {
		if slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(at) }) {
			return true
		}
	}
	return false
}
