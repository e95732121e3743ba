package emapi

import "fmt"

// Code is a refusal of the EM service, by its number in the Developers Guide.
// It is an error, so that errors.Is(err, emapi.CodeBusy) and errors.As work on
// what a [Client] returns. Zero is a code of the service ("unknown error").
type Code int

// The codes that can be met at the EM service. 13 to 17 and 24 are in no
// document, 31 to 47 belong to cross-cluster EM, 201 to 216 to the phone.
const (
	// CodeNone stands for a refusal that carried no number. It is never on the wire.
	CodeNone Code = -1

	CodeUnknown         Code = 0
	CodeParse           Code = 1
	CodeNoCredentials   Code = 2
	CodeBadCredentials  Code = 3
	CodePolicy          Code = 4
	CodeLogoutDisabled  Code = 5
	CodeDatabase        Code = 6
	CodeLogoutRequest   Code = 7
	CodeUnknownQuery    Code = 8
	CodeDirectory       Code = 9
	CodeNoProxyRight    Code = 10
	CodeNoDevice        Code = 11
	CodeNoProfile       Code = 12
	CodeOccupied        Code = 18
	CodeNobody          Code = 19
	CodeHotelingRead    Code = 20
	CodeHotelingWrite   Code = 21
	CodeEMDisabled      Code = 22
	CodeNoUser          Code = 23
	CodeElsewhere       Code = 25
	CodeBusy            Code = 26
	CodeChangePassword  Code = 27
	CodeUntrustedIP     Code = 28
	CodeRISDown         Code = 29
	CodeProxyNotAllowed Code = 30
	CodeChangePIN       Code = 41
)

// Class says what the receiver of a [Code] does about it.
type Class string

// The classes of codes.
const (
	Retry     Class = "retry"      // passes by itself: try again later
	Busy      Class = "busy"       // too many requests at once: back off, then try again
	Observe   Class = "observe"    // the phones are not as expected: ask, then decide
	Policy    Class = "policy"     // the service's policy says no: try once more, then raise an alarm
	DeskFault Class = "desk-fault" // this device, user or profile is set up wrong: hold it until that changes
	Done      Class = "done"       // the desired state is there already
	Halt      Class = "halt"       // the installation is set up wrong: stop all traffic, since tries can lock the account
)

type codeRow struct {
	name   string
	class  Class
	advice string
}

// codes is the one table of codes. Code 7 observes rather than retries,
// because a login that could not set its automatic logout may have happened.
var codes = map[Code]codeRow{
	CodeNone:            {"refused without a code", Retry, "Try again later; look at the server's text and its EM service log."},
	CodeUnknown:         {"unknown error", Retry, "Try again later; look at the EM service log if it stays."},
	CodeParse:           {"request not understood", Halt, "The EM service rejects the form of the request: compare its version with the supported ones."},
	CodeNoCredentials:   {"application id or password blank", Halt, "Set app_id and the application password of this cluster."},
	CodeBadCredentials:  {"application id or password wrong", Halt, "Correct the application user's password; tries with a wrong one lock the account."},
	CodePolicy:          {"policy error", Policy, "Look at the EM service parameters of the cluster."},
	CodeLogoutDisabled:  {"Extension Mobility is off on the device", DeskFault, "Enable Extension Mobility on the phone's configuration page."},
	CodeDatabase:        {"database error", Retry, "Try again later; check the cluster's database replication if it stays."},
	CodeLogoutRequest:   {"automatic logout could not be set", Observe, "Ask who is logged in: the login may have happened."},
	CodeUnknownQuery:    {"unknown kind of query", Halt, "The EM service does not know this query: compare its version with the supported ones."},
	CodeDirectory:       {"directory error", Halt, "Check the directory (LDAP) integration of the cluster."},
	CodeNoProxyRight:    {"application user may not act for others", Halt, "Add the application user to the group Standard EM Authentication Proxy Rights."},
	CodeNoDevice:        {"no such device", DeskFault, "Correct the desk's device name, or add the phone to the cluster."},
	CodeNoProfile:       {"no such device profile", DeskFault, "Give the user a device profile, or correct the profile's name."},
	CodeOccupied:        {"another user logged in", Observe, "Ask who is logged in on the phone, then decide by policy; the same user counts as another."},
	CodeNobody:          {"nobody is logged in", Done, "Nothing is left to do: the phone is free."},
	CodeHotelingRead:    {"hoteling status could not be read", Retry, "Try again later."},
	CodeHotelingWrite:   {"hoteling status could not be set", Retry, "Try again later."},
	CodeEMDisabled:      {"Extension Mobility is off on the device", DeskFault, "Enable Extension Mobility on the phone's configuration page and subscribe it to the EM service."},
	CodeNoUser:          {"no such user", DeskFault, "Correct the person's user id, or add the end user to the cluster."},
	CodeElsewhere:       {"user logged in elsewhere", Observe, "Ask where the user is logged in, then decide by policy."},
	CodeBusy:            {"service busy", Busy, "Back off; raise Maximum Concurrent Requests or lower max_concurrent if it stays."},
	CodeChangePassword:  {"user must change the password", DeskFault, "The user changes the password in the Self Care Portal."},
	CodeUntrustedIP:     {"sender not among the trusted addresses", Halt, "Add this host to the Trusted List of IPs of the EM service."},
	CodeRISDown:         {"real-time information service down", Retry, "Try again later; check the RIS Data Collector if it stays."},
	CodeProxyNotAllowed: {"sent through a proxy, which is not allowed", Halt, "Send directly, or allow proxies in the EM service parameters."},
	CodeChangePIN:       {"user must change the PIN", DeskFault, "The user changes the PIN in the Self Care Portal."},
}

func (c Code) row() codeRow {
	if row, ok := codes[c]; ok {
		return row
	}
	const advice = "Look the code up in the documentation of this version of the EM service; the request is repeated every 15 minutes at most."
	switch {
	case 31 <= c && c <= 47:
		return codeRow{"cross-cluster error", DeskFault, advice}
	case 201 <= c && c <= 216:
		return codeRow{"phone application error", DeskFault, advice}
	}
	return codeRow{"undocumented error", DeskFault, advice}
}

// Name is the meaning of c in a few lower-case words.
func (c Code) Name() string { return c.row().name }

// Class says what to do about c. A code in no table is a [DeskFault]: it
// stops one desk and lets the others carry on.
func (c Code) Class() Class { return c.row().class }

// Advice is one sentence on what a person can do about c.
func (c Code) Advice() string { return c.row().advice }

// Error returns the name of c with its number, "service busy (code 26)".
func (c Code) Error() string {
	if c == CodeNone {
		return c.Name()
	}
	return fmt.Sprintf("%s (code %d)", c.Name(), int(c))
}
