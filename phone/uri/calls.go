package uri

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Call is a number to dial.
type Call struct {
	// Digits are 0 to 9, # * and A to D; a comma waits a second.
	Digits string
	// AppUI keeps the display with the application during the call.
	AppUI bool
	// AppID ties the call to an application; "" to none. AppUI needs one.
	AppID string
	// Silent plays no tones while it is dialled.
	Silent bool
}

const digits = "0123456789#*ABCD,"

func areDigits(s string) bool { return s != "" && strings.Trim(s, digits) == "" }

// maxAppID is the longest name of an application, in characters.
const maxAppID = 64

func isAppID(s string) bool { return s != "" && len(s) <= maxAppID && !strings.ContainsAny(s, ":;") }

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Dial calls a number. The 8821 takes the digits alone.
func Dial(c Call) (URI, error) {
	switch {
	case !areDigits(c.Digits):
		return invalid(DialFamily, "%q are not digits", c.Digits)
	case c.AppID == "" && (c.AppUI || c.Silent):
		return invalid(DialFamily, "options need the name of an application")
	case c.AppID == "":
		return build(DialFamily, c.Digits)
	case !isAppID(c.AppID):
		return invalid(DialFamily, "%q is no name of an application", c.AppID)
	case c.Silent:
		return build(DialFamily, c.Digits, bit(c.AppUI), c.AppID, "0")
	}
	return build(DialFamily, c.Digits, bit(c.AppUI), c.AppID)
}

// EditDial lets the person change a number before it is called.
func EditDial(number string) (URI, error) {
	if !areDigits(number) {
		return invalid(EditDialFamily, "%q are not digits", number)
	}
	return build(EditDialFamily, number)
}

// SendDigits sends tones into the call that is active, or only into that of an
// application.
func SendDigits(c Call) (URI, error) {
	switch {
	case !areDigits(c.Digits):
		return invalid(SendDigitsFamily, "%q are not digits", c.Digits)
	case c.AppUI:
		return invalid(SendDigitsFamily, "there is no call to keep the display in")
	case c.AppID == "":
		return build(SendDigitsFamily, c.Digits, bit(!c.Silent))
	case !isAppID(c.AppID):
		return invalid(SendDigitsFamily, "%q is no name of an application", c.AppID)
	}
	return build(SendDigitsFamily, c.Digits, bit(!c.Silent), c.AppID)
}

// InitObject is what Init resets.
type InitObject string

// The objects of the book. CallHistory empties the lists of missed, received and
// placed calls; the next three close an application that is open; AppStatus takes a
// status off the display.
const (
	CallHistory InitObject = "CallHistory"
	Services    InitObject = "Services"
	Messages    InitObject = "Messages"
	Directories InitObject = "Directories"
	AppStatus   InitObject = "AppStatus"
)

// Init resets something of the phone.
func Init(o InitObject) (URI, error) {
	switch o {
	case CallHistory, Services, Messages, Directories, AppStatus:
		return build(InitFamily, string(o))
	}
	return invalid(InitFamily, "there is no object %q", o)
}

// DeviceCommand is what Device does.
type DeviceCommand string

// The commands. The last two are for the 8821 and the 9821.
const (
	Unlock      DeviceCommand = "Unlock"
	GeneratePRT DeviceCommand = "GeneratePRT"
	PRTStatus   DeviceCommand = "PRTStatus"
)

// Device unlocks a phone, or has it write a problem report.
func Device(c DeviceCommand) (URI, error) {
	switch c {
	case Unlock, GeneratePRT, PRTStatus:
		return build(DeviceFamily, string(c))
	}
	return invalid(DeviceFamily, "there is no command %q", c)
}

// Notification is an HTTP POST that a phone sends to a server.
type Notification struct {
	Host string
	// Port is 1 to 65535.
	Port int
	// Path, without its first slash, Credentials (user:password in base64) and Data
	// must not have a semicolon, and the first two no colon.
	Path, Credentials, Data string
}

// Notify has a phone tell a server that something has happened. It stands in softkeys,
// menu items and handlers, and never in an Execute.
func Notify(n Notification) (URI, error) {
	switch {
	case n.Host == "" || strings.ContainsAny(n.Host, ":;/ "):
		return invalid(NotifyFamily, "%q is no host", n.Host)
	case n.Port < 1 || n.Port > 65535:
		return invalid(NotifyFamily, "%d is no port", n.Port)
	case strings.ContainsAny(n.Path+n.Credentials, ":;") || strings.Contains(n.Data, ";"):
		return invalid(NotifyFamily, "a colon or semicolon divides it")
	}
	parts := []string{"http", n.Host, strconv.Itoa(n.Port), n.Path}
	if n.Credentials != "" || n.Data != "" {
		parts = append(parts, n.Credentials)
	}
	if n.Data != "" {
		parts = append(parts, n.Data)
	}
	return build(NotifyFamily, parts...)
}

// AppAction is what App asks for.
type AppAction string

// The actions. The 8875, the 9800 series and the 9821 have no focus to request or
// release, and close where they should minimize.
const (
	RequestFocus AppAction = "RequestFocus"
	ReleaseFocus AppAction = "ReleaseFocus"
	Minimize     AppAction = "Minimize"
	Close        AppAction = "Close"
)

// Application is an action on the window of an application.
type Application struct {
	Action AppAction
	// Priority is 0 at once, 1 when the person has finished, 2 only if nobody uses the
	// phone. 0 is not for handlers.
	Priority int
	// Idle is how long the phone has to have been idle, 10 s to 24 h in whole seconds;
	// 0 stands for the default of 60 s.
	Idle time.Duration
	// AppID names the application, in up to 64 characters. "" is that of the object in
	// which the URI stands; an Execute has to name it.
	AppID string
}

// App asks for focus, gives it back, minimizes or closes.
func App(a Application) (URI, error) {
	const least, most = 10 * time.Second, 86400 * time.Second
	if a.Idle == 0 {
		a.Idle = time.Minute
	}
	switch a.Action {
	case RequestFocus, ReleaseFocus, Minimize, Close:
	default:
		return invalid(AppFamily, "there is no action %q", a.Action)
	}
	switch {
	case a.Priority < 0 || a.Priority > 2:
		return invalid(AppFamily, "priority %d is not 0, 1 or 2", a.Priority)
	case a.Idle < least || a.Idle > most || a.Idle%time.Second != 0:
		return invalid(AppFamily, "%s are not whole seconds from 10 to 86400", a.Idle)
	case a.AppID != "" && !isAppID(a.AppID):
		return invalid(AppFamily, "%q is no name of an application", a.AppID)
	}
	parts := []string{string(a.Action), strconv.Itoa(a.Priority), fmt.Sprint(int(a.Idle / time.Second))}
	if a.AppID != "" {
		parts = append(parts, a.AppID)
	}
	return build(AppFamily, parts...)
}
