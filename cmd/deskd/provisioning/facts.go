package provisioning

import (
	"net/netip"
	"time"

	"deskd/phone/push"
)

// Told is an answer, or why there is none. The zero value is no answer without a reason.
type Told[T any] struct {
	Is T
	// Known says whether Is was told; Why is the reason where it was not.
	Known bool
	Why   string
}

// Is is what was told.
func Is[T any](v T) Told[T] { return Told[T]{Is: v, Known: true} }

// Untold is an answer that there is not, and why.
func Untold[T any](why string) Told[T] { return Told[T]{Why: why} }

// Setting is what deskd is configured to do with phones.
type Setting struct {
	Networks bool   // phones.networks names some
	Push     string // the user as whom deskd pushes, empty for none
	Service  string // the URL of deskd's page without its query, empty where phones show none
	Secure   string // its URL for phones that know https, the same where there is one alone
	Web      string // what needs phones to have web access, in words; empty for nothing
}

// Cluster is what was told of a cluster as a whole.
type Cluster struct {
	Name string
	// Service is deskd's among those that the cluster offers to phones.
	Service Told[Service]
	// Controlled are the devices of the user as whom deskd pushes, by their names in upper
	// case; nil where the cluster does not know the user.
	Controlled Told[map[string]bool]
	// Profiles are the device profiles by their names in upper case, with the model that each is for.
	Profiles Told[map[string]string]
}

// Service is how deskd's page is offered to phones. Without name it is not.
type Service struct {
	Name       string
	Disabled   bool
	Enterprise bool // every phone has it
}

// Desk is what was told of the phone of a desk.
type Desk struct {
	ID, Site, Cluster, Device string

	EM     Told[bool]       // whether the cluster's EM service knows the phone
	Place  Told[Place]      // RISPort70
	SetUp  Told[SetUp]      // AXL
	Where  Told[netip.Addr] // where deskd pushes to; not valid where nobody has told an address
	Inside bool             // Where is in one of the networks that are allowed
	// Page is what the phone itself has answered at that address.
	Page       Told[Page]
	Pushed     Told[Pushed]
	Login      Told[Login]
	Subscribed Told[bool] // to deskd's service
}

// Place is how a phone is registered. One that is not listed has not been for long.
type Place struct {
	Listed, Registered bool
	Status             string // the cluster's word
	Web                *bool
}

// SetUp is how a phone is set up. One that is not listed is not in the cluster.
type SetUp struct {
	Listed         bool
	Model          string
	EM             *bool
	Profile        *string
	Authentication *string
}

// Page is what came of asking a phone who it is.
type Page struct {
	Outcome push.Outcome
	Name    string // as it says, with OK
}

// Pushed is the last push to a phone of which the outcome tells whether the credentials were
// accepted. At is zero where there was none.
type Pushed struct {
	At      time.Time
	Refused bool
	When    string // At, in words
}

// Login is what came of deskd's last request to the phone, where that was a login. At is zero
// where it was none, or is long ago.
type Login struct {
	At   time.Time
	When string // At, in words
	Off  bool   // refused: extension mobility was off
	Done bool
}

// Person is what was told of a person in a cluster.
type Person struct {
	ID, Cluster string
	Named       string // the profile that deskd names at a login, empty for none
	// User is how the cluster's EM service knows the person.
	User       Told[User]
	Elsewhere  string     // another cluster that knows the person
	Subscribed Told[bool] // the profile that a login takes, to deskd's service
}

// User is how a cluster knows a person.
type User struct {
	Exists   bool
	Profiles []string
	Default  string // the one that is marked; empty for none
}

// Takes is the profile that a login of the person takes, empty where that cannot be told.
func (p Person) Takes() string {
	switch u := p.User.Is; {
	case p.Named != "":
		return p.Named
	case u.Default != "":
		return u.Default
	case len(u.Profiles) == 1:
		return u.Profiles[0]
	}
	return ""
}
