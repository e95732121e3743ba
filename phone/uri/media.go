package uri

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Stream is what a phone receives: G.711 µ-law in packets of 20 ms.
type Stream struct {
	// Address is that of the sender, or the group of a multicast; IPv4.
	Address netip.Addr
	// Port is even, 20480 to 32768. For RTPRx, 0 has the phone choose one, which it
	// returns as the data of its response.
	Port int
	// Volume is 1 to 100 percent; 0 leaves it as it is.
	Volume int
}

// RTPRx receives a unicast stream.
func RTPRx(s Stream) (URI, error) { return s.uri(RTPRxFamily, false) }

// RTPMRx receives a multicast stream.
func RTPMRx(s Stream) (URI, error) { return s.uri(RTPMRxFamily, true) }

// RTPTx sends a unicast stream to an even port, 20480 to 32768.
func RTPTx(to netip.AddrPort) (URI, error) {
	return Stream{Address: to.Addr(), Port: int(to.Port())}.uri(RTPTxFamily, false)
}

// RTPMTx sends a multicast stream to an even port, 20480 to 32768.
func RTPMTx(to netip.AddrPort) (URI, error) {
	return Stream{Address: to.Addr(), Port: int(to.Port())}.uri(RTPMTxFamily, true)
}

// StopRx ends what is received, unicast or multicast.
func StopRx() URI { return URI{RTPRxFamily, stop} }

// StopTx ends what is sent, unicast or multicast.
func StopTx() URI { return URI{RTPTxFamily, stop} }

const stop = "Stop"

func (s Stream) uri(f Family, multicast bool) (URI, error) {
	const least, most = 20480, 32768
	mayChoose := f == RTPRxFamily
	switch {
	case !s.Address.Is4():
		return invalid(f, "%s is no IPv4 address", s.Address)
	case s.Address.IsMulticast() != multicast:
		return invalid(f, "%s: multicast is %t, and has to be %t", s.Address, !multicast, multicast)
	case s.Volume < 0 || s.Volume > 100:
		return invalid(f, "volume %d is not 0 to 100", s.Volume)
	case s.Port == 0 && mayChoose && s.Volume == 0:
		return build(f, s.Address.String())
	case s.Port%2 != 0 || (s.Port < least || s.Port > most) && (s.Port != 0 || !mayChoose):
		return invalid(f, "port %d is not an even one, %d to %d", s.Port, least, most)
	}
	parts := []string{s.Address.String(), strconv.Itoa(s.Port)}
	if s.Port == 0 {
		parts[1] = ""
	}
	if s.Volume > 0 {
		parts = append(parts, strconv.Itoa(s.Volume))
	}
	return build(f, parts...)
}

// Play plays a file of the TFTP server through the speaker: raw µ-law of 8000 samples
// a second. The phone answers a push of it when the file has ended.
func Play(file string) (URI, error) {
	if file == "" || file == stop || strings.ContainsAny(file, ":;") {
		return invalid(PlayFamily, "%q is no name of a file", file)
	}
	return build(PlayFamily, file)
}

// StopPlaying ends it.
func StopPlaying() URI { return URI{PlayFamily, stop} }

// Vibrate lets a wireless phone vibrate count times, for on, with pauses of off. Both
// are sent in milliseconds. That order and that unit are inferred: no document that
// describes them was at hand.
func Vibrate(on, off time.Duration, count int) (URI, error) {
	if on < time.Millisecond || off < 0 || count < 1 {
		return invalid(VibrateFamily, "%s on, %s off, %d times is nothing to do", on, off, count)
	}
	return build(VibrateFamily, strconv.FormatInt(on.Milliseconds(), 10), strconv.FormatInt(off.Milliseconds(), 10), strconv.Itoa(count))
}

// DisplayState is what becomes of the light of a display.
type DisplayState string

// The states.
const (
	DisplayOn      DisplayState = "On"
	DisplayOff     DisplayState = "Off"
	DisplayDefault DisplayState = "Default" // as the administrator has set it for this time
)

// Display switches the light of a display for whole minutes, up to 1440. 0 is until
// someone touches the phone. The default state has no time.
func Display(state DisplayState, during time.Duration) (URI, error) {
	const most = 1440
	minutes := int64(during / time.Minute)
	switch {
	case state == DisplayDefault && during == 0:
		return build(DisplayFamily, string(state))
	case state != DisplayOn && state != DisplayOff:
		return invalid(DisplayFamily, "%q for %s is no state", state, during)
	case during < 0 || during%time.Minute != 0 || minutes > most:
		return invalid(DisplayFamily, "%s are not whole minutes up to %d", during, most)
	}
	return build(DisplayFamily, string(state), strconv.FormatInt(minutes, 10))
}
