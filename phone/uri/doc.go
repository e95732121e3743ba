// Package uri builds the internal URIs of Cisco IP phones: what a softkey, a menu
// item, an event handler or an Execute has a phone do.
//
// It owns their syntax and where each may stand; it sends nothing. Its invariant:
// a [URI] that is not zero is one that the Application Development Notes allow. A
// builder returns an error for anything else.
//
//	clear, err := uri.Init(uri.CallHistory)       // Init:CallHistory
//	exit, err := uri.SoftKey(uri.Exit)            // SoftKey:Exit
//	rx, err := uri.RTPMRx(uri.Stream{Address: group, Port: 20480, Volume: 50})
//
// There are seventeen families. Which model takes which is in package model.
//
// Sources: Cisco Unified IP Phone Services Application Development Notes 5.0(2),
// and today's edition for Notify, SendDigits, App, Device and the names of keys.
package uri

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Family is the part of a URI before its first colon.
type Family string

// The families.
const (
	KeyFamily              Family = "Key"
	SoftKeyFamily          Family = "SoftKey"
	QueryStringParamFamily Family = "QueryStringParam"
	RTPRxFamily            Family = "RTPRx"
	RTPTxFamily            Family = "RTPTx"
	RTPMRxFamily           Family = "RTPMRx"
	RTPMTxFamily           Family = "RTPMTx"
	PlayFamily             Family = "Play"
	VibrateFamily          Family = "Vibrate"
	DisplayFamily          Family = "Display"
	DeviceFamily           Family = "Device"
	DialFamily             Family = "Dial"
	EditDialFamily         Family = "EditDial"
	SendDigitsFamily       Family = "SendDigits"
	InitFamily             Family = "Init"
	NotifyFamily           Family = "Notify"
	AppFamily              Family = "App"
)

// Families are all seventeen, in the order of the constants.
func Families() []Family {
	return []Family{
		KeyFamily, SoftKeyFamily, QueryStringParamFamily, RTPRxFamily, RTPTxFamily, RTPMRxFamily, RTPMTxFamily,
		PlayFamily, VibrateFamily, DisplayFamily, DeviceFamily, DialFamily, EditDialFamily, SendDigitsFamily,
		InitFamily, NotifyFamily, AppFamily,
	}
}

// Format is the syntax of the family, as in the book.
func (f Family) Format() string {
	return map[Family]string{
		KeyFamily:              "Key:name",
		SoftKeyFamily:          "SoftKey:name",
		QueryStringParamFamily: "QueryStringParam:data",
		RTPRxFamily:            "RTPRx:address[:port[:volume]] or RTPRx:Stop",
		RTPTxFamily:            "RTPTx:address:port or RTPTx:Stop",
		RTPMRxFamily:           "RTPMRx:group:port[:volume]",
		RTPMTxFamily:           "RTPMTx:group:port",
		PlayFamily:             "Play:file or Play:Stop",
		VibrateFamily:          "Vibrate:on:off:count",
		DisplayFamily:          "Display:state[:minutes]",
		DeviceFamily:           "Device:command",
		DialFamily:             "Dial:digits[:appUI:appId[:audible]]",
		EditDialFamily:         "EditDial:digits",
		SendDigitsFamily:       "SendDigits:digits:audible[:appId]",
		InitFamily:             "Init:object",
		NotifyFamily:           "Notify:http:host:port:path[:credentials[:data]]",
		AppFamily:              "App:action:priority:idle[:appId]",
	}[f]
}

// URI is an internal URI. The zero value is none.
type URI struct {
	family Family
	rest   string // behind the first colon
}

// Family is the family of the URI, "" for the zero value.
func (u URI) Family() Family { return u.family }

// String is the URI as it is sent, "" for the zero value.
func (u URI) String() string {
	if u.family == "" {
		return ""
	}
	return string(u.family) + ":" + u.rest
}

// maxURI is the longest URL or URI that an object takes, in characters.
const maxURI = 256

// build checks what holds for all families.
func build(f Family, parts ...string) (URI, error) {
	u := URI{f, strings.Join(parts, ":")}
	switch s := u.String(); {
	case utf8.RuneCountInString(s) > maxURI:
		return URI{}, fmt.Errorf("%w: %s: has more than %d characters", ErrInvalid, f, maxURI)
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }):
		return URI{}, fmt.Errorf("%w: %s: has characters other than printable ASCII", ErrInvalid, f)
	}
	return u, nil
}

// ErrInvalid is wrapped by the error of every builder, and by that of [Parse] for a
// known family: the phone would answer [InvalidURI]. ErrUnknown is that of Parse for
// any other: the phone would answer [NotFound].
var (
	ErrInvalid = errors.New("invalid URI")
	ErrUnknown = errors.New("unknown URI")
)

func invalid(f Family, format string, args ...any) (URI, error) {
	return URI{}, fmt.Errorf("%w: %s: %s", ErrInvalid, f, fmt.Sprintf(format, args...))
}

// Executable says why the URI may not stand in an Execute: SoftKey, Notify and
// QueryStringParam have no place there, and an App has to name its application.
func (u URI) Executable() error {
	switch u.family {
	case SoftKeyFamily, NotifyFamily, QueryStringParamFamily:
		return fmt.Errorf("%w: %s is not for an Execute", ErrInvalid, u.family)
	case AppFamily:
		if strings.Count(u.rest, ":") < 3 {
			return fmt.Errorf("%w: App in an Execute has to name its application", ErrInvalid)
		}
	}
	return nil
}

// Handler says why the URI may not stand in an event handler: an App in one must not
// have priority 0.
func (u URI) Handler() error {
	if parts := strings.Split(u.rest, ":"); u.family == AppFamily && parts[1] == "0" {
		return fmt.Errorf("%w: App with priority 0 is not for a handler", ErrInvalid)
	}
	return nil
}

// Result is what a phone answers about a URI that was pushed to it: the Status and
// the Data of a response item.
type Result struct {
	Status int
	Data   string
}

// Results are those of the book. [Failure] stands for any other text of status 6.
func Results() []Result {
	return []Result{Success, InvalidURI, NotFound, NoActiveCall, NoActiveCallForApp, UnknownApp, AppNotActive, Failure}
}

// The results.
var (
	Success            = Result{0, "Success"}
	InvalidURI         = Result{1, "Invalid URI"}
	NotFound           = Result{6, "URI not found"}
	NoActiveCall       = Result{6, "No Active Call"}
	NoActiveCallForApp = Result{6, "No Active Call for Application"}
	UnknownApp         = Result{6, "Unknown Application ID"}
	AppNotActive       = Result{6, "Application is not Active"}
	Failure            = Result{6, "Failure"}
)
