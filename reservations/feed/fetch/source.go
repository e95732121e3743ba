package fetch

import (
	"crypto/tls"
	"net/netip"
)

// Validators are what a server gave with a body to ask later whether it
// changed (RFC 9110 8.8). The zero Validators ask for the body in any case.
type Validators struct{ ETag, LastModified string }

// Source is where a feed comes from.
type Source struct {
	// URL is http, https, or file:PATH; or caldav+https, caldav+http and the
	// address of a calendar collection of a CalDAV server.
	URL string
	// AllowNetworks are where the server may be beyond the public internet. Only
	// there it may be reached without encryption.
	AllowNetworks []netip.Prefix
	// HostNetworks are where the host in URL may be besides. What it leads to may be
	// in those of them alone that have the host.
	HostNetworks []netip.Prefix
	// DenyNetworks are where no server may be, whatever the others say, and no IPv4
	// address that one embeds (NAT64, 6to4, Teredo).
	DenyNetworks []netip.Prefix
	Credentials  Credentials
	// TLS reads how the server is to be trusted, again at each connection; nil
	// leaves that to the machine's certificate authorities.
	TLS func() (*tls.Config, error)
}

// Credentials are shown to the origin of the source's URL and to no other. The
// zero Credentials are none.
type Credentials struct {
	// Username makes Secret a password, told by Basic (RFC 7617) or, to servers
	// that take nothing else, proven by Digest (RFC 7616); without it, Secret is
	// a bearer token (RFC 6750).
	Username string
	// Secret reads the password or token, again at every fetch. Its error must
	// not repeat it.
	Secret func() (string, error)
}
