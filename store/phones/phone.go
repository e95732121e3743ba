package phones

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Source is who told the address of a phone.
type Source string

// The sources.
const (
	CSV        Source = "csv"        // a file that someone has written
	DeviceList Source = "devicelist" // a saved DeviceListX report
	RIS        Source = "ris"        // the cluster's Real-Time Information Server
	AXL        Source = "axl"        // the cluster's administration, which tells no address
)

// Phone is what is known of a phone. Of a fact that nobody has told the pointer is nil, and the
// instant zero.
type Phone struct {
	Cluster, Device string

	Address netip.Addr // not valid while none is known
	Source  Source     // of the address; empty while nobody has told one
	Seen    time.Time  // when the phone was there, or was known to be nowhere
	Model   string     // as it or its cluster says it, such as "Cisco 8845"

	Registered   *bool
	WebAccess    *bool // whether it has pages of its own and takes pushes
	RegisteredAt time.Time

	EM      *bool   // whether extension mobility is on
	Profile *string // the default profile, of the time in which nobody is logged in; empty for none
	ToldAt  time.Time

	// Idle is since when nobody has touched the phone, as it says itself, zero while it is in
	// use or has not said it; IdleAt when it told of that last.
	Idle, IdleAt time.Time

	Detail string // what was odd about the last news of the address, in words
}

// News is what a source tells of a phone. What is nil it does not tell, and that stays as it
// is. An Address that is not valid says that none is known.
type News struct {
	Cluster, Device string
	Source          Source
	Seen            time.Time // when it was so

	Address    *netip.Addr
	Model      *string
	Registered *bool
	WebAccess  *bool
	EM         *bool
	Profile    *string
}

// Saved says what became of news.
type Saved struct {
	// New are phones of which nothing was known, Changed those of which anything but an
	// instant is another.
	New, Changed int
	// Older are news of which nothing was taken, since what is known is newer.
	Older int
	// Taken are phones whose address has gone to another, with the news of another.
	Taken []Phone
	// Contested are addresses at which two phones were at the same instant: neither has it.
	Contested []netip.Addr
}

// Plain is an address as it is kept and compared: IPv4 as such, and without the name of an
// interface. The error says that no phone can be there.
func Plain(a netip.Addr) (netip.Addr, error) {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid():
		return a, errors.New("no address")
	case a.IsUnspecified(), a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return a, fmt.Errorf("%s is no address of a phone", a)
	}
	return a, nil
}

// tells reports whether n tells anything of the address, of how the cluster reaches the phone,
// and of how it is set up.
func (n News) tells() (address, reached, setUp bool) {
	return n.Address != nil, n.Registered != nil || n.WebAccess != nil, n.EM != nil || n.Profile != nil
}
