package uri

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Parse reads a URI. The family is matched without regard to case, the rest as it
// stands. Its error wraps [ErrUnknown] for a family that there is not, as for a page's
// URL, and [ErrInvalid] for one that the builders refuse.
func Parse(s string) (URI, error) {
	name, rest, found := strings.Cut(s, ":")
	if found {
		for _, f := range Families() {
			if strings.EqualFold(name, string(f)) {
				return parsers[f](rest, strings.Split(rest, ":"))
			}
		}
	}
	return URI{}, fmt.Errorf("%w: %q", ErrUnknown, s)
}

// parsers read what stands behind the family, whole and in its parts.
var parsers = map[Family]func(rest string, parts []string) (URI, error){
	KeyFamily:              func(rest string, _ []string) (URI, error) { return Key(rest) },
	SoftKeyFamily:          func(rest string, _ []string) (URI, error) { return SoftKey(SoftKeyName(rest)) },
	QueryStringParamFamily: func(rest string, _ []string) (URI, error) { return QueryStringParam(rest) },
	RTPRxFamily:            parseRx(RTPRxFamily, RTPRx, StopRx),
	RTPMRxFamily:           parseRx(RTPMRxFamily, RTPMRx, nil),
	RTPTxFamily:            parseTx(RTPTxFamily, RTPTx, StopTx),
	RTPMTxFamily:           parseTx(RTPMTxFamily, RTPMTx, nil),
	PlayFamily:             parsePlay,
	VibrateFamily:          parseVibrate,
	DisplayFamily:          parseDisplay,
	DeviceFamily:           func(rest string, _ []string) (URI, error) { return Device(DeviceCommand(rest)) },
	DialFamily:             parseDial,
	EditDialFamily:         func(rest string, _ []string) (URI, error) { return EditDial(rest) },
	SendDigitsFamily:       parseSendDigits,
	InitFamily:             func(rest string, _ []string) (URI, error) { return Init(InitObject(rest)) },
	NotifyFamily:           parseNotify,
	AppFamily:              parseApp,
}

// at returns the part at i, or "".
func at(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return ""
}

// number reads the part at i, or -1; an empty or absent one is 0.
func number(parts []string, i int) int {
	if at(parts, i) == "" {
		return 0
	}
	n, err := strconv.ParseUint(parts[i], 10, 31)
	if err != nil {
		return -1
	}
	return int(n) //nolint:gosec // 31 bits
}

func parseRx(f Family, make func(Stream) (URI, error), stopped func() URI) func(string, []string) (URI, error) {
	return func(rest string, parts []string) (URI, error) {
		if rest == stop && stopped != nil {
			return stopped(), nil
		}
		address, err := netip.ParseAddr(parts[0])
		if err != nil || len(parts) > 3 {
			return invalid(f, "%q", rest)
		}
		return make(Stream{address, number(parts, 1), number(parts, 2)})
	}
}

func parseTx(f Family, make func(netip.AddrPort) (URI, error), stopped func() URI) func(string, []string) (URI, error) {
	return func(rest string, parts []string) (URI, error) {
		if rest == stop && stopped != nil {
			return stopped(), nil
		}
		address, err := netip.ParseAddrPort(rest)
		if err != nil || len(parts) != 2 {
			return invalid(f, "%q", rest)
		}
		return make(address)
	}
}

func parsePlay(rest string, _ []string) (URI, error) {
	if rest == stop {
		return StopPlaying(), nil
	}
	return Play(rest)
}

func parseVibrate(rest string, parts []string) (URI, error) {
	if len(parts) != 3 {
		return invalid(VibrateFamily, "%q", rest)
	}
	on, off := time.Duration(number(parts, 0)), time.Duration(number(parts, 1))
	return Vibrate(on*time.Millisecond, off*time.Millisecond, number(parts, 2))
}

func parseDisplay(rest string, parts []string) (URI, error) {
	if len(parts) > 2 || len(parts) == 1 && parts[0] != string(DisplayDefault) {
		return invalid(DisplayFamily, "%q", rest)
	}
	return Display(DisplayState(parts[0]), time.Duration(number(parts, 1))*time.Minute)
}

func parseDial(rest string, parts []string) (URI, error) {
	audible := at(parts, 3)
	if len(parts) == 2 || len(parts) > 4 || len(parts) > 2 && parts[1] != "0" && parts[1] != "1" || strings.Trim(audible, "01") != "" {
		return invalid(DialFamily, "%q", rest)
	}
	return Dial(Call{Digits: parts[0], AppUI: at(parts, 1) == "1", AppID: at(parts, 2), Silent: audible == "0"})
}

func parseSendDigits(rest string, parts []string) (URI, error) {
	audible := at(parts, 1)
	if len(parts) < 2 || len(parts) > 3 || audible != "0" && audible != "1" {
		return invalid(SendDigitsFamily, "%q", rest)
	}
	return SendDigits(Call{Digits: parts[0], Silent: audible == "0", AppID: at(parts, 2)})
}

func parseNotify(rest string, _ []string) (URI, error) {
	parts := strings.SplitN(rest, ":", 6) // data may have colons
	if len(parts) < 4 || parts[0] != "http" {
		return invalid(NotifyFamily, "%q", rest)
	}
	return Notify(Notification{Host: parts[1], Port: number(parts, 2), Path: parts[3], Credentials: at(parts, 4), Data: at(parts, 5)})
}

func parseApp(rest string, parts []string) (URI, error) {
	if len(parts) < 3 || len(parts) > 4 {
		return invalid(AppFamily, "%q", rest)
	}
	if parts[1] == "" || parts[2] == "0" {
		return invalid(AppFamily, "%q", rest)
	}
	return App(Application{AppAction(parts[0]), number(parts, 1), time.Duration(number(parts, 2)) * time.Second, at(parts, 3)})
}
