package emapi

import (
	"net/netip"
	"strconv"
)

// Origin says where the request came from that made a client send its own, for
// web applications that forward the request of a browser or phone. The
// service then holds that sender, too, against its list of trusted addresses
// (service parameter Validate IP Address; refusals [CodeUntrustedIP] and
// [CodeProxyNotAllowed]). The zero Origin says nothing, which is right for every
// program that acts by itself. Developers Guide, ch. 6, remoteIPAddr and
// isViaHeaderSet.
type Origin struct {
	// Address is the sender's; the zero Addr leaves remoteIPAddr out. A zone is
	// not sent.
	Address netip.Addr
	// Via says whether the request bore a Via header, hence passed a proxy; nil
	// leaves isViaHeaderSet out. deviceUserQuery and userDevicesQuery have no
	// place for it.
	Via *bool
}

// encode writes the elements of o that the message op has a place for.
func (o Origin) encode(m *message, op string) {
	if o.Address.IsValid() {
		m.leaf("remoteIPAddr", o.Address.Unmap().WithZone("").String())
	}
	if o.Via != nil && op != opDeviceUsers && op != opUserDevices {
		m.leaf("isViaHeaderSet", strconv.FormatBool(*o.Via))
	}
}
